/** Documents as protobuf and as the JSON of a backup, in both directions. */
@NullMarked
package io.holdfast.firestore.internal.values;

import org.jspecify.annotations.NullMarked;

/** Reading a database at one instant: ranges of names, scans, which collections there are. */
@NullMarked
package io.holdfast.firestore.internal.read;

import org.jspecify.annotations.NullMarked;

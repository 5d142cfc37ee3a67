/** Writing a database: in which order, how fast, what was written, and whether it arrived. */
@NullMarked
package io.holdfast.firestore.internal.restore;

import org.jspecify.annotations.NullMarked;

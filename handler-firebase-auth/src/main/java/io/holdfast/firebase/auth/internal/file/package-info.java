/** Reads and writes the files of {@code firebase auth:export}. */
@NullMarked
package io.holdfast.firebase.auth.internal.file;

import org.jspecify.annotations.NullMarked;

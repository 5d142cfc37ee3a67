/**
 * The age file format, version 1 (https://age-encryption.org/v1), on jagged: whole streams in,
 * whole streams out. Core enters through {@link io.holdfast.internal.age.AgeStreams}.
 */
@NullMarked
package io.holdfast.internal.age;

import org.jspecify.annotations.NullMarked;

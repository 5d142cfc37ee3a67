/** A database of its own for each test, cloned from a template that was built from a backup. */
@NullMarked
package io.holdfast.examples.clone;

import org.jspecify.annotations.NullMarked;

/** One step of a pipeline takes a backup, the next migrates and restores it if that fails. */
@NullMarked
package io.holdfast.examples.cirestore;

import org.jspecify.annotations.NullMarked;

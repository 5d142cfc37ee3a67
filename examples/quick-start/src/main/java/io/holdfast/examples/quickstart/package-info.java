/** A database, a backup, a restore, in one command. */
@NullMarked
package io.holdfast.examples.quickstart;

import org.jspecify.annotations.NullMarked;

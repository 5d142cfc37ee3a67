/** Brings a database's schema back: checks, drops what is in the way, creates, renames. */
@NullMarked
package io.holdfast.postgres.internal.rebuild;

import org.jspecify.annotations.NullMarked;

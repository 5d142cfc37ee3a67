/** A backup before a migration, and everything back if the migration fails. */
@NullMarked
package io.holdfast.examples.premigration;

import org.jspecify.annotations.NullMarked;

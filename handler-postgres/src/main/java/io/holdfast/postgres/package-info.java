/** Backs up and restores PostgreSQL databases, from version 13 on, without any binary. */
@NullMarked
package io.holdfast.postgres;

import org.jspecify.annotations.NullMarked;

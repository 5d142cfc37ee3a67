/** A database's schema as statements: read from the catalogs, ordered, written and read. */
@NullMarked
package io.holdfast.postgres.internal.ddl;

import org.jspecify.annotations.NullMarked;

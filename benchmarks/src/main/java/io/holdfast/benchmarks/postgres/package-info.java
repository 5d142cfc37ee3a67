/** Holdfast beside {@code pg_dump} and {@code pg_restore}, on the same database in one run. */
@NullMarked
package io.holdfast.benchmarks.postgres;

import org.jspecify.annotations.NullMarked;

/** What all benchmarks share: arms that run in turn, what they took, and the report of it. */
@NullMarked
package io.holdfast.benchmarks;

import org.jspecify.annotations.NullMarked;

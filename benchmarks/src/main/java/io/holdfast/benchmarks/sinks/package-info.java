/** Sinks beside the clients that they are built on. */
@NullMarked
package io.holdfast.benchmarks.sinks;

import org.jspecify.annotations.NullMarked;

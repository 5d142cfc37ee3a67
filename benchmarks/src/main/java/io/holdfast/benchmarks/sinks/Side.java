package io.holdfast.benchmarks.sinks;

/** Who transfers. */
enum Side {
  /** The sink. */
  HOLDFAST,
  /** The official client alone. */
  PLAIN
}

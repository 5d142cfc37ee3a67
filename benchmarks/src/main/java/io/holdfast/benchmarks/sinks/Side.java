package io.holdfast.benchmarks.sinks;

/** Who transfers. */
enum Side {
  /** The sink. */
  HOLDFAST,
  /** The official client alone, by the call that its documentation begins with. */
  PLAIN,
  /** The official client alone, with parts as large and as many at a time as the sink has. */
  PLAIN_IN_PARTS
}

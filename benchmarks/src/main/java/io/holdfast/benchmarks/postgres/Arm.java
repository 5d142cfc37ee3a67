package io.holdfast.benchmarks.postgres;

import java.util.List;

/**
 * One side of a comparison: a command that is run again and again.
 *
 * @param name what the report calls it
 * @param command the command
 * @param before what is done before each run and not measured
 * @param after what is done after each run and not measured: it says how much was written, and
 *     fails if what was done is wrong
 */
record Arm(String name, List<String> command, Step before, Outcome after) {
  Arm {
    command = List.copyOf(command);
  }

  /** Something that is not measured. */
  @FunctionalInterface
  interface Step {
    void run() throws Exception;
  }

  /** Checks a run. */
  @FunctionalInterface
  interface Outcome {
    /**
     * Checks.
     *
     * @return how many bytes were written, 0 for a load
     */
    long check() throws Exception;
  }
}

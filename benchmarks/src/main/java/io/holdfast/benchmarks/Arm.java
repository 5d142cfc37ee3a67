package io.holdfast.benchmarks;

import java.util.List;
import java.util.Optional;

/**
 * One side of a comparison: a command that is run again and again.
 *
 * @param name what the report calls it
 * @param command the command
 * @param before what is done before each run and not measured
 * @param after what is done after each run and not measured: it says how much was written, and
 *     fails if what was done is wrong
 */
public record Arm(String name, List<String> command, Step before, Outcome after) {
  public Arm {
    command = List.copyOf(command);
  }

  /** Something that is not measured. */
  @FunctionalInterface
  public interface Step {
    void run() throws Exception;
  }

  /**
   * What was found after a run.
   *
   * @param outputBytes how much was written; 0 for a load
   * @param remark what the report is to say of it, if anything: data that a peer does not keep
   */
  public record Finding(long outputBytes, Optional<String> remark) {
    /** As it should be. */
    public static final Finding RIGHT = new Finding(0, Optional.empty());

    /** As it should be, in that many bytes. */
    public static Finding wrote(long bytes) {
      return new Finding(bytes, Optional.empty());
    }
  }

  /** Checks a run. */
  @FunctionalInterface
  public interface Outcome {
    /**
     * Checks.
     *
     * @return what was found
     * @throws Exception if what was done is wrong: the arm has failed, then
     */
    Finding check() throws Exception;
  }
}

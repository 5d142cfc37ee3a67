package io.holdfast.spi;

import java.util.List;

/**
 * What a restore is about to do, after every check that needs no write.
 *
 * @param atomic whether the target stays as it was if the restore fails
 * @param steps what will happen, in order, a sentence each
 * @param warnings what the caller should know before, a sentence each
 */
public record RestorePlan(boolean atomic, List<String> steps, List<String> warnings) {
  /** Copies the lists. */
  public RestorePlan {
    steps = List.copyOf(steps);
    warnings = List.copyOf(warnings);
  }
}

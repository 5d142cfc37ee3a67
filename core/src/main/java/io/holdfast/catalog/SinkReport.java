package io.holdfast.catalog;

import java.util.List;

/**
 * What a check of a sink has found.
 *
 * @param location where it stores, for people
 * @param passed what it does as it must, a sentence each
 * @param problems what it does not, a sentence each; backups in such a sink are not safe, or would
 *     fail
 * @param left the keys of objects that the check could not remove, because the storage retains them
 */
public record SinkReport(
    String location, List<String> passed, List<String> problems, List<String> left) {
  /** Copies the lists. */
  public SinkReport {
    passed = List.copyOf(passed);
    problems = List.copyOf(problems);
    left = List.copyOf(left);
  }

  /** Whether backups can be kept there. */
  public boolean ok() {
    return problems.isEmpty();
  }

  @Override
  public String toString() {
    return location
        + (ok() ? ": ok, " + passed.size() + " checks" : ": " + String.join(" ", problems));
  }
}

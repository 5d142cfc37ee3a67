package io.holdfast.benchmarks;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the arms of a comparison took, in rounds that run every arm once: what changes on the
 * machine meanwhile then meets all of them.
 */
public final class Results {
  private final Comparison comparison;
  private final int rounds;

  /** By the arm's name, then by round, from 1. */
  private final Map<String, TreeMap<Integer, Measurement>> measurements = new LinkedHashMap<>();

  private final Map<String, String> failures = new LinkedHashMap<>();
  private final Map<String, String> remarks = new LinkedHashMap<>();

  private Results(Comparison comparison, int rounds) {
    this.comparison = comparison;
    this.rounds = rounds;
    comparison.arms().forEach(arm -> measurements.put(arm.name(), new TreeMap<>()));
  }

  /**
   * Runs the rounds. An arm that fails is not run again, and the others go on.
   *
   * @param settle what is done before each run and not measured, so that none pays for earlier ones
   * @param log takes what each command prints
   */
  public static Results measure(
      Comparison comparison, int rounds, Arm.Step settle, Stopwatch stopwatch, Path log)
      throws InterruptedException {
    Results results = new Results(comparison, rounds);
    for (int round = 1; round <= rounds; round++) {
      for (Arm arm : comparison.arms()) {
        if (!results.failures.containsKey(arm.name())) {
          results.run(arm, round, settle, stopwatch, log);
        }
      }
    }
    return results;
  }

  private void run(Arm arm, int round, Arm.Step settle, Stopwatch stopwatch, Path log)
      throws InterruptedException {
    try {
      arm.before().run();
      settle.run();
      Measurement measured = stopwatch.measure(arm.command(), log);
      Arm.Finding finding = arm.after().check();
      of(arm).put(round, measured.withOutput(finding.outputBytes()));
      finding.remark().ifPresent(remark -> remarks.put(arm.name(), remark));
      System.err.printf("round %d, %s: %.2f s%n", round, arm.name(), measured.wallSeconds());
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) { // whatever it was, the report must say that the arm failed
      failures.put(arm.name(), String.valueOf(e.getMessage()));
      System.err.printf("round %d, %s FAILED: %s%n", round, arm.name(), e.getMessage());
    }
  }

  Comparison comparison() {
    return comparison;
  }

  /** How many rounds were run. */
  int rounds() {
    return rounds;
  }

  /** The rounds that an arm completed, by number. */
  Map<Integer, Measurement> of(Arm arm) {
    return measurements.computeIfAbsent(arm.name(), name -> new TreeMap<>());
  }

  /** Why an arm failed, if it did; then its figures do not count. */
  Optional<String> failure(Arm arm) {
    return Optional.ofNullable(failures.get(arm.name()));
  }

  /** What the last run of an arm left to be said. */
  Optional<String> remark(Arm arm) {
    return Optional.ofNullable(remarks.get(arm.name()));
  }

  /** Whether any arm failed. */
  public boolean failed() {
    return !failures.isEmpty();
  }

  /** Rounds of any arm in which the rest of the machine worked too. */
  List<Measurement> disturbed() {
    return measurements.values().stream()
        .flatMap(measured -> measured.values().stream())
        .filter(Measurement::disturbed)
        .toList();
  }
}

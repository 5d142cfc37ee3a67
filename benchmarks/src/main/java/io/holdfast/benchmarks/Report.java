package io.holdfast.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** Writes down results as Markdown. */
public final class Report {
  private static final double MEGABYTE = 1e6;
  private static final double MEBIBYTE = 1024 * 1024;

  private static final int FAILURE_CHARS = 400;

  private final List<String> lines = new ArrayList<>();
  private final Optional<String> unjudged;
  private boolean failed;

  /**
   * Begins a report.
   *
   * @param title what is compared
   * @param unjudged why goals say nothing here, if so: where the data is small, starting a process
   *     decides
   * @param facts what the figures depend on, a line each
   */
  public Report(String title, Optional<String> unjudged, List<String> facts) {
    this.unjudged = unjudged;
    lines.add("# " + title);
    lines.add("");
    facts.forEach(fact -> lines.add("- " + fact));
  }

  /** Whether an arm has failed. */
  public boolean failed() {
    return failed;
  }

  public void add(Results results) {
    failed |= results.failed();
    heading(results.comparison().title());
    medians(results);
    ratios(results);
    rounds(results);
    for (Arm arm : results.comparison().arms()) {
      results
          .failure(arm)
          .ifPresent(
              why -> lines.addAll(List.of("", "**" + arm.name() + " failed:** " + oneLine(why))));
      results
          .remark(arm)
          .ifPresent(what -> lines.addAll(List.of("", arm.name() + ": " + oneLine(what))));
    }
    int disturbed = results.disturbed().size();
    if (disturbed > 0) {
      lines.add("");
      lines.add(
          "**"
              + disturbed
              + " runs marked with `!` had company**: the rest of the machine used more than a"
              + " tenth of it. Measure again on a quiet machine before quoting anything.");
    }
  }

  private void heading(String title) {
    lines.addAll(List.of("", "## " + title, ""));
  }

  private void medians(Results results) {
    long amount = results.comparison().amount();
    List<String> header =
        new ArrayList<>(
            List.of(
                "arm",
                "wall s",
                "client CPU s",
                "server CPU s",
                "other CPU s",
                "peak RSS MiB",
                "size MB"));
    if (amount > 0) {
      header.add(1, results.comparison().unit() + "/s");
    }
    row(header);
    rule(header.size());
    for (Arm arm : results.comparison().arms()) {
      row(medians(results, arm, amount));
    }
  }

  private static List<String> medians(Results results, Arm arm, long amount) {
    Collection<Measurement> measured = results.of(arm).values();
    if (results.failure(arm).isPresent() || measured.isEmpty()) {
      return List.of(arm.name(), "failed");
    }
    double size = Series.of(measured, Measurement::outputBytes).median();
    List<String> cells =
        new ArrayList<>(
            List.of(
                arm.name(),
                print(measured, Measurement::wallSeconds),
                print(measured, Measurement::clientCpuSeconds),
                print(measured, Measurement::serverCpuSeconds),
                print(measured, Measurement::otherCpuSeconds),
                number(Series.of(measured, Measurement::peakBytes).most() / MEBIBYTE, 0),
                size == 0 ? "" : number(size / MEGABYTE, 1)));
    if (amount > 0) {
      cells.add(1, number(amount / Series.of(measured, Measurement::wallSeconds).median(), 0));
    }
    return cells;
  }

  private static String print(
      Collection<Measurement> measured, ToDoubleFunction<Measurement> figure) {
    return Series.of(measured, figure).print(2);
  }

  private void ratios(Results results) {
    lines.add("");
    row("ratio", "wall", "client CPU", "client + server CPU", "peak RSS", "size", "goal (wall)");
    rule(7);
    for (Arm subject : results.comparison().subjects()) {
      for (Comparison.Peer peer : results.comparison().peers()) {
        if (results.failure(subject).isEmpty() && results.failure(peer.arm()).isEmpty()) {
          ratio(results, subject, peer);
        }
      }
    }
  }

  private void ratio(Results results, Arm subject, Comparison.Peer peer) {
    Map<Integer, Measurement> ours = results.of(subject);
    Map<Integer, Measurement> theirs = results.of(peer.arm());
    double wall = ratio(ours, theirs, Measurement::wallSeconds);
    // Neighbours in one round met the same machine; the extremes of that say how firm the ratio is.
    Series byRound =
        Series.of(
            ours.keySet(),
            round -> wallSeconds(ours, round) / Math.max(1e-9, wallSeconds(theirs, round)));
    row(
        subject.name() + " / " + peer.arm().name(),
        number(wall, 2) + " (" + number(byRound.least(), 2) + "–" + number(byRound.most(), 2) + ")",
        number(ratio(ours, theirs, Measurement::clientCpuSeconds), 2),
        number(ratio(ours, theirs, Measurement::totalCpuSeconds), 2),
        number(ratio(ours, theirs, Measurement::peakBytes), 1),
        outputs(ours) ? number(ratio(ours, theirs, Measurement::outputBytes), 2) : "",
        "≤ " + number(peer.goal(), 2) + ": " + verdict(wall, peer.goal()));
  }

  private static double wallSeconds(Map<Integer, Measurement> rounds, int round) {
    Measurement measurement = rounds.get(round);
    if (measurement == null) {
      throw new IllegalStateException("Round " + round + " is missing in an arm that succeeded");
    }
    return measurement.wallSeconds();
  }

  private static boolean outputs(Map<Integer, Measurement> rounds) {
    return rounds.values().stream().anyMatch(measurement -> measurement.outputBytes() > 0);
  }

  private String verdict(double ratio, double goal) {
    return unjudged.orElse(ratio <= goal ? "met" : "**missed**");
  }

  private static double ratio(
      Map<Integer, Measurement> ours,
      Map<Integer, Measurement> theirs,
      ToDoubleFunction<Measurement> figure) {
    return Series.of(ours.values(), figure).median()
        / Math.max(1e-9, Series.of(theirs.values(), figure).median());
  }

  private void rounds(Results results) {
    lines.add("");
    row("round", "arm", "wall s", "client CPU s", "server CPU s", "other CPU s", "");
    rule(7);
    for (int round = 1; round <= results.rounds(); round++) {
      for (Arm arm : results.comparison().arms()) {
        Measurement measured = results.of(arm).get(round);
        if (measured != null) {
          row(
              Integer.toString(round),
              arm.name(),
              number(measured.wallSeconds(), 2),
              number(measured.clientCpuSeconds(), 2),
              number(measured.serverCpuSeconds(), 2),
              number(measured.otherCpuSeconds(), 2),
              measured.disturbed() ? "!" : "");
        }
      }
    }
  }

  private void row(String... cells) {
    row(List.of(cells));
  }

  private void row(List<String> cells) {
    lines.add("| " + String.join(" | ", cells) + " |");
  }

  private void rule(int columns) {
    lines.add("|" + "---|".repeat(columns));
  }

  private static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() <= FAILURE_CHARS ? line : line.substring(0, FAILURE_CHARS) + " …";
  }

  @Override
  public String toString() {
    return String.join("\n", lines) + "\n";
  }
}

package io.holdfast.benchmarks.sinks;

import io.holdfast.benchmarks.Benchmark;
import io.holdfast.benchmarks.Report;
import io.holdfast.benchmarks.Workspace;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures uploads and downloads of the sinks beside the official clients alone: the same bytes to
 * the same server in one run. The README of this module explains it.
 */
@Command(
    name = "sinks-benchmark",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = "Sinks beside the official clients, with the same server in one run.")
final class SinksBenchmark extends Benchmark {
  /** With less, starting a JVM decides, so that goals say nothing. */
  private static final int MEGABYTES_OF_GOALS = 2000;

  private static final int MEGABYTE = 1_000_000;

  @Option(
      names = "--only",
      split = ",",
      description = "Measure these services only: ${COMPLETION-CANDIDATES}; default is all.")
  private List<Service> only = List.of();

  @Option(
      names = "--parts",
      split = ",",
      description = "Measure these parts only: ${COMPLETION-CANDIDATES}; default is all.")
  private List<Part> parts = List.of();

  @Option(
      names = "--megabytes",
      defaultValue = "2048",
      description = "Size of the file, in millions of bytes.")
  private int megabytes;

  @Option(names = "--heap", defaultValue = "256m", description = "-Xmx of every arm's JVM.")
  private String heap = "";

  @Option(
      names = "--sink",
      description =
          "A sink to use instead of a server for tests, such as s3=s3://bucket/prefix or"
              + " mongo=mongodb://host/database; credentials come from the usual places.")
  private Map<Service, String> sinks = Map.of();

  @Option(
      names = "--latency",
      description =
          "Milliseconds by which the servers for tests answer later, as if they were far away;"
              + " default is 0.")
  private int latencyMillis;

  @Option(
      names = "--line",
      defaultValue = "50",
      description = "With --latency: MB/s that one connection carries each way.")
  private int lineMegabytes;

  private SinksBenchmark() {
    super(Duration.ofMinutes(15));
  }

  /** Runs the benchmark; ends with 1 if an arm failed. */
  public static void main(String[] args) {
    main(new SinksBenchmark(), args);
  }

  @Override
  protected Report measure(Workspace workspace) throws Exception {
    Report report =
        new Report(
            "Sinks beside the official clients",
            megabytes < MEGABYTES_OF_GOALS
                ? Optional.of("judged from " + MEGABYTES_OF_GOALS + " MB on")
                : Optional.empty(),
            facts());
    Path source = workspace.resolve("source");
    String sha256 = writeNoise(source);
    for (Service service : only.isEmpty() ? List.of(Service.values()) : only) {
      measure(service, source, sha256, workspace, report);
    }
    return report;
  }

  private List<String> facts() {
    return List.of(
        "A file of " + megabytes + " MB that cannot be compressed",
        "Every arm in a JVM of its own with -Xmx" + heap + ", its start included",
        machine() + ", shared with the server",
        rounds());
  }

  /** Writes the file; tells its SHA-256. */
  private String writeNoise(Path file) throws IOException {
    MessageDigest digest = HoldfastTransfer.sha256();
    SplittableRandom random = new SplittableRandom(1);
    byte[] megabyte = new byte[MEGABYTE];
    try (OutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
      for (int written = 0; written < megabytes; written++) {
        random.nextBytes(megabyte);
        out.write(megabyte);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private void measure(
      Service service, Path source, String sha256, Workspace workspace, Report report)
      throws Exception {
    try (Place place = place(service)) {
      Arms arms = new Arms(service, place, source, sha256, workspace.resolve("downloaded"), heap);
      for (Part part : parts.isEmpty() ? List.of(Part.values()) : parts) {
        measure(arms.comparison(part), place::settle, place.serverPid(), workspace, report);
      }
      arms.clear();
    }
  }

  private Place place(Service service) throws IOException {
    String uri = sinks.get(service);
    if (uri != null) {
      return Place.existing(uri);
    }
    Place near = service.startServer();
    return latencyMillis == 0
        ? near
        : near.farAway(
            new Line.Distance(Duration.ofMillis(latencyMillis), (long) lineMegabytes * MEGABYTE));
  }
}

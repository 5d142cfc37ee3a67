package io.holdfast.benchmarks.sinks;

import io.holdfast.benchmarks.Proc;
import io.holdfast.benchmarks.Report;
import io.holdfast.benchmarks.Results;
import io.holdfast.benchmarks.Stopwatch;
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
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
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
final class SinksBenchmark implements Callable<Integer> {
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

  @Option(names = "--rounds", defaultValue = "3", description = "How often each arm runs.")
  private int rounds;

  @Option(names = "--heap", defaultValue = "256m", description = "-Xmx of every arm's JVM.")
  private String heap = "";

  @Option(
      names = "--sink",
      description =
          "A sink to use instead of a server for tests, such as s3=s3://bucket/prefix or"
              + " mongo=mongodb://host/database; credentials come from the usual places.")
  private Map<Service, String> sinks = Map.of();

  @Option(
      names = "--patience",
      defaultValue = "900",
      description = "Seconds after which a run is ended; its arm has failed, then.")
  private int patienceSeconds;

  @Option(names = "--data", description = "Folder for the files; default is a new temporary one.")
  private @Nullable Path data;

  @Option(names = "--output", description = "Also write the report into this file.")
  private @Nullable Path output;

  private SinksBenchmark() {}

  /** Runs the benchmark; ends with 1 if an arm failed. */
  public static void main(String[] args) {
    System.exit(
        new CommandLine(new SinksBenchmark())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (!Proc.isAvailable()) {
      throw new IOException("CPU time is read from /proc, which this system does not have.");
    }
    Report report =
        new Report(
            "Sinks beside the official clients",
            megabytes < MEGABYTES_OF_GOALS
                ? Optional.of("judged from " + MEGABYTES_OF_GOALS + " MB on")
                : Optional.empty(),
            facts());
    Workspace workspace = Workspace.open(Optional.ofNullable(data), false);
    boolean failed = false;
    try {
      Path source = workspace.resolve("source");
      String sha256 = writeNoise(source);
      for (Service service : only.isEmpty() ? List.of(Service.values()) : only) {
        failed |= measure(service, source, sha256, workspace, report);
      }
    } finally {
      workspace.finish();
    }
    System.out.print(report);
    if (output != null) {
      Files.writeString(output, report.toString());
    }
    return failed ? 1 : 0;
  }

  private List<String> facts() {
    return List.of(
        "A file of " + megabytes + " MB that cannot be compressed",
        "Every arm in a JVM of its own with -Xmx" + heap + ", its start included",
        "Java "
            + Runtime.version()
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " processors, shared with the server",
        rounds + " rounds, arms in turn; medians with the least and the most");
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

  /** Measures one service. Tells whether anything failed. */
  private boolean measure(
      Service service, Path source, String sha256, Workspace workspace, Report report)
      throws Exception {
    boolean failed = false;
    try (Place place =
        sinks.containsKey(service) ? Place.existing(sinks.get(service)) : service.startServer()) {
      Arms arms = new Arms(service, place, source, sha256, workspace.resolve("downloaded"), heap);
      for (Part part : parts.isEmpty() ? List.of(Part.values()) : parts) {
        Results results =
            Results.measure(
                arms.comparison(part),
                rounds,
                place::settle,
                new Stopwatch(place.serverPid(), Duration.ofSeconds(patienceSeconds)),
                workspace.resolve("arm.log"));
        report.add(results);
        failed |= results.failed();
      }
      arms.clear();
    }
    return failed;
  }
}

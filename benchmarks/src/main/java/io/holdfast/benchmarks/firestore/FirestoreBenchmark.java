package io.holdfast.benchmarks.firestore;

import io.holdfast.benchmarks.Benchmark;
import io.holdfast.benchmarks.Commands;
import io.holdfast.benchmarks.Comparison;
import io.holdfast.benchmarks.Report;
import io.holdfast.benchmarks.Workspace;
import io.holdfast.testkit.FirestoreEmulator;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures backups and restores of Holdfast beside those of the npm tools for Firestore: on an
 * emulator and data that it makes, in one run. The README of this module explains it.
 */
@Command(
    name = "firestore-benchmark",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = "Holdfast beside npm tools for Firestore, on the same emulator in one run.")
final class FirestoreBenchmark extends Benchmark {
  /** With fewer documents starting a process decides, so that goals say nothing. */
  private static final int DOCUMENTS_OF_GOALS = 60_000;

  /** What to measure. */
  enum Part {
    /** Everything into a file. */
    BACKUP,
    /** Everything into an empty database. */
    RESTORE
  }

  @Option(
      names = "--documents",
      split = ",",
      defaultValue = "60000",
      description = "How many documents; several, joined by commas, are measured one by one.")
  private List<Integer> documents = List.of();

  @Option(
      names = "--document-bytes",
      defaultValue = "1000",
      description = "Size of each document, about.")
  private int documentBytes;

  @Option(
      names = "--shape",
      defaultValue = "NESTED",
      description = "Where the documents are: ${COMPLETION-CANDIDATES}.")
  private Shape shape = Shape.NESTED;

  @Option(names = "--jobs", defaultValue = "2", description = "Holdfast's workers.")
  private int jobs;

  @Option(
      names = "--heap",
      split = ",",
      defaultValue = "128m",
      description = "-Xmx of Holdfast's JVM; several, joined by commas, give an arm each.")
  private List<String> heaps = List.of();

  @Option(
      names = "--emulator-heap",
      defaultValue = "4g",
      description = "-Xmx of the emulator, which keeps everything in memory.")
  private String emulatorHeap = "";

  @Option(
      names = "--only",
      split = ",",
      description = "Measure these parts only: ${COMPLETION-CANDIDATES}; default is both.")
  private List<Part> only = List.of();

  private FirestoreBenchmark() {
    super(Duration.ofMinutes(10));
  }

  /** Runs the benchmark; ends with 1 if an arm failed, or Holdfast restored something wrong. */
  public static void main(String[] args) {
    main(new FirestoreBenchmark(), args);
  }

  @Override
  protected Report measure(Workspace workspace) throws Exception {
    Report report =
        new Report(
            "Holdfast beside npm tools for Firestore",
            documents.stream().anyMatch(count -> count < DOCUMENTS_OF_GOALS)
                ? Optional.of("judged from " + DOCUMENTS_OF_GOALS + " documents on")
                : Optional.empty(),
            facts());
    for (int count : documents) {
      measure(count, workspace, report);
    }
    return report;
  }

  private List<String> facts() throws IOException, InterruptedException {
    return List.of(
        "Documents of about "
            + documentBytes
            + " bytes, "
            + (shape == Shape.FLAT ? "in root collections only" : "in collections of three levels"),
        "Firestore emulator with -Xmx" + emulatorHeap + ", one for each number of documents",
        machine() + ", Node.js " + Peers.nodeVersion(),
        rounds() + "; Holdfast with " + jobs + " workers");
  }

  /** Measures one size, in an emulator of its own. */
  private void measure(int count, Workspace workspace, Report report)
      throws IOException, InterruptedException {
    try (FirestoreEmulator emulator = FirestoreEmulator.start(emulatorHeap)) {
      Runtime.getRuntime().addShutdownHook(new Thread(emulator::close));
      long pid =
          emulator
              .pid()
              .orElseThrow(
                  () ->
                      new IllegalStateException(
                          "An emulator that runs already cannot be measured: unset"
                              + " HOLDFAST_TEST_FIRESTORE."));
      Peers peers = Peers.install(workspace.resolve("peers"), emulator.hostPort());
      try (Project source = Project.open(emulator, "holdfast-source");
          Project target = Project.open(emulator, "holdfast-target")) {
        Generator generator = new Generator(source, shape, count, documentBytes);
        generator.run();
        Census census = Census.of(source);
        if (census.documents() != generator.documents()) {
          throw new IllegalStateException(
              "The emulator has "
                  + census.documents()
                  + " of the "
                  + generator.documents()
                  + " documents that were written.");
        }
        System.err.println("The emulator has " + census.documents() + " documents.");
        Arms arms = new Arms(source, shape, census, target, peers, workspace, jobs);
        arms.deleteArchives();
        for (Part part : only.isEmpty() ? List.of(Part.values()) : only) {
          measure(
              comparison(part, arms),
              () -> collectGarbage(pid),
              OptionalLong.of(pid),
              workspace,
              report);
        }
      }
    }
  }

  private Comparison comparison(Part part, Arms arms) throws IOException {
    return switch (part) {
      case BACKUP -> arms.backups(heaps);
      case RESTORE -> arms.restores(heaps);
    };
  }

  /** So that no run pays for what earlier ones left in the emulator's heap. */
  private static void collectGarbage(long pid) throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Commands.run(List.of(jcmd, Long.toString(pid), "GC.run"));
  }
}

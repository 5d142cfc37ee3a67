package io.holdfast.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What every benchmark is: a folder, arms that run in turn, one report, an exit code. */
public abstract class Benchmark implements Callable<Integer> {
  @Option(names = "--rounds", defaultValue = "3", description = "How often each arm runs.")
  private int rounds;

  @Option(
      names = "--patience",
      description = "Seconds after which a run is ended; its arm has failed, then.")
  private long patienceSeconds;

  @Option(names = "--data", description = "Folder for all files; default is a new temporary one.")
  private @Nullable Path data;

  @Option(
      names = "--keep",
      description = "Keep the folder, so that the next run does not make everything again.")
  private boolean keep;

  @Option(names = "--output", description = "Also write the report into this file.")
  private @Nullable Path output;

  /**
   * A benchmark.
   *
   * @param patience how long a run of an arm may take, unless told otherwise
   */
  protected Benchmark(Duration patience) {
    patienceSeconds = patience.toSeconds();
  }

  /** Runs the program and ends the process: with 1 if an arm failed or did something wrong. */
  protected static void main(Benchmark benchmark, String[] args) {
    System.exit(new CommandLine(benchmark).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public final Integer call() throws Exception {
    if (!Proc.isAvailable()) {
      throw new IOException("CPU time is read from /proc, which this system does not have.");
    }
    Workspace workspace = Workspace.open(Optional.ofNullable(data), keep);
    Report report;
    try {
      report = measure(workspace);
    } finally {
      workspace.finish();
    }
    System.out.print(report);
    if (output != null) {
      Files.writeString(output, report.toString());
    }
    return report.failed() ? 1 : 0;
  }

  /** Makes what is to be measured, and measures it. */
  protected abstract Report measure(Workspace workspace) throws Exception;

  /**
   * Runs the arms of a comparison in turn, and adds what came out.
   *
   * @param settle what is done before each run and not measured
   * @param serverPid the server's process, if it is on this machine
   */
  protected final void measure(
      Comparison comparison,
      Arm.Step settle,
      OptionalLong serverPid,
      Workspace workspace,
      Report report)
      throws InterruptedException {
    report.add(
        Results.measure(
            comparison,
            rounds,
            settle,
            new Stopwatch(serverPid, Duration.ofSeconds(patienceSeconds)),
            workspace.resolve("arm.log")));
  }

  /** Java and processors, as a fact for the report. */
  protected static String machine() {
    return "Java "
        + Runtime.version()
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " processors";
  }

  /** How often and in what order, as a fact for the report. */
  protected final String rounds() {
    return rounds + " rounds, arms in turn; medians with the least and the most";
  }

  /** Whether the folder is there for the next run. */
  protected final boolean keeps() {
    return keep;
  }
}

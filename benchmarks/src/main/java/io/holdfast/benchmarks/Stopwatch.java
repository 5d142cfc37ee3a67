package io.holdfast.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Runs commands one at a time and says what each took. Nothing else may start processes from this
 * JVM meanwhile: their CPU would be counted as the command's.
 */
public final class Stopwatch {
  private static final long SAMPLE_MILLIS = 100;

  /** How long a server needs to wait for the backends of connections that were closed. */
  private static final long SETTLE_MILLIS = 300;

  private static final int KILL_SECONDS = 10;
  private static final long MEBIBYTE = 1024 * 1024;

  private static final int HEAD_CHARS = 1000;

  private final OptionalLong serverPid;
  private final Duration patience;

  /**
   * A stopwatch.
   *
   * @param serverPid the process whose CPU is the server's, with every process below it; empty
   *     where the server is on another machine, and its CPU unknown
   * @param patience how long a command may take; one that takes longer is ended, and has failed
   */
  public Stopwatch(OptionalLong serverPid, Duration patience) {
    this.serverPid = serverPid;
    this.patience = patience;
  }

  /**
   * Runs a command to its end.
   *
   * @param log takes what it prints
   * @throws IOException if it cannot be started, or ends with anything but success
   */
  Measurement measure(List<String> command, Path log) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    double machine = Proc.machineCpu();
    double server = serverCpu();
    double client = Proc.endedChildrenCpu();
    long peak = 0;
    long start = System.nanoTime();
    Process process = builder.start();
    long end;
    try {
      // The kernel keeps the peak of a process, so samples miss only what the last one did not see.
      while (!process.waitFor(SAMPLE_MILLIS, TimeUnit.MILLISECONDS)) {
        peak = Math.max(peak, Proc.largestPeakBytes(process.pid()));
        if (System.nanoTime() - start > patience.toNanos()) {
          throw new IOException(
              "Not finished after "
                  + patience.toSeconds()
                  + " s, with a peak of "
                  + peak / MEBIBYTE
                  + " MiB until then");
        }
      }
      end = System.nanoTime();
    } finally {
      end(process);
    }
    Thread.sleep(SETTLE_MILLIS);
    client = Proc.endedChildrenCpu() - client;
    server = serverCpu() - server;
    machine = Proc.machineCpu() - machine;
    if (process.exitValue() != 0) {
      throw new IOException("Ended with status " + process.exitValue() + ": " + head(log));
    }
    return new Measurement(
        (end - start) / 1e9, client, server, Math.max(0, machine - client - server), peak, 0);
  }

  private double serverCpu() {
    return serverPid.isPresent() ? Proc.treeCpu(serverPid.getAsLong()) : 0;
  }

  /** Ends it, and waits, so that it neither disturbs nor is counted later. */
  private static void end(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(KILL_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  /** The beginning, where the cause stands: stack traces come behind it. */
  private static String head(Path log) throws IOException {
    String text = Files.readString(log).strip();
    return text.substring(0, Math.min(text.length(), HEAD_CHARS));
  }
}

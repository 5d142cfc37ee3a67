package io.holdfast.examples.daily;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.IncompleteBackupException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * What a scheduler runs every night: documents and accounts in one encrypted backup, or none, and
 * one line of JSON that says which. Configured by environment variables, see {@link
 * SnapshotSettings}; ends with an {@link ExitCode}.
 *
 * <p>The backup is not read back here, since public keys do not open it: {@code verify} needs an
 * identity, and belongs on a machine that has one.
 */
public final class DailySnapshot {
  private final SnapshotSettings.Sources sources;
  private final PrintStream out;

  DailySnapshot(SnapshotSettings.Sources sources, PrintStream out) {
    this.sources = sources;
    this.out = out;
  }

  /** Takes a backup, and ends the JVM with how that went. */
  public static void main(String[] args) {
    // JSON is UTF-8, whatever the container's locale is.
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    Termination.whileRunning(() -> run(System.getenv(), out).number());
  }

  /**
   * Takes a backup. Interrupting the thread stops that, and nothing half-done stays.
   *
   * @param environment the variables
   * @param out gets the line
   */
  static ExitCode run(Map<String, String> environment, PrintStream out) {
    return new DailySnapshot(BackupExecutor.Builder::source, out).run(environment);
  }

  ExitCode run(Map<String, String> environment) {
    long start = System.nanoTime();
    try {
      SnapshotSettings settings = SnapshotSettings.of(environment, sources);
      try (BackupExecutor executor = settings.executor(sources)) {
        BackupResult backup = executor.createBackup();
        LogLine line =
            line(
                ExitCode.SUCCESS,
                "Backed up " + backup.records() + " records as " + backup.backupId() + ".",
                start);
        line.backup(backup);
        clearLeftovers(executor, settings, line);
        line.printTo(out);
        return ExitCode.SUCCESS;
      }
    } catch (IncompleteBackupException e) {
      LogLine line = line(ExitCode.INCOMPLETE, String.valueOf(e.getMessage()), start);
      line.backup(e.result());
      return failed(line, ExitCode.INCOMPLETE, e);
    } catch (RuntimeException | Error e) {
      ExitCode code = ExitCode.of(e);
      return failed(line(code, "No backup: " + LogLine.text(e), start), code, e);
    }
  }

  private ExitCode failed(LogLine line, ExitCode code, Throwable error) {
    line.error(error);
    line.printTo(out);
    return code;
  }

  private static LogLine line(ExitCode code, String message, long start) {
    return new LogLine(code, message, Instant.now(), Duration.ofNanos(System.nanoTime() - start));
  }

  /** The backup stands, whatever becomes of this. */
  private static void clearLeftovers(
      BackupExecutor executor, SnapshotSettings settings, LogLine line) {
    if (settings.leftoversOlderThan().isEmpty()) {
      return;
    }
    try {
      line.cleared(executor.prune(settings.leftoversOlderThan().get()).size());
    } catch (BackupException e) {
      line.warning(e);
    }
  }
}

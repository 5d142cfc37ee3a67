package io.holdfast.examples.offsite;

import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.ConfigurationException;
import io.holdfast.Copy;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.catalog.CopyResult;
import io.holdfast.catalog.SinkReport;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/**
 * Keeps a database's backups in several places, of several kinds: {@code backup} stores one in all
 * of them, {@code copies} tells what is where, {@code heal} fills in what is missing, {@code check}
 * tries the places out.
 */
public final class OffsiteCopies {
  /** All is as it should be. */
  static final int OK = 0;

  /** It failed; no backup was taken. */
  static final int FAILED = 1;

  /** There are backups, but not in every place: run {@code heal}. */
  static final int COPIES_MISSING = 2;

  private static final String USAGE =
      "Usage: backup | copies | heal | check. HOLDFAST_SOURCE is the URI of the database,"
          + " HOLDFAST_SINKS a list name=uri, with spaces between, of the places, and"
          + " HOLDFAST_REQUIRED_COPIES in how many of them a backup must be stored (default: all).";

  private final BackupExecutor executor;
  private final PrintStream out;

  private OffsiteCopies(BackupExecutor executor, PrintStream out) {
    this.executor = executor;
    this.out = out;
  }

  /** Runs one command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(run(List.of(args), System.getenv(), System.out));
  }

  static int run(List<String> args, Map<String, String> environment, PrintStream out) {
    try (BackupExecutor executor = executor(environment)) {
      OffsiteCopies places = new OffsiteCopies(executor, out);
      return switch (args.size() == 1 ? args.get(0) : "") {
        case "backup" -> places.backup();
        case "copies" -> places.copies();
        case "heal" -> places.heal();
        case "check" -> places.check();
        default -> {
          out.println(USAGE);
          yield FAILED;
        }
      };
    } catch (BackupException e) {
      out.println(e.getMessage());
      return FAILED;
    }
  }

  // region executor
  private static BackupExecutor executor(Map<String, String> environment) {
    BackupExecutor.Builder builder =
        BackupExecutor.builder().source(required(environment, "HOLDFAST_SOURCE")).prefix("nightly");
    for (String sink : required(environment, "HOLDFAST_SINKS").trim().split("\\s+", -1)) {
      String[] nameAndUri = sink.split("=", 2);
      builder.sink(nameAndUri[0], nameAndUri.length == 2 ? nameAndUri[1] : "");
    }
    String copies = environment.get("HOLDFAST_REQUIRED_COPIES");
    if (copies != null) {
      builder.requiredCopies(number(copies));
    }
    return builder.build();
  }

  // endregion

  /** What is no number is refused with the other settings: no sink has 0 copies. */
  private static int number(String text) {
    return text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : 0;
  }

  private static String required(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null || value.isBlank()) {
      throw new ConfigurationException(List.of(name + " is not set. " + USAGE));
    }
    return value;
  }

  private int backup() {
    BackupResult result = executor.createBackup();
    out.println(result.backupId() + ": " + result.records() + " records");
    return tell(result.copies());
  }

  private int copies() {
    int worst = OK;
    for (CatalogEntry backup : executor.list()) {
      out.println(backup.backupId());
      worst = Math.max(worst, tell(executor.copies(backup.backupId())));
    }
    return worst;
  }

  private int tell(List<Copy> copies) {
    for (Copy copy : copies) {
      out.println((copy.stored() ? "  in " : "  NOT in ") + copy);
    }
    return copies.stream().allMatch(Copy::stored) ? OK : COPIES_MISSING;
  }

  /** Fills in what is missing, from any place that has it. */
  private int heal() {
    for (CatalogEntry backup : executor.list()) {
      List<Copy> copies = executor.copies(backup.backupId());
      List<String> having = copies.stream().filter(Copy::stored).map(Copy::sink).toList();
      for (Copy copy : copies) {
        if (!copy.stored() && !having.isEmpty()) {
          heal(backup.backupId(), having.get(0), copy.sink());
        }
      }
    }
    return copies();
  }

  /** A place that is still away must not keep the others from being filled. */
  private void heal(String backupId, String from, String to) {
    try {
      CopyResult copied = executor.copy(backupId, from, to);
      out.println(backupId + ": copied " + copied.bytes() + " bytes from " + from + " to " + to);
    } catch (BackupException e) {
      out.println(backupId + ": could not be copied to " + to + ": " + e.getMessage());
    }
  }

  private int check() {
    List<SinkReport> reports = executor.checkSinks();
    reports.forEach(out::println);
    return reports.stream().allMatch(SinkReport::ok) ? OK : FAILED;
  }
}

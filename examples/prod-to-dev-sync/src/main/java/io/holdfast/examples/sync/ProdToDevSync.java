package io.holdfast.examples.sync;

import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import java.io.PrintStream;
import java.util.List;

/**
 * Copies one database over another: a backup of the one, a safety backup of the other, a restore, a
 * check, and personal data made harmless. What cannot be made harmless does not stay.
 */
public final class ProdToDevSync {
  private static final RestoreOptions REPLACE =
      RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE);

  private final Database source;
  private final Database target;
  private final String storage;
  private final Sanitizer sanitizer;
  private final PrintStream out;

  ProdToDevSync(
      Database source, Database target, String storage, Sanitizer sanitizer, PrintStream out) {
    this.source = source;
    this.target = target;
    this.storage = storage;
    this.sanitizer = sanitizer;
    this.out = out;
  }

  /**
   * Copies a shop from production to development.
   *
   * @param args JDBC URLs of production and of development, the URI of the storage
   */
  public static void main(String[] args) throws Exception {
    if (args.length != 3) {
      System.err.println("Arguments: <JDBC URL of production> <JDBC URL of development> <storage>");
      System.exit(64);
    }
    Sanitizer sanitizer =
        new Sanitizer(
            List.of(
                "UPDATE customers SET email = 'user' || id || '@example.invalid', phone = NULL"),
            List.of("SELECT count(*) FROM customers WHERE email NOT LIKE '%@example.invalid'"));
    new ProdToDevSync(
            new Database(args[0], Database.PRODUCTION),
            new Database(args[1], "development"),
            args[2],
            sanitizer,
            System.out)
        .run();
  }

  /**
   * Copies.
   *
   * @throws Exception if anything failed; the target is as it was then, or the message says what it
   *     holds
   */
  RestoreResult run() throws Exception {
    try (BackupExecutor executor = executor()) {
      BackupResult backup = executor.createBackup();
      out.println("Backed up " + backup.records() + " records as " + backup.backupId() + ".");
      RestoreResult restored = executor.restoreFromBackup(backup.backupId(), REPLACE);
      restored
          .safetyBackup()
          .ifPresent(safety -> out.println("What was there before is in " + safety.backupId()));
      sanitize(executor, restored);
      out.println("Restored " + restored.records() + " records, without personal data.");
      return restored;
    }
  }

  private BackupExecutor executor() {
    BackupExecutor.Builder builder =
        BackupExecutor.builder()
            .source(source.handler())
            .target(target.handler())
            .sink(storage)
            .prefix("sync")
            .environment(source.environment());
    // Not decided here once and for all, but by what the target is: arguments get mixed up.
    return (target.isProduction() ? builder.productionTarget() : builder).build();
  }

  private void sanitize(BackupExecutor executor, RestoreResult restored) throws Exception {
    try {
      sanitizer.run(target.dataSource());
    } catch (Exception e) {
      takeBack(executor, restored, e);
      throw e;
    }
  }

  /** Personal data must not stay where everybody may look. */
  private static void takeBack(BackupExecutor executor, RestoreResult restored, Exception error) {
    if (restored.safetyBackup().isEmpty()) {
      error.addSuppressed(
          new BackupException(
              "The target "
                  + restored.target()
                  + " was empty before, and holds personal data now: drop it."));
      return;
    }
    String before = restored.safetyBackup().get().backupId();
    try {
      executor.restoreFromBackup(before, REPLACE.withoutSafetyBackup());
    } catch (BackupException e) {
      error.addSuppressed(
          new BackupException(
              "The target "
                  + restored.target()
                  + " holds personal data now: drop it. What it held before is in "
                  + before
                  + ".",
              e));
    }
  }
}

package io.holdfast.examples.cirestore;

import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.RestoreOptions;
import io.holdfast.postgres.PostgresHandler;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Two steps of a pipeline, which need not run on the same machine: {@code backup} takes a backup
 * and prints its reference, and nothing else; {@code migrate} takes that reference, runs a
 * migration, and restores the backup if the migration fails.
 *
 * <p>Where the database is and who may enter comes from the environment, since the arguments of a
 * process can be seen by others: {@code DATABASE_URL}, a JDBC URL, and {@code BACKUP_STORAGE}, a
 * URI. {@code PRODUCTION_DATABASE} names the database if it is marked as production.
 */
public final class CiRestoreOnFailure {
  static final int DONE = 0;
  static final int PUT_BACK = 1;
  static final int NOT_PUT_BACK = 2;
  static final int NOT_BEGUN = 3;
  static final int USAGE = 64;

  private final DataSource database;
  private final String storage;
  private final RestoreOptions options;
  private final PrintStream out;
  private final PrintStream err;

  private CiRestoreOnFailure(
      DataSource database,
      String storage,
      RestoreOptions options,
      PrintStream out,
      PrintStream err) {
    this.database = database;
    this.storage = storage;
    this.options = options;
    this.out = out;
    this.err = err;
  }

  /**
   * Runs one of the steps.
   *
   * @param args {@code backup}, or {@code migrate}, a reference and a file of SQL statements
   */
  public static void main(String[] args) {
    System.exit(run(System.getenv(), System.out, System.err, args));
  }

  static int run(
      Map<String, String> environment, PrintStream out, PrintStream err, String... args) {
    boolean backup = args.length == 1 && args[0].equals("backup");
    boolean migrate = args.length == 3 && args[0].equals("migrate");
    String url = environment.getOrDefault("DATABASE_URL", "");
    String storage = environment.getOrDefault("BACKUP_STORAGE", "");
    if ((!backup && !migrate) || url.isEmpty() || storage.isEmpty()) {
      err.println("Arguments: backup | migrate <reference> <file.sql>");
      err.println("Environment: DATABASE_URL, BACKUP_STORAGE; PRODUCTION_DATABASE if it is marked");
      return USAGE;
    }
    PGSimpleDataSource database = new PGSimpleDataSource();
    database.setUrl(url);
    String production = environment.getOrDefault("PRODUCTION_DATABASE", "");
    RestoreOptions options =
        production.isEmpty()
            ? RestoreOptions.DEFAULT
            : RestoreOptions.DEFAULT.intoProduction(production);
    CiRestoreOnFailure step = new CiRestoreOnFailure(database, storage, options, out, err);
    return backup
        ? step.backup()
        : step.migrate(args[1], new Migration(database, Path.of(args[2])));
  }

  private int backup() {
    try (BackupExecutor executor = executor().mode(BackupMode.MANUAL).build()) {
      out.println(executor.createBackup().backupId());
      return DONE;
    } catch (BackupException e) {
      err.println("No backup was taken: " + e.getMessage());
      return NOT_BEGUN;
    }
  }

  private int migrate(String reference, Migration migration) {
    try (BackupExecutor executor =
        executor().mode(BackupMode.RESTORE_ONLY).existingBackup(reference).build()) {
      executor.protect(migration::run);
      err.println("Migrated.");
      return DONE;
    } catch (Exception e) {
      return failed(e, reference, migration);
    }
  }

  private int failed(Exception error, String reference, Migration migration) {
    err.println(error.getMessage());
    if (!migration.begun()) {
      err.println("The migration was not begun.");
      return NOT_BEGUN;
    }
    for (Throwable restore : error.getSuppressed()) {
      err.println("The restore failed too: " + restore.getMessage());
    }
    boolean restored = error.getSuppressed().length == 0;
    err.println("The backup " + reference + (restored ? " was restored." : " is still there."));
    return restored ? PUT_BACK : NOT_PUT_BACK;
  }

  private BackupExecutor.Builder executor() {
    return BackupExecutor.builder()
        .source(PostgresHandler.of(database))
        .sink(storage)
        .prefix("deploy")
        .verifyAfterBackup(true)
        .restoreOptions(options);
  }
}

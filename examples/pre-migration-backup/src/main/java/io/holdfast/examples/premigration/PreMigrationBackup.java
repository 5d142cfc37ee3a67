package io.holdfast.examples.premigration;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.BackupResult;
import io.holdfast.FileSink;
import io.holdfast.ProtectResult;
import io.holdfast.postgres.PostgresHandler;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Migrates a database, and puts everything back if that fails: what an application does at its
 * start, or a deployment before it.
 */
public final class PreMigrationBackup {
  static final int MIGRATED = 0;
  static final int PUT_BACK = 1;
  static final int BROKEN = 2;
  static final int USAGE = 64;

  private final DataSource database;
  private final Path backups;
  private final PrintStream out;

  PreMigrationBackup(DataSource database, Path backups, PrintStream out) {
    this.database = database;
    this.backups = backups;
    this.out = out;
  }

  /**
   * Runs a script of SQL on a database.
   *
   * @param args the database's JDBC URL, a folder for backups, a file of SQL statements
   */
  public static void main(String[] args) throws Exception {
    if (args.length != 3) {
      System.err.println("Arguments: <JDBC URL> <folder for backups> <file.sql>");
      System.exit(USAGE);
    }
    PGSimpleDataSource database = new PGSimpleDataSource();
    database.setUrl(args[0]);
    List<Path> scripts = List.of(Path.of(args[2]));
    System.exit(
        new PreMigrationBackup(database, Path.of(args[1]), System.out)
            .migrate(new Migration(database, scripts)));
  }

  /** Migrates under protection and returns an exit code. */
  int migrate(Migration migration) throws Exception {
    DatabaseState before = DatabaseState.of(database);
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(PostgresHandler.of(database))
            .sink(FileSink.at(backups))
            .prefix("before-migration")
            .mode(BackupMode.FULL)
            // The last thing that stands between a bad migration and its users is worth a pass.
            .verifyAfterBackup(true)
            .build()) {
      ProtectResult<Void> result = executor.protect(migration::run);
      out.println("Migrated. Until you delete it, what was there before is in " + id(result) + ".");
      return MIGRATED;
    } catch (Exception e) {
      return failed(e, before);
    }
  }

  private static String id(ProtectResult<Void> result) {
    return result.backup().map(BackupResult::backupId).orElse("no backup");
  }

  /** Looks for itself whether everything is back, since this is what the whole is about. */
  private int failed(Exception error, DatabaseState before) throws Exception {
    out.println("The migration failed: " + error.getMessage());
    for (Throwable restore : error.getSuppressed()) {
      out.println("And it could not be undone: " + restore.getMessage());
    }
    List<String> differences = before.differencesTo(DatabaseState.of(database));
    if (differences.isEmpty()) {
      out.println("Schema and data are as they were before.");
      return PUT_BACK;
    }
    differences.forEach(difference -> out.println("Not as before: " + difference));
    return BROKEN;
  }
}

package io.holdfast.postgres;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.Retry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Executors over test databases and folders, and what lies in a folder. */
final class Backups {
  /** Replaces what is there, in one transaction. */
  static final RestoreOptions REPLACE = RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE);

  private Backups() {}

  /** From a database into a folder, without retries; close it. */
  static BackupExecutor.Builder from(Database source, Path folder) {
    return BackupExecutor.builder()
        .source(PostgresHandler.of(source.dataSource()))
        .sink(FileSink.at(folder))
        // Several backups of one test would have the same name otherwise.
        .timestampFormat("yyyy-MM-dd-HH-mm-ss-nnnnnnnnn")
        .parallelism(3)
        .retry(Retry.none());
  }

  /** From a folder into a database. */
  static BackupExecutor.Builder into(Database target, Path folder) {
    return from(target, folder);
  }

  /** Takes a backup and gives its id. */
  static String take(Database source, Path folder) {
    try (BackupExecutor executor = from(source, folder).build()) {
      return executor.createBackup().backupId();
    }
  }

  /** Every file below the folder, by its path in it, hidden ones too. */
  static List<String> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The only document in a folder. */
  static Path document(Path folder) {
    List<String> documents =
        files(folder).stream().filter(name -> !name.endsWith(".manifest.json")).toList();
    if (documents.size() != 1) {
      throw new IllegalStateException("Not one document: " + documents);
    }
    return folder.resolve(documents.get(0));
  }

  /** The only manifest in a folder. */
  static Path manifest(Path folder) {
    List<String> manifests =
        files(folder).stream().filter(name -> name.endsWith(".manifest.json")).toList();
    if (manifests.size() != 1) {
      throw new IllegalStateException("Not one manifest: " + manifests);
    }
    return folder.resolve(manifests.get(0));
  }
}

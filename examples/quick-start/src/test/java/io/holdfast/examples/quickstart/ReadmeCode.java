package io.holdfast.examples.quickstart;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.BackupResult;
import io.holdfast.Encryption;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.ThrowingAction;
import io.holdfast.postgres.PostgresHandler;
import java.nio.file.Path;
import javax.sql.DataSource;

/**
 * The Java code of the README, between the lines with arrows. {@link ReadmeTest} keeps the two
 * equal.
 */
final class ReadmeCode {
  private ReadmeCode() {}

  static BackupResult backup() {
    // -->
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source("postgresql://app@db.example/shop")
            .sink("file:///var/backups")
            .build()) {
      BackupResult backup = executor.createBackup();
      // <--
      return backup;
      // -->
    }
    // <--
  }

  static void restore() {
    // -->
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source("postgresql://app@db.example/shop")
            .target("postgresql://app@localhost/shop_copy")
            .sink("file:///var/backups")
            .build()) {
      executor.verify(BackupExecutor.LATEST);
      executor.restoreFromBackup(BackupExecutor.LATEST);
    }
    // <--
  }

  static void replace(BackupExecutor executor, String backupId) {
    // -->
    executor.restoreFromBackup(backupId, RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE));
    // <--
  }

  static void copy() {
    // -->
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source("firestore://shop-prod")
            .target("firestore://demo-shop?emulator=127.0.0.1:8080")
            .sink("file:///var/backups")
            .build()) {
      executor.copyToTarget(RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE));
    }
    // <--
  }

  static void together(String publicKey) {
    // -->
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source("documents", "firestore://shop-prod")
            .source("accounts", "firebase-auth://shop-prod")
            .source("orders", "postgresql://app@db.example/orders")
            .sink("file:///var/backups")
            .encryption(Encryption.recipients(publicKey))
            .build()) {
      BackupResult backup = executor.createBackup();
      backup.sources().forEach(source -> System.out.println(source.name() + " " + source.skew()));
    }
    // <--
  }

  static void copies() {
    // -->
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source("postgresql://app@db.example/shop")
            .sink("near", "file:///var/backups")
            .sink("offsite", "s3://shop-backups/nightly?region=eu-central-1")
            .sink("archive", "gs://shop-archive/nightly?retain=30d")
            .requiredCopies(2)
            .build()) {
      BackupResult backup = executor.createBackup();
      backup.copies().forEach(System.out::println);
    }
    // <--
  }

  static void protect(DataSource dataSource, Path folder, ThrowingAction migration)
      throws Exception {
    // -->
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(PostgresHandler.of(dataSource))
            .sink(FileSink.at(folder))
            .mode(BackupMode.FULL)
            .build()) {
      executor.protect(migration);
    }
    // <--
  }

  static BackupExecutor encrypted(String publicKey) {
    // -->
    BackupExecutor nightly =
        BackupExecutor.builder()
            .source("postgresql://app@db.example/shop")
            .sink("file:///var/backups")
            .encryption(Encryption.recipients(publicKey))
            .build();
    // <--
    return nightly;
  }
}

package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.Compression;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.Secret;
import io.holdfast.postgres.TestPostgres.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What was backed up into a folder and restored from there is the same in the other database: rows
 * by a hash that the server computes, sequences, constraints, triggers, large objects.
 */
@Timeout(120)
class PostgresRoundTripTest {
  @TempDir private Path folder;
  private Database source;

  @BeforeEach
  void makeSource() throws SQLException {
    source = AwkwardDatabase.source();
  }

  @AfterEach
  void dropSource() throws SQLException {
    source.close();
  }

  private static void assertSame(Database actual, Database expected) throws SQLException {
    assertThat(Contents.hashes(actual)).isEqualTo(Contents.hashes(expected));
    assertThat(RestoreFixture.fingerprint(actual)).isEqualTo(RestoreFixture.fingerprint(expected));
  }

  @Test
  void everyBuiltInTypeIsAmongTheAwkwardColumns() throws Exception {
    // What has no input, or belongs to the server's statistics and parse trees only.
    assertThat(
            source.query(
                """
                SELECT t.typname FROM pg_type t
                 WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm')
                   AND t.typcategory <> 'A'
                   AND t.typname NOT IN ('pg_node_tree', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list',
                       'pg_brin_bloom_summary', 'pg_brin_minmax_multi_summary', 'gtsvector')
                   AND NOT EXISTS (
                     SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                      WHERE a.atttypid = t.oid AND c.relnamespace = 'public'::regnamespace)
                """))
        .isEmpty();
  }

  /** Before PostgreSQL 15, a "char" above 127 is sent as that byte, whatever the encoding. */
  @Test
  void aByteThatIsNoTextIsRefusedAndItsTableNamed() throws Exception {
    assumeTrue(TestPostgres.majorVersion() < 15, "this server writes such a byte as text");
    source.execute("UPDATE every_type SET c_char = 'é' WHERE id = 6");
    assertThatThrownBy(() -> Backups.take(source, folder))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("public.every_type");
    assertThat(Backups.files(folder)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRestoredDatabaseEqualsItsSource(boolean atomic) throws Exception {
    Map<String, Long> counts = Contents.counts(source);
    RestoreOptions options =
        atomic ? RestoreOptions.DEFAULT : RestoreOptions.DEFAULT.withoutAtomicity();
    try (Database target = TestPostgres.createDatabase();
        BackupExecutor executor =
            Backups.from(source, folder)
                .target(PostgresHandler.of(target.dataSource()))
                .restoreOptions(options)
                .verifyAfterBackup(true)
                .build()) {
      BackupResult backup = executor.createBackup();
      assertThat(backup.counts()).containsExactlyInAnyOrderEntriesOf(counts);
      assertThat(executor.verify(backup.backupId()).counts()).isEqualTo(backup.counts());
      RestoreResult restored = executor.restoreFromBackup(BackupExecutor.LATEST);
      assertThat(restored.counts()).isEqualTo(backup.counts());
      assertSame(target, source);
    }
  }

  @ParameterizedTest
  @CsvSource({"true, false", "true, true", "false, false", "false, true"})
  void replaceMakesADatabaseWithOtherRowsEqualToTheSource(boolean atomic, boolean dataOnly)
      throws Exception {
    RestoreOptions way = atomic ? Backups.REPLACE : Backups.REPLACE.withoutAtomicity();
    String id = Backups.take(source, folder);
    try (Database target = AwkwardDatabase.filled();
        BackupExecutor executor = Backups.into(target, folder).build()) {
      assertThat(Contents.hashes(target)).isNotEqualTo(Contents.hashes(source));
      executor.restoreFromBackup(id, dataOnly ? way.dataOnly() : way);
      assertSame(target, source);
    }
  }

  @ParameterizedTest
  @CsvSource({"zstd, key", "gzip, none", "none, none", "gzip, passphrase", "none, key"})
  void everyCodecAndKindOfEncryptionCarriesTheSame(String codec, String encryption)
      throws Exception {
    AgeKeyPair pair = AgeKeyPair.generate();
    Secret passphrase = Secret.of("correct horse battery staple");
    try (Database target = TestPostgres.createDatabase();
        BackupExecutor executor =
            Backups.from(source, folder)
                .target(PostgresHandler.of(target.dataSource()))
                .compression(
                    switch (codec) {
                      case "gzip" -> Compression.gzip(1);
                      case "none" -> Compression.none();
                      default -> Compression.DEFAULT;
                    })
                .encryption(
                    switch (encryption) {
                      case "key" -> Encryption.recipients(pair.recipient());
                      case "passphrase" -> Encryption.passphrase(passphrase);
                      default -> Encryption.none();
                    })
                .decryptionKeys(
                    switch (encryption) {
                      case "key" -> DecryptionKeys.identities(pair.identity());
                      case "passphrase" -> DecryptionKeys.passphrase(passphrase);
                      default -> DecryptionKeys.none();
                    })
                .build()) {
      executor.restoreFromBackup(executor.createBackup().backupId());
      assertSame(target, source);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDocumentIsEnoughWithoutItsManifest(boolean atomic) throws Exception {
    Backups.take(source, folder);
    Files.delete(Backups.manifest(folder));
    RestoreOptions options =
        atomic ? RestoreOptions.DEFAULT : RestoreOptions.DEFAULT.withoutAtomicity();
    try (Database target = TestPostgres.createDatabase();
        BackupExecutor executor = Backups.into(target, folder).build()) {
      executor.restoreFromFile(Backups.document(folder), options);
      assertSame(target, source);
    }
  }

  @Test
  void oneTableIsBackedUpOrRestoredByItself() throws Exception {
    String table = "\"we.ird \"\"s\".\"Order Items\"";
    String hash = Contents.hashes(source).get(table);
    try (Database target = AwkwardDatabase.empty();
        BackupExecutor executor = Backups.into(target, folder).build()) {
      executor.restoreFromBackup(
          Backups.take(source, folder), RestoreOptions.DEFAULT.including(table));
      assertOnly(target, table, hash);
    }
    try (Database target = TestPostgres.createDatabase();
        BackupExecutor executor =
            Backups.from(source, folder)
                .target(PostgresHandler.of(target.dataSource()))
                .include(table)
                .build()) {
      BackupResult backup = executor.createBackup();
      assertThat(backup.counts()).containsExactly(Map.entry(table, 300L));
      executor.restoreFromBackup(backup.backupId());
      assertOnly(target, table, hash);
    }
  }

  private static void assertOnly(Database target, String table, String hash) throws SQLException {
    Map<String, Long> counts = Contents.counts(target);
    assertThat(Contents.hashes(target)).containsEntry(table, hash);
    counts.remove(table);
    assertThat(counts.values()).containsOnly(0L);
  }

  @Test
  void aDryRunTellsAndChangesNothing() throws Exception {
    String id = Backups.take(source, folder);
    List<String> files = Backups.files(folder);
    try (Database target = AwkwardDatabase.filled();
        BackupExecutor executor = Backups.into(target, folder).dryRun(true).build()) {
      Map<String, String> before = RestoreFixture.fingerprint(target);
      RestoreResult plan = executor.restoreFromBackup(id, Backups.REPLACE);
      assertThat(plan.dryRun()).isTrue();
      assertThat(plan.counts()).isEqualTo(Contents.counts(source));
      assertThat(plan.steps()).isNotEmpty();
      assertThat(executor.createBackup().dryRun()).isTrue();
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(before);
      assertThat(Backups.files(folder)).isEqualTo(files);
    }
  }

  /** Money moves between accounts, but there is always the same amount of it. */
  @Test
  void aBackupWhileFourOthersWriteShowsOneInstant() throws Exception {
    String ddl =
        """
        CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL, filler text);
        CREATE TABLE transfers (id bigserial PRIMARY KEY, a int REFERENCES accounts, b int REFERENCES accounts, amount bigint);
        """;
    try (Database bank = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      bank.execute(
          ddl,
          "INSERT INTO accounts SELECT i, 1000, repeat('x', 200) FROM generate_series(1, 20000) i");
      target.execute(ddl);
      AtomicBoolean stop = new AtomicBoolean();
      AtomicInteger written = new AtomicInteger();
      ExecutorService writers = Executors.newFixedThreadPool(4);
      try (BackupExecutor executor =
          Backups.from(bank, folder)
              .target(PostgresHandler.of(target.dataSource()))
              .restoreOptions(Backups.REPLACE)
              .parallelism(4)
              .build()) {
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          running.add(writers.submit(() -> transfer(bank, stop, written)));
        }
        for (int i = 0; i < 3; i++) {
          int before = written.get();
          while (written.get() == before) {
            Thread.onSpinWait();
          }
          before = written.get();
          BackupResult backup = executor.createBackup();
          assertThat(written.get()).as("transfers during the backup").isGreaterThan(before);
          executor.restoreFromBackup(backup.backupId());
          assertThat(target.query("SELECT sum(balance) || ' ' || count(*) FROM accounts"))
              .containsExactly("20000000 20000");
          // Each account has what its transfers say, so the two tables are of one instant.
          assertThat(
                  target.query(
                      """
                      SELECT a.id FROM accounts a
                        LEFT JOIN (SELECT id, sum(amount) AS amount
                                     FROM (SELECT a AS id, -amount AS amount FROM transfers
                                           UNION ALL SELECT b, amount FROM transfers) m GROUP BY id) t
                          ON t.id = a.id
                       WHERE a.balance <> 1000 + coalesce(t.amount, 0)
                      """))
              .isEmpty();
        }
        stop.set(true);
        for (Future<?> writer : running) {
          writer.get();
        }
      } finally {
        stop.set(true);
        writers.shutdownNow();
      }
    }
  }

  private static Void transfer(Database bank, AtomicBoolean stop, AtomicInteger written)
      throws SQLException {
    try (Connection connection = bank.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      while (!stop.get()) {
        int a = ThreadLocalRandom.current().nextInt(1, 20_000);
        int b = ThreadLocalRandom.current().nextInt(a + 1, 20_001); // in one order: no deadlocks
        int amount = ThreadLocalRandom.current().nextInt(-50, 50);
        statement.execute(
            "UPDATE accounts SET balance = balance - %d WHERE id = %d".formatted(amount, a));
        statement.execute(
            "UPDATE accounts SET balance = balance + %d WHERE id = %d".formatted(amount, b));
        statement.execute(
            "INSERT INTO transfers (a, b, amount) VALUES (%d, %d, %d)".formatted(a, b, amount));
        connection.commit();
        written.incrementAndGet();
      }
    }
    return null;
  }

  @Test
  void aSourceIsOnlyRead() throws Exception {
    Map<String, String> before = RestoreFixture.fingerprint(source);
    Backups.take(source, folder);
    assertThat(RestoreFixture.fingerprint(source)).isEqualTo(before);
  }

  @Test
  void restoringOverTheSourceItselfNeedsReplace() throws Exception {
    Map<String, String> before = RestoreFixture.fingerprint(source);
    try (BackupExecutor executor = Backups.from(source, folder).build()) {
      String id = executor.createBackup().backupId();
      assertThatThrownBy(() -> executor.restoreFromBackup(id))
          .hasMessageContaining("There is table public.readings");
      assertThat(RestoreFixture.fingerprint(source)).isEqualTo(before);
      AwkwardDatabase.change(source);
      executor.restoreFromBackup(id, Backups.REPLACE);
      assertThat(RestoreFixture.fingerprint(source)).isEqualTo(before);
    }
  }
}

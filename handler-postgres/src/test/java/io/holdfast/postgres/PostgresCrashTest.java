package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.postgres.TestPostgres.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that is killed in the middle of a backup or of an atomic restore leaves nothing behind
 * that looks like a backup, and a database as it was.
 *
 * <p>An undisturbed run first tells its steps. Then one process after another is killed, at steps
 * spread over the whole run: half of them held at the step, the others while they run on from it.
 * What a process said until its end tells what must have happened, cannot have, or may.
 */
@Timeout(600)
class PostgresCrashTest {
  static final String TIMESTAMPS = "yyyy-MM-dd-HH-mm-ss-SSS";

  private static final int KILLS = 20;
  private static final String COMMIT_MANIFEST = "SinkWriter.commit 2";
  private static final String FINISH = "RestoreSession.finish 1";

  private static final String TABLES =
      """
      CREATE TABLE customers (id bigserial PRIMARY KEY, name text NOT NULL, born date);
      CREATE TABLE orders (
        id bigserial PRIMARY KEY, customer bigint NOT NULL REFERENCES customers,
        total numeric(12,2), placed timestamptz, note text, details jsonb);
      CREATE INDEX ON orders (customer);
      CREATE TABLE rates (code char(3) PRIMARY KEY, rate double precision);
      """;

  @TempDir private Path folder;

  private static Database filled(int customers, int orders, String salt) throws Exception {
    Database database = TestPostgres.createDatabase();
    database.execute(
        TABLES,
        """
        INSERT INTO customers (name, born)
          SELECT md5('%3$s' || i), date '1950-01-01' + i %% 20000 FROM generate_series(1, %1$d) i;
        INSERT INTO orders (customer, total, placed, note, details)
          SELECT 1 + i %% %1$d, i * 0.37, timestamptz '2020-01-01 00:00:00+00' + i * interval '1 minute',
                 md5('%3$s' || i) || md5('note' || i), jsonb_build_object('n', i, 'key', md5('k' || i))
            FROM generate_series(1, %2$d) i;
        INSERT INTO rates VALUES ('EUR', length('%3$s')), ('USD', 1.1);
        """
            .formatted(customers, orders, salt));
    return database;
  }

  private BackupExecutor.Builder executor(Database database) {
    return BackupExecutor.builder()
        .source(PostgresHandler.of(database.dataSource()))
        .sink(FileSink.at(folder))
        .timestampFormat(TIMESTAMPS)
        .restoreOptions(RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE).withoutSafetyBackup());
  }

  @Test
  void aKilledBackupIsWholeOrIsNotThere() throws Exception {
    Random random = random("backup");
    try (Database source = filled(30_000, 110_000, "a")) {
      List<String> steps = undisturbed(source, "");
      assertThat(steps).contains(COMMIT_MANIFEST).doesNotContain("SinkWriter.commit 3");
      BackupExecutor executor = executor(source).build();
      BackupExecutor later =
          executor(source).clock(Clock.offset(Clock.systemUTC(), Duration.ofDays(2))).build();
      BackupExecutor ofRates = executor(source).include("public.rates").build();
      clear(executor);
      List<String> moments =
          moments(
              steps,
              random,
              "SinkWriter.commit 1",
              "SinkWriter.commit 1",
              "SinkWriter.commit 1 done",
              "StorageSink.write 2",
              "SinkWriter.write 1 done",
              COMMIT_MANIFEST,
              COMMIT_MANIFEST,
              COMMIT_MANIFEST + " done");
      int midway = 0;
      int listed = 0;
      int betweenCommits = 0;
      for (int i = 0; i < moments.size(); i++) {
        List<String> said = killed(source, "", i, moments.get(i));
        String when = moments.get(i) + ", last said " + said.get(said.size() - 1);
        List<CatalogEntry> entries = executor.list();
        assertThat(entries).as(when).allMatch(CatalogEntry.Backup.class::isInstance);
        if (said.contains(COMMIT_MANIFEST + " done")) {
          assertThat(entries).as(when).hasSize(1);
        } else if (!said.contains(COMMIT_MANIFEST)) {
          assertThat(entries).as(when).isEmpty();
        }
        for (CatalogEntry entry : entries) {
          assertThat(executor.verify(entry.backupId()).counts())
              .as(when)
              .containsEntry("public.orders", 110_000L);
        }
        later.prune(Duration.ofDays(1));
        assertThat(files()).as(when).hasSize(2 * entries.size());
        assertThat(ofRates.createBackup().records()).as(when).isEqualTo(2);
        clear(executor);
        listed += entries.size();
        midway += said.contains("SplitReader.read 1") && entries.isEmpty() ? 1 : 0;
        betweenCommits +=
            said.contains("SinkWriter.commit 1 done") && !said.contains(COMMIT_MANIFEST + " done")
                ? 1
                : 0;
      }
      System.out.printf(
          "%d backups killed: %d midway, %d of them between the commits; %d were complete%n",
          moments.size(), midway, betweenCommits, listed);
      assertThat(midway).isGreaterThan(KILLS / 2);
      assertThat(betweenCommits).isPositive();
      assertThat(listed).isBetween(1, KILLS / 2);
      assertThat(executor.verify(executor.createBackup().backupId()).records()).isEqualTo(140_002);
    }
  }

  @Test
  void aKilledRestoreHappenedOrDidNot() throws Exception {
    Random random = random("restore");
    try (Database source = filled(30_000, 80_000, "a");
        Database other = filled(3_000, 7_000, "other")) {
      String backupId = executor(source).build().createBackup().backupId();
      Map<String, String> expected = RestoreFixture.fingerprint(source);
      Map<String, String> before = RestoreFixture.fingerprint(other);
      List<String> steps;
      try (Database target = copy(other)) {
        steps = undisturbed(target, backupId);
        assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected);
      }
      List<String> moments =
          moments(
              steps,
              random,
              "RestoreSession.prepare 1 done",
              "RestoreSession.begin 1",
              "RestoreSession.begin 1 done",
              "RestoreSession.recordsWritten 1",
              "RestoreSession.recordsWritten 1 done",
              FINISH,
              FINISH,
              FINISH,
              FINISH + " done");
      int midway = 0;
      int restored = 0;
      Database target = copy(other);
      try {
        for (int i = 0; i < moments.size(); i++) {
          List<String> said = killed(target, backupId, i, moments.get(i));
          String when = moments.get(i) + ", last said " + said.get(said.size() - 1);
          Map<String, String> now = RestoreFixture.fingerprint(target);
          if (said.contains(FINISH + " done")) {
            assertThat(now).as(when).isEqualTo(expected);
          } else if (!said.contains(FINISH)) {
            assertThat(now).as(when).isEqualTo(before);
          } else {
            assertThat(now).as(when).isIn(before, expected);
          }
          boolean done = now.equals(expected);
          restored += done ? 1 : 0;
          midway += said.contains("RestoreSession.begin 1 done") && !done ? 1 : 0;
          // Every process begins where the one before was killed; now and then one may finish
          // there.
          if (done || i % 6 == 0) {
            executor(target).build().restoreFromBackup(backupId);
            assertThat(RestoreFixture.fingerprint(target)).as(when).isEqualTo(expected);
            target.close();
            target = copy(other);
          }
        }
        System.out.printf(
            "%d restores killed: %d midway; %d were complete%n", moments.size(), midway, restored);
        assertThat(midway).isGreaterThan(KILLS / 2);
        assertThat(restored).isBetween(1, KILLS / 2);
        executor(target).build().restoreFromBackup(backupId);
        assertThat(RestoreFixture.fingerprint(target)).isEqualTo(expected);
      } finally {
        target.close();
      }
    }
  }

  private static Random random(String what) {
    long seed = System.nanoTime();
    System.out.println("PostgresCrashTest, " + what + ", seed " + seed);
    return new Random(seed);
  }

  private static Database copy(Database template) throws Exception {
    return TestPostgres.createDatabase("TEMPLATE " + template.name());
  }

  /** What a process says that nobody kills. */
  private List<String> undisturbed(Database database, String backupId) throws Exception {
    try (WatchedProcess process =
        WatchedProcess.start("128m", database, folder, "undisturbed", backupId, "")) {
      List<String> steps = process.end();
      assertThat(steps).endsWith(WatchedProcess.END);
      return steps;
    }
  }

  /** Those steps, and others from every part of the run. */
  private static List<String> moments(List<String> steps, Random random, String... always) {
    assertThat(steps).contains(always);
    Set<String> spread = new LinkedHashSet<>();
    int more = KILLS - always.length;
    for (int i = 0; i < more; i++) {
      int from = steps.size() * i / more;
      int to = steps.size() * (i + 1) / more;
      spread.add(steps.get(from + random.nextInt(to - from)));
    }
    List<String> moments = new ArrayList<>(spread);
    Collections.addAll(moments, always);
    return moments;
  }

  /** Every other process is held at that step; the rest run on until the signal reaches them. */
  private List<String> killed(Database database, String backupId, int number, String moment)
      throws Exception {
    String application = "killed-" + number;
    try (WatchedProcess process =
        WatchedProcess.start(
            "128m", database, folder, application, backupId, number % 2 == 0 ? moment : "")) {
      process.await(moment);
      List<String> said = process.kill();
      // A step near the end may not come again: how bytes fall into writes differs by a few.
      assertThat(said).containsAnyOf(moment, WatchedProcess.END);
      awaitGone(database, application);
      return said;
    }
  }

  /** The server notices a lost client when it next speaks to it, or at once where it listens. */
  private static void awaitGone(Database database, String application) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    String left;
    do {
      left =
          database
              .query(
                  "SELECT string_agg(state || ' ' || query, '; ') FROM pg_stat_activity"
                      + " WHERE application_name = '"
                      + application
                      + "'")
              .get(0);
      if (left == null) {
        return;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
    } while (System.nanoTime() < deadline);
    throw new AssertionError("Still connected: " + left);
  }

  private static void clear(BackupExecutor executor) {
    executor.list().forEach(entry -> executor.delete(entry.backupId()));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile).toList();
    }
  }
}

package io.holdfast.postgres;

import static io.holdfast.postgres.RestoreFixture.fingerprint;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.Retry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a role may have one connection only, a restore that would use more still works. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RebuildOneConnectionTest {
  private static final String ROLE = "has_one_connection";

  private static void createRole() throws Exception {
    // The limit does not hold for superusers.
    TestPostgres.maintenance(
        "DO $$ BEGIN CREATE ROLE "
            + ROLE
            + " LOGIN CONNECTION LIMIT 1; EXCEPTION WHEN duplicate_object THEN END $$");
  }

  private static RestoreSession open(
      Database target, Backup backup, int workers, boolean dataOnly, boolean announced) {
    return PostgresRestoreSession.open(
        Connections.from(target.dataSource(ROLE, "")),
        new RestoreRequest(
            backup.header(),
            announced ? Optional.of(backup.counts()) : Optional.empty(),
            CollectionFilter.ALL,
            RestoreMode.INTO_EMPTY,
            RestoreStrategy.IN_PLACE,
            dataOnly,
            workers,
            Retry.none()),
        new RestoreSettings(
            new RebuildOptions(true, true, false, Map.of(), Map.of()), Duration.ofSeconds(2)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  void definitionsAndRowsComeBackOverOneConnection(int workers) throws Exception {
    createRole();
    try (Database source = TestPostgres.createDatabase().execute(RebuildIntoEmptyTest.SHOP);
        Database target = TestPostgres.createDatabase()) {
      target.execute("ALTER DATABASE " + target.name() + " OWNER TO " + ROLE);
      target.execute("ALTER SCHEMA public OWNER TO " + ROLE);
      Backup backup = RebuildIntoEmptyTest.shop().with(RestoreFixture.read(source));
      restoreByManyThreads(backup, open(target, backup, workers, false, true), workers);
      assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    }
  }

  @Test
  void rowsThatNothingAnnouncedComeBackOverOneConnection() throws Exception {
    createRole();
    String structure = "CREATE TABLE a (id int); CREATE TABLE b (id int)";
    try (Database source =
            TestPostgres.createDatabase()
                .execute(
                    structure,
                    "INSERT INTO a SELECT generate_series(1, 50)",
                    "INSERT INTO b SELECT generate_series(1, 60)");
        Database target = TestPostgres.createDatabase().execute(structure)) {
      target.execute("ALTER TABLE a OWNER TO " + ROLE, "ALTER TABLE b OWNER TO " + ROLE);
      Backup read = RestoreFixture.read(source);
      // As from another handler, which does not describe what it holds.
      Backup backup = RestoreFixture.foreign("other", read.records());
      restoreByManyThreads(backup, open(target, backup, 4, true, false), 4);
      assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    }
  }

  private static void restoreByManyThreads(Backup backup, RestoreSession opened, int threads)
      throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try (RestoreSession session = opened) {
      session.prepare();
      session.begin();
      List<Future<?>> writes = new ArrayList<>();
      backup
          .records()
          .forEach(
              (collection, records) -> {
                for (int from = 0; from < records.size(); from += 7) {
                  RecordBatch batch =
                      RecordBatch.of(records.subList(from, Math.min(records.size(), from + 7)));
                  writes.add(executor.submit(() -> session.write(collection, batch)));
                }
              });
      for (Future<?> write : writes) {
        write.get();
      }
      assertThat(session.recordsWritten()).isEqualTo(backup.counts());
      session.finish();
    } finally {
      executor.shutdownNow();
    }
  }
}

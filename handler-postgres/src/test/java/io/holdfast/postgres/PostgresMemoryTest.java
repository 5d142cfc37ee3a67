package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.postgres.TestPostgres.Database;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A database many times larger than the heap is backed up and restored. */
@Tag("long")
@Timeout(1800)
class PostgresMemoryTest {
  private static final String HEAP = "256m";

  private static final String TABLES =
      """
      CREATE TABLE entries (id bigint PRIMARY KEY, at timestamptz, note text);
      CREATE TABLE pages (id int, content text);
      """;

  private static final String HASHES =
      """
      SELECT count(*) || ' ' || sum(hashtextextended(t::text, 0)::numeric) FROM entries t
      UNION ALL
      SELECT count(*) || ' ' || sum(hashtextextended(t::text, 0)::numeric) FROM pages t
      """;

  @TempDir private Path folder;

  @Test
  void twoGigabytesPassThroughASmallHeap() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      target.execute(TABLES);
      source.execute(
          TABLES,
          """
          INSERT INTO entries
            SELECT i, timestamptz '2020-01-01 00:00:00+00' + i * interval '1 second', repeat(md5(i::text), 32)
              FROM generate_series(1, 2000000) i
          """,
          "INSERT INTO pages SELECT i, repeat(md5(i::text), 32768) FROM generate_series(1, 200) i");
      assertThat(Long.parseLong(source.query("SELECT pg_table_size('entries')").get(0)))
          .isGreaterThan(2L << 30);
      run(source, "");
      List<CatalogEntry> backups;
      try (BackupExecutor executor =
          BackupExecutor.builder()
              .source(PostgresHandler.of(source.dataSource()))
              .sink(FileSink.at(folder))
              .timestampFormat(PostgresCrashTest.TIMESTAMPS)
              .build()) {
        backups = executor.list();
      }
      assertThat(backups).hasSize(1);
      run(target, backups.get(0).backupId());
      List<String> expected = source.query(HASHES);
      assertThat(expected.get(0)).startsWith("2000000 ");
      assertThat(target.query(HASHES)).isEqualTo(expected);
    }
  }

  private void run(Database database, String backupId) throws Exception {
    long start = System.nanoTime();
    try (WatchedProcess process =
        WatchedProcess.start(HEAP, database, folder, "small", backupId, "")) {
      assertThat(process.end()).endsWith(WatchedProcess.END);
    }
    System.out.printf(
        "PostgresMemoryTest, %s with a heap of %s: %.1f s%n",
        backupId.isEmpty() ? "backup" : "restore", HEAP, (System.nanoTime() - start) / 1e9);
  }
}

package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.postgres.TestPostgres.Database;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rows lie in the restored table as they lay in the source, which block range indexes and {@code
 * CLUSTER} count on: for tables that one reader reads, restored in one transaction, however many
 * threads convert.
 */
@Timeout(120)
class RowOrderTest {
  private static final String PHYSICAL_ORDER =
      "SELECT md5(string_agg(id::text, ',' ORDER BY ctid)) FROM rows";

  @TempDir private Path folder;

  @Test
  void rowsLieAsTheyLay() throws Exception {
    try (Database database = TestPostgres.createDatabase()) {
      database.execute(
          "CREATE TABLE rows (id int, filler text)",
          "INSERT INTO rows SELECT i, repeat(md5(i::text), 3) FROM generate_series(1, 150000) i"
              + " ORDER BY md5(i::text)");
      String before = database.query(PHYSICAL_ORDER).get(0);
      try (BackupExecutor executor = Backups.from(database, folder).parallelism(6).build()) {
        executor.createBackup();
        executor.restoreFromBackup(BackupExecutor.LATEST, Backups.REPLACE);
      }
      assertThat(database.query(PHYSICAL_ORDER)).containsExactly(before);
    }
  }
}

package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.ProductionTargetException;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.HandlerException;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A database can say itself that it is production, and then nobody restores into it unawares. */
@Timeout(120)
class EnvironmentMarkTest {
  @TempDir private Path folder;

  @Test
  void aDatabaseTellsWhichItIs() throws Exception {
    try (Database database = TestPostgres.createDatabase();
        PostgresHandler handler = PostgresHandler.of(database.dataSource())) {
      DatabaseInfo info = handler.describe();
      assertThat(info.name()).isEqualTo(database.name());
      assertThat(info.identity())
          .isEqualTo(
              database
                  .query(
                      "SELECT system_identifier || '/' || d.oid FROM pg_control_system(), pg_database d"
                          + " WHERE datname = current_database()")
                  .get(0));
      assertThat(info.environment()).isEmpty();
      assertThat(info.production()).isFalse();
    }
  }

  @Test
  void aMarkIsSeenAtOnceAndGoesWhenItIsRemoved() throws Exception {
    try (Database database = TestPostgres.createDatabase();
        Connection old = database.connect();
        PostgresHandler handler = PostgresHandler.of(new OneConnection(old))) {
      handler.markEnvironment("prod 'eu'", true);
      assertThat(handler.describe().environment()).isEqualTo(Optional.of("prod 'eu'"));
      assertThat(handler.describe().production()).isTrue();
      handler.markEnvironment("staging", false);
      assertThat(handler.describe().environment()).isEqualTo(Optional.of("staging"));
      assertThat(handler.describe().production()).isFalse();
      handler.unmarkEnvironment();
      handler.unmarkEnvironment();
      assertThat(handler.describe().environment()).isEmpty();
    }
  }

  @Test
  void onlyWhoMayCanMark() throws Exception {
    try (Database database = TestPostgres.createDatabase()) {
      TestPostgres.maintenance(
          "DO $$ BEGIN CREATE ROLE marker LOGIN; EXCEPTION WHEN duplicate_object THEN END $$");
      PostgresHandler handler = PostgresHandler.of(database.dataSource("marker", ""));
      assertThatThrownBy(() -> handler.markEnvironment("production", true))
          .isInstanceOfSatisfying(
              HandlerException.class,
              e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.PERMISSION_DENIED));
      assertThat(handler.describe().production()).isFalse();
    }
  }

  @Test
  void nothingIsRestoredIntoAMarkedDatabaseUnlessItIsNamed() throws Exception {
    try (Database database = TestPostgres.createDatabase();
        PostgresHandler handler = PostgresHandler.of(database.dataSource());
        BackupExecutor executor = Backups.from(database, folder).build()) {
      database.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)");
      handler.markEnvironment("production", true);
      BackupResult backup = executor.createBackup();
      assertThat(backup.source().environment()).isEqualTo("production");
      assertThat(backup.source().identity()).isEqualTo(handler.describe().identity());
      database.execute("UPDATE t SET id = 2");
      assertThatThrownBy(() -> executor.restoreFromBackup(backup.backupId(), Backups.REPLACE))
          .isInstanceOf(ProductionTargetException.class)
          .hasMessageContaining("intoProduction(\"" + database.name() + "\")");
      assertThat(database.query("SELECT id FROM t")).containsExactly("2");
      executor.restoreFromBackup(
          backup.backupId(), Backups.REPLACE.intoProduction(database.name()));
      assertThat(database.query("SELECT id FROM t")).containsExactly("1");
      // The mark is the target's own: a restore neither brings nor takes it.
      assertThat(handler.describe().production()).isTrue();
    }
  }
}

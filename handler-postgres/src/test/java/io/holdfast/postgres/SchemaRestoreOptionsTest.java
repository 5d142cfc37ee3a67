package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.RestoreOptions;
import io.holdfast.postgres.TestPostgres.Database;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every object restored without owners or grants, under other roles and in other schemas, is what
 * pg_dump and psql make of it with the same options.
 */
@Timeout(300)
class SchemaRestoreOptionsTest {
  @TempDir private static Path folder;
  private static PgDump dump;
  private static Database original;
  private static String backup;

  @BeforeAll
  static void backUpEveryObject() throws Exception {
    dump = PgDump.forServer();
    original = EveryObject.createForPgDump();
    backup = Backups.take(original, folder);
  }

  @AfterAll
  static void dropTheOriginal() throws SQLException {
    if (original != null) {
      original.close();
    }
  }

  private static void restore(PostgresHandler.Builder handler) {
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(handler.build())
            .sink(FileSink.at(folder))
            .parallelism(3)
            .build()) {
      executor.restoreFromBackup(backup, RestoreOptions.DEFAULT);
    }
  }

  /**
   * A second dump differs from the first where grants were one with the owner: so psql's counts.
   */
  private static void assertLikePsql(Database target, String... options) throws Exception {
    try (Database byPsql = EveryObject.empty()) {
      dump.restore(dump.plain(original, options), byPsql);
      dump.of(target).assertSameAs(dump.of(byPsql));
    }
  }

  @Test
  void withoutOwnersEverythingBelongsToWhoeverRestores() throws Exception {
    try (Database target = EveryObject.empty()) {
      restore(PostgresHandler.builder(target.dataSource()).noOwner());
      assertLikePsql(target, "--no-owner");
    }
  }

  @Test
  void withoutOwnersAndPrivilegesNoRoleIsNeeded() throws Exception {
    try (Database target = EveryObject.empty()) {
      restore(PostgresHandler.builder(target.dataSource()).noOwner().noPrivileges());
      assertLikePsql(target, "--no-owner", "--no-privileges");
    }
  }

  @Test
  void rolesAreMappedWhereverTheyAreNamed() throws Exception {
    TestPostgres.maintenance("DROP ROLE IF EXISTS every_other", "CREATE ROLE every_other");
    try (Database target = EveryObject.empty()) {
      restore(
          PostgresHandler.builder(target.dataSource())
              .mapRole(EveryObject.OWNER, "every_other")
              .mapRole(EveryObject.ODD, EveryObject.STRANGER));
      List<String> lines = dump.of(target).lines();
      assertThat(lines)
          .contains("ALTER TABLE shop.customers OWNER TO every_other;")
          .contains("ALTER TABLE shop.people OWNER TO every_stranger;")
          .noneMatch(line -> line.contains(EveryObject.OWNER))
          .noneMatch(line -> line.contains("Rolle"));
    } finally {
      TestPostgres.maintenance("DROP ROLE every_other");
    }
  }

  @Test
  void aMissingRoleIsNamedBeforeAnythingIsWritten() throws Exception {
    Path own = folder.resolve("gone");
    String id;
    TestPostgres.maintenance("CREATE ROLE every_gone");
    try (Database source = TestPostgres.createDatabase()) {
      source.execute("CREATE TABLE t (a int)", "GRANT SELECT ON t TO every_gone");
      id = Backups.take(source, own);
    }
    TestPostgres.maintenance("DROP ROLE every_gone");
    try (Database target = EveryObject.empty();
        BackupExecutor executor = Backups.into(target, own).build()) {
      Throwable refused = catchThrowable(() -> executor.restoreFromBackup(id));
      assertThat(refused).hasMessageContaining("every_gone");
      assertThat(target.query("SELECT to_regclass('public.t')")).containsExactly((String) null);
    }
  }

  @Test
  void schemasAreRestoredUnderOtherNames() throws Exception {
    try (Database target = EveryObject.empty();
        Database renamed = EveryObject.empty()) {
      restore(
          PostgresHandler.builder(target.dataSource())
              .mapSchema("shop", "Shop 2")
              .mapSchema("types", "shop")
              .mapSchema("SELECT", "from"));
      dump.restore(dump.plain(original), renamed);
      renamed.execute(
          "ALTER SCHEMA shop RENAME TO \"Shop 2\"",
          "ALTER SCHEMA types RENAME TO shop",
          "ALTER SCHEMA \"SELECT\" RENAME TO \"from\"");
      dump.of(target).assertSameAs(dump.of(renamed));
    }
  }
}

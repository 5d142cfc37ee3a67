package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.TestPostgres.Database;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A database that was rebuilt from a backup is the one that was backed up: pg_dump tells the same
 * of both.
 */
@Timeout(300)
class SchemaRoundTripTest {
  private static final RestoreOptions REPLACE =
      RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE).withoutSafetyBackup();

  /**
   * The schemas that the migration made or renamed: a backup that does not know them leaves them.
   */
  private static final String DROP_WHAT_STAYS = "DROP SCHEMA migrated, plainly_named CASCADE";

  private static final String INVALID_INDEXES =
      """
      SELECT pg_catalog.pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index
       WHERE NOT indisvalid AND indrelid IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind <> 'p')
       ORDER BY 1
      """;

  @TempDir private static Path folder;
  private static PgDump dump;
  private static Database original;
  private static PgDump.Output expected;
  private static PgDump.Output expectedWithDatabase;
  private static PgDump.Output expectedTexts;
  private static Map<String, String> expectedRows;
  private static String backup;

  @TempDir private Path own;

  @BeforeAll
  static void backUpEveryObject() throws Exception {
    dump = PgDump.forServer();
    original = EveryObject.create();
    expected = dump.of(original);
    expectedWithDatabase = dump.withDatabase(original);
    expectedTexts = EveryObject.texts(original);
    expectedRows = Contents.hashes(original);
    backup = Backups.take(original, folder);
  }

  @AfterAll
  static void dropTheOriginal() throws SQLException {
    if (original != null) {
      original.close();
    }
  }

  static void restore(String id, Path from, Database target, RestoreOptions options) {
    try (BackupExecutor executor =
        // By its URI: a DataSource would lead to this one database only, and a swap needs others.
        Backups.from(target, from).source(PostgresHandler.at(target.uri())).build()) {
      executor.restoreFromBackup(id, options);
    }
  }

  /** A swap leaves to a target what is said of it as a whole. */
  private static void assertIsTheOriginal(Database target, RestoreStrategy strategy)
      throws Exception {
    dump.of(target).assertSameAs(expected);
    if (strategy != RestoreStrategy.SWAP) {
      dump.withDatabase(target).assertSameAs(expectedWithDatabase);
    }
    assertContents(target);
  }

  private static void assertIsTheOriginal(Database target) throws Exception {
    assertIsTheOriginal(target, RestoreStrategy.TRANSACTION);
  }

  private static void assertContents(Database target) throws Exception {
    // What pg_dump does not tell, or tells in lines that look like its comments.
    EveryObject.texts(target).assertSameAs(expectedTexts);
    assertThat(Contents.hashes(target)).isEqualTo(expectedRows);
    // As pg_dump does it: what an index build that failed left behind helps nobody.
    assertThat(original.query(INVALID_INDEXES)).isNotEmpty();
    assertThat(target.query(INVALID_INDEXES)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void everyObjectComesBackInAnEmptyDatabaseOfAnotherName(RestoreStrategy strategy)
      throws Exception {
    try (Database target = EveryObject.emptyOfItsOwner()) {
      restore(backup, folder, target, RestoreOptions.DEFAULT.withStrategy(strategy));
      assertIsTheOriginal(target, strategy);
    }
  }

  @Test
  void whatWasRestoredIsBackedUpAndRestoredLikeTheOriginal() throws Exception {
    try (Database first = EveryObject.emptyOfItsOwner();
        Database second = EveryObject.emptyOfItsOwner()) {
      restore(backup, folder, first, RestoreOptions.DEFAULT);
      restore(Backups.take(first, own), own, second, RestoreOptions.DEFAULT);
      assertIsTheOriginal(second);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TRANSACTION", "IN_PLACE"})
  void replacingUndoesWhatAMigrationDidButForTheSchemaThatTheBackupDoesNotKnow(
      RestoreStrategy strategy) throws Exception {
    try (Database target = EveryObject.migrate(EveryObject.create())) {
      restore(backup, folder, target, REPLACE.withStrategy(strategy));
      assertThat(target.query("SELECT note FROM migrated.seen")).containsExactly("stays");
      assertThat(target.query("SELECT migrated.stays_too()")).containsExactly("1");
      target.execute(DROP_WHAT_STAYS);
      assertIsTheOriginal(target);
    }
  }

  /** A new database takes the place of the old one: nothing of that may have to stay. */
  @Test
  void swappingUndoesWhatAMigrationDid() throws Exception {
    try (Database target = EveryObject.migrate(EveryObject.create())) {
      target.execute(DROP_WHAT_STAYS, "DROP EXTENSION tablefunc");
      restore(backup, folder, target, REPLACE.withStrategy(RestoreStrategy.SWAP));
      assertIsTheOriginal(target, RestoreStrategy.SWAP);
    }
  }

  @ParameterizedTest
  @EnumSource
  void replacingWhatNobodyChangedChangesNothing(RestoreStrategy strategy) throws Exception {
    try (Database target = EveryObject.create()) {
      restore(backup, folder, target, REPLACE.withStrategy(strategy));
      restore(backup, folder, target, REPLACE.withStrategy(strategy));
      assertIsTheOriginal(target, strategy);
    }
  }

  @Test
  void whatElsewhereDependsOnWhatWouldBeReplacedIsNamedAndNothingIsDone() throws Exception {
    try (Database target = EveryObject.migrate(EveryObject.create())) {
      target.execute(
          "CREATE VIEW migrated.watches AS SELECT id FROM shop.customers",
          "CREATE TABLE migrated.feels (m types.mood)");
      PgDump.Output before = dump.withDatabase(target);
      Throwable refused = catchThrowable(() -> restore(backup, folder, target, REPLACE));
      assertThat(refused)
          .hasMessageContaining("migrated.watches")
          .hasMessageContaining("migrated.feels");
      dump.withDatabase(target).assertSameAs(before);
    }
  }

  @ParameterizedTest
  @EnumSource
  void intoAnEmptyDatabaseMeansEmpty(RestoreStrategy strategy) throws Exception {
    try (Database target = EveryObject.emptyOfItsOwner()) {
      target.execute("CREATE SCHEMA shop; CREATE TABLE shop.orders (id int)");
      PgDump.Output before = dump.withDatabase(target);
      Throwable refused =
          catchThrowable(
              () -> restore(backup, folder, target, RestoreOptions.DEFAULT.withStrategy(strategy)));
      assertThat(refused).hasMessageContaining("shop");
      dump.withDatabase(target).assertSameAs(before);
    }
  }

  @Test
  void aFailedMigrationIsUndoneAndConnectionsOfBeforeStillWork() throws Exception {
    try (Database target = EveryObject.create();
        Connection connection = target.connect();
        PreparedStatement before =
            connection.prepareStatement("SELECT * FROM shop.customers ORDER BY id")) {
      // Often enough for the server to keep a plan of the table as it is.
      for (int i = 0; i < 10; i++) {
        before.executeQuery().close();
      }
      PgDump.Output dumped = dump.withDatabase(target);
      PgDump.Output texts = EveryObject.texts(target);
      Map<String, String> rows = Contents.hashes(target);
      IllegalStateException error = new IllegalStateException("the migration failed");
      try (BackupExecutor executor =
          Backups.from(target, own).mode(BackupMode.FULL).restoreOptions(REPLACE).build()) {
        Throwable thrown =
            catchThrowable(
                () ->
                    executor.protect(
                        () -> {
                          EveryObject.migrate(target).execute(DROP_WHAT_STAYS);
                          throw error;
                        }));
        assertThat(thrown).isSameAs(error).hasNoSuppressedExceptions();
      }
      dump.withDatabase(target).assertSameAs(dumped);
      EveryObject.texts(target).assertSameAs(texts);
      assertThat(Contents.hashes(target)).isEqualTo(rows);
      try (ResultSet row = before.executeQuery()) {
        assertThat(row.next()).isTrue();
        assertThat(row.getString("Big One")).isEqualTo("Größe");
      }
    }
  }
}

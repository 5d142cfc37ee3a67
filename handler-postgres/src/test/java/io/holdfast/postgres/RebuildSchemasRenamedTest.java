package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestoreSession;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Schemas come back under other names, beside those of the target that have the old ones. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RebuildSchemasRenamedTest {
  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws SQLException {
    source =
        TestPostgres.createDatabase()
            .execute(
                "CREATE SCHEMA a; CREATE SCHEMA b",
                "CREATE TABLE a.t (id int); INSERT INTO a.t SELECT generate_series(1, 3)",
                "CREATE TABLE b.t (id int); INSERT INTO b.t SELECT generate_series(1, 5)",
                "DROP SCHEMA public");
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropDatabases() throws SQLException {
    source.close();
    target.close();
  }

  private RebuildScripts scripts() {
    return new RebuildScripts()
        .add(ObjectKind.SCHEMA, "a", "CREATE SCHEMA a")
        .add(ObjectKind.SCHEMA, "b", "CREATE SCHEMA b")
        .in("a", ObjectKind.TABLE, "t", "CREATE TABLE a.t (id int)")
        .in("b", ObjectKind.TABLE, "t", "CREATE TABLE b.t (id int)")
        .in("a", ObjectKind.VIEW, "v", "CREATE VIEW a.v AS SELECT id FROM b.t")
        .in(
            "a",
            ObjectKind.FUNCTION,
            "names_b()",
            "CREATE FUNCTION a.names_b() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM b.t'")
        .in(
            "b",
            ObjectKind.FUNCTION,
            "names_none()",
            "CREATE FUNCTION b.names_none() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  }

  private RestoreSession open(
      RebuildScripts scripts, RestoreMode mode, RestoreStrategy strategy, Map<String, String> names)
      throws SQLException {
    Backup backup = scripts.with(RestoreFixture.read(source));
    return RebuildScripts.open(
        target, backup, mode, strategy, new RebuildOptions(false, false, false, Map.of(), names));
  }

  private void restore(RestoreMode mode, RestoreStrategy strategy, Map<String, String> names)
      throws SQLException {
    RestoreFixture.restore(RestoreFixture.read(source), open(scripts(), mode, strategy, names));
  }

  @Test
  void twoExchangeTheirNamesAndReferencesFollow() throws Exception {
    restore(RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION, Map.of("a", "b", "b", "a"));
    assertThat(target.query("SELECT count(*) FROM b.t")).containsExactly("3");
    assertThat(target.query("SELECT count(*) FROM a.t")).containsExactly("5");
    assertThat(target.query("SELECT count(*) FROM b.v")).containsExactly("5");
  }

  @Test
  void aSchemaInTheWayStaysWhatItIs() throws Exception {
    target.execute("CREATE SCHEMA a; CREATE TABLE a.t (live text); INSERT INTO a.t VALUES ('yes')");
    target.execute("CREATE VIEW public.watches AS SELECT live FROM a.t");
    restore(RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION, Map.of("a", "of yesterday"));
    assertThat(target.query("SELECT live FROM a.t")).containsExactly("yes");
    assertThat(target.query("SELECT live FROM watches")).containsExactly("yes");
    assertThat(target.query("SELECT count(*) FROM \"of yesterday\".t")).containsExactly("3");
    assertThat(target.query("SELECT count(*) FROM \"of yesterday\".v")).containsExactly("5");
    // Again, over what was restored.
    target.execute("DELETE FROM \"of yesterday\".t");
    restore(RestoreMode.REPLACE, RestoreStrategy.TRANSACTION, Map.of("a", "of yesterday"));
    assertThat(target.query("SELECT live FROM a.t")).containsExactly("yes");
    assertThat(target.query("SELECT count(*) FROM \"of yesterday\".t")).containsExactly("3");
  }

  @Test
  void inPlaceNothingMayBeInTheWay() throws Exception {
    restore(RestoreMode.INTO_EMPTY, RestoreStrategy.IN_PLACE, Map.of("a", "c"));
    assertThat(target.query("SELECT count(*) FROM c.t")).containsExactly("3");
    assertThat(target.query("SELECT count(*) FROM c.v")).containsExactly("5");
    target.execute("DROP SCHEMA c CASCADE; DROP SCHEMA b CASCADE; CREATE SCHEMA a");
    try (RestoreSession session =
        open(scripts(), RestoreMode.INTO_EMPTY, RestoreStrategy.IN_PLACE, Map.of("a", "c"))) {
      HandlerException error = catchThrowableOfType(HandlerException.class, session::prepare);
      assertThat(error.kind()).isEqualTo(Kind.UNSUPPORTED);
      assertThat(error).hasMessageContaining("Schema \"a\" of the target is in the way");
    }
  }

  @Test
  void whatCannotBeRenamedIsRefusedAndTextsAreNamed() throws Exception {
    try (RestoreSession session =
        open(
            scripts(),
            RestoreMode.INTO_EMPTY,
            RestoreStrategy.TRANSACTION,
            Map.of("a", "x", "b", "y"))) {
      assertThat(session.prepare().warnings())
          .containsOnlyOnce(
              "The text of these names schema \"b\", and is not changed: function a.names_b().");
    }
    try (RestoreSession session =
        open(
            scripts(),
            RestoreMode.INTO_EMPTY,
            RestoreStrategy.TRANSACTION,
            Map.of("a", "same", "b", "same", "missing", "x"))) {
      assertThat(catchThrowableOfType(HandlerException.class, session::prepare))
          .hasMessageContaining("would both become \"same\"")
          .hasMessageContaining("no schema \"missing\"");
    }
    RebuildScripts extended =
        scripts().extensionIn("a", "hstore", "CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA a");
    try (RestoreSession session =
        open(extended, RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION, Map.of("a", "x"))) {
      assertThat(catchThrowableOfType(HandlerException.class, session::prepare))
          .hasMessageContaining("Extension \"hstore\" lies in schema \"a\"");
    }
  }

  @Test
  void rowsAloneAreNotRenamed() throws Exception {
    Backup backup = scripts().with(RestoreFixture.read(source));
    try (RestoreSession session =
        PostgresRestoreSession.open(
            Connections.from(target.dataSource()),
            RebuildScripts.request(
                backup, RestoreMode.MERGE, RestoreStrategy.TRANSACTION, CollectionFilter.ALL),
            new RestoreSettings(
                new RebuildOptions(false, false, false, Map.of(), Map.of("a", "x")),
                Duration.ZERO))) {
      assertThat(catchThrowableOfType(HandlerException.class, session::prepare).kind())
          .isEqualTo(Kind.UNSUPPORTED);
    }
  }
}

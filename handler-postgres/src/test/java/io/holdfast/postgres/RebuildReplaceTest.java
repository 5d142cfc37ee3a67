package io.holdfast.postgres;

import static io.holdfast.postgres.RestoreFixture.fingerprint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestoreSession;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** REPLACE makes the schemas of the backup what they were, and touches no other. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RebuildReplaceTest {
  private static final String[] MIGRATED = {
    "CREATE TABLE orders (id text PRIMARY KEY)",
    "CREATE TYPE mood AS ENUM ('up', 'down')",
    "CREATE TABLE people (name text, m mood, o text REFERENCES orders)",
    "INSERT INTO orders VALUES ('x'); INSERT INTO people VALUES ('y', 'up', 'x')",
    "CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1'",
    "CREATE AGGREGATE agg(int) (SFUNC = int4pl, STYPE = int)",
    "CREATE CAST (mood AS date) WITH INOUT",
    "CREATE VIEW v AS SELECT f(m) FROM people",
    "CREATE MATERIALIZED VIEW mv AS SELECT * FROM v",
    "CREATE PUBLICATION published FOR TABLE people",
    "CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION note()",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    "CREATE FOREIGN DATA WRAPPER wrapper",
    "CREATE SERVER served FOREIGN DATA WRAPPER wrapper",
    "CREATE USER MAPPING FOR postgres SERVER served",
    "CREATE FOREIGN TABLE far (id int) SERVER served",
    "SELECT lo_from_bytea(815, 'gone')",
  };

  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws SQLException {
    source = TestPostgres.createDatabase().execute(RebuildIntoEmptyTest.SHOP);
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropDatabases() throws SQLException {
    source.close();
    target.close();
  }

  private Backup backup() throws SQLException {
    return RebuildIntoEmptyTest.shop().with(RestoreFixture.read(source));
  }

  private void replace(RestoreStrategy strategy) throws SQLException {
    Backup backup = backup();
    RestoreFixture.restore(
        backup, RebuildScripts.open(target, backup, RestoreMode.REPLACE, strategy));
  }

  private List<String> objectsOfTheDatabase() throws SQLException {
    return target.query(
        "SELECT pubname::text FROM pg_publication UNION ALL SELECT evtname FROM pg_event_trigger"
            + " UNION ALL SELECT 'defaults' FROM pg_default_acl"
            + " UNION ALL SELECT fdwname FROM pg_foreign_data_wrapper"
            + " UNION ALL SELECT srvname FROM pg_foreign_server"
            + " UNION ALL SELECT 'cast' FROM pg_cast WHERE oid >= 16384"
            + " UNION ALL SELECT 'large object' FROM pg_largeobject_metadata");
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreStrategy.class,
      names = {"TRANSACTION", "IN_PLACE"})
  void whateverHasBecomeOfTheSchemasTheyAreWhatTheyWere(RestoreStrategy strategy) throws Exception {
    target.execute(MIGRATED);
    replace(strategy);
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    assertThat(objectsOfTheDatabase()).isEmpty();
    assertThat(target.query("SELECT proname FROM pg_proc WHERE oid >= 16384")).isEmpty();
    assertThat(target.query("SELECT relacl::text FROM pg_class WHERE relname = 'orders'"))
        .containsOnlyNulls();
  }

  @Test
  void theSameAgainAndAgain() throws Exception {
    for (int i = 0; i < 3; i++) {
      replace(RestoreStrategy.TRANSACTION);
    }
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
  }

  @Test
  void otherSchemasStayWithWhatTheyNeed() throws Exception {
    target.execute(MIGRATED);
    target.execute(
        "CREATE SCHEMA other",
        "CREATE TABLE other.kept (id int PRIMARY KEY); INSERT INTO other.kept VALUES (1), (2)",
        "CREATE FUNCTION other.note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "CREATE EVENT TRIGGER its_own ON sql_drop EXECUTE FUNCTION other.note()",
        "CREATE PUBLICATION its_publication FOR TABLE other.kept",
        "CREATE SERVER its_server FOREIGN DATA WRAPPER wrapper",
        "CREATE FOREIGN TABLE other.far (id int) SERVER its_server");
    replace(RestoreStrategy.TRANSACTION);
    assertThat(target.query("SELECT count(*) FROM other.kept")).containsExactly("2");
    assertThat(objectsOfTheDatabase())
        .containsExactlyInAnyOrder("its_own", "its_publication", "its_server", "wrapper");
  }

  @Test
  void whatOtherSchemasNeedIsNamedAndNothingIsDone() throws Exception {
    target.execute(MIGRATED);
    target.execute(
        "CREATE SCHEMA other",
        "CREATE VIEW other.v AS SELECT * FROM people",
        "CREATE TABLE other.t (id int, m mood, o text REFERENCES orders)",
        "CREATE FUNCTION other.f(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE other.child () INHERITS (orders)");
    HandlerException error =
        catchThrowableOfType(HandlerException.class, () -> replace(RestoreStrategy.TRANSACTION));
    assertThat(error.kind()).isEqualTo(Kind.MISMATCH);
    assertThat(error)
        .hasMessageContaining("view other.v")
        .hasMessageContaining("table other.t")
        .hasMessageContaining("constraint t_o_fkey on table other.t")
        .hasMessageContaining("function other.f(")
        .hasMessageContaining("table other.child")
        .hasMessageContaining("nothing was changed");
    assertThat(target.query("SELECT count(*) FROM people")).containsExactly("1");
  }

  @Test
  void aTargetInUseIsWaitedForOnlySoLong() throws Exception {
    target.execute(MIGRATED);
    try (Connection user = target.connect();
        Statement statement = user.createStatement()) {
      user.setAutoCommit(false);
      statement.execute("SELECT * FROM people");
      HandlerException error =
          catchThrowableOfType(HandlerException.class, () -> replace(RestoreStrategy.TRANSACTION));
      assertThat(error).hasMessageContaining("lockTimeout").hasMessageContaining("as it was");
      assertThat(error.retryable()).isTrue();
    }
    assertThat(target.query("SELECT count(*) FROM people")).containsExactly("1");
    replace(RestoreStrategy.TRANSACTION);
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
  }

  @Test
  void theStepsSayWhatIsDropped() throws Exception {
    target.execute(MIGRATED);
    Backup backup = backup();
    try (RestoreSession session =
        RebuildScripts.open(target, backup, RestoreMode.REPLACE, RestoreStrategy.TRANSACTION)) {
      assertThat(session.prepare().steps())
          .contains("Drop event trigger noting.", "Drop 1 large objects.")
          .anyMatch(
              step ->
                  step.startsWith("Drop schema \"public\" with all that is in it: ")
                      && step.contains("2 × table")
                      && step.contains("1 × materialized view"));
    }
    assertThat(objectsOfTheDatabase()).contains("noting", "published", "cast", "large object");
  }
}

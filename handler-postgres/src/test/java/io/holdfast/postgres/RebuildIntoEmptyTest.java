package io.holdfast.postgres;

import static io.holdfast.postgres.RestoreFixture.fingerprint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreSession;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An empty database is all that a restore of definitions and rows needs. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RebuildIntoEmptyTest {
  static final String SHOP =
      """
      CREATE TABLE people (id int PRIMARY KEY, boss int REFERENCES people, best_order int);
      CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person int REFERENCES people,
        total numeric, twice numeric GENERATED ALWAYS AS (total * 2) STORED);
      ALTER TABLE people ADD CONSTRAINT best FOREIGN KEY (best_order) REFERENCES orders;
      CREATE VIEW by_person AS SELECT p.id, p.boss, count(*) FROM people p JOIN orders o ON o.person = p.id GROUP BY p.id;
      CREATE MATERIALIZED VIEW totals AS SELECT sum(total) AS all FROM orders;
      INSERT INTO people SELECT i, 31 - i FROM generate_series(1, 30) i;
      INSERT INTO orders (person, total) SELECT i, i / 3.0 FROM generate_series(1, 30) i;
      UPDATE people SET best_order = 31 - id;
      REFRESH MATERIALIZED VIEW totals;
      """;

  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws SQLException {
    source = TestPostgres.createDatabase().execute(SHOP);
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropDatabases() throws SQLException {
    source.close();
    target.close();
  }

  static RebuildScripts shop() {
    return new RebuildScripts()
        .add(ObjectKind.SCHEMA, "public", "CREATE SCHEMA public")
        .inPublic(
            ObjectKind.TABLE,
            "people",
            "CREATE TABLE public.people (id int NOT NULL, boss int, best_order int)")
        .inPublic(
            ObjectKind.TABLE,
            "orders",
            "CREATE TABLE public.orders (id int NOT NULL GENERATED ALWAYS AS IDENTITY, person int,"
                + " total numeric, twice numeric GENERATED ALWAYS AS (total * 2) STORED)",
            "COMMENT ON TABLE public.orders IS 'what''s; {d ''ordered''}?'")
        .inPublic(
            ObjectKind.MATERIALIZED_VIEW,
            "totals",
            "CREATE MATERIALIZED VIEW public.totals AS SELECT sum(total) AS all FROM public.orders"
                + " WITH NO DATA")
        .on(
            "people",
            ObjectKind.CONSTRAINT,
            "people_pkey",
            List.of(),
            "ALTER TABLE ONLY public.people ADD CONSTRAINT people_pkey PRIMARY KEY (id)")
        .on(
            "orders",
            ObjectKind.CONSTRAINT,
            "orders_pkey",
            List.of(),
            "ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id)")
        .on(
            "people",
            ObjectKind.FOREIGN_KEY,
            "people_boss_fkey",
            List.of("people_pkey"),
            "ALTER TABLE ONLY public.people ADD CONSTRAINT people_boss_fkey FOREIGN KEY (boss)"
                + " REFERENCES public.people(id)")
        .on(
            "people",
            ObjectKind.FOREIGN_KEY,
            "best",
            List.of("orders_pkey", "orders"),
            "ALTER TABLE ONLY public.people ADD CONSTRAINT best FOREIGN KEY (best_order) REFERENCES"
                + " public.orders(id)")
        .on(
            "orders",
            ObjectKind.FOREIGN_KEY,
            "orders_person_fkey",
            List.of("people_pkey", "people"),
            "ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_person_fkey FOREIGN KEY (person)"
                + " REFERENCES public.people(id)")
        .on(
            "by_person",
            ObjectKind.RULE,
            "by_person",
            List.of("people_pkey"),
            "CREATE VIEW public.by_person AS SELECT p.id, p.boss, count(*) FROM public.people p JOIN"
                + " public.orders o ON o.person = p.id GROUP BY p.id")
        .on(
            "totals",
            ObjectKind.MATERIALIZED_VIEW_DATA,
            "totals data",
            List.of(),
            "REFRESH MATERIALIZED VIEW public.totals");
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreStrategy.class,
      names = {"TRANSACTION", "IN_PLACE"})
  void anEmptyDatabaseIsAllItNeeds(RestoreStrategy strategy) throws Exception {
    Backup backup = shop().with(RestoreFixture.read(source));
    RestoreFixture.restore(
        backup, RebuildScripts.open(target, backup, RestoreMode.INTO_EMPTY, strategy));
    assertThat(fingerprint(target)).isEqualTo(fingerprint(source));
    assertThat(target.query("SELECT \"all\" FROM totals"))
        .isEqualTo(source.query("SELECT \"all\" FROM totals"));
    assertThat(target.query("SELECT sum(count) FROM by_person")).containsExactly("30");
    assertThat(target.query("SELECT obj_description('orders'::regclass)"))
        .containsExactly("what's; {d 'ordered'}?");
    assertThat(
            target.query(
                "SELECT reltuples FROM pg_class WHERE relname IN ('people', 'orders') ORDER BY 1"))
        .as("analyzed")
        .containsExactly("30", "30");
  }

  static void restore(Backup backup, Database target) {
    RestoreFixture.restore(
        backup,
        RebuildScripts.open(target, backup, RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION));
  }

  @Test
  void aTargetThatHoldsSomethingIsRefusedWithAListOfIt() throws Exception {
    Backup backup = shop().with(RestoreFixture.read(source));
    target.execute(
        "CREATE TABLE people (id int)",
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'");
    HandlerException error =
        catchThrowableOfType(HandlerException.class, () -> restore(backup, target));
    assertThat(error.kind()).isEqualTo(Kind.NOT_EMPTY);
    assertThat(error)
        .hasMessageContaining("table public.people")
        .hasMessageContaining("function public.f(integer)")
        .hasMessageContaining("REPLACE")
        .hasMessageContaining("nothing was changed");
    assertThat(target.query("SELECT count(*) FROM pg_class WHERE relname = 'orders'"))
        .containsExactly("0");
  }

  @Test
  void anObjectThatFailsIsNamedAndTheTargetIsAsItWas() throws Exception {
    RebuildScripts script =
        shop()
            .on(
                "orders",
                ObjectKind.TRIGGER,
                "refused",
                List.of(),
                "CREATE TRIGGER refused BEFORE INSERT ON public.orders EXECUTE FUNCTION"
                    + " public.missing('hunter2')");
    Backup backup = script.with(RestoreFixture.read(source));
    HandlerException error =
        catchThrowableOfType(HandlerException.class, () -> restore(backup, target));
    assertThat(error)
        .hasMessageContaining("create trigger public.refused on public.orders")
        .hasMessageContaining("The target is left as it was")
        .hasMessageNotContaining("hunter2");
    assertThat(target.query("SELECT relname FROM pg_class WHERE oid >= 16384")).isEmpty();
    assertThat(target.query("SELECT count(*) FROM pg_largeobject_metadata")).containsExactly("0");
  }

  @Test
  void prepareTellsTheStepsAndLeavesNothingOpen() throws Exception {
    Backup backup = shop().with(RestoreFixture.read(source));
    try (RestoreSession session =
        RebuildScripts.open(target, backup, RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION)) {
      RestorePlan plan = session.prepare();
      assertThat(plan.atomic()).isTrue();
      assertThat(plan.steps())
          .contains(
              "Create what comes before the rows: 1 × schema, 2 × table, 1 × materialized view.")
          .anyMatch(step -> step.contains("3 × foreign key"))
          .endsWith("Commit.");
      assertThat(
              target.query(
                  "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
                      + " AND state LIKE '%transaction%'"))
          .isEmpty();
    }
  }

  @Test
  void tablesWhoseRowsAreNotInTheBackupComeBackEmpty() throws Exception {
    RebuildScripts script =
        shop().inPublic(ObjectKind.TABLE, "audit", "CREATE TABLE public.audit (id int)");
    Backup backup = script.with(RestoreFixture.read(source));
    try (RestoreSession session =
        RebuildScripts.open(target, backup, RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION)) {
      assertThat(session.prepare().warnings())
          .anyMatch(warning -> warning.contains("empty: public.audit"));
    }
  }

  @Test
  void missingRolesAreListedTogetherBeforeAnythingIsWritten() throws Exception {
    RebuildScripts script =
        shop()
            .inPublic(ObjectKind.TABLE, "a", "CREATE TABLE public.a ()")
            .on("a", ObjectKind.TRIGGER, "none", List.of())
            .owned("TABLE public.a", "no such owner", "no such grantee");
    Backup backup = script.with(RestoreFixture.read(source));
    HandlerException error =
        catchThrowableOfType(HandlerException.class, () -> restore(backup, target));
    assertThat(error.kind()).isEqualTo(Kind.NOT_FOUND);
    assertThat(error)
        .hasMessageContaining("\"no such owner\"")
        .hasMessageContaining("\"no such grantee\"")
        .hasMessageContaining("nothing was changed");
  }
}

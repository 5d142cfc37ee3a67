package io.holdfast.postgres;

import static io.holdfast.postgres.RestoreFixture.fingerprint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.RestoreFixture.Backup;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreSession;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Of a few tables, those that are missing are created, with what belongs to them. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RebuildFilterTest {
  private static final CollectionFilter ORDERS =
      new CollectionFilter(List.of("public.orders", "sales.refunds"), List.of());

  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws SQLException {
    source =
        TestPostgres.createDatabase()
            .execute(
                RebuildIntoEmptyTest.SHOP,
                "CREATE SCHEMA sales",
                "CREATE TYPE sales.reason AS ENUM ('late', 'broken')",
                "CREATE TABLE sales.refunds (id int PRIMARY KEY, why sales.reason)",
                "INSERT INTO sales.refunds VALUES (1, 'late'), (2, 'broken')");
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropDatabases() throws SQLException {
    source.close();
    target.close();
  }

  private Backup backup() throws SQLException {
    RebuildScripts scripts =
        RebuildIntoEmptyTest.shop()
            .add(ObjectKind.SCHEMA, "sales", "CREATE SCHEMA sales")
            .in(
                "sales",
                ObjectKind.TYPE,
                "reason",
                "CREATE TYPE sales.reason AS ENUM ('late', 'broken')")
            .in(
                "sales",
                ObjectKind.TABLE,
                "refunds",
                List.of("reason"),
                "CREATE TABLE sales.refunds (id int NOT NULL, why sales.reason)")
            .in("sales", ObjectKind.TYPE, "unused", "CREATE TYPE sales.unused AS ENUM ()")
            .on(
                "refunds",
                ObjectKind.CONSTRAINT,
                "refunds_pkey",
                List.of(),
                "ALTER TABLE ONLY sales.refunds ADD CONSTRAINT refunds_pkey PRIMARY KEY (id)")
            .on(
                "orders",
                ObjectKind.INDEX,
                "orders_total",
                List.of(),
                "CREATE INDEX orders_total ON public.orders (total)")
            .in(
                "public",
                ObjectKind.FUNCTION,
                "note()",
                List.of(),
                "CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'")
            .on(
                "orders",
                ObjectKind.TRIGGER,
                "noting",
                List.of("note()"),
                "CREATE TRIGGER noting BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION"
                    + " public.note()");
    return chosen(scripts.with(RestoreFixture.read(source)));
  }

  /** As core does it: only the records that the filter accepts. */
  private static Backup chosen(Backup backup) {
    Map<String, List<String>> records = new LinkedHashMap<>(backup.records());
    records.keySet().removeIf(name -> !ORDERS.accepts(name));
    return new Backup(backup.header(), records);
  }

  private RestoreSession open(Backup backup, RestoreMode mode, RestoreStrategy strategy) {
    return PostgresRestoreSession.open(
        Connections.from(target.dataSource()),
        RebuildScripts.request(backup, mode, strategy, ORDERS),
        new RestoreSettings(
            io.holdfast.postgres.internal.rebuild.RebuildOptions.AS_IT_WAS, Duration.ofSeconds(2)));
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreStrategy.class,
      names = {"TRANSACTION", "IN_PLACE"})
  void missingTablesAreCreatedWithWhatTheyNeedAndWhatBelongsToThem(RestoreStrategy strategy)
      throws Exception {
    Backup backup = backup();
    try (RestoreSession session = open(backup, RestoreMode.INTO_EMPTY, strategy)) {
      RestorePlan plan = session.prepare();
      assertThat(plan.warnings())
          .anyMatch(
              warning ->
                  warning.contains("foreign key public.orders_person_fkey")
                      && warning.contains("table public.people"));
      assertThat(plan.steps()).anyMatch(step -> step.startsWith("Create what the target lacks: "));
    }
    RestoreFixture.restore(backup, open(backup, RestoreMode.INTO_EMPTY, strategy));
    Map<String, String> is = fingerprint(target);
    Map<String, String> was = fingerprint(source);
    assertThat(is).containsEntry("public.orders", was.get("public.orders"));
    assertThat(is).containsEntry("sales.refunds", was.get("sales.refunds"));
    assertThat(is).containsEntry("public.orders_id_seq", was.get("public.orders_id_seq"));
    assertThat(is).doesNotContainKey("public.people");
    assertThat(is.get("constraints"))
        .contains("orders_pkey", "refunds_pkey")
        .doesNotContain("best");
    assertThat(is.get("triggers")).isEqualTo("orders noting O");
    assertThat(target.query("SELECT to_regclass('public.orders_total') IS NOT NULL"))
        .containsExactly("t");
    assertThat(target.query("SELECT to_regtype('sales.unused') IS NULL")).containsExactly("t");
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreStrategy.class,
      names = {"TRANSACTION", "IN_PLACE"})
  void tablesThatAreThereKeepTheirDefinition(RestoreStrategy strategy) throws Exception {
    target.execute(
        "CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people SELECT generate_series(1, 30)",
        "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person int,"
            + " total numeric, twice numeric GENERATED ALWAYS AS (total * 2) STORED,"
            + " CHECK (total > 0))",
        "INSERT INTO orders (total) VALUES (999)",
        "CREATE INDEX its_own ON orders (person)");
    Backup backup = backup();
    RestoreFixture.restore(backup, open(backup, RestoreMode.REPLACE, strategy));
    Map<String, String> is = fingerprint(target);
    assertThat(is).containsEntry("public.orders", fingerprint(source).get("public.orders"));
    assertThat(is).containsEntry("sales.refunds", fingerprint(source).get("sales.refunds"));
    assertThat(is.get("constraints")).contains("orders_total_check", "refunds_pkey");
    assertThat(target.query("SELECT to_regclass('public.its_own') IS NOT NULL"))
        .containsExactly("t");
    assertThat(target.query("SELECT to_regclass('public.orders_total') IS NULL"))
        .containsExactly("t");
    assertThat(target.query("SELECT count(*) FROM people")).containsExactly("30");
  }

  @Test
  void aForeignKeyToATableThatIsThereIsAddedIfItsKeyIsThereToo() throws Exception {
    target.execute(
        "CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people SELECT generate_series(1, 30)");
    Backup backup = backup();
    RestoreFixture.restore(
        backup, open(backup, RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION));
    assertThat(fingerprint(target).get("constraints"))
        .contains("orders orders_person_fkey FOREIGN KEY (person) REFERENCES people(id) true");
  }

  @Test
  void tablesThatAreThereMustStillBeEmpty() throws Exception {
    target.execute("CREATE SCHEMA sales", "CREATE TYPE sales.reason AS ENUM ('late', 'broken')");
    target.execute(
        "CREATE TABLE sales.refunds (id int, why sales.reason);"
            + " INSERT INTO sales.refunds VALUES (7, 'late')");
    Backup backup = backup();
    HandlerException error =
        catchThrowableOfType(
            HandlerException.class,
            () ->
                RestoreFixture.restore(
                    backup, open(backup, RestoreMode.INTO_EMPTY, RestoreStrategy.TRANSACTION)));
    assertThat(error.kind()).isEqualTo(Kind.NOT_EMPTY);
    assertThat(target.query("SELECT to_regclass('public.orders') IS NULL")).containsExactly("t");
  }
}

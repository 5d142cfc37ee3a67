package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tables come back with everything that is said of them and of their columns. */
class TablesTest {
  @Test
  void aTableReadsAsAPersonWouldWriteIt() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.users (id serial, \"E mail\" varchar(80) COLLATE \"C\" NOT NULL"
                + " DEFAULT 'it''s \\', gone int, n numeric(8,2), twice numeric"
                + " GENERATED ALWAYS AS (n * 2) STORED, CONSTRAINT \"n \"\"ok\" CHECK (n > 0))",
            "ALTER TABLE s.users DROP COLUMN gone, SET (fillfactor = 70)")) {
      assertThat(replayed.sql(ObjectKind.TABLE, "users"))
          .isEqualTo(
              """
              CREATE TABLE s.users (
                id integer DEFAULT nextval('s.users_id_seq'::regclass) NOT NULL,
                "E mail" character varying(80) COLLATE pg_catalog."C" DEFAULT 'it''s \\'::character varying NOT NULL,
                n numeric(8,2),
                twice numeric GENERATED ALWAYS AS ((n * (2)::numeric)) STORED,
                CONSTRAINT "n ""ok" CHECK ((n > (0)::numeric))
              )
              WITH (fillfactor=70)""");
      assertThat(replayed.entry(ObjectKind.TABLE, "users").table()).hasValue("s.users");
    }
  }

  @Test
  void everythingThatIsSaidOfColumnsComesBack() throws Exception {
    Replayed.role("table_owner");
    Replayed.role("\"table \"\"app\"");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.\"T \"\"t\" (\"B b\" text DEFAULT 'x', n numeric NOT NULL DEFAULT 0.5,"
                + " v varchar(20)[], at timestamptz(3) DEFAULT now())",
            "ALTER TABLE s.\"T \"\"t\" ALTER \"B b\" SET STORAGE EXTERNAL,"
                + " ALTER n SET STATISTICS 77, ALTER v SET STATISTICS 0,"
                + " ALTER n SET (n_distinct = -0.5, n_distinct_inherited = 100)",
            "COMMENT ON TABLE s.\"T \"\"t\" IS E'two\\nlines'",
            "COMMENT ON COLUMN s.\"T \"\"t\".\"B b\" IS 'column''s \\'",
            "GRANT SELECT, INSERT (\"B b\"), UPDATE (\"B b\") ON s.\"T \"\"t\""
                + " TO \"table \"\"app\"",
            "GRANT REFERENCES (n) ON s.\"T \"\"t\" TO table_owner WITH GRANT OPTION",
            "ALTER TABLE s.\"T \"\"t\" OWNER TO table_owner")) {
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.RELATIONS);
    }
  }

  @Test
  void compressionComesBack() throws Exception {
    assumeTrue(TestPostgres.majorVersion() >= 14, "Compression is chosen from PostgreSQL 14 on");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.t (a text COMPRESSION pglz, b text)",
            "CREATE TABLE s.child () INHERITS (s.t)",
            "ALTER TABLE s.child ALTER a SET COMPRESSION default")) {
      replayed.same(RelationRows.COLUMNS);
    }
  }

  @Test
  void kindsAndSettingsOfTablesComeBack() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE ACCESS METHOD table_heap TYPE TABLE HANDLER heap_tableam_handler",
            "CREATE UNLOGGED TABLE s.scratch (id bigserial, t text) WITH (fillfactor = 70,"
                + " autovacuum_enabled = false, autovacuum_vacuum_scale_factor = 0.3,"
                + " toast.autovacuum_vacuum_threshold = 77)",
            "CREATE TABLE s.nothing ()",
            "CREATE TABLE s.nothing_left (a int)",
            "ALTER TABLE s.nothing_left DROP COLUMN a",
            "CREATE TABLE s.other_method (a int) USING table_heap",
            "CREATE TABLE s.secured (a int)",
            "ALTER TABLE s.secured ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
            "CREATE TABLE s.forced (a int)",
            "ALTER TABLE s.forced FORCE ROW LEVEL SECURITY",
            "CREATE TABLE s.whole (a int)",
            "ALTER TABLE s.whole REPLICA IDENTITY FULL",
            "CREATE TABLE s.unidentified (a int PRIMARY KEY)",
            "ALTER TABLE s.unidentified REPLICA IDENTITY NOTHING",
            "CREATE TABLE s.holder (t s.scratch, ts s.whole[])")) {
      replayed.same(RelationRows.RELATIONS);
      replayed.same(RelationRows.COLUMNS);
      assertThat(replayed.entry(ObjectKind.ROW_SECURITY, "secured").table()).hasValue("s.secured");
    }
  }

  @Test
  void aTypedTableSaysOnlyWhatItsTypeDoesNot() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TYPE s.pair AS (a int, \"B b\" text COLLATE \"C\", c text)",
            "CREATE TABLE s.plain OF s.pair",
            "CREATE TABLE s.typed OF s.pair (PRIMARY KEY (a), \"B b\" WITH OPTIONS DEFAULT 'b'"
                + " NOT NULL, CONSTRAINT long CHECK (length(c) > 0))",
            "CREATE TABLE s.parts OF s.pair PARTITION BY LIST (a)")) {
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.RELATIONS);
      replayed.same(RelationRows.CONSTRAINTS);
      assertThat(replayed.sql(ObjectKind.TABLE, "plain"))
          .isEqualTo("CREATE TABLE s.plain OF s.pair");
    }
  }

  @Test
  void checksComeBackAndThoseThatRowsViolateComeAfterTheRows() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.t (n int CHECK (n <> 3), CONSTRAINT \"o\"\"dd\" CHECK (n > 0)"
                + " NO INHERIT)",
            "INSERT INTO s.t VALUES (1000)",
            "ALTER TABLE s.t ADD CONSTRAINT later CHECK (n < 10) NOT VALID",
            "COMMENT ON CONSTRAINT later ON s.t IS 'later'",
            "COMMENT ON CONSTRAINT \"o\"\"dd\" ON s.t IS 'odd'")) {
      replayed.same(RelationRows.CONSTRAINTS);
      assertThat(replayed.script().after())
          .extracting(SchemaEntry::title)
          .containsExactly("constraint s.later on s.t");
    }
  }

  /** Neither the table nor the function could come first with everything in place. */
  @Test
  void aTableWhoseDefaultAndCheckTakeTheTableItselfComesBack() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.circle (id int, t text)",
            "CREATE FUNCTION s.number(s.circle) RETURNS int LANGUAGE sql IMMUTABLE"
                + " AS 'SELECT coalesce(($1).id, 1)'",
            "ALTER TABLE s.circle ALTER id SET DEFAULT s.number(NULL),"
                + " ADD CONSTRAINT round CHECK (s.number(circle) < 1000)",
            "COMMENT ON CONSTRAINT round ON s.circle IS 'round'")) {
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.CONSTRAINTS);
      assertThat(replayed.sql(ObjectKind.DEFAULT, "circle.id"))
          .isEqualTo(
              "ALTER TABLE ONLY s.circle ALTER COLUMN id SET DEFAULT"
                  + " s.number(NULL::s.circle)");
      assertThat(replayed.entry(ObjectKind.CHECK, "round").sql()).hasSize(2);
    }
  }

  @Test
  void namedNotNullsComeBack() throws Exception {
    assumeTrue(TestPostgres.majorVersion() >= 18, "NOT NULL has a name from PostgreSQL 18 on");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.t (a int CONSTRAINT \"A nn\" NOT NULL, b int NOT NULL NO INHERIT,"
                + " c int CONSTRAINT x NOT NULL NO INHERIT, d int,"
                + " e int CONSTRAINT own NOT NULL GENERATED ALWAYS AS IDENTITY,"
                + " v int GENERATED ALWAYS AS (a * 2) VIRTUAL,"
                + " CONSTRAINT loose CHECK (a > 5) NOT ENFORCED)",
            "ALTER TABLE s.t ADD CONSTRAINT dd NOT NULL d NOT VALID",
            "COMMENT ON CONSTRAINT dd ON s.t IS 'not valid'",
            "COMMENT ON CONSTRAINT x ON s.t IS 'named'",
            "CREATE TABLE s.child (d int, f int, CONSTRAINT own_b NOT NULL b) INHERITS (s.t)",
            "ALTER TABLE s.t ADD COLUMN h int CONSTRAINT hh NOT NULL",
            "CREATE TABLE s.renamed (a int NOT NULL)",
            "ALTER TABLE s.renamed RENAME a TO z",
            // both would be given the same name
            "CREATE TABLE s.same_name (b int NOT NULL)",
            "CREATE TABLE s.same (name_b int CONSTRAINT same_name_b_not_null NOT NULL)",
            "CREATE TABLE s.p (a int CONSTRAINT pn NOT NULL, b int) PARTITION BY LIST (a)",
            "CREATE TABLE s.p1 PARTITION OF s.p (b CONSTRAINT own NOT NULL) FOR VALUES IN (1)",
            "ALTER TABLE s.p ADD CONSTRAINT later NOT NULL b NOT VALID")) {
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.CONSTRAINTS);
    }
  }

  @Test
  void aTablespaceIsAStatementThatCanBeLeftOut() throws Exception {
    makeTablespace();
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.t (id int PRIMARY KEY USING INDEX TABLESPACE \"table space\")"
                + " TABLESPACE \"table space\"",
            "CREATE INDEX i ON s.t ((id + 1)) TABLESPACE \"table space\"",
            "CREATE TABLE s.p (id int) PARTITION BY LIST (id) TABLESPACE \"table space\"",
            "CREATE INDEX pi ON s.p (id) TABLESPACE \"table space\"")) {
      replayed.same(RelationRows.RELATIONS);
      assertThat(
              replayed.script().before().stream()
                  .flatMap(entry -> entry.sql().stream())
                  .filter(statement -> statement.tablespace().isPresent()))
          .extracting(SqlStatement::sql)
          .containsExactlyInAnyOrder(
              "ALTER TABLE ONLY s.t SET TABLESPACE \"table space\"",
              "ALTER TABLE ONLY s.p SET TABLESPACE \"table space\"");
      assertThat(replayed.script().toJson().toString()).contains("\"tablespace\":\"table space\"");
    }
  }

  private static void makeTablespace() throws SQLException {
    if (TestPostgres.query("SELECT 1 FROM pg_tablespace WHERE spcname = 'table space'").isEmpty()) {
      TestPostgres.maintenance(
          "SET allow_in_place_tablespaces = on", "CREATE TABLESPACE \"table space\" LOCATION ''");
    }
  }

  @Test
  void tablesOfExtensionsComeWithThem() throws Exception {
    try (Database source = TestPostgres.createDatabase()) {
      source.execute(
          "CREATE SCHEMA s",
          "CREATE EXTENSION hstore SCHEMA s",
          "CREATE TABLE s.member (id serial PRIMARY KEY, n int REFERENCES s.member)",
          "CREATE INDEX member_n ON s.member (n)",
          "ALTER EXTENSION hstore ADD TABLE s.member",
          "ALTER EXTENSION hstore ADD SEQUENCE s.member_id_seq",
          "CREATE TABLE s.own (h s.hstore)");
      SchemaScript script = SchemaReplay.capture(source).script();
      assertThat(script.before())
          .extracting(SchemaEntry::title)
          .contains("table s.own")
          .noneMatch(title -> title.contains("member"));
      assertThat(script.after()).isEmpty();
    }
  }

  @Test
  void temporaryTablesAreNotRead() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Connection holds = source.connect()) {
      holds
          .createStatement()
          .execute("CREATE TEMPORARY TABLE t (id serial PRIMARY KEY, n int REFERENCES t)");
      SchemaScript script = SchemaReplay.capture(source).script();
      assertThat(script.before()).noneMatch(entry -> entry.kind() != ObjectKind.SCHEMA);
      assertThat(script.after()).isEmpty();
    }
  }

  @Test
  void aThousandTablesTakeNoMoreQueriesThanOne() throws Exception {
    try (Database one = TestPostgres.createDatabase();
        Database many = TestPostgres.createDatabase()) {
      one.execute("CREATE TABLE t1 (id serial PRIMARY KEY, n int UNIQUE CHECK (n > 0))");
      many.execute(
          "DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE t%s"
              + " (id serial PRIMARY KEY, n int UNIQUE CHECK (n > 0))', i); END LOOP; END $$");
      assertThat(queries(many)).isEqualTo(queries(one));
    }
  }

  private static int queries(Database database) throws SQLException {
    AtomicInteger statements = new AtomicInteger();
    try (Connection connection = database.connect()) {
      connection.createStatement().execute("SET search_path = ''");
      Connection counting =
          (Connection)
              Proxy.newProxyInstance(
                  TablesTest.class.getClassLoader(),
                  new Class<?>[] {Connection.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().matches("createStatement|prepareStatement")) {
                      statements.incrementAndGet();
                    }
                    try {
                      return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  });
      SchemaCapture.read(counting);
    }
    return statements.get();
  }
}

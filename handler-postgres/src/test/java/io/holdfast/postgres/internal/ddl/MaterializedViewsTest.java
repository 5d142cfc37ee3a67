package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Materialised views come back, and are filled in an order that works. */
class MaterializedViewsTest {
  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws Exception {
    TestPostgres.maintenance(
        "DO $$ BEGIN CREATE ROLE kept_reader; EXCEPTION WHEN duplicate_object THEN END $$");
    source = TestPostgres.createDatabase();
    target = TestPostgres.createDatabase();
  }

  @AfterEach
  void dropDatabases() throws Exception {
    source.close();
    target.close();
  }

  @Test
  void aMaterializedViewComesWithEverythingThatIsSaidOfIt() throws Exception {
    source.execute(
        "CREATE EXTENSION citext",
        "CREATE ACCESS METHOD other_heap TYPE TABLE HANDLER heap_tableam_handler",
        "CREATE MATERIALIZED VIEW \"k \"\"1\" (\"Id\", t) USING other_heap WITH (fillfactor = 70,"
            + " autovacuum_enabled = false, toast.autovacuum_enabled = false)"
            + " AS SELECT i, 'x'::text || i FROM generate_series(1, 3) i",
        "ALTER MATERIALIZED VIEW \"k \"\"1\" ALTER t SET STORAGE EXTERNAL",
        "ALTER MATERIALIZED VIEW \"k \"\"1\" ALTER t SET STATISTICS 77",
        "ALTER MATERIALIZED VIEW \"k \"\"1\" ALTER \"Id\" SET (n_distinct = 5)",
        "ALTER MATERIALIZED VIEW \"k \"\"1\" REPLICA IDENTITY FULL",
        "ALTER MATERIALIZED VIEW \"k \"\"1\" DEPENDS ON EXTENSION citext",
        "ALTER MATERIALIZED VIEW \"k \"\"1\" OWNER TO kept_reader",
        "COMMENT ON MATERIALIZED VIEW \"k \"\"1\" IS 'kept'",
        "COMMENT ON COLUMN \"k \"\"1\".\"Id\" IS 'a column'",
        "GRANT SELECT ON \"k \"\"1\" TO PUBLIC",
        "GRANT SELECT (t) ON \"k \"\"1\" TO postgres",
        "CREATE MATERIALIZED VIEW empty AS SELECT 1 AS x WITH NO DATA");
    SchemaReplay.assertReplays(source, target);
    assertSame(
        "SELECT concat_ws(' ', c.relname, amname, c.reloptions, t.reloptions, c.relispopulated,"
            + " c.relreplident, pg_get_userbyid(c.relowner), c.relacl, obj_description(c.oid),"
            + " pg_get_viewdef(c.oid)) FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
            + " LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.relkind = 'm' ORDER BY 1",
        2);
    assertSame(
        "SELECT concat_ws(' ', attname, nullif(attstattarget, -1), attstorage, attoptions, attacl,"
            + " col_description(attrelid, attnum)) FROM pg_attribute"
            + " WHERE attrelid = '\"k \"\"1\"'::regclass AND attnum > 0 ORDER BY 1",
        2);
    assertSame(
        "SELECT deptype::text FROM pg_depend WHERE objid = '\"k \"\"1\"'::regclass"
            + " AND refclassid = 'pg_extension'::regclass",
        1);
    assertThat(target.query("SELECT \"Id\" || t FROM \"k \"\"1\" ORDER BY 1"))
        .containsExactly("1x1", "2x2", "3x3");
  }

  /** Each of them cannot be filled before the one that it reads. */
  @Test
  void theyAreFilledInOrderThroughViewsFunctionsAndOperators() throws Exception {
    source.execute(
        "CREATE MATERIALIZED VIEW z AS SELECT 1 AS id",
        "CREATE MATERIALIZED VIEW y AS SELECT id FROM z",
        "CREATE VIEW between AS SELECT id FROM y",
        "CREATE MATERIALIZED VIEW x AS SELECT id FROM between",
        "CREATE FUNCTION reads() RETURNS int LANGUAGE plpgsql AS"
            + " 'BEGIN RETURN (SELECT max(id) FROM public.\"x\"); END'",
        "CREATE FUNCTION calls(int, int) RETURNS int LANGUAGE sql AS"
            + " 'SELECT $1 + $2 + public.Reads()'",
        "CREATE OPERATOR ## (FUNCTION = calls, LEFTARG = int, RIGHTARG = int)",
        "CREATE MATERIALIZED VIEW b AS SELECT 1 OPERATOR(public.##) 2 AS id",
        "CREATE MATERIALIZED VIEW a AS SELECT max(id) AS id FROM b");
    assertThat(SchemaReplay.capture(source).script().after())
        .filteredOn(entry -> entry.kind() == ObjectKind.MATERIALIZED_VIEW_DATA)
        .extracting(SchemaEntry::name)
        .containsExactly("z", "y", "x", "b", "a");
    SchemaReplay.assertReplays(source, target);
    assertThat(target.query("SELECT id FROM a")).containsExactly("4");
  }

  /** The body of a function is then known to the catalogs, so nothing has to be guessed. */
  @Test
  void theyAreFilledInOrderThroughFunctionsWithABodyOfSql() throws Exception {
    assumeTrue(TestPostgres.majorVersion() >= 14, "BEGIN ATOMIC is new in PostgreSQL 14");
    source.execute(
        "CREATE MATERIALIZED VIEW z AS SELECT 1 AS id",
        "CREATE FUNCTION reads() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT max(id) FROM z; END",
        "CREATE MATERIALIZED VIEW a AS SELECT reads() AS id");
    SchemaReplay.assertReplays(source, target);
    assertThat(target.query("SELECT id FROM a")).containsExactly("1");
  }

  /** A word in a text may be anything; what the catalogs know counts more. */
  @Test
  void aWrongGuessDoesNoHarm() throws Exception {
    source.execute(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1 /* not a, nor \"b\" */'",
        "CREATE MATERIALIZED VIEW b AS SELECT f() AS id",
        "CREATE MATERIALIZED VIEW a AS SELECT id, f() AS f FROM b");
    SchemaReplay.assertReplays(source, target);
    assertThat(target.query("SELECT id FROM a")).containsExactly("1");
  }

  @Test
  void whatReadsAnEmptyOneCannotBeFilledAndSaysSo() throws Exception {
    source.execute(
        "CREATE MATERIALIZED VIEW m1 AS SELECT 1 AS id",
        "CREATE VIEW v AS SELECT * FROM m1",
        "CREATE MATERIALIZED VIEW m2 AS SELECT * FROM v",
        "CREATE MATERIALIZED VIEW a3 AS SELECT * FROM m2",
        "REFRESH MATERIALIZED VIEW m1 WITH NO DATA");
    SchemaCapture capture = SchemaReplay.capture(source);
    assertThat(capture.notCaptured())
        .extracting(missing -> missing.object())
        .containsExactlyInAnyOrder(
            "rows of materialized view public.m2", "rows of materialized view public.a3");
    SchemaReplay.replay(capture.script(), target);
    assertThat(target.query("SELECT relname FROM pg_class WHERE relkind = 'm' ORDER BY 1"))
        .isEqualTo(List.of("a3", "m1", "m2"));
  }

  private void assertSame(String query, int rows) throws Exception {
    assertThat(target.query(query))
        .isEqualTo(source.query(query))
        .hasSize(rows)
        .doesNotContainNull();
  }
}

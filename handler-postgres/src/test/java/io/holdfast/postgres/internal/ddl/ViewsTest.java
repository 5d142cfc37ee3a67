package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Views come back with options, defaults, owners and grants, in an order that works. */
class ViewsTest {
  private Database source;
  private Database target;

  @BeforeEach
  void createDatabases() throws Exception {
    for (String role : List.of("view_reader", "\"view \"\"owner\"")) {
      TestPostgres.maintenance(
          "DO $$ BEGIN CREATE ROLE " + role + "; EXCEPTION WHEN duplicate_object THEN END $$");
    }
    source = TestPostgres.createDatabase();
    target = TestPostgres.createDatabase();
    source.execute(
        "CREATE TABLE users (id int PRIMARY KEY, name text COLLATE \"C\", age numeric(10,2))");
  }

  @AfterEach
  void dropDatabases() throws Exception {
    source.close();
    target.close();
  }

  @Test
  void aViewComesWithOptionsAndDefaultsAndEverythingThatIsSaidOfIt() throws Exception {
    source.execute(
        "CREATE SCHEMA \"Größe 2\"",
        "CREATE VIEW \"Größe 2\".\"v \"\"odd\" (\"Größe\", \"select\")"
            + " WITH (security_barrier, check_option = local)"
            + " AS SELECT id, name FROM users WHERE id > 0",
        "CREATE VIEW checked AS SELECT * FROM \"Größe 2\".\"v \"\"odd\" WHERE \"Größe\" < 9"
            + " WITH CASCADED CHECK OPTION",
        "ALTER VIEW \"Größe 2\".\"v \"\"odd\" ALTER COLUMN \"select\" SET DEFAULT 'it''s'",
        "COMMENT ON VIEW checked IS 'a \\ view'",
        "COMMENT ON COLUMN checked.\"select\" IS 'a column'",
        "COMMENT ON RULE \"_RETURN\" ON checked IS 'its rule'",
        "ALTER VIEW checked OWNER TO \"view \"\"owner\"",
        "GRANT SELECT ON checked TO view_reader WITH GRANT OPTION",
        "GRANT ALL ON checked TO PUBLIC",
        "GRANT UPDATE (\"select\"), SELECT (\"Größe\") ON \"Größe 2\".\"v \"\"odd\" TO view_reader");
    SchemaReplay.assertReplays(source, target);
    assertSame(
        "SELECT concat_ws(' ', c.oid::regclass, reloptions, pg_get_userbyid(relowner), relacl,"
            + " obj_description(c.oid), pg_get_viewdef(c.oid)) FROM pg_class c"
            + " WHERE relkind = 'v' AND c.oid > 16384 ORDER BY 1",
        2);
    assertSame(
        "SELECT concat_ws(' ', attrelid::regclass, attname, attacl, pg_get_expr(adbin, adrelid),"
            + " col_description(attrelid, attnum)) FROM pg_attribute"
            + " LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
            + " WHERE attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'v' AND oid > 16384)"
            + " ORDER BY 1",
        4);
  }

  @Test
  void viewsOfViewsComeInOrder() throws Exception {
    source.execute(
        "CREATE VIEW z AS SELECT * FROM users",
        "CREATE VIEW y AS SELECT * FROM z",
        "CREATE VIEW a AS SELECT id, z.age FROM y JOIN z USING (id)",
        "CREATE RECURSIVE VIEW counting (n) AS"
            + " VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 10",
        "CREATE VIEW \"nothing\" AS SELECT");
    SchemaReplay.assertReplays(source, target);
    assertThat(target.query("SELECT count(*) FROM counting")).containsExactly("10");
  }

  @Test
  void aDeepChainOfViewsComesInOrder() throws Exception {
    StringBuilder chain = new StringBuilder("CREATE VIEW v0 AS SELECT 1 AS id;");
    for (int i = 1; i <= 500; i++) {
      chain.append("CREATE VIEW v%d AS SELECT * FROM v%d;".formatted(i, i - 1));
    }
    source.execute(chain.toString());
    SchemaReplay.assertReplays(source, target);
    assertThat(target.query("SELECT count(*) FROM pg_class WHERE relname ~ '^v[0-9]+$'"))
        .containsExactly("501");
  }

  /** The function takes a row of the view, and the view calls the function. */
  @Test
  void aViewAndAFunctionThatNeedEachOtherBeginWithAHull() throws Exception {
    source.execute(
        "CREATE VIEW circular AS SELECT 1::int AS a, 'x'::varchar(7) COLLATE \"C\" AS \"b b\"",
        "CREATE FUNCTION of_it(circular) RETURNS text LANGUAGE sql AS 'SELECT ($1).\"b b\"'",
        "CREATE OR REPLACE VIEW circular WITH (security_barrier) AS"
            + " SELECT id AS a, coalesce(of_it(NULL), name)::varchar(7) COLLATE \"C\" AS \"b b\""
            + " FROM users WHERE id > 3",
        "ALTER VIEW circular ALTER COLUMN \"b b\" SET DEFAULT of_it(NULL)",
        "CREATE VIEW checked AS SELECT a FROM circular WITH CASCADED CHECK OPTION",
        "COMMENT ON COLUMN circular.a IS 'comment'",
        "ALTER VIEW circular OWNER TO view_reader",
        "GRANT SELECT ON circular TO \"view \"\"owner\"");
    SchemaScript script = SchemaReplay.capture(source).script();
    assertThat(script.before())
        .filteredOn(entry -> entry.name().equals("circular"))
        .extracting(entry -> entry.sql().get(0).sql())
        .satisfiesExactly(
            hull ->
                assertThat(hull)
                    .isEqualTo(
                        "CREATE VIEW public.circular AS\n SELECT NULL::integer AS a,\n"
                            + "    NULL::character varying(7) COLLATE pg_catalog.\"C\" AS \"b b\""),
            body ->
                assertThat(body)
                    .startsWith(
                        "CREATE OR REPLACE VIEW public.circular WITH (security_barrier='true')"
                            + " AS\n SELECT "));
    SchemaReplay.assertReplays(source, target);
    assertSame("SELECT pg_get_viewdef('circular'::regclass)", 1);
    assertSame(
        "SELECT relacl::text || reloptions::text FROM pg_class WHERE relname = 'circular'", 1);
  }

  @Test
  void twoViewsThatNeedEachOtherComeBack() throws Exception {
    source.execute(
        "CREATE VIEW yin AS SELECT 1 AS a",
        "CREATE VIEW yang AS SELECT a FROM yin",
        "CREATE OR REPLACE VIEW yin AS SELECT 1 AS a WHERE (SELECT count(*) FROM yang) < 0");
    SchemaReplay.assertReplays(source, target);
    assertSame("SELECT pg_get_viewdef('yin'::regclass) || pg_get_viewdef('yang'::regclass)", 1);
  }

  /** A view of columns that it does not group by needs the primary key, which comes late. */
  @Test
  void aViewThatGroupsByAPrimaryKeyComesAfterTheKey() throws Exception {
    source.execute(
        "CREATE VIEW grouped AS SELECT id, name, count(*) FROM users GROUP BY id",
        "CREATE VIEW on_it AS SELECT * FROM grouped",
        "COMMENT ON VIEW grouped IS 'late'",
        "CREATE TABLE of_rows (g grouped)");
    SchemaReplay.assertReplays(source, target);
    assertSame("SELECT pg_get_viewdef('grouped'::regclass)", 1);
  }

  @Test
  void aViewThatActsForItsCallerComesBack() throws Exception {
    assumeTrue(TestPostgres.majorVersion() >= 15, "security_invoker is new in PostgreSQL 15");
    source.execute("CREATE VIEW invoked WITH (security_invoker) AS SELECT id FROM users");
    SchemaReplay.assertReplays(source, target);
    assertSame("SELECT reloptions::text FROM pg_class WHERE relname = 'invoked'", 1);
  }

  private void assertSame(String query, int rows) throws Exception {
    assertThat(target.query(query))
        .isEqualTo(source.query(query))
        .hasSize(rows)
        .doesNotContainNull();
  }
}

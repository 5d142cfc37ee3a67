package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.holdfast.postgres.TestPostgres;
import org.junit.jupiter.api.Test;

/** Functions, types and tables that need each other come back. */
class CirclesTest {
  private static final String COLUMNS =
      """
      SELECT concat_ws(' ', attrelid::regclass, attname, pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE attnum > 0 AND attrelid::regclass::text ~ '^c\\.' ORDER BY 1
      """;

  private static final String CONSTRAINTS =
      """
      SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint
       WHERE connamespace = 'c'::regnamespace ORDER BY 1
      """;

  @Test
  void defaultsAndChecksCallFunctionsOfTheRowOfTheirOwnTable() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA c",
            "CREATE TABLE c.t (id int, n int)",
            "CREATE FUNCTION c.next(c.t) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(($1).id, 4)'",
            "ALTER TABLE c.t ALTER id SET DEFAULT c.next(NULL), ADD CONSTRAINT few CHECK (c.next(t) < 1000)",
            "COMMENT ON CONSTRAINT few ON c.t IS 'in a circle'",
            "CREATE TABLE c.made (a int, b int GENERATED ALWAYS AS (c.next(ROW(a, 1)::c.t)) STORED)",
            "CREATE FUNCTION c.all_made() RETURNS SETOF c.made LANGUAGE sql AS 'TABLE c.made'",
            "CREATE DOMAIN c.aa_row AS c.t CHECK (c.next(value::c.t) < 7)")) {
      replayed.same(COLUMNS);
      assertThat(replayed.same(CONSTRAINTS)).anyMatch(row -> row.startsWith("few CHECK"));
      assertThat(replayed.target().query("INSERT INTO c.t (n) VALUES (1) RETURNING id"))
          .containsExactly("4");
      replayed.same("SELECT description FROM pg_description WHERE description = 'in a circle'");
    }
  }

  @Test
  void aChainThroughAllKindsOfObjectsKeepsItsOrder() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA c",
            "CREATE TABLE c.z1 (a int)",
            "CREATE FUNCTION c.z2(c.z1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2'",
            "CREATE DOMAIN c.y3 AS int DEFAULT c.z2(NULL) CHECK (c.z2(NULL) = 2)",
            "CREATE TABLE c.x4 (a c.y3)",
            "CREATE TYPE c.w5 AS (l c.x4[])",
            "CREATE FUNCTION c.v6(c.w5, c.w5) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'",
            "CREATE OPERATOR c.=== (FUNCTION = c.v6, LEFTARG = c.w5, RIGHTARG = c.w5)",
            "CREATE TABLE c.a7 (l c.w5, CHECK (l OPERATOR(c.===) l))",
            "CREATE AGGREGATE c.a8(c.a7) (sfunc = array_append, stype = c.a7[])")) {
      replayed.same(COLUMNS);
      replayed.same(CONSTRAINTS);
      replayed.same("SELECT 'c.a8(c.a7)'::regprocedure::text");
    }
  }

  @Test
  void aParsedBodyReadsTheTableWhoseDefaultCallsIt() throws Exception {
    assumeThat(TestPostgres.majorVersion()).isGreaterThanOrEqualTo(14);
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA c",
            "CREATE TABLE c.t (id int PRIMARY KEY, n int, name text)",
            "CREATE FUNCTION c.highest() RETURNS int LANGUAGE sql STABLE"
                + " RETURN (SELECT coalesce(max(id), 0) + 1 FROM c.t)",
            "ALTER TABLE c.t ALTER id SET DEFAULT c.highest()",
            // It needs the primary key, which comes after the data, or it would have to be there
            // before.
            "CREATE FUNCTION c.names() RETURNS SETOF text LANGUAGE sql STABLE"
                + " BEGIN ATOMIC SELECT name FROM c.t GROUP BY id; END",
            "CREATE VIEW c.v AS SELECT names FROM c.names()")) {
      replayed.same(COLUMNS);
      replayed.same("SELECT pg_get_functiondef('c.names()'::regprocedure)");
      assertThat(replayed.target().query("INSERT INTO c.t (name) VALUES ('x') RETURNING id"))
          .containsExactly("1");
      assertThat(replayed.target().query("SELECT * FROM c.v")).containsExactly("x");
      assertThat(replayed.script().after()).extracting(SchemaEntry::name).contains("names()", "v");
    }
  }

  @Test
  void viewsAndParsedBodiesNeedEachOther() throws Exception {
    assumeThat(TestPostgres.majorVersion()).isGreaterThanOrEqualTo(14);
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA c",
            "CREATE VIEW c.v AS SELECT 1 AS a",
            "CREATE FUNCTION c.f(c.v) RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM c.v)",
            "CREATE OR REPLACE VIEW c.v AS SELECT 1 AS a, c.f(NULL) AS b")) {
      replayed.same("SELECT pg_get_viewdef('c.v'::regclass)");
      replayed.same("SELECT pg_get_functiondef('c.f(c.v)'::regprocedure)");
    }
  }
}

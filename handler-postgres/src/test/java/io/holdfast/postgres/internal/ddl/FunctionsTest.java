package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.holdfast.postgres.TestPostgres;
import org.junit.jupiter.api.Test;

/** Functions, procedures and aggregates come back with all their attributes. */
class FunctionsTest {
  private static final String FUNCTION =
      """
      proname, pg_get_userbyid(proowner), prolang, procost, prorows, provariadic::regtype,
      prosupport, prokind, prosecdef, proleakproof, proisstrict, proretset, provolatile,
      proparallel, pronargs, pronargdefaults, prorettype::regtype, proargtypes::regtype[],
      proallargtypes::regtype[], proargmodes, proargnames, pg_get_expr(proargdefaults, 0),
      protrftypes::regtype[], prosrc, probin, proconfig, proacl, obj_description(oid, 'pg_proc')
      """;

  @Test
  void functionsAndProceduresComeBackWithEveryAttribute() throws Exception {
    Replayed.role("\"fn \"\"owner\"");
    Replayed.role("grantee");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA f",
            "CREATE SCHEMA \"We ird\"",
            "CREATE FUNCTION f.plain(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE STRICT"
                + " PARALLEL SAFE COST 3 AS 'SELECT a + b'",
            "CREATE FUNCTION f.plain(a text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT a || '$function$' $$",
            "CREATE FUNCTION f.plain() RETURNS void LANGUAGE sql AS ''",
            "CREATE FUNCTION f.defaults(a int, b text DEFAULT 'it''s, (so)', c int[] DEFAULT ARRAY[1, 2],"
                + " VARIADIC e text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS 'SELECT b'",
            "CREATE FUNCTION f.outs(IN a int, OUT \"Sum of\" int, INOUT c text) LANGUAGE plpgsql"
                + " AS E'BEGIN\\r\\n  c := ''\\\\\\\\; -- \\t'';\\r\\nEND'",
            "CREATE FUNCTION f.rows_of(a int) RETURNS TABLE (\"x y\" int, z text) LANGUAGE sql ROWS 17"
                + " AS 'SELECT 1, ''z'''",
            "CREATE FUNCTION f.settings() RETURNS int LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF PARALLEL RESTRICTED"
                + " SET search_path = f, \"We ird\", '$user', pg_temp SET work_mem = '1MB' SET datestyle = iso, dmy"
                + " SET \"own.custom\" = 'it''s \\ a \"value\"' AS 'BEGIN RETURN 1; END'",
            "CREATE FUNCTION f.no_path() RETURNS int LANGUAGE sql SET search_path = '' AS 'SELECT 1'",
            "CREATE FUNCTION \"We ird\".\"a \"\"fn\"(\"select\" int, \"a \"\"b\" text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION f.series(int, int) RETURNS SETOF int LANGUAGE internal IMMUTABLE STRICT ROWS 500"
                + " SUPPORT generate_series_int4_support AS 'generate_series_int4'",
            "CREATE FUNCTION f.own_rank() RETURNS bigint LANGUAGE internal WINDOW IMMUTABLE AS 'window_rank'",
            "CREATE TRANSFORM FOR int LANGUAGE sql"
                + " (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal))",
            "COMMENT ON TRANSFORM FOR int LANGUAGE sql IS 'a transform'",
            "CREATE FUNCTION f.transformed(int) RETURNS int TRANSFORM FOR TYPE int LANGUAGE sql AS 'SELECT $1'",
            "CREATE PROCEDURE f.proceed(IN a int, INOUT b text DEFAULT 'x') LANGUAGE plpgsql AS 'BEGIN b := a; END'",
            "CREATE PROCEDURE f.quiet() LANGUAGE sql SECURITY DEFINER SET lock_timeout = '5s' AS 'SELECT 1'",
            "ALTER FUNCTION f.plain(text) OWNER TO \"fn \"\"owner\"",
            "ALTER PROCEDURE f.quiet OWNER TO grantee",
            "REVOKE ALL ON FUNCTION f.settings FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION f.settings TO grantee WITH GRANT OPTION",
            "REVOKE ALL ON PROCEDURE f.proceed FROM PUBLIC, CURRENT_USER",
            "COMMENT ON FUNCTION f.plain(int, int) IS E'first\\n-- second; \\\\ and ''quotes'''",
            "COMMENT ON PROCEDURE f.proceed IS 'a procedure'")) {
      assertThat(replayed.same("pg_proc", "pronamespace", "f", FUNCTION)).hasSize(13);
      replayed.same("pg_proc", "pronamespace", "\"We ird\"", FUNCTION);
      replayed.same(
          "SELECT trftype::regtype || ' ' || trffromsql::regprocedure || trftosql::regprocedure"
              + " || obj_description(oid, 'pg_transform') FROM pg_transform");
      assertThat(replayed.sql(ObjectKind.FUNCTION, "plain(integer, integer)"))
          .startsWith("CREATE FUNCTION f.plain(a integer, b integer DEFAULT 1)")
          .endsWith("AS $function$SELECT a + b$function$");
    }
  }

  @Test
  void bodiesThatAreParsedComeAfterWhatTheyUse() throws Exception {
    assumeThat(TestPostgres.majorVersion()).isGreaterThanOrEqualTo(14);
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA f",
            "CREATE TYPE f.mood AS ENUM ('happy', 'last')",
            "CREATE FUNCTION f.zz(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'",
            "CREATE FUNCTION f.aa(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql IMMUTABLE"
                + " RETURN f.zz(a) + length(b)",
            "CREATE FUNCTION f.block(n int) RETURNS SETOF f.mood LANGUAGE sql BEGIN ATOMIC"
                + " SELECT 'happy'::f.mood FROM generate_series(1, n) AS \"the ; series\";"
                + " SELECT CASE WHEN n > 1 THEN 'last'::f.mood END; END",
            "CREATE PROCEDURE f.nothing() LANGUAGE sql BEGIN ATOMIC END",
            "CREATE PROCEDURE f.gives(a int, OUT b int, OUT c text) LANGUAGE plpgsql AS 'BEGIN b := a; END'",
            "COMMENT ON PROCEDURE f.gives(int, OUT int, OUT text) IS 'gives'")) {
      assertThat(
              replayed.same(
                  "pg_proc", "pronamespace", "f", FUNCTION + ", pg_get_function_sqlbody(oid)"))
          .hasSize(5);
      assertThat(replayed.target().query("SELECT f.aa(3)")).containsExactly("4");
    }
  }

  @Test
  void functionsThatCallEachOtherBeginWithoutTheirBodies() throws Exception {
    assumeThat(TestPostgres.majorVersion()).isGreaterThanOrEqualTo(14);
    Replayed.role("grantee");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA f",
            "CREATE TYPE f.pair AS (a int)",
            "CREATE FUNCTION f.odd(n int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'",
            "CREATE FUNCTION f.even(n int, p f.pair DEFAULT NULL) RETURNS bool LANGUAGE sql IMMUTABLE"
                + " RETURN n = 0 OR f.odd(n - 1)",
            "CREATE OR REPLACE FUNCTION f.odd(n int) RETURNS bool LANGUAGE sql IMMUTABLE"
                + " BEGIN ATOMIC SELECT n <> 0 AND f.even(n - 1); END",
            "CREATE FUNCTION f.zz_itself(n int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION f.zz_itself(n int) RETURNS int LANGUAGE sql"
                + " RETURN CASE WHEN n <= 1 THEN 1 ELSE n * f.zz_itself(n - 1) END",
            "COMMENT ON FUNCTION f.odd IS 'odd'",
            "ALTER FUNCTION f.odd OWNER TO grantee",
            "REVOKE ALL ON FUNCTION f.odd FROM PUBLIC")) {
      replayed.same("pg_proc", "pronamespace", "f", FUNCTION + ", pg_get_function_sqlbody(oid)");
      assertThat(replayed.target().query("SELECT f.zz_itself(5)")).containsExactly("120");
      assertThat(replayed.script().before())
          .filteredOn(entry -> entry.kind() == ObjectKind.FUNCTION)
          .extracting(SchemaEntry::name)
          .containsExactlyInAnyOrder(
              "even(integer, f.pair)",
              "even(integer, f.pair)",
              "odd(integer)",
              "odd(integer)",
              "zz_itself(integer)",
              "zz_itself(integer)");
    }
  }

  @Test
  void aggregatesOfAllKindsComeBack() throws Exception {
    Replayed.role("\"fn \"\"owner\"");
    Replayed.role("grantee");
    String array = TestPostgres.majorVersion() >= 14 ? "anycompatible" : "any";
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA f",
            "CREATE FUNCTION f.step(text, text, VARIADIC int[]) RETURNS text LANGUAGE sql IMMUTABLE"
                + " AS $$ SELECT concat($1, $2, $3::text) $$",
            "CREATE AGGREGATE f.least_of(int) (sfunc = int4smaller, stype = int,"
                + " sortop = OPERATOR(pg_catalog.<), combinefunc = int4smaller, parallel = safe)",
            "CREATE AGGREGATE f.joined(a text, VARIADIC \"the Rest\" int[])"
                + " (sfunc = f.step, stype = text, initcond = 'it''s \\')",
            "CREATE AGGREGATE f.average(numeric) (sfunc = numeric_avg_accum, stype = internal, sspace = 128,"
                + " finalfunc = numeric_avg, combinefunc = numeric_avg_combine, serialfunc = numeric_avg_serialize,"
                + " deserialfunc = numeric_avg_deserialize, parallel = restricted, msfunc = numeric_avg_accum,"
                + " minvfunc = numeric_accum_inv, mstype = internal, msspace = 64, mfinalfunc = numeric_avg)",
            "CREATE AGGREGATE f.moving(int) (sfunc = int4_avg_accum, stype = int8[], finalfunc = int8_avg,"
                + " finalfunc_modify = shareable, initcond = '{0,0}', msfunc = int4_avg_accum,"
                + " minvfunc = int4_avg_accum_inv, mstype = int8[], mfinalfunc = int8_avg,"
                + " mfinalfunc_modify = read_write, minitcond = '{0,0}')",
            "CREATE AGGREGATE f.how_many(*) (sfunc = int8inc, stype = int8, initcond = '0')",
            "CREATE AGGREGATE f.\"Per cent\"(float8 ORDER BY anyelement) (sfunc = ordered_set_transition,"
                + " stype = internal, finalfunc = percentile_disc_final, finalfunc_extra,"
                + " finalfunc_modify = read_only)",
            "CREATE AGGREGATE f.rank(VARIADIC \"any\" ORDER BY VARIADIC \"any\")"
                + " (sfunc = ordered_set_transition_multi, stype = internal, finalfunc = rank_final,"
                + " finalfunc_extra, hypothetical)",
            "CREATE AGGREGATE f.collect("
                + (array.equals("any") ? "anyelement" : array)
                + ") (sfunc = array_append, stype = "
                + array
                + "array, initcond = '{}')",
            "COMMENT ON AGGREGATE f.how_many(*) IS 'of nothing'",
            "COMMENT ON AGGREGATE f.\"Per cent\"(float8 ORDER BY anyelement) IS 'ordered'",
            "ALTER AGGREGATE f.\"Per cent\"(float8 ORDER BY anyelement) OWNER TO grantee",
            "REVOKE ALL ON FUNCTION f.how_many() FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION f.\"Per cent\"(float8, anyelement) TO \"fn \"\"owner\"")) {
      assertThat(
              replayed.same(
                  """
                  SELECT row(p.proname, p.proparallel, p.proargnames, p.proargtypes::regtype[], p.provariadic,
                             pg_get_userbyid(p.proowner), p.proacl, obj_description(p.oid, 'pg_proc'), a.aggkind,
                             a.aggnumdirectargs, a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
                             a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn,
                             a.aggmfinalfn, a.aggfinalextra, a.aggmfinalextra, a.aggfinalmodify,
                             a.aggmfinalmodify, a.aggsortop::regoperator, a.aggtranstype::regtype,
                             a.aggtransspace, a.aggmtranstype::regtype, a.aggmtransspace,
                             a.agginitval, a.aggminitval)::text
                    FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid
                   WHERE p.pronamespace = 'f'::regnamespace ORDER BY 1
                  """))
          .hasSize(8);
    }
  }
}

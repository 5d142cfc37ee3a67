package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.holdfast.postgres.TestPostgres;
import org.junit.jupiter.api.Test;

/** Operators, their classes and families, and casts come back. */
class OperatorsTest {
  private static final String WHOLE =
      """
      CREATE SCHEMA o;
      CREATE SCHEMA "Op s";
      CREATE TYPE o.whole;
      CREATE FUNCTION o.whole_in(cstring) RETURNS o.whole LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
      CREATE FUNCTION o.whole_out(o.whole) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
      CREATE TYPE o.whole (INPUT = o.whole_in, OUTPUT = o.whole_out, LIKE = int4);
      CREATE FUNCTION o.lt(o.whole, o.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
      CREATE FUNCTION o.le(o.whole, o.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4le';
      CREATE FUNCTION o.eq(o.whole, o.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4eq';
      CREATE FUNCTION o.ne(o.whole, o.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4ne';
      CREATE FUNCTION o.ge(o.whole, o.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4ge';
      CREATE FUNCTION o.gt(o.whole, o.whole) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4gt';
      CREATE FUNCTION o.cmp(o.whole, o.whole) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
      CREATE FUNCTION o.hash(o.whole) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'hashint4';
      CREATE FUNCTION o.minus(o.whole) RETURNS o.whole LANGUAGE internal IMMUTABLE STRICT AS 'int4um';
      CREATE FUNCTION o.int_lt(o.whole, int) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
      CREATE FUNCTION o.int_cmp(o.whole, int) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
      CREATE FUNCTION o.sel(internal, oid, internal, int) RETURNS float8 LANGUAGE internal STABLE STRICT AS 'eqsel';
      CREATE OPERATOR o.< (FUNCTION = o.lt, LEFTARG = o.whole, RIGHTARG = o.whole, COMMUTATOR = OPERATOR("Op s".>),
        NEGATOR = OPERATOR(o.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
      CREATE OPERATOR o.<= (FUNCTION = o.le, LEFTARG = o.whole, RIGHTARG = o.whole, COMMUTATOR = OPERATOR(o.>=),
        NEGATOR = OPERATOR("Op s".>));
      CREATE OPERATOR o.= (FUNCTION = o.eq, LEFTARG = o.whole, RIGHTARG = o.whole, COMMUTATOR = OPERATOR(o.=),
        NEGATOR = OPERATOR(o.<>), RESTRICT = o.sel, JOIN = eqjoinsel, HASHES, MERGES);
      CREATE OPERATOR o.<> (FUNCTION = o.ne, LEFTARG = o.whole, RIGHTARG = o.whole, NEGATOR = OPERATOR(o.=));
      CREATE OPERATOR o.>= (FUNCTION = o.ge, LEFTARG = o.whole, RIGHTARG = o.whole, COMMUTATOR = OPERATOR(o.<=),
        NEGATOR = OPERATOR(o.<));
      CREATE OPERATOR "Op s".> (FUNCTION = o.gt, LEFTARG = o.whole, RIGHTARG = o.whole, COMMUTATOR = OPERATOR(o.<),
        NEGATOR = OPERATOR(o.<=));
      CREATE OPERATOR o.!-! (FUNCTION = o.minus, RIGHTARG = o.whole);
      CREATE OPERATOR o.<! (FUNCTION = o.int_lt, LEFTARG = o.whole, RIGHTARG = int);
      CREATE OPERATOR o.<%> (FUNCTION = o.ne, LEFTARG = o.whole, RIGHTARG = o.whole, NEGATOR = OPERATOR(o.<%%>));
      COMMENT ON OPERATOR o.!-! (NONE, o.whole) IS 'prefix';
      """;

  private static final String CLASSES =
      """
      CREATE OPERATOR FAMILY o."By order" USING btree;
      CREATE OPERATOR CLASS o.up DEFAULT FOR TYPE o.whole USING btree FAMILY o."By order" AS
        OPERATOR 1 o.<, OPERATOR 2 o.<=, OPERATOR 3 o.=, OPERATOR 4 o.>=, OPERATOR 5 "Op s".>,
        FUNCTION 1 o.cmp(o.whole, o.whole);
      ALTER OPERATOR FAMILY o."By order" USING btree ADD OPERATOR 1 o.<! (o.whole, int),
        FUNCTION 1 (o.whole, int) o.int_cmp(o.whole, int);
      CREATE OPERATOR CLASS o.hashed FOR TYPE o.whole USING hash AS OPERATOR 1 o.=, FUNCTION 1 o.hash(o.whole);
      CREATE OPERATOR FAMILY o.empty USING gin;
      CREATE OPERATOR CLASS o.nothing FOR TYPE point USING gist AS STORAGE point;
      CREATE OPERATOR CLASS o.points FOR TYPE point USING gist AS
        OPERATOR 1 <<, OPERATOR 15 <-> (point, point) FOR ORDER BY pg_catalog.float_ops,
        FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal),
        FUNCTION 2 gist_box_union(internal, internal), FUNCTION 3 gist_point_compress(internal),
        FUNCTION 5 gist_box_penalty(internal, internal, internal),
        FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal),
        FUNCTION 8 gist_point_distance(internal, point, smallint, oid, internal), STORAGE box;
      COMMENT ON OPERATOR CLASS o.up USING btree IS 'a class';
      COMMENT ON OPERATOR FAMILY o."By order" USING btree IS 'a family';
      ALTER OPERATOR CLASS o.points USING gist OWNER TO operator_owner;
      ALTER OPERATOR FAMILY o.empty USING gin OWNER TO operator_owner;
      """;

  @Test
  void operatorsComeBackWithWhatTheyKnowOfEachOther() throws Exception {
    Replayed.role("operator_owner");
    try (Replayed replayed =
        Replayed.of(
            WHOLE,
            "ALTER OPERATOR o.= (o.whole, o.whole) OWNER TO operator_owner",
            "GRANT USAGE ON SCHEMA o TO operator_owner")) {
      assertThat(
              replayed.same(
                  """
                  SELECT row(oid::regoperator, oprkind, oprcanmerge, oprcanhash, oprresult::regtype,
                             oprcom::regoperator, oprnegate::regoperator, oprcode, oprrest, oprjoin,
                             pg_get_userbyid(oprowner), obj_description(oid, 'pg_operator'))::text
                    FROM pg_operator WHERE oid > 16383 ORDER BY 1
                  """))
          .hasSize(10);
    }
  }

  @Test
  void classesAndFamiliesComeBackWithTheirMembersWhereTheyBelong() throws Exception {
    Replayed.role("operator_owner");
    try (Replayed replayed = Replayed.of(WHOLE, CLASSES)) {
      assertThat(
              replayed.same(
                  """
                  SELECT row(opcname, amname, pg_get_userbyid(opcowner), opcintype::regtype, opcdefault,
                             opckeytype::regtype, opfname, obj_description(c.oid, 'pg_opclass'))::text
                    FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod JOIN pg_opfamily f ON f.oid = opcfamily
                   WHERE c.oid > 16383 ORDER BY 1
                  """))
          .hasSize(4);
      assertThat(
              replayed.same(
                  """
                  SELECT row(opfname, amname, pg_get_userbyid(opfowner),
                             obj_description(f.oid, 'pg_opfamily'))::text
                    FROM pg_opfamily f JOIN pg_am a ON a.oid = opfmethod WHERE f.oid > 16383 ORDER BY 1
                  """))
          .hasSize(5);
      // With what they hang on: a class, or loosely a family.
      replayed.same(
          """
          SELECT pg_describe_object(classid, objid, 0) || ' ' || deptype::text || ' '
                 || pg_describe_object(refclassid, refobjid, 0)
            FROM pg_depend
           WHERE classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass) AND objid > 16383 ORDER BY 1
          """);
      replayed.same(
          """
          SELECT amopfamily || pg_describe_object('pg_opfamily'::regclass, amopsortfamily, 0)
            FROM (SELECT opfname AS amopfamily, amopsortfamily FROM pg_amop JOIN pg_opfamily f ON f.oid = amopfamily
                   WHERE f.oid > 16383 AND amopsortfamily <> 0) x
          """);
      replayed.target().execute("CREATE TABLE o.t (w o.whole PRIMARY KEY)");
    }
  }

  @Test
  void castsComeBackAlsoBetweenTypesOfPostgresItself() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            WHOLE,
            "CREATE FUNCTION o.of(text) RETURNS o.whole LANGUAGE plpgsql IMMUTABLE STRICT AS 'BEGIN RETURN $1; END'",
            "CREATE FUNCTION o.days(point, int, bool) RETURNS date LANGUAGE sql IMMUTABLE"
                + " AS $$ SELECT date '2000-01-01' + $1[0]::int $$",
            "CREATE CAST (o.whole AS int) WITHOUT FUNCTION AS IMPLICIT",
            "CREATE CAST (int AS o.whole) WITHOUT FUNCTION AS ASSIGNMENT",
            "CREATE CAST (text AS o.whole) WITH FUNCTION o.of(text)",
            "CREATE CAST (json AS o.whole) WITH INOUT",
            "CREATE CAST (point AS date) WITH FUNCTION o.days(point, int, bool) AS ASSIGNMENT",
            "COMMENT ON CAST (o.whole AS int) IS 'of the same bits'")) {
      assertThat(
              replayed.same(
                  """
                  SELECT row(castsource::regtype, casttarget::regtype, castfunc::regprocedure,
                             castcontext, castmethod, obj_description(oid, 'pg_cast'))::text
                    FROM pg_cast WHERE oid > 16383 ORDER BY 1
                  """))
          .hasSize(5);
    }
  }

  @Test
  void aParsedBodyFindsTheCastsThatNothingRecords() throws Exception {
    assumeThat(TestPostgres.majorVersion()).isGreaterThanOrEqualTo(14);
    try (Replayed replayed =
        Replayed.of(
            WHOLE,
            "CREATE CAST (o.whole AS int) WITHOUT FUNCTION AS IMPLICIT",
            "CREATE FUNCTION o.aa(w o.whole) RETURNS int LANGUAGE sql IMMUTABLE RETURN w + 1")) {
      assertThat(replayed.target().query("SELECT o.aa('4')")).containsExactly("5");
    }
  }
}

package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.postgres.TestPostgres;
import java.util.List;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;

/** Types of all kinds come back, in an order that works. */
class DataTypesTest {
  private static final String TYPE =
      """
      typname, typlen, typbyval, typtype, typcategory, typispreferred, typisdefined, typdelim,
      typelem::regtype, typarray::regtype, typinput, typoutput, typreceive, typsend, typmodin,
      typmodout, typanalyze, typalign, typstorage, typnotnull, typbasetype::regtype, typtypmod,
      typndims, typcollation::regcollation, typdefault, pg_get_expr(typdefaultbin, 0),
      pg_get_userbyid(typowner), typacl, obj_description(oid, 'pg_type')
      """;

  @Test
  void enumsKeepTheOrderOfTheirLabels() throws Exception {
    Replayed.role("\"type \"\"owner\"");
    Replayed.role("grantee");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA t",
            "CREATE TYPE t.mood AS ENUM ('sad', 'ok')",
            "ALTER TYPE t.mood ADD VALUE 'it''s' BEFORE 'sad'",
            "ALTER TYPE t.mood ADD VALUE 'back\\slash' AFTER 'sad'",
            "ALTER TYPE t.mood ADD VALUE ''",
            "ALTER TYPE t.mood OWNER TO \"type \"\"owner\"",
            "REVOKE USAGE ON TYPE t.mood FROM PUBLIC",
            "GRANT USAGE ON TYPE t.mood TO grantee WITH GRANT OPTION",
            "COMMENT ON TYPE t.mood IS E'two\\nlines'",
            "CREATE TYPE t.\"No Labels\" AS ENUM ()")) {
      replayed.same("pg_type", "typnamespace", "t", TYPE);
      assertThat(
              replayed.same(
                  "SELECT enumtypid::regtype || ':' || enumlabel FROM pg_enum ORDER BY enumsortorder"))
          .containsExactly(
              "t.mood:it's", "t.mood:sad", "t.mood:back\\slash", "t.mood:ok", "t.mood:");
      assertThat(replayed.sql(ObjectKind.TYPE, "mood"))
          .isEqualTo(
              """
              CREATE TYPE t.mood AS ENUM (
                'it''s',
                'sad',
                E'back\\\\slash',
                'ok',
                ''
              )""");
    }
  }

  @Test
  void compositesComeBackWithTheirColumns() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA t",
            "CREATE COLLATION t.book (provider = icu, locale = 'de-u-co-phonebk')",
            "CREATE TYPE t.zz AS (\"a b\" int, gone text, c varchar(7)[] COLLATE t.book, n numeric(6, 2))",
            "ALTER TYPE t.zz DROP ATTRIBUTE gone",
            "ALTER TYPE t.zz ADD ATTRIBUTE later timestamptz(3)",
            "COMMENT ON TYPE t.zz IS 'a type'",
            "COMMENT ON COLUMN t.zz.\"a b\" IS 'a column''s'",
            "CREATE TYPE t.aa AS (z t.zz[])",
            "CREATE TYPE t.nobody AS ()")) {
      assertThat(
              replayed.same(
                  """
                  SELECT concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod),
                                   attcollation::regcollation, col_description(attrelid, attnum))
                    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
                   WHERE relkind = 'c' AND NOT attisdropped ORDER BY attrelid::regclass::text, attnum
                  """))
          .hasSize(5)
          .anyMatch(row -> row.endsWith("a column's"));
      replayed.same("SELECT obj_description('t.zz'::regtype, 'pg_type')");
    }
  }

  @Test
  void domainsComeBackWithConstraintsAndDefaults() throws Exception {
    Replayed.role("grantee");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA t",
            "CREATE DOMAIN t.mail AS varchar(70) COLLATE \"C\" DEFAULT 'it''s'"
                + " CONSTRAINT \"has At\" CHECK (value ~ '@') CHECK (length(value) < 50)",
            "CREATE DOMAIN t.small AS int CONSTRAINT \"must be\" NOT NULL DEFAULT 1 + 1",
            "CREATE DOMAIN t.aa_smaller AS t.small CHECK (value < 5)",
            "CREATE DOMAIN t.lists AS t.small[] CHECK (cardinality(value) > 0)",
            "COMMENT ON DOMAIN t.mail IS 'a domain'",
            "COMMENT ON CONSTRAINT \"has At\" ON DOMAIN t.mail IS 'a constraint'",
            "GRANT USAGE ON DOMAIN t.mail TO grantee")) {
      replayed.same("pg_type", "typnamespace", "t", TYPE);
      assertThat(
              replayed.same(
                  """
                  SELECT concat_ws(' ', contypid::regtype, conname, pg_get_constraintdef(oid),
                                   obj_description(oid, 'pg_constraint'))
                    FROM pg_constraint WHERE contypid <> 0 ORDER BY 1
                  """))
          .contains("t.mail has At CHECK (((VALUE)::text ~ '@'::text)) a constraint");
      assertThat(replayed.script().before())
          .noneMatch(entry -> entry.kind() == ObjectKind.DOMAIN_CONSTRAINT);
    }
  }

  @Test
  void aConstraintThatIsNotValidComesBehindTheData() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA t",
            "CREATE DOMAIN t.d AS int",
            "ALTER DOMAIN t.d ADD CONSTRAINT later CHECK (value > 5) NOT VALID",
            "COMMENT ON CONSTRAINT later ON DOMAIN t.d IS 'later'")) {
      assertThat(replayed.script().after())
          .extracting(SchemaEntry::kind, SchemaEntry::name)
          .contains(Tuple.tuple(ObjectKind.DOMAIN_CONSTRAINT, "d.later"));
      assertThat(
              replayed.same(
                  "SELECT convalidated || obj_description(oid, 'pg_constraint')"
                      + " FROM pg_constraint WHERE conname = 'later'"))
          .containsExactly("falselater");
    }
  }

  @Test
  void aCheckThatCallsAFunctionOfItsOwnDomainComesByItself() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA t",
            "CREATE DOMAIN t.d AS int CONSTRAINT positive CHECK (value > 0)",
            "CREATE FUNCTION t.fine(t.d) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 < 9'",
            "ALTER DOMAIN t.d ADD CONSTRAINT fine CHECK (t.fine(value))",
            "COMMENT ON CONSTRAINT fine ON DOMAIN t.d IS 'in a circle'")) {
      replayed.same(
          "SELECT conname || coalesce(obj_description(oid, 'pg_constraint'), '')"
              + " FROM pg_constraint WHERE contypid <> 0 ORDER BY 1");
      assertThat(replayed.entry(ObjectKind.DOMAIN, "d").needs())
          .doesNotContain(replayed.entry(ObjectKind.FUNCTION, "fine(t.d)").id());
      assertThat(replayed.sql(ObjectKind.DOMAIN_CONSTRAINT, "d.fine"))
          .isEqualTo("ALTER DOMAIN t.d ADD CONSTRAINT fine CHECK (t.fine((VALUE)::t.d))");
    }
  }

  @Test
  void rangesComeBackWithTheirMultiranges() throws Exception {
    boolean multiranges = TestPostgres.majorVersion() >= 14;
    Replayed.role("grantee");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA t",
            "CREATE SCHEMA other",
            "CREATE FUNCTION t.distance(int, int) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT"
                + " AS 'SELECT ($1 - $2)::float8'",
            "CREATE TYPE t.steps",
            "CREATE FUNCTION t.canonical(t.steps) RETURNS t.steps LANGUAGE internal IMMUTABLE STRICT"
                + " AS 'int4range_canonical'",
            "CREATE TYPE t.steps AS RANGE (subtype = int, canonical = t.canonical,"
                + " subtype_diff = t.distance"
                + (multiranges ? ", multirange_type_name = other.\"Many steps\")" : ")"),
            "CREATE TYPE t.words AS RANGE"
                + " (subtype = text, collation = \"C\", subtype_opclass = text_pattern_ops)",
            "CREATE DOMAIN t.price AS numeric",
            "CREATE TYPE t.aa_prices AS RANGE (subtype = t.price)",
            multiranges
                ? "COMMENT ON TYPE other.\"Many steps\" IS 'many'"
                : "COMMENT ON TYPE t.steps IS 'steps'",
            "GRANT USAGE ON TYPE t.steps TO grantee")) {
      replayed.same("pg_type", "typnamespace", "t", TYPE);
      assertThat(
              replayed.same(
                  "SELECT concat_ws(' ', rngtypid::regtype, rngsubtype::regtype,"
                      + " rngcollation::regcollation, opcname, rngcanonical, rngsubdiff"
                      + (multiranges
                          ? ", rngmultitypid::regtype, obj_description(rngmultitypid, 'pg_type'))"
                          : ")")
                      + " FROM pg_range JOIN pg_opclass o ON o.oid = rngsubopc"
                      + " WHERE rngtypid > 16383 ORDER BY 1"))
          .hasSize(3);
      assertThat(replayed.target().query("SELECT t.steps(1, 3, '(]')::text"))
          .containsExactly("[2,4)");
    }
  }

  @Test
  void baseTypesComeBackWithTheFunctionsTheyAreMadeOf() throws Exception {
    Replayed.role("grantee");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA t",
            "CREATE TYPE t.whole",
            "CREATE FUNCTION t.whole_in(cstring) RETURNS t.whole LANGUAGE internal IMMUTABLE STRICT AS 'int4in'",
            "CREATE FUNCTION t.whole_out(t.whole) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out'",
            "CREATE FUNCTION t.whole_receive(internal) RETURNS t.whole LANGUAGE internal IMMUTABLE STRICT AS 'int4recv'",
            "CREATE FUNCTION t.whole_send(t.whole) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'int4send'",
            "CREATE TYPE t.whole (INPUT = t.whole_in, OUTPUT = t.whole_out, RECEIVE = t.whole_receive,"
                + " SEND = t.whole_send, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4,"
                + " CATEGORY = 'N', PREFERRED = true, DEFAULT = '42')",
            "CREATE TYPE t.\"La bel\"",
            "CREATE FUNCTION t.label_in(cstring, oid, int) RETURNS t.\"La bel\" LANGUAGE internal IMMUTABLE STRICT AS 'varcharin'",
            "CREATE FUNCTION t.label_out(t.\"La bel\") RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varcharout'",
            "CREATE FUNCTION t.label_mod(cstring[]) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin'",
            "CREATE FUNCTION t.label_mod(int) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout'",
            "CREATE TYPE t.\"La bel\" (INPUT = t.label_in, OUTPUT = t.label_out, TYPMOD_IN = t.label_mod,"
                + " TYPMOD_OUT = t.label_mod, ANALYZE = array_typanalyze, CATEGORY = 'Q', DELIMITER = ';',"
                + " COLLATABLE = true, STORAGE = main, DEFAULT = 'it''s \\')",
            "CREATE TYPE t.pair",
            "CREATE FUNCTION t.pair_in(cstring) RETURNS t.pair LANGUAGE internal IMMUTABLE STRICT AS 'point_in'",
            "CREATE FUNCTION t.pair_out(t.pair) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'point_out'",
            "CREATE TYPE t.pair (INPUT = t.pair_in, OUTPUT = t.pair_out, ELEMENT = float8,"
                + " INTERNALLENGTH = 16, ALIGNMENT = double)",
            "CREATE TYPE t.hollow",
            "COMMENT ON TYPE t.hollow IS 'never defined'",
            "COMMENT ON TYPE t.whole IS 'a base type'",
            "GRANT USAGE ON TYPE t.whole TO grantee",
            "CREATE FUNCTION t.of_array(t.whole[]) RETURNS t.whole LANGUAGE sql AS 'SELECT $1[1]'",
            "CREATE DOMAIN t.aa_labels AS t.\"La bel\"(5)[]")) {
      replayed.same(
          "pg_type",
          "typnamespace",
          "t",
          TYPE + (TestPostgres.majorVersion() >= 14 ? ", typsubscript" : ""));
      assertThat(replayed.target().query("SELECT ('(1,2)'::t.pair)[1]")).containsExactly("2");
      // The function of the array needs the type itself, those that read and write it the shell.
      List<ObjectKind> kinds =
          replayed.script().before().stream()
              .filter(entry -> entry.name().matches("whole|of_array.*|whole_in.*"))
              .map(SchemaEntry::kind)
              .toList();
      assertThat(kinds)
          .containsExactly(
              ObjectKind.SHELL_TYPE, ObjectKind.FUNCTION, ObjectKind.TYPE, ObjectKind.FUNCTION);
    }
  }
}

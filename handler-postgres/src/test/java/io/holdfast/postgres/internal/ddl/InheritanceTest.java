package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import org.junit.jupiter.api.Test;

/**
 * Children get the columns, defaults and constraints that they had, in their order, and know which
 * of them are their own.
 */
class InheritanceTest {
  @Test
  void aChildIsWrittenWithoutWhatItInherits() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.animals (id int, name text DEFAULT 'animal' NOT NULL,"
                + " legs int CHECK (legs >= 0), CONSTRAINT own CHECK (id < 1000) NO INHERIT)",
            "CREATE TABLE s.dogs (barks bool, name text DEFAULT 'dog') INHERITS (s.animals)")) {
      sameEverywhere(replayed);
      assertThat(replayed.sql(ObjectKind.TABLE, "dogs"))
          .startsWith("CREATE TABLE s.dogs (\n  name text DEFAULT 'dog'::text")
          .doesNotContain("legs")
          .endsWith("  barks boolean\n)\nINHERITS (s.animals)");
    }
  }

  @Test
  void ofSeveralParentsEachColumnIsMergedOnce() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.animals (id int, name text DEFAULT 'animal' NOT NULL, legs int)",
            "CREATE TABLE s.pets (owner text, name text DEFAULT 'pet', legs int DEFAULT 2)",
            "CREATE TABLE s.dogs (legs int DEFAULT 4, tail int, name text DEFAULT 'dog')"
                + " INHERITS (s.animals, s.pets)",
            "ALTER TABLE s.dogs ALTER name DROP DEFAULT",
            "CREATE TABLE s.grandchild (name text DEFAULT 'x', legs int DEFAULT 1) INHERITS (s.dogs, s.animals)")) {
      sameEverywhere(replayed);
    }
  }

  @Test
  void aChildKeepsDefaultsSettingsAndNullsOfItsOwn() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.animals (id int, name text DEFAULT 'animal' NOT NULL,"
                + " legs int DEFAULT 4, note text)",
            "CREATE TABLE s.child () INHERITS (s.animals)",
            "ALTER TABLE s.child ALTER legs SET DEFAULT 8, ALTER name DROP DEFAULT,"
                + " ALTER id SET NOT NULL, ALTER note SET STATISTICS 99",
            "ALTER TABLE s.animals ALTER name SET STORAGE MAIN",
            "ALTER TABLE ONLY s.child ALTER name SET STORAGE EXTENDED,"
                + " ALTER note SET STORAGE EXTERNAL",
            "COMMENT ON COLUMN s.child.legs IS 'inherited'",
            "GRANT SELECT (legs) ON s.child TO PUBLIC")) {
      sameEverywhere(replayed);
    }
  }

  @Test
  void aChildOfAStricterParentMayAllowNull() throws Exception {
    assumeTrue(
        TestPostgres.majorVersion() < 18,
        "From PostgreSQL 18 on a child is as strict as its parent");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.strict (id int NOT NULL, n int NOT NULL)",
            "CREATE TABLE s.inherits () INHERITS (s.strict)",
            "ALTER TABLE s.inherits ALTER id DROP NOT NULL",
            "CREATE TABLE s.own (n int) INHERITS (s.strict)",
            "ALTER TABLE s.own ALTER n DROP NOT NULL",
            "ALTER TABLE s.strict ADD COLUMN later int NOT NULL",
            "ALTER TABLE s.own ALTER later DROP NOT NULL")) {
      sameEverywhere(replayed);
    }
  }

  /** The way in which tables grow: pg_dump puts these columns elsewhere. */
  @Test
  void columnsThatAParentGotLaterStandWhereTheyStood() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.parent (a int)",
            "CREATE TABLE s.child (own text DEFAULT 'x') INHERITS (s.parent) WITH (fillfactor = 50)",
            "ALTER TABLE s.parent ADD COLUMN \"L r\" numeric(6,2) NOT NULL DEFAULT 1,"
                + " ADD CONSTRAINT two CHECK (\"L r\" > a)",
            "CREATE TABLE s.grandchild (more text) INHERITS (s.child)",
            "ALTER TABLE s.parent ADD COLUMN last text COLLATE \"C\" DEFAULT 'last'",
            "COMMENT ON CONSTRAINT two ON s.grandchild IS 'inherited'")) {
      sameEverywhere(replayed);
      assertThat(replayed.target().query(order("child"))).containsExactly("a own L r last");
      assertThat(replayed.target().query(order("grandchild")))
          .containsExactly("a own L r more last");
      assertThat(replayed.target().query("SELECT relname FROM pg_class WHERE relname ~ 'holdfast'"))
          .isEmpty();
    }
  }

  @Test
  void theNameOfTheTableThatLendsColumnsIsOneThatIsFree() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.parent (a int)",
            "CREATE TABLE s.child (own text) INHERITS (s.parent)",
            "ALTER TABLE s.parent ADD COLUMN b int",
            "CREATE TABLE s.holdfast_columns (a int)",
            "CREATE TYPE s.holdfast_columns_ AS ENUM ('a')")) {
      sameEverywhere(replayed);
    }
  }

  @Test
  void aTableThatBecameAChildLaterKeepsItsColumns() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.parent (id int, name text NOT NULL, more text, CHECK (id > 0))",
            "CREATE TABLE s.late (more text, name text NOT NULL, id int,"
                + " CONSTRAINT parent_id_check CHECK (id > 0))",
            "ALTER TABLE s.late INHERIT s.parent",
            "CREATE TABLE s.was_child () INHERITS (s.parent)",
            "ALTER TABLE s.was_child NO INHERIT s.parent",
            "CREATE TABLE s.kept () INHERITS (s.parent)",
            "ALTER TABLE ONLY s.parent DROP COLUMN more")) {
      sameEverywhere(replayed);
      assertThat(replayed.target().query(order("late"))).containsExactly("more name id");
    }
  }

  /** The catalogs call them inherited, but there is nothing to inherit them from. */
  @Test
  void aChildKeepsWhatItsParentNoLongerSays() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute(
          "CREATE TABLE parent (id int, name text NOT NULL, CHECK (name <> ''))",
          "CREATE TABLE child () INHERITS (parent)",
          "ALTER TABLE ONLY parent DROP COLUMN name");
      SchemaReplay.replay(SchemaReplay.capture(source).script(), target);
      assertThat(
              target.query(
                  "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                      + " WHERE conrelid = 'child'::regclass AND contype = 'c'"))
          .containsExactly("CHECK ((name <> ''::text))");
      assertThat(
              target.query(
                  "SELECT attname || attnotnull FROM pg_attribute"
                      + " WHERE attrelid = 'child'::regclass AND attnum > 0 ORDER BY attnum"))
          .containsExactly("idfalse", "nametrue");
    }
  }

  @Test
  void generatedColumnsAreInherited() throws Exception {
    // Before PostgreSQL 16 a child had to say the same as its parent.
    int factor = TestPostgres.majorVersion() < 16 ? 2 : 3;
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.parent (a int, b int GENERATED ALWAYS AS (a * 2) STORED)",
            "CREATE TABLE s.child (c int) INHERITS (s.parent)",
            "CREATE TABLE s.other (c int, b int GENERATED ALWAYS AS (a * %d) STORED, a int)"
                .formatted(factor),
            "ALTER TABLE s.other INHERIT s.parent",
            "ALTER TABLE s.parent ADD COLUMN d int GENERATED ALWAYS AS (a * 4) STORED",
            "CREATE TABLE s.last (e int) INHERITS (s.child)")) {
      sameEverywhere(replayed);
    }
  }

  @Test
  void aCheckThatAParentDoesNotVouchForMayHoldInAChild() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.parent (id int)",
            "CREATE TABLE s.child (own int) INHERITS (s.parent)",
            "CREATE TABLE s.grandchild () INHERITS (s.child)",
            "ALTER TABLE s.parent ADD CONSTRAINT big CHECK (id > 5) NOT VALID,"
                + " ADD COLUMN later int",
            "ALTER TABLE s.grandchild VALIDATE CONSTRAINT big",
            "COMMENT ON CONSTRAINT big ON s.child IS 'comes with the parent''s'")) {
      sameEverywhere(replayed);
    }
  }

  private static String order(String table) {
    return "SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute"
        + " WHERE attrelid = 's."
        + table
        + "'::regclass AND attnum > 0 AND NOT attisdropped";
  }

  private static void sameEverywhere(Replayed replayed) throws Exception {
    replayed.same(RelationRows.COLUMNS);
    replayed.same(RelationRows.RELATIONS);
    replayed.same(
        "SELECT inhrelid::regclass || ' ' || inhparent::regclass || ' ' ||"
            + " rank() OVER (PARTITION BY inhrelid ORDER BY inhseqno) FROM pg_inherits ORDER BY 1");
    replayed.same(
        "SELECT '' UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || convalidated"
            + " || conislocal || coninhcount || pg_get_constraintdef(oid)"
            + " || coalesce(obj_description(oid, 'pg_constraint'), '')"
            + " FROM pg_constraint WHERE connamespace = 's'::regnamespace ORDER BY 1");
  }
}

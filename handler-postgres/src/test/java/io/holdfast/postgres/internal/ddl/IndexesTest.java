package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.postgres.TestPostgres;
import io.holdfast.postgres.TestPostgres.Database;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Indexes, the constraints that are indexes, foreign keys and extended statistics come back. */
class IndexesTest {
  @Test
  void keysComeBackWithStorageAndTiming() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.\"K k\" (a int, b int, c int, d text, e int4range, h int NOT NULL,"
                + " CONSTRAINT \"k \"\"k\" PRIMARY KEY (a) INCLUDE (b, c) WITH (fillfactor = 80),"
                + " CONSTRAINT deferred UNIQUE (b) WITH (fillfactor = 70)"
                + " DEFERRABLE INITIALLY DEFERRED,"
                + " CONSTRAINT can_wait UNIQUE (c, d) WITH (deduplicate_items = off) DEFERRABLE,"
                + " CONSTRAINT no_overlap EXCLUDE USING gist (e WITH &&) WHERE (a > 0)"
                + " DEFERRABLE INITIALLY DEFERRED,"
                + " CONSTRAINT expression EXCLUDE USING btree ((h + 1) WITH =) INCLUDE (b)"
                + " WITH (fillfactor = 77))",
            "CREATE UNIQUE INDEX turns ON s.\"K k\" (h, a)",
            "ALTER TABLE s.\"K k\" ADD CONSTRAINT renamed UNIQUE USING INDEX turns",
            "ALTER TABLE s.\"K k\" CLUSTER ON \"k \"\"k\"",
            "ALTER INDEX s.expression ALTER COLUMN 1 SET STATISTICS 55",
            "COMMENT ON CONSTRAINT \"k \"\"k\" ON s.\"K k\" IS 'constraint'",
            "COMMENT ON INDEX s.\"k \"\"k\" IS 'index'")) {
      replayed.same(RelationRows.CONSTRAINTS);
      replayed.same(RelationRows.INDEXES);
      replayed.same(RelationRows.RELATIONS);
      replayed.same(RelationRows.COLUMNS);
      assertThat(replayed.sql(ObjectKind.CONSTRAINT, "deferred"))
          .isEqualTo(
              "ALTER TABLE ONLY s.\"K k\"\n  ADD CONSTRAINT deferred UNIQUE (b)"
                  + " WITH (fillfactor=70) DEFERRABLE INITIALLY DEFERRED");
      assertThat(replayed.entry(ObjectKind.CONSTRAINT, "deferred").table()).hasValue("s.\"K k\"");
    }
  }

  @Test
  void newerKindsOfKeysComeBack() throws Exception {
    int major = TestPostgres.majorVersion();
    assumeTrue(major >= 15, "NULLS NOT DISTINCT is known from PostgreSQL 15 on");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.n (a int, b int, CONSTRAINT one_null UNIQUE NULLS NOT DISTINCT (a, b))",
            "CREATE UNIQUE INDEX n_b ON s.n (b) NULLS NOT DISTINCT WHERE a > 0",
            "CREATE TABLE s.r (id int PRIMARY KEY, a int, b int)",
            "ALTER TABLE s.r ADD CONSTRAINT part_null FOREIGN KEY (a, b) REFERENCES s.n (a, b)"
                + " ON DELETE SET NULL (b)",
            major < 18
                ? "SELECT"
                : "CREATE TABLE s.t (id int4range, valid daterange,"
                    + " CONSTRAINT tk PRIMARY KEY (id, valid WITHOUT OVERLAPS)"
                    + " WITH (fillfactor = 66));"
                    + " CREATE TABLE s.tr (id int4range, valid daterange,"
                    + " FOREIGN KEY (id, PERIOD valid) REFERENCES s.t (id, PERIOD valid));"
                    + " ALTER TABLE s.r ADD CONSTRAINT loose FOREIGN KEY (a) REFERENCES s.r"
                    + " NOT ENFORCED")) {
      replayed.same(RelationRows.CONSTRAINTS);
      replayed.same(RelationRows.INDEXES);
    }
  }

  @Test
  void indexesComeBackWithTheirStatisticsAndUses() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.t (a int NOT NULL, b int NOT NULL, d text)",
            "CREATE INDEX \"I \"\"x\" ON s.t ((a + b), lower(d) COLLATE \"C\" text_pattern_ops DESC"
                + " NULLS LAST) INCLUDE (b) WITH (fillfactor = 60) WHERE a > 0",
            "ALTER INDEX s.\"I \"\"x\" ALTER COLUMN 1 SET STATISTICS 100",
            "ALTER INDEX s.\"I \"\"x\" ALTER COLUMN 2 SET STATISTICS 0",
            "COMMENT ON INDEX s.\"I \"\"x\" IS 'it''s an index'",
            "CREATE UNIQUE INDEX tells_apart ON s.t (b)",
            "ALTER TABLE s.t REPLICA IDENTITY USING INDEX tells_apart",
            "CREATE INDEX in_order ON s.t (a)",
            "ALTER TABLE s.t CLUSTER ON in_order",
            "CREATE MATERIALIZED VIEW s.m AS SELECT 1 AS one",
            "CREATE UNIQUE INDEX m_one ON s.m (one)",
            "ALTER INDEX s.m_one RENAME TO \"M one\"")) {
      assertThat(replayed.same(RelationRows.INDEXES)).hasSize(4);
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.RELATIONS);
      assertThat(replayed.entry(ObjectKind.INDEX, "M one").table()).hasValue("s.m");
    }
  }

  @Test
  void anInvalidIndexIsLeftOut() throws Exception {
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)");
      assertThatThrownBy(() -> source.execute("CREATE UNIQUE INDEX CONCURRENTLY bad ON t (a)"))
          .hasMessageContaining("bad");
      source.execute("CREATE INDEX good ON t (a)");
      SchemaReplay.assertReplays(source, target);
      assertThat(source.query("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid"))
          .containsExactly("bad");
      assertThat(
              target.query(
                  "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 't'::regclass"))
          .containsExactly("good");
    }
  }

  @Test
  void foreignKeysComeBackInCirclesAndUnchecked() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.a (id int PRIMARY KEY, next int, x int UNIQUE)",
            "CREATE TABLE s.b (id int PRIMARY KEY, next int REFERENCES s.a (x) MATCH FULL"
                + " ON DELETE SET NULL ON UPDATE CASCADE)",
            "ALTER TABLE s.a ADD CONSTRAINT \"R \"\"r\" FOREIGN KEY (next) REFERENCES s.b"
                + " DEFERRABLE INITIALLY DEFERRED",
            "INSERT INTO s.a VALUES (1, NULL, 5)",
            "ALTER TABLE s.a ADD CONSTRAINT unchecked FOREIGN KEY (x) REFERENCES s.b NOT VALID",
            "COMMENT ON CONSTRAINT unchecked ON s.a IS 'not yet'")) {
      replayed.same(RelationRows.CONSTRAINTS);
      assertThat(replayed.entry(ObjectKind.FOREIGN_KEY, "unchecked").table()).hasValue("s.a");
    }
  }

  @Test
  void extendedStatisticsComeBack() throws Exception {
    Replayed.role("stat_owner");
    List<String> last =
        TestPostgres.majorVersion() < 14
            ? List.of()
            : List.of("CREATE STATISTICS s.expression ON (a + b) FROM s.t");
    String[] statements = {
      "CREATE SCHEMA s",
      "CREATE SCHEMA \"S 2\"",
      "CREATE TABLE s.t (a int, b int, c text)",
      "CREATE STATISTICS \"S 2\".\"St \"\"at\" (ndistinct, dependencies) ON a, b FROM s.t",
      "ALTER STATISTICS \"S 2\".\"St \"\"at\" SET STATISTICS 66",
      "ALTER STATISTICS \"S 2\".\"St \"\"at\" OWNER TO stat_owner",
      "COMMENT ON STATISTICS \"S 2\".\"St \"\"at\" IS 'it''s'",
      "CREATE STATISTICS s.every ON c, b FROM s.t",
      String.join(";", last)
    };
    try (Replayed replayed = Replayed.of(statements)) {
      assertThat(
              replayed.same(
                  "SELECT concat_ws('|', pg_get_statisticsobjdef(oid), stxstattarget,"
                      + " stxowner::regrole, obj_description(oid, 'pg_statistic_ext'))"
                      + " FROM pg_statistic_ext ORDER BY 1"))
          .hasSize(2 + last.size());
      assertThat(replayed.entry(ObjectKind.STATISTICS, "St \"at").table()).hasValue("s.t");
    }
  }
}

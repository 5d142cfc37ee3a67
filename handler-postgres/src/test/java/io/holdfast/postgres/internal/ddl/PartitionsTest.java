package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.postgres.TestPostgres;
import org.junit.jupiter.api.Test;

/** Partitions come back as tables of their own that are attached, and so do their indexes. */
class PartitionsTest {
  @Test
  void partitionsOfEveryKindAreAttachedWithTheirOwnColumnsAndDefaults() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.ev (id int, at date NOT NULL, what text DEFAULT 'parent',"
                + " CONSTRAINT sane CHECK (id > 0)) PARTITION BY RANGE (at)",
            "CREATE TABLE s.old PARTITION OF s.ev FOR VALUES FROM (MINVALUE) TO ('2000-01-01')",
            "CREATE TABLE s.\"N w\" (what text DEFAULT 'child', dropped int, at date NOT NULL,"
                + " id int NOT NULL CHECK (id < 1000000), CONSTRAINT sane CHECK (id > 0))"
                + " PARTITION BY HASH (id)",
            "ALTER TABLE s.\"N w\" DROP COLUMN dropped",
            "ALTER TABLE s.ev ATTACH PARTITION s.\"N w\""
                + " FOR VALUES FROM ('2000-01-01') TO ('3000-01-01')",
            "CREATE TABLE s.even PARTITION OF s.\"N w\""
                + " FOR VALUES WITH (MODULUS 2, REMAINDER 0) WITH (fillfactor = 60)",
            "CREATE TABLE s.odd PARTITION OF s.\"N w\" (what DEFAULT 'odd',"
                + " CONSTRAINT short CHECK (length(what) < 1000))"
                + " FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
            "CREATE TABLE s.rest PARTITION OF s.ev DEFAULT",
            "CREATE TABLE s.l (a text COLLATE \"C\", b int)"
                + " PARTITION BY LIST (lower(a) COLLATE \"POSIX\")",
            "CREATE TABLE s.l1 PARTITION OF s.l FOR VALUES IN ('a', 'it''s', NULL)",
            "ALTER TABLE s.ev ADD CONSTRAINT later CHECK (id <> 17) NOT VALID",
            "COMMENT ON COLUMN s.odd.what IS 'of a partition'")) {
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.RELATIONS);
      replayed.same(RelationRows.CONSTRAINTS);
      assertThat(replayed.sql(ObjectKind.TABLE_ATTACH, "N w"))
          .isEqualTo(
              "ALTER TABLE ONLY s.ev ATTACH PARTITION s.\"N w\""
                  + " FOR VALUES FROM ('2000-01-01') TO ('3000-01-01')");
      assertThat(replayed.entry(ObjectKind.TABLE_ATTACH, "N w").table()).hasValue("s.\"N w\"");
    }
  }

  @Test
  void identityOfAPartitionedTableBelongsToItsPartitionsToo() throws Exception {
    assumeTrue(TestPostgres.majorVersion() >= 17, "Possible from PostgreSQL 17 on");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.p (id int GENERATED ALWAYS AS IDENTITY, at date)"
                + " PARTITION BY RANGE (at)",
            "CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
            "CREATE ACCESS METHOD partition_heap TYPE TABLE HANDLER heap_tableam_handler",
            "CREATE TABLE s.m (id int) PARTITION BY LIST (id) USING partition_heap",
            "CREATE TABLE s.m1 PARTITION OF s.m FOR VALUES IN (1)")) {
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.RELATIONS);
      replayed.same(RelationRows.SEQUENCES);
    }
  }

  @Test
  void indexesAndKeysOfPartitionsAreAttachedToTheirParents() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.p (id int, at date, t text, PRIMARY KEY (id, at), UNIQUE (at, id))"
                + " PARTITION BY RANGE (at)",
            "CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES FROM ('2000-01-01') TO ('2001-01-01')",
            "CREATE TABLE s.p2 PARTITION OF s.p FOR VALUES FROM ('2001-01-01') TO ('2002-01-01')"
                + " PARTITION BY HASH (id)",
            "CREATE TABLE s.p2_0 PARTITION OF s.p2 FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
            "CREATE INDEX \"I x\" ON s.p (t)",
            "CREATE INDEX unfinished ON ONLY s.p (lower(t))",
            "CREATE INDEX p1_lower ON s.p1 (lower(t))",
            "ALTER INDEX s.unfinished ATTACH PARTITION s.p1_lower",
            "CREATE INDEX alone ON s.p1 (id DESC)",
            "ALTER TABLE s.p REPLICA IDENTITY USING INDEX p_pkey",
            "ALTER TABLE s.p1 REPLICA IDENTITY USING INDEX p1_pkey",
            "COMMENT ON INDEX s.p1_lower IS 'of a partition'")) {
      replayed.same(RelationRows.INDEXES);
      replayed.same(RelationRows.RELATIONS);
      assertThat(replayed.target().query("SELECT 1 FROM pg_index WHERE NOT indisvalid")).hasSize(1);
    }
  }

  @Test
  void foreignKeysToAndFromPartitionedTablesAreWrittenOnce() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE TABLE s.p (id int PRIMARY KEY, up int) PARTITION BY RANGE (id)",
            "CREATE TABLE s.p1 PARTITION OF s.p FOR VALUES FROM (0) TO (100)"
                + " PARTITION BY RANGE (id)",
            "CREATE TABLE s.p1_1 PARTITION OF s.p1 FOR VALUES FROM (0) TO (50)",
            "ALTER TABLE s.p ADD CONSTRAINT tree FOREIGN KEY (up) REFERENCES s.p",
            "CREATE TABLE s.r (id int REFERENCES s.p ON DELETE CASCADE, other int)"
                + " PARTITION BY LIST (id)",
            "CREATE TABLE s.r1 PARTITION OF s.r FOR VALUES IN (1)",
            "ALTER TABLE s.r1 ADD CONSTRAINT own FOREIGN KEY (other) REFERENCES s.p1_1")) {
      assertThat(
              replayed.script().after().stream()
                  .filter(entry -> entry.kind() == ObjectKind.FOREIGN_KEY))
          .extracting(SchemaEntry::name)
          .containsExactlyInAnyOrder("tree", "r_id_fkey", "own");
      replayed.same(
          "SELECT conrelid::regclass || pg_get_constraintdef(oid) || (conparentid = 0)"
              + " FROM pg_constraint WHERE contype = 'f' ORDER BY 1");
    }
  }
}

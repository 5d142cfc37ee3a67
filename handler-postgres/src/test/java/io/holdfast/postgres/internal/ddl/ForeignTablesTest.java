package io.holdfast.postgres.internal.ddl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Foreign tables come back with what their wrappers are told, and as children and partitions. */
class ForeignTablesTest {
  @Test
  void aForeignTableComesBackWithOptionsChecksDefaultsOwnerAndGrants() throws Exception {
    Replayed.role("foreign_owner");
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE FOREIGN DATA WRAPPER w",
            "CREATE SERVER \"S v\" FOREIGN DATA WRAPPER w",
            "CREATE FOREIGN TABLE s.\"F f\" (id int OPTIONS (column_name 'the ''id''') NOT NULL,"
                + " \"T t\" text COLLATE \"C\" DEFAULT 'x', two int GENERATED ALWAYS AS (id * 2)"
                + " STORED, CONSTRAINT small CHECK (id < 10)) SERVER \"S v\""
                + " OPTIONS (schema_name 'a.b', \"Table\" 'c')",
            "ALTER FOREIGN TABLE s.\"F f\" ALTER id SET STATISTICS 55,"
                + " ALTER \"T t\" SET STORAGE EXTERNAL, ALTER id SET (n_distinct = 5)",
            "COMMENT ON FOREIGN TABLE s.\"F f\" IS 'far'",
            "COMMENT ON COLUMN s.\"F f\".id IS 'its column'",
            "COMMENT ON CONSTRAINT small ON s.\"F f\" IS 'its check'",
            "GRANT SELECT ON s.\"F f\" TO PUBLIC",
            "ALTER FOREIGN TABLE s.\"F f\" OWNER TO foreign_owner",
            "CREATE FOREIGN TABLE s.nothing () SERVER \"S v\"")) {
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.RELATIONS);
      replayed.same(RelationRows.CONSTRAINTS);
      replayed.same(
          "SELECT concat_ws('|', ftrelid::regclass, srvname, ftoptions) FROM pg_foreign_table"
              + " JOIN pg_foreign_server f ON f.oid = ftserver ORDER BY 1");
      replayed.same("SELECT attfdwoptions::text FROM pg_attribute WHERE attfdwoptions IS NOT NULL");
      assertThat(replayed.entry(ObjectKind.FOREIGN_TABLE, "F f").table()).hasValue("s.\"F f\"");
    }
  }

  @Test
  void aForeignTableCanBeAChildAParentAndAPartition() throws Exception {
    try (Replayed replayed =
        Replayed.of(
            "CREATE SCHEMA s",
            "CREATE FOREIGN DATA WRAPPER w",
            "CREATE SERVER v FOREIGN DATA WRAPPER w",
            "CREATE TABLE s.parent (a int DEFAULT 1, CHECK (a > 0))",
            "CREATE FOREIGN TABLE s.child (b int) INHERITS (s.parent) SERVER v",
            "ALTER TABLE s.parent ADD COLUMN c text",
            "ALTER FOREIGN TABLE s.child ALTER c OPTIONS (name 'c''')",
            "CREATE TABLE s.grandchild () INHERITS (s.child)",
            "CREATE TABLE s.p (a int, b text) PARTITION BY LIST (a)",
            "CREATE FOREIGN TABLE s.p1 PARTITION OF s.p (b DEFAULT 'far') FOR VALUES IN (1)"
                + " SERVER v OPTIONS (table_name 'x')")) {
      replayed.same(RelationRows.COLUMNS);
      replayed.same(RelationRows.RELATIONS);
      replayed.same(RelationRows.CONSTRAINTS);
    }
  }
}

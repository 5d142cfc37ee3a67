package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.CollectionFilter;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CatalogTest {
  private TestPostgres.Database database;

  @BeforeEach
  void create() throws Exception {
    database = TestPostgres.createDatabase();
  }

  @AfterEach
  void drop() throws Exception {
    database.close();
  }

  @Test
  void describesColumnsAndKeys() throws Exception {
    database.execute(
        "CREATE DOMAIN small AS integer CHECK (value > 0)",
        "CREATE DOMAIN smaller AS small CHECK (value < 9)",
        "CREATE TYPE mood AS ENUM ('good')",
        "CREATE TABLE t (b integer GENERATED ALWAYS AS IDENTITY, gone int, a varchar(3) NOT NULL,"
            + " d smaller, twice integer GENERATED ALWAYS AS (b * 2) STORED, f real, g double"
            + " precision, h json, i jsonb, j boolean, k oid, l bigint, m smallint, n numeric(4,2),"
            + " o mood[], p mood, PRIMARY KEY (d, b))",
        "ALTER TABLE t DROP COLUMN gone");
    Table table = read(CollectionFilter.ALL).tables().get(0);
    assertThat(table.columns())
        .extracting(Column::name, Column::type, Column::form, Column::generated)
        .containsExactly(
            tuple("b", "integer", ValueForm.INTEGER, false),
            tuple("a", "character varying(3)", ValueForm.TEXT, false),
            tuple("d", "public.smaller", ValueForm.INTEGER, false),
            tuple("twice", "integer", ValueForm.INTEGER, true),
            tuple("f", "real", ValueForm.DOUBLE, false),
            tuple("g", "double precision", ValueForm.DOUBLE, false),
            tuple("h", "json", ValueForm.JSON, false),
            tuple("i", "jsonb", ValueForm.JSON, false),
            tuple("j", "boolean", ValueForm.BOOLEAN, false),
            tuple("k", "oid", ValueForm.INTEGER, false),
            tuple("l", "bigint", ValueForm.INTEGER, false),
            tuple("m", "smallint", ValueForm.INTEGER, false),
            tuple("n", "numeric(4,2)", ValueForm.TEXT, false),
            tuple("o", "public.mood[]", ValueForm.TEXT, false),
            tuple("p", "public.mood", ValueForm.TEXT, false));
    assertThat(table.primaryKey()).containsExactly("d", "b");
    assertThat(table.columns().get(0).identity()).isEqualTo('a');
    assertThat(table.columns().get(2).baseType()).isEqualTo(23);
    assertThat(table.columns().get(14).baseTypeKind()).isEqualTo('e');
    assertThat(table.storedColumns()).extracting(Column::name).doesNotContain("twice");
  }

  @Test
  void holdsWhatHasRowsOfItsOwn() throws Exception {
    database.execute(
        "CREATE TABLE plain (a int)",
        "CREATE UNLOGGED TABLE fast (a int)",
        "CREATE TABLE parent (a int)",
        "CREATE TABLE child () INHERITS (parent)",
        "CREATE TABLE events (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE nested PARTITION OF events FOR VALUES FROM (10) TO (20) PARTITION BY LIST (a)",
        "CREATE TABLE nested_1 PARTITION OF nested DEFAULT",
        "CREATE VIEW a_view AS SELECT 1",
        "CREATE MATERIALIZED VIEW stored AS SELECT 1",
        "CREATE FOREIGN DATA WRAPPER nothing",
        "CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing",
        "CREATE FOREIGN TABLE far (a int) SERVER nowhere",
        "CREATE FOREIGN TABLE events_2 PARTITION OF events FOR VALUES FROM (20) TO (30) SERVER"
            + " nowhere",
        "CREATE TEMP TABLE passing (a int)");
    Catalog catalog = read(CollectionFilter.ALL);
    assertThat(catalog.names())
        .containsExactly(
            "public.child",
            "public.events_1",
            "public.fast",
            "public.nested_1",
            "public.parent",
            "public.plain");
    assertThat(catalog.foreignTables()).containsExactly("public.events_2", "public.far");
    assertThat(catalog.tables().get(1).partition()).isTrue();
    assertThat(catalog.tables().get(2).unlogged()).isTrue();
  }

  @Test
  void namesTablesAsTheServerQuotesThem() throws Exception {
    for (String name : SqlTest.AWKWARD) {
      database.execute("CREATE TABLE " + Sql.quoteIdentifier(name) + " (a int)");
    }
    assertThat(read(CollectionFilter.ALL).names())
        .contains("public.plain", "public.\"select\"", "public.\"a\"\"b\"", "public.\"a.b\"")
        .hasSameSizeAs(SqlTest.AWKWARD);
  }

  @Test
  void appliesTheFilterToNames() throws Exception {
    database.execute("CREATE TABLE a (a int)", "CREATE TABLE b (a int)");
    Catalog catalog = read(new CollectionFilter(List.of("public.*"), List.of("*.b")));
    assertThat(catalog.tables()).extracting(Table::collection).containsExactly("public.a");
    assertThat(catalog.names()).containsExactly("public.a", "public.b");
  }

  @Test
  void leavesOutMembersOfExtensionsButForTheirConfiguration() throws Exception {
    database.execute(
        "CREATE EXTENSION hstore",
        "CREATE TABLE member (a int)",
        "CREATE TABLE config (a int)",
        "ALTER EXTENSION hstore ADD TABLE member",
        "ALTER EXTENSION hstore ADD TABLE config",
        "UPDATE pg_extension SET extconfig = ARRAY['config'::regclass::oid], extcondition ="
            + " ARRAY['WHERE a > 5'] WHERE extname = 'hstore'");
    Catalog catalog = read(CollectionFilter.ALL);
    assertThat(catalog.names()).containsExactly("public.config");
    assertThat(catalog.tables().get(0).extensionCondition()).contains("WHERE a > 5");
  }

  @Test
  void measuresHeapAndToast() throws Exception {
    database.execute(
        "CREATE TABLE wide (a text)",
        "ALTER TABLE wide ALTER a SET STORAGE EXTERNAL",
        "INSERT INTO wide SELECT repeat('x', 100000) FROM generate_series(1, 20)");
    Table wide = read(CollectionFilter.ALL).tables().get(0);
    assertThat(wide.heapBytes()).isBetween(1L, 100_000L);
    assertThat(wide.totalBytes()).isGreaterThan(2_000_000L);
    assertThat(wide.heap()).isTrue();
  }

  private Catalog read(CollectionFilter filter) throws Exception {
    try (PinnedConnection connection = Connections.from(database.dataSource()).open()) {
      connection.beginReading(Optional.empty());
      return Catalog.read(connection.jdbc(), filter);
    }
  }
}

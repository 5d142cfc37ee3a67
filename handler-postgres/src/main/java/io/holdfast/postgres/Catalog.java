package io.holdfast.postgres;

import io.holdfast.spi.CollectionFilter;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tables of a database that hold rows, read with a fixed number of queries however many there
 * are.
 *
 * <p>In scope are ordinary tables, partitions, parents in an inheritance tree (for their own rows)
 * and unlogged tables. Partitioned parents, views, materialised views and foreign tables hold no
 * rows of their own; temporary tables and system schemas are not the application's. Members of an
 * extension come with {@code CREATE EXTENSION}, so they are in scope only if the extension marked
 * them as configuration.
 *
 * @param tables the tables that the filter accepts, by schema and name
 * @param foreignTables collection names of the foreign tables that the filter accepts
 * @param names collection names of all tables in scope, whether the filter accepts them or not
 */
record Catalog(List<Table> tables, List<String> foreignTables, List<String> names) {
  private static final String RELATIONS =
      """
      SELECT c.oid::bigint, n.nspname, c.relname,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname),
             pg_get_userbyid(c.relowner),
             c.relkind = 'f', c.relam = 2, c.relispartition, c.relpersistence = 'u',
             c.relrowsecurity, c.relforcerowsecurity, c.reltuples::bigint,
             x.config IS NOT NULL, coalesce(x.condition, ''), m.mark
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN (SELECT unnest(extconfig) AS config, unnest(extcondition) AS condition
                     FROM pg_catalog.pg_extension) x ON x.config = c.oid
        LEFT JOIN (SELECT objoid, substring(description FROM strpos(description, '%1$s') FOR %2$d)
                          AS mark
                     FROM pg_catalog.pg_description
                    WHERE classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objsubid = 0
                      AND strpos(description, '%1$s') > 0) m ON m.objoid = c.oid
       WHERE c.relkind IN ('r', 'f') AND c.relpersistence <> 't'
         AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
         AND (x.config IS NOT NULL OR NOT EXISTS (
               SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'))
       ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
      """
          .formatted(DocumentMark.WORD, DocumentMark.MAX_CHARS);

  // unnest and a join, not = ANY: that is a linear search for each row before PostgreSQL 14.
  private static final String SIZES =
      """
      SELECT w.oid::bigint, coalesce(pg_catalog.pg_relation_size(w.oid), 0),
             coalesce(pg_catalog.pg_table_size(w.oid), 0)
        FROM unnest(?::oid[]) AS w(oid)
      """;

  private static final String COLUMNS =
      """
      WITH RECURSIVE base(oid, root, kind) AS (
        SELECT oid, oid, typtype FROM pg_catalog.pg_type WHERE typtype <> 'd'
        UNION ALL
        SELECT t.oid, b.root, b.kind
          FROM pg_catalog.pg_type t JOIN base b ON t.typbasetype = b.oid WHERE t.typtype = 'd')
      SELECT a.attrelid::bigint, a.attnum, a.attname,
             pg_catalog.format_type(a.atttypid, a.atttypmod), b.root::bigint, b.kind,
             a.attnotnull, a.attgenerated <> '', a.attidentity
        FROM unnest(?::oid[]) AS w(oid)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid
        JOIN base b ON b.oid = a.atttypid
       WHERE a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attrelid, a.attnum
      """;

  private static final String PRIMARY_KEYS =
      """
      SELECT i.indrelid::bigint, a.attname
        FROM unnest(?::oid[]) AS w(oid)
        JOIN pg_catalog.pg_index i ON i.indrelid = w.oid AND i.indisprimary
       CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       WHERE k.place <= i.indnkeyatts
       ORDER BY i.indrelid, k.place
      """;

  /** Copies the lists. */
  Catalog {
    tables = List.copyOf(tables);
    foreignTables = List.copyOf(foreignTables);
    names = List.copyOf(names);
  }

  /**
   * Reads the catalog in the connection's transaction, whose settings must be pinned ({@code
   * search_path} and {@code quote_all_identifiers} change how types and names are written).
   */
  static Catalog read(Connection connection, CollectionFilter filter) throws SQLException {
    Catalog catalog = readUnmeasured(connection, filter);
    return new Catalog(measure(connection, catalog.tables), catalog.foreignTables, catalog.names);
  }

  /**
   * The same without sizes: measuring a table waits for whoever has it locked, and a backup would
   * rather wait where it can say for whom.
   */
  static Catalog readUnmeasured(Connection connection, CollectionFilter filter)
      throws SQLException {
    List<Relation> accepted = new ArrayList<>();
    List<String> foreign = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Relation relation : relations(connection)) {
      boolean wanted = filter.accepts(relation.collection);
      if (relation.foreign && wanted) {
        foreign.add(relation.collection);
      } else if (!relation.foreign) {
        names.add(relation.collection);
        if (wanted) {
          accepted.add(relation);
        }
      }
    }
    return new Catalog(describe(connection, accepted), foreign, names);
  }

  /** The same tables with their sizes as they are now. */
  static List<Table> measure(Connection connection, List<Table> tables) throws SQLException {
    if (tables.isEmpty()) {
      return tables;
    }
    Map<Long, long[]> sizes = new HashMap<>();
    query(
        connection,
        SIZES,
        connection.createArrayOf("int8", tables.stream().map(Table::oid).toArray()),
        row -> sizes.put(row.getLong(1), new long[] {row.getLong(2), row.getLong(3)}));
    List<Table> measured = new ArrayList<>(tables.size());
    for (Table table : tables) {
      long[] bytes = sizes.getOrDefault(table.oid(), new long[2]);
      measured.add(table.withSizes(bytes[0], bytes[1]));
    }
    return measured;
  }

  private static List<Relation> relations(Connection connection) throws SQLException {
    List<Relation> relations = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(RELATIONS)) {
      while (row.next()) {
        relations.add(
            new Relation(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getBoolean(6),
                row.getBoolean(7),
                row.getBoolean(8),
                row.getBoolean(9),
                row.getBoolean(10),
                row.getBoolean(11),
                row.getLong(12),
                row.getBoolean(13) ? Optional.of(row.getString(14)) : Optional.empty(),
                Optional.ofNullable(row.getString(15)).flatMap(DocumentMark::collection)));
      }
    }
    return relations;
  }

  private static List<Table> describe(Connection connection, List<Relation> relations)
      throws SQLException {
    if (relations.isEmpty()) {
      return List.of();
    }
    Array oids = connection.createArrayOf("int8", relations.stream().map(Relation::oid).toArray());
    Map<Long, List<Column>> columns = new HashMap<>();
    Map<Long, List<String>> keys = new HashMap<>();
    query(
        connection,
        COLUMNS,
        oids,
        row -> columns.computeIfAbsent(row.getLong(1), oid -> new ArrayList<>()).add(column(row)));
    query(
        connection,
        PRIMARY_KEYS,
        oids,
        row ->
            keys.computeIfAbsent(row.getLong(1), oid -> new ArrayList<>()).add(row.getString(2)));
    List<Table> tables = new ArrayList<>(relations.size());
    for (Relation relation : relations) {
      tables.add(
          new Table(
              relation.oid,
              relation.schema,
              relation.name,
              relation.collection,
              relation.owner,
              relation.heap,
              relation.partition,
              relation.unlogged,
              relation.rowSecurity,
              relation.forceRowSecurity,
              0,
              0,
              relation.estimatedRows,
              relation.extensionCondition,
              columns.getOrDefault(relation.oid, List.of()),
              keys.getOrDefault(relation.oid, List.of()),
              relation.mark));
    }
    return tables;
  }

  private static Column column(ResultSet row) throws SQLException {
    long baseType = row.getLong(5);
    return new Column(
        row.getInt(2),
        row.getString(3),
        row.getString(4),
        baseType,
        letter(row.getString(6)),
        ValueForm.ofType(baseType),
        row.getBoolean(7),
        row.getBoolean(8),
        letter(row.getString(9)));
  }

  private static char letter(String text) {
    return text.isEmpty() ? ' ' : text.charAt(0);
  }

  /** Runs a query whose only parameter is a list of OIDs. */
  static void query(Connection connection, String sql, Array oids, RowConsumer consumer)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, oids);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          consumer.accept(row);
        }
      }
    }
  }

  /** Takes one row of a result. */
  @FunctionalInterface
  interface RowConsumer {
    /** Takes the row that the result stands on. */
    void accept(ResultSet row) throws SQLException;
  }

  private record Relation(
      long oid,
      String schema,
      String name,
      String collection,
      String owner,
      boolean foreign,
      boolean heap,
      boolean partition,
      boolean unlogged,
      boolean rowSecurity,
      boolean forceRowSecurity,
      long estimatedRows,
      Optional<String> extensionCondition,
      Optional<String> mark) {}
}

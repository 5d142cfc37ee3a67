package io.holdfast.postgres.internal.ddl;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All tables, partitioned tables and foreign tables in the schemas of users, those of extensions
 * too, with a fixed number of queries.
 */
final class TableCatalog {
  private static final String TABLES =
      """
      SELECT c.oid::bigint, n.nspname, c.relname,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind,
             c.relpersistence = 'u', pg_get_userbyid(c.relowner),
             CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END,
             c.reloptions, tc.reloptions,
             CASE WHEN am.amname <> 'heap' THEN quote_ident(am.amname) END, ts.spcname,
             c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
             CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
             CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
             c.relacl::text[], acldefault('r', c.relowner)::text[],
             quote_ident(fs.srvname), ft.ftoptions
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_class tc ON tc.oid = c.reltoastrelid
        LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
        LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace
        LEFT JOIN pg_catalog.pg_foreign_table ft ON ft.ftrelid = c.oid
        LEFT JOIN pg_catalog.pg_foreign_server fs ON fs.oid = ft.ftserver
       WHERE %s
      """;

  private static final String COLUMNS =
      """
      SELECT a.attrelid::bigint, a.attnum, a.attname, quote_ident(a.attname),
             format_type(a.atttypid, a.atttypmod),
             CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0
                  THEN (SELECT quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
                          FROM pg_catalog.pg_collation co
                          JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
                         WHERE co.oid = a.attcollation) END,
             a.attnotnull, a.attislocal, a.attidentity, a.attgenerated,
             coalesce(d.oid::bigint, 0), pg_get_expr(d.adbin, d.adrelid),
             CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END, a.attstorage, t.typstorage,
             %s, a.attoptions, a.attacl::text[], a.attfdwoptions
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_attrdef d
          ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef
       WHERE a.attnum > 0 AND NOT a.attisdropped AND %s
       ORDER BY a.attrelid, a.attnum
      """;

  private static final String PARENTS =
      """
      SELECT i.inhrelid::bigint, i.inhparent::bigint
        FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE %s
       ORDER BY i.inhrelid, i.inhseqno
      """;

  private static final String CHECKS =
      """
      SELECT k.conrelid::bigint, k.oid::bigint, k.conname, quote_ident(k.conname),
             pg_get_constraintdef(k.oid), k.conislocal, k.convalidated, %s
        FROM pg_catalog.pg_constraint k
        JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE k.contype = 'c' AND %s
       ORDER BY k.conrelid, k.conname COLLATE "C"
      """;

  /**
   * A name that no other constraint of the schema has is given again by the server itself, if it is
   * the usual one and was not shortened.
   */
  private static final String NOT_NULLS =
      """
      SELECT k.conrelid::bigint, k.oid::bigint, k.conname, quote_ident(k.conname), k.conkey[1],
             k.conislocal, NOT k.connoinherit, k.convalidated,
             k.alone = 1 AND k.conname = c.relname || '_' || a.attname || '_not_null'
        FROM (SELECT *, count(*) OVER (PARTITION BY connamespace, conname) AS alone
                FROM pg_catalog.pg_constraint) k
        JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
       WHERE k.contype = 'n' AND %s
      """;

  private static final String NAMES =
      """
      SELECT n.nspname, c.relname
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relname ~ '^holdfast_columns_*$'
      UNION ALL
      SELECT n.nspname, t.typname
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
       WHERE t.typname ~ '^holdfast_columns_*$'
      """;

  private final Map<Long, CatalogTable> tables = new LinkedHashMap<>();
  private final Set<List<String>> takenNames = new HashSet<>();
  private final int majorVersion;

  private TableCatalog(int majorVersion) {
    this.majorVersion = majorVersion;
  }

  /** Reads them in the context's transaction. */
  static TableCatalog read(CaptureContext context) throws SQLException {
    String wanted =
        "c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND "
            + CaptureContext.userSchema("n.nspname");
    TableCatalog catalog = new TableCatalog(context.majorVersion());
    context.query(TABLES.formatted(wanted), catalog::addTable);
    context.query(
        COLUMNS.formatted(context.since(14, "a.attcompression", "''"), wanted),
        row -> catalog.table(row).addColumn(CatalogColumn.of(row)));
    context.query(PARENTS.formatted(wanted), catalog::addParent);
    context.query(
        CHECKS.formatted(context.since(18, "k.conenforced", "true"), wanted), catalog::addCheck);
    if (context.majorVersion() >= 18) {
      context.query(NOT_NULLS.formatted(wanted), catalog::addNotNull);
    }
    catalog.tables.values().forEach(CatalogTable::adoptConstraints);
    Sequence.read(context, true, catalog::addIdentity);
    context.query(
        NAMES, row -> catalog.takenNames.add(List.of(row.getString(1), row.getString(2))));
    return catalog;
  }

  Collection<CatalogTable> tables() {
    return tables.values();
  }

  int majorVersion() {
    return majorVersion;
  }

  /** A name that nothing in the schema has. */
  String freeName(String schema) {
    StringBuilder name = new StringBuilder("holdfast_columns");
    while (takenNames.contains(List.of(schema, name.toString()))) {
      name.append('_');
    }
    return name.toString();
  }

  /** The texts of an array; none for null. */
  static List<String> texts(@Nullable Array array) throws SQLException {
    return array == null ? List.of() : List.of((String[]) array.getArray());
  }

  private CatalogTable table(ResultSet row) throws SQLException {
    return Objects.requireNonNull(tables.get(row.getLong(1)), "a table of another moment");
  }

  private void addTable(ResultSet row) throws SQLException {
    CatalogTable table = new CatalogTable(row);
    tables.put(table.oid, table);
  }

  private void addParent(ResultSet row) throws SQLException {
    table(row)
        .parents
        .add(Objects.requireNonNull(tables.get(row.getLong(2)), "a parent of another moment"));
  }

  private void addCheck(ResultSet row) throws SQLException {
    table(row)
        .checks
        .add(
            new CatalogTable.Check(
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getBoolean(6),
                row.getBoolean(7),
                row.getBoolean(8)));
  }

  private void addNotNull(ResultSet row) throws SQLException {
    table(row)
        .notNulls
        .put(
            row.getInt(5),
            new CatalogTable.NotNull(
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getBoolean(6),
                row.getBoolean(7),
                row.getBoolean(8),
                row.getBoolean(9)));
  }

  private void addIdentity(Sequence sequence) {
    CatalogTable table = tables.get(sequence.owningTable());
    if (table != null) {
      table.identities.put(sequence.owningColumn(), sequence);
    }
  }
}

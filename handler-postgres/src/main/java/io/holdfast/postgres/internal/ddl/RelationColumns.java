package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The columns of views, materialised views or foreign tables, read all at once. */
final class RelationColumns {
  private static final String COLUMNS =
      """
      SELECT a.attrelid::bigint, a.attnum, a.attname, quote_ident(a.attname),
             format_type(a.atttypid, a.atttypmod),
             CASE WHEN a.attcollation <> t.typcollation
                  THEN (SELECT quote_ident(n.nspname) || '.' || quote_ident(k.collname)
                          FROM pg_catalog.pg_collation k
                          JOIN pg_catalog.pg_namespace n ON n.oid = k.collnamespace
                         WHERE k.oid = a.attcollation) END,
             d.oid::bigint, pg_get_expr(d.adbin, d.adrelid), a.attacl::text[]
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
       WHERE c.relkind = '%s' AND %s AND a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attrelid, a.attnum
      """;

  /**
   * A column.
   *
   * @param number its number, from 1
   * @param name its name, unquoted
   * @param quoted its name for a statement
   * @param type its type for a statement
   * @param collation its collation for a statement, where it is not that of its type
   * @param defaultOid the OID of its default, or 0
   * @param defaultValue the default's expression
   * @param acl its access control list
   */
  record Column(
      int number,
      String name,
      String quoted,
      String type,
      Optional<String> collation,
      long defaultOid,
      Optional<String> defaultValue,
      Optional<String[]> acl) {}

  private final Map<Long, List<Column>> byRelation = new HashMap<>();

  private RelationColumns() {}

  /** Reads the columns of all relations of users of that {@code relkind}. */
  static RelationColumns read(CaptureContext context, char kind) throws SQLException {
    RelationColumns columns = new RelationColumns();
    context.query(
        COLUMNS.formatted(kind, CaptureContext.userSchema("n.nspname")),
        row -> {
          java.sql.Array acl = row.getArray(9);
          columns
              .byRelation
              .computeIfAbsent(row.getLong(1), key -> new ArrayList<>())
              .add(
                  new Column(
                      row.getInt(2),
                      row.getString(3),
                      row.getString(4),
                      row.getString(5),
                      Optional.ofNullable(row.getString(6)),
                      row.getLong(7),
                      Optional.ofNullable(row.getString(8)),
                      acl == null ? Optional.empty() : Optional.of((String[]) acl.getArray())));
        });
    return columns;
  }

  /** The columns of a relation, in order. */
  List<Column> of(long relation) {
    return byRelation.getOrDefault(relation, List.of());
  }

  /**
   * Adds comments, labels and privileges of the columns to the draft of their relation.
   *
   * @param relation its qualified, quoted name
   */
  void describe(CaptureContext context, Draft draft, String relation, String owner) {
    for (Column column : of(draft.address().oid())) {
      context.describe(
          draft, "COLUMN " + relation + "." + column.quoted, draft.address(), column.number);
      // Nobody has anything on a column by itself when it is created.
      column.acl.ifPresent(
          acl ->
              draft.grants(
                  Acl.grants(
                      "TABLE " + relation, Optional.of(column.quoted), acl, new String[0], owner)));
    }
  }
}

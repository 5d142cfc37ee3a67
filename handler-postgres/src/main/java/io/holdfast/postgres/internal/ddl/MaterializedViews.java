package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads materialised views, empty as they are before {@link MaterializedViewData} fills them. */
final class MaterializedViews {
  private static final String MATERIALIZED_VIEWS =
      """
      SELECT c.oid::bigint, n.nspname, c.relname,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname),
             pg_get_userbyid(c.relowner),
             CASE WHEN am.amname <> 'heap' THEN quote_ident(am.amname) END,
             (SELECT string_agg(o.prefix || quote_ident(o.option_name) || '='
                                || quote_literal(o.option_value), ', ' ORDER BY o.prefix, o.place)
                FROM (SELECT '' AS prefix, x.*
                        FROM pg_options_to_table(c.reloptions)
                             WITH ORDINALITY AS x(option_name, option_value, place)
                      UNION ALL
                      SELECT 'toast.', x.*
                        FROM pg_options_to_table(toast.reloptions)
                             WITH ORDINALITY AS x(option_name, option_value, place)) o),
             s.spcname, rtrim(pg_get_viewdef(c.oid), ';'), c.relreplident,
             c.relacl::text[], acldefault('r', c.relowner)::text[]
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_class toast ON toast.oid = c.reltoastrelid
        LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
        LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
       WHERE c.relkind = 'm' AND %s
      """;

  private static final String COLUMN_SETTINGS =
      """
      SELECT s.relation, 'ALTER COLUMN ' || quote_ident(s.attname) || ' SET ' || s.setting
        FROM (SELECT a.attrelid::bigint AS relation, a.attnum, a.attname, x.place, x.setting
                FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
                JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
               CROSS JOIN LATERAL (VALUES
                 (1, CASE WHEN a.attstattarget >= 0 THEN 'STATISTICS ' || a.attstattarget END),
                 (2, CASE WHEN a.attstorage <> t.typstorage
                          THEN 'STORAGE ' || CASE a.attstorage
                               WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                               WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
                 (3, %s),
                 (4, '(' || (SELECT string_agg(quote_ident(o.option_name) || '='
                                               || quote_literal(o.option_value),
                                               ', ' ORDER BY o.place)
                               FROM pg_options_to_table(a.attoptions) WITH ORDINALITY
                                    AS o(option_name, option_value, place)) || ')')
                 ) AS x(place, setting)
               WHERE c.relkind = 'm' AND a.attnum > 0 AND NOT a.attisdropped) s
       WHERE s.setting IS NOT NULL
       ORDER BY s.relation, s.attnum, s.place
      """;

  private final CaptureContext context;
  private final RelationColumns columns;
  private final Map<Long, List<String>> settings = new HashMap<>();

  private MaterializedViews(CaptureContext context, RelationColumns columns) {
    this.context = context;
    this.columns = columns;
  }

  static void read(CaptureContext context) throws SQLException {
    MaterializedViews views = new MaterializedViews(context, RelationColumns.read(context, 'm'));
    context.query(
        COLUMN_SETTINGS.formatted(
            context.since(
                14,
                "CASE a.attcompression WHEN 'p' THEN 'COMPRESSION pglz'"
                    + " WHEN 'l' THEN 'COMPRESSION lz4' END",
                "NULL")),
        row ->
            views
                .settings
                .computeIfAbsent(row.getLong(1), key -> new ArrayList<>())
                .add(row.getString(2)));
    context.query(MATERIALIZED_VIEWS.formatted(CaptureContext.userSchema("n.nspname")), views::add);
  }

  private void add(ResultSet row) throws SQLException {
    Address address = Address.relation(row.getLong(1));
    if (context.belongsToExtension(address)) {
      return;
    }
    String view = row.getString(4);
    String owner = row.getString(5);
    Draft draft =
        context
            .add(ObjectKind.MATERIALIZED_VIEW, address, row.getString(2), row.getString(3))
            .table(view)
            .sql(create(view, row))
            .owner("MATERIALIZED VIEW " + view, owner);
    String tablespace = row.getString(8);
    if (tablespace != null) {
      draft.then(SqlStatement.toTablespace("MATERIALIZED VIEW " + view, tablespace));
    }
    for (String setting : settings.getOrDefault(address.oid(), List.of())) {
      draft.then("ALTER MATERIALIZED VIEW " + view + " " + setting);
    }
    String identity = row.getString(10);
    if (identity.equals("n") || identity.equals("f")) {
      draft.then(
          "ALTER MATERIALIZED VIEW "
              + view
              + " REPLICA IDENTITY "
              + (identity.equals("n") ? "NOTHING" : "FULL"));
    }
    context.dependsOnExtensions(draft, "MATERIALIZED VIEW " + view);
    context.describe(draft, "MATERIALIZED VIEW " + view);
    columns.describe(context, draft, view, owner);
    CaptureContext.grants(draft, "TABLE " + view, row.getArray(11), row.getArray(12), owner);
  }

  private static String create(String view, ResultSet row) throws SQLException {
    StringBuilder create = new StringBuilder("CREATE MATERIALIZED VIEW ").append(view);
    String accessMethod = row.getString(6);
    if (accessMethod != null) {
      create.append("\n  USING ").append(accessMethod);
    }
    String options = row.getString(7);
    if (options != null) {
      create.append("\n  WITH (").append(options).append(')');
    }
    return create.append(" AS\n").append(row.getString(9)).append("\n  WITH NO DATA").toString();
  }
}

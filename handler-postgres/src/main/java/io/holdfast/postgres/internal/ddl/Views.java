package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.ddl.RelationColumns.Column;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads views. Each can begin as a hull, a view of the same columns that reads nothing, where
 * something that it needs needs it.
 */
final class Views {
  private static final String VIEWS =
      """
      SELECT c.oid::bigint, n.nspname, c.relname,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname),
             pg_get_userbyid(c.relowner),
             (SELECT string_agg(quote_ident(o.option_name) || '=' || quote_literal(o.option_value),
                                ', ' ORDER BY o.place)
                FROM pg_options_to_table(c.reloptions)
                     WITH ORDINALITY AS o(option_name, option_value, place)
               WHERE o.option_name <> 'check_option'),
             (SELECT upper(o.option_value) FROM pg_options_to_table(c.reloptions) o
               WHERE o.option_name = 'check_option'),
             rtrim(pg_get_viewdef(c.oid), ';'), r.oid::bigint,
             c.relacl::text[], acldefault('r', c.relowner)::text[]
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
       WHERE c.relkind = 'v' AND c.relpersistence <> 't' AND %s
      """;

  private final CaptureContext context;
  private final RelationColumns columns;

  private Views(CaptureContext context, RelationColumns columns) {
    this.context = context;
    this.columns = columns;
  }

  static void read(CaptureContext context) throws SQLException {
    Views views = new Views(context, RelationColumns.read(context, 'v'));
    context.query(VIEWS.formatted(CaptureContext.userSchema("n.nspname")), views::add);
  }

  private void add(ResultSet row) throws SQLException {
    Address address = Address.relation(row.getLong(1));
    if (context.belongsToExtension(address)) {
      return;
    }
    String view = row.getString(4);
    String owner = row.getString(5);
    String definition =
        view
            + Optional.ofNullable(row.getString(6))
                .map(options -> " WITH (" + options + ")")
                .orElse("")
            + " AS\n"
            + row.getString(8)
            + Optional.ofNullable(row.getString(7))
                .map(check -> "\n  WITH " + check + " CHECK OPTION")
                .orElse("");
    Address rule = new Address("pg_rewrite", row.getLong(9));
    Draft draft =
        context
            .add(ObjectKind.VIEW, address, row.getString(2), row.getString(3))
            .table(view)
            .owner("VIEW " + view, owner)
            .hull(
                new Draft.Hull(
                    SqlStatement.of(hull(view, columns.of(address.oid()))),
                    SqlStatement.of("CREATE OR REPLACE VIEW " + definition),
                    rule));
    addDefaults(draft, view);
    draft.sql(() -> definition("CREATE VIEW " + definition, draft));
    context.describe(draft, "VIEW " + view);
    context.describe(draft, "RULE \"_RETURN\" ON " + view, rule, 0);
    columns.describe(context, draft, view, owner);
    CaptureContext.grants(draft, "TABLE " + view, row.getArray(10), row.getArray(11), owner);
  }

  /** Selects nothing, in columns of the same names, types and collations. */
  private static String hull(String view, List<Column> columns) {
    List<String> items = new ArrayList<>();
    for (Column column : columns) {
      items.add(
          "NULL::"
              + column.type()
              + column.collation().map(collation -> " COLLATE " + collation).orElse("")
              + " AS "
              + column.quoted());
    }
    return "CREATE VIEW " + view + " AS\n SELECT " + String.join(",\n    ", items);
  }

  /** What a column gets that an {@code INSERT} leaves out, which a trigger then sees. */
  private void addDefaults(Draft draft, String view) {
    for (Column column : columns.of(draft.address().oid())) {
      column
          .defaultValue()
          .ifPresent(
              value ->
                  draft.part(
                      new Draft(
                              ObjectKind.DEFAULT,
                              new Address("pg_attrdef", column.defaultOid()),
                              draft.schema(),
                              draft.name() + "." + column.name())
                          .table(view)
                          .sql(
                              "ALTER VIEW "
                                  + view
                                  + " ALTER COLUMN "
                                  + column.quoted()
                                  + " SET DEFAULT "
                                  + value)));
    }
  }

  private static List<SqlStatement> definition(String create, Draft draft) {
    List<SqlStatement> statements = new ArrayList<>();
    statements.add(SqlStatement.of(create));
    for (Draft part : draft.parts()) {
      if (!part.isSeparate()) {
        statements.addAll(part.definition());
      }
    }
    return statements;
  }
}

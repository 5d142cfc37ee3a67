package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;

/** Reads rules, but for those that make a view a view. */
final class Rules {
  private static final String RULES =
      """
      SELECT r.oid::bigint, n.nspname, r.rulename, c.oid::bigint,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(r.rulename),
             rtrim(pg_get_ruledef(r.oid), ';'), r.ev_enabled
        FROM pg_catalog.pg_rewrite r
        JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE r.rulename <> '_RETURN' AND c.relpersistence <> 't' AND %s
      """;

  private final CaptureContext context;

  private Rules(CaptureContext context) {
    this.context = context;
  }

  static void read(CaptureContext context) throws SQLException {
    context.query(RULES.formatted(CaptureContext.userSchema("n.nspname")), new Rules(context)::add);
  }

  private void add(ResultSet row) throws SQLException {
    if (context.belongsToExtension(Address.relation(row.getLong(4)))) {
      return;
    }
    String table = row.getString(5);
    String rule = row.getString(6);
    Draft draft =
        context
            .add(
                ObjectKind.RULE,
                new Address("pg_rewrite", row.getLong(1)),
                row.getString(2),
                row.getString(3))
            .table(table)
            .sql(row.getString(7));
    FiringState.of(row.getString(8))
        .ifNotDefault(state -> draft.then("ALTER TABLE " + table + " " + state + " RULE " + rule));
    context.describe(draft, "RULE " + rule + " ON " + table);
  }
}

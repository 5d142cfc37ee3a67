package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Reads triggers. Those that a partition has from its parent come with the parent's, but for a
 * state or a comment of their own.
 */
final class Triggers {
  /** Up to PostgreSQL 14, a trigger that a partition has from its parent counts as internal. */
  private static final String TRIGGERS =
      """
      SELECT t.oid::bigint, n.nspname, t.tgname, c.oid::bigint,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(t.tgname),
             pg_get_triggerdef(t.oid, false), t.tgenabled, p.tgenabled, t.tgconstraint::bigint
        FROM pg_catalog.pg_trigger t
        JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_trigger p ON p.oid = t.tgparentid
       WHERE (NOT t.tgisinternal OR %s) AND c.relpersistence <> 't' AND %s
      """;

  private final CaptureContext context;

  private Triggers(CaptureContext context) {
    this.context = context;
  }

  static void read(CaptureContext context) throws SQLException {
    context.query(
        TRIGGERS.formatted(
            context.since(15, "false", "t.tgparentid <> 0"),
            CaptureContext.userSchema("n.nspname")),
        new Triggers(context)::add);
  }

  private void add(ResultSet row) throws SQLException {
    if (context.belongsToExtension(Address.relation(row.getLong(4)))) {
      return;
    }
    Address address = new Address("pg_trigger", row.getLong(1));
    FiringState state = FiringState.of(row.getString(8));
    String inherited = row.getString(9);
    if (inherited != null
        && state == FiringState.of(inherited)
        && context.comment(address, 0).isEmpty()) {
      return;
    }
    String table = row.getString(5);
    String trigger = row.getString(6);
    Draft draft =
        context.add(ObjectKind.TRIGGER, address, row.getString(2), row.getString(3)).table(table);
    if (inherited == null) {
      draft.sql(row.getString(7));
      state.ifNotDefault(words -> draft.then(alter(table, words, trigger)));
    } else if (state != FiringState.of(inherited)) {
      draft.sql(alter(table, state.words(), trigger));
    }
    String title = "TRIGGER " + trigger + " ON " + table;
    context.dependsOnExtensions(draft, title);
    context.describe(draft, title);
    describeConstraint(draft, trigger, table, row.getLong(10));
  }

  private static String alter(String table, String words, String trigger) {
    return "ALTER TABLE " + table + " " + words + " TRIGGER " + trigger;
  }

  /** A constraint trigger has a constraint of its name, which can have a comment of its own. */
  private void describeConstraint(Draft draft, String trigger, String table, long constraint) {
    if (constraint != 0) {
      Address address = Address.constraint(constraint);
      draft.alias(address);
      context.describe(draft, "CONSTRAINT " + trigger + " ON " + table, address, 0);
    }
  }
}

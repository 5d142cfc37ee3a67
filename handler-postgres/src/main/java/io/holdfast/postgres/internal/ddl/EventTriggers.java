package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;

/** Reads event triggers. */
final class EventTriggers {
  private static final String EVENT_TRIGGERS =
      """
      SELECT e.oid::bigint, e.evtname, quote_ident(e.evtname), quote_ident(e.evtevent),
             (SELECT string_agg(quote_literal(tag), ', ' ORDER BY place)
                FROM unnest(e.evttags) WITH ORDINALITY AS t(tag, place)),
             e.evtfoid::regproc::text, e.evtenabled, pg_get_userbyid(e.evtowner)
        FROM pg_catalog.pg_event_trigger e
      """;

  private final CaptureContext context;

  private EventTriggers(CaptureContext context) {
    this.context = context;
  }

  static void read(CaptureContext context) throws SQLException {
    context.query(EVENT_TRIGGERS, new EventTriggers(context)::add);
  }

  private void add(ResultSet row) throws SQLException {
    Address address = new Address("pg_event_trigger", row.getLong(1));
    if (context.belongsToExtension(address)) {
      return;
    }
    String trigger = row.getString(3);
    String tags = row.getString(5);
    Draft draft =
        context
            .add(ObjectKind.EVENT_TRIGGER, address, row.getString(2))
            .sql(
                "CREATE EVENT TRIGGER "
                    + trigger
                    + " ON "
                    + row.getString(4)
                    + (tags == null ? "" : "\n  WHEN TAG IN (" + tags + ")")
                    + "\n  EXECUTE FUNCTION "
                    + row.getString(6)
                    + "()")
            .owner("EVENT TRIGGER " + trigger, row.getString(8));
    FiringState.of(row.getString(7))
        .ifNotDefault(words -> draft.then("ALTER EVENT TRIGGER " + trigger + " " + words));
    context.describe(draft, "EVENT TRIGGER " + trigger);
  }
}

package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/** Reads what {@code CREATE STATISTICS} makes. */
final class ExtendedStatistics {
  private static final String STATISTICS =
      """
      SELECT s.oid::bigint, n.nspname, s.stxname,
             quote_ident(n.nspname) || '.' || quote_ident(s.stxname),
             pg_get_statisticsobjdef(s.oid), coalesce(s.stxstattarget, -1),
             pg_get_userbyid(s.stxowner), quote_ident(tn.nspname) || '.' || quote_ident(t.relname)
        FROM pg_catalog.pg_statistic_ext s
        JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
        JOIN pg_catalog.pg_class t ON t.oid = s.stxrelid
        JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
       WHERE t.relpersistence <> 't' AND %s
      """;

  private ExtendedStatistics() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        STATISTICS.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_statistic_ext", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String title = "STATISTICS " + row.getString(4);
          Draft draft =
              context
                  .add(ObjectKind.STATISTICS, address, row.getString(2), row.getString(3))
                  .table(row.getString(8))
                  .sql(row.getString(5))
                  .owner(title, row.getString(7));
          if (row.getInt(6) >= 0) {
            draft.then("ALTER " + title + " SET STATISTICS " + row.getInt(6));
          }
          context.describe(draft, title);
        });
  }
}

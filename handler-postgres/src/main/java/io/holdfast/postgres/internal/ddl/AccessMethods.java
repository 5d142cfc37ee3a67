package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/** Reads access methods of tables and indexes that no extension brought. */
final class AccessMethods {
  private static final String METHODS =
      """
      SELECT a.oid::bigint, a.amname, quote_ident(a.amname),
             CASE a.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END, a.amhandler::regproc::text
        FROM pg_catalog.pg_am a
       WHERE a.oid > %d
      """
          .formatted(CaptureContext.LAST_BUILT_IN_OID);

  private AccessMethods() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        METHODS,
        row -> {
          Address address = new Address("pg_am", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String what = "ACCESS METHOD " + row.getString(3);
          Draft draft =
              context
                  .add(ObjectKind.ACCESS_METHOD, address, row.getString(2))
                  .sql(
                      "CREATE "
                          + what
                          + " TYPE "
                          + row.getString(4)
                          + " HANDLER "
                          + row.getString(5));
          context.describe(draft, what);
        });
  }
}

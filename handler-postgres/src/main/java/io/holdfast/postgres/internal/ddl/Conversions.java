package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import java.sql.SQLException;

/** Reads conversions between encodings. */
final class Conversions {
  private static final String CONVERSIONS =
      """
      SELECT c.oid::bigint, n.nspname, c.conname, format('%%I.%%I', n.nspname, c.conname),
             c.condefault, pg_encoding_to_char(c.conforencoding), pg_encoding_to_char(c.contoencoding),
             c.conproc::regproc::text, pg_get_userbyid(c.conowner)
        FROM pg_catalog.pg_conversion c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
       WHERE %s
      """;

  private Conversions() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        CONVERSIONS.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_conversion", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String what = "CONVERSION " + row.getString(4);
          Draft draft =
              context
                  .add(ObjectKind.CONVERSION, address, row.getString(2), row.getString(3))
                  .sql(
                      "CREATE "
                          + (row.getBoolean(5) ? "DEFAULT " : "")
                          + what
                          + " FOR "
                          + Sql.quoteLiteral(row.getString(6))
                          + " TO "
                          + Sql.quoteLiteral(row.getString(7))
                          + " FROM "
                          + row.getString(8))
                  .owner(what, row.getString(9));
          context.describe(draft, what);
        });
  }
}

package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import java.sql.SQLException;

/**
 * Reads extensions. One that stands at its server's default version follows the default of the
 * server that it comes back on, as with pg_dump. One that was kept at another version, or that an
 * upgrade of the server has left behind, gets that version wherever it can be had: what uses it was
 * written against it.
 */
final class Extensions {
  private static final String EXTENSIONS =
      """
      SELECT e.oid::bigint, e.extname, quote_ident(e.extname), quote_ident(n.nspname), e.extversion,
             e.extversion IS NOT DISTINCT FROM a.default_version
        FROM pg_catalog.pg_extension e
        JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
        LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname
       WHERE e.oid > %d
      """
          .formatted(CaptureContext.LAST_BUILT_IN_OID);

  private Extensions() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        EXTENSIONS,
        row -> {
          String name = row.getString(2);
          String quoted = row.getString(3);
          String version = row.getString(5);
          boolean followsDefault = row.getBoolean(6);
          // A database can have it from its template, plpgsql above all.
          String create =
              "CREATE EXTENSION IF NOT EXISTS " + quoted + " WITH SCHEMA " + row.getString(4);
          Draft draft =
              context
                  .add(ObjectKind.EXTENSION, new Address("pg_extension", row.getLong(1)), name)
                  .sql(followsDefault ? create : ofVersion(create, name, version));
          if (context.comment(draft.address(), 0).isEmpty()) {
            // It comes with one of its own.
            draft.then("COMMENT ON EXTENSION " + quoted + " IS NULL");
          }
          context.describe(draft, "EXTENSION " + quoted);
        });
  }

  private static String ofVersion(String create, String name, String version) {
    return "DO "
        + Sql.dollarQuote(
            """

            BEGIN
              IF EXISTS (SELECT FROM pg_catalog.pg_available_extension_versions
                          WHERE name = %s AND version = %s) THEN
                %s VERSION %s;
              ELSE
                %3$s;
              END IF;
            END
            """
                .formatted(
                    Sql.quoteLiteral(name),
                    Sql.quoteLiteral(version),
                    create,
                    Sql.quoteLiteral(version)));
  }
}

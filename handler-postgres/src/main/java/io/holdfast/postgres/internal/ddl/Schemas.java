package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/** Reads schemas. */
final class Schemas {
  private static final String SCHEMAS =
      """
      SELECT n.oid::bigint, n.nspname, quote_ident(n.nspname), pg_get_userbyid(n.nspowner),
             n.nspacl::text[], acldefault('n', n.nspowner)::text[]
        FROM pg_catalog.pg_namespace n
       WHERE %s
      """;

  private Schemas() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        SCHEMAS.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_namespace", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String quoted = row.getString(3);
          String owner = row.getString(4);
          Draft draft =
              context
                  .add(ObjectKind.SCHEMA, address, row.getString(2), row.getString(2))
                  .sql("CREATE SCHEMA " + quoted)
                  .owner("SCHEMA " + quoted, owner);
          context.describe(draft, "SCHEMA " + quoted);
          CaptureContext.grants(draft, "SCHEMA " + quoted, row.getArray(5), row.getArray(6), owner);
        });
  }
}

package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads transforms between types and procedural languages. */
final class Transforms {
  private static final String TRANSFORMS =
      """
      SELECT t.oid::bigint, format('FOR %%s LANGUAGE %%I', format_type(t.trftype, NULL), l.lanname),
             CASE WHEN t.trffromsql <> 0 THEN 'FROM SQL WITH FUNCTION ' || t.trffromsql::oid::regprocedure END,
             CASE WHEN t.trftosql <> 0 THEN 'TO SQL WITH FUNCTION ' || t.trftosql::oid::regprocedure END
        FROM pg_catalog.pg_transform t
        JOIN pg_catalog.pg_language l ON l.oid = t.trflang
       WHERE t.oid > %d
      """
          .formatted(CaptureContext.LAST_BUILT_IN_OID);

  private Transforms() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        TRANSFORMS,
        row -> {
          Address address = new Address("pg_transform", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String name = row.getString(2);
          Draft draft =
              context
                  .add(ObjectKind.TRANSFORM, address, name)
                  .sql(
                      "CREATE TRANSFORM "
                          + name
                          + " "
                          + Stream.of(row.getString(3), row.getString(4))
                              .filter(Objects::nonNull)
                              .collect(Collectors.joining(",\n  ", "(\n  ", "\n)")));
          context.describe(draft, "TRANSFORM " + name);
        });
  }
}

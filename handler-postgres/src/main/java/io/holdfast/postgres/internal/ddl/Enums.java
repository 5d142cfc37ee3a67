package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/** Reads enums, whose labels keep their order. */
final class Enums {
  private static final String LABELS =
      """
      , coalesce((SELECT string_agg(E'\\n  ' || quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder)
                    FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) || E'\\n', '') AS labels
      """;

  private Enums() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        TypeDrafts.query(LABELS, "", "AND t.typtype = 'e'"),
        row ->
            TypeDrafts.add(context, ObjectKind.TYPE, row)
                .sql(
                    "CREATE TYPE "
                        + row.getString("quoted")
                        + " AS ENUM ("
                        + row.getString("labels")
                        + ")"));
  }
}

package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads composite types that stand by themselves: not the row types of tables. */
final class CompositeTypes {
  private static final String ATTRIBUTES =
      """
      SELECT a.attrelid::bigint, a.attnum, quote_ident(a.attname),
             quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
             || CASE WHEN a.attcollation <> t.typcollation
                     THEN format(' COLLATE %I.%I', cn.nspname, co.collname) ELSE '' END
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind = 'c'
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
        LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
       WHERE a.attnum > 0 AND NOT a.attisdropped
       ORDER BY a.attrelid, a.attnum
      """;

  private record Attribute(int number, String quoted, String definition) {}

  private CompositeTypes() {}

  static void read(CaptureContext context) throws SQLException {
    Map<Long, List<Attribute>> attributes = new HashMap<>();
    context.query(
        ATTRIBUTES,
        row ->
            attributes
                .computeIfAbsent(row.getLong(1), key -> new ArrayList<>())
                .add(new Attribute(row.getInt(2), row.getString(3), row.getString(4))));
    context.query(
        TypeDrafts.query(
            ", t.typrelid::bigint AS relation",
            "JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'",
            "AND t.typtype = 'c'"),
        row -> {
          String quoted = row.getString("quoted");
          Address relation = Address.relation(row.getLong("relation"));
          List<Attribute> own = attributes.getOrDefault(relation.oid(), List.of());
          String lines = String.join(",\n  ", own.stream().map(Attribute::definition).toList());
          Draft draft =
              TypeDrafts.add(context, ObjectKind.TYPE, row)
                  .alias(relation)
                  .sql(
                      "CREATE TYPE "
                          + quoted
                          + (own.isEmpty() ? " AS ()" : " AS (\n  " + lines + "\n)"));
          for (Attribute attribute : own) {
            context.describe(
                draft, "COLUMN " + quoted + "." + attribute.quoted, relation, attribute.number);
          }
        });
  }
}

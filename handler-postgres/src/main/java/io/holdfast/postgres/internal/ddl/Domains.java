package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads domains. Their constraints are parts, since a {@code CHECK} can call a function that takes
 * the domain; one that is not valid comes after the data, which may violate it.
 */
final class Domains {
  private static final String COLUMNS =
      """
      , format_type(t.typbasetype, t.typtypmod) AS base,
        CASE WHEN t.typcollation <> b.typcollation
             THEN format(' COLLATE %I.%I', cn.nspname, co.collname) ELSE '' END AS collation,
        coalesce(pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::regclass),
                 quote_literal(t.typdefault)) AS initially,
        t.typnotnull
      """;

  private static final String JOINS =
      """
        JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype
        LEFT JOIN pg_catalog.pg_collation co ON co.oid = t.typcollation
        LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
      """;

  /** Those that say NOT NULL have a name since version 17. */
  private static final String CONSTRAINTS =
      """
      SELECT c.oid::bigint, c.contypid::bigint, c.conname,
             quote_ident(c.conname), pg_get_constraintdef(c.oid), c.convalidated,
             n.nspname, t.typname, format('%I.%I', n.nspname, t.typname)
        FROM pg_catalog.pg_constraint c
        JOIN pg_catalog.pg_type t ON t.oid = c.contypid
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
       ORDER BY c.contypid, c.contype = 'c', c.conname
      """;

  private record Constraint(Draft draft, String definition) {}

  private Domains() {}

  static void read(CaptureContext context) throws SQLException {
    Map<Long, List<Constraint>> constraints = constraints(context);
    context.query(
        TypeDrafts.query(COLUMNS, JOINS, "AND t.typtype = 'd'"),
        row -> {
          Draft domain = TypeDrafts.add(context, ObjectKind.DOMAIN, row);
          StringBuilder head =
              new StringBuilder("CREATE DOMAIN ")
                  .append(row.getString("quoted"))
                  .append(" AS ")
                  .append(row.getString("base"))
                  .append(row.getString("collation"));
          String initially = row.getString("initially");
          if (initially != null) {
            head.append(" DEFAULT ").append(initially);
          }
          List<Constraint> own = constraints.getOrDefault(row.getLong("oid"), List.of());
          if (row.getBoolean("typnotnull") && context.majorVersion() < 17) {
            head.append(" NOT NULL");
          }
          own.forEach(constraint -> domain.part(constraint.draft));
          domain.sql(() -> List.of(SqlStatement.of(definition(head.toString(), own))));
        });
  }

  private static Map<Long, List<Constraint>> constraints(CaptureContext context)
      throws SQLException {
    Map<Long, List<Constraint>> constraints = new HashMap<>();
    context.query(
        CONSTRAINTS,
        row -> {
          String domain = row.getString(9);
          String definition = "CONSTRAINT " + row.getString(4) + " " + row.getString(5);
          Draft draft =
              new Draft(
                      ObjectKind.DOMAIN_CONSTRAINT,
                      Address.constraint(row.getLong(1)),
                      Optional.of(row.getString(7)),
                      row.getString(8) + "." + row.getString(3))
                  .sql("ALTER DOMAIN " + domain + " ADD " + definition);
          context.describe(draft, "CONSTRAINT " + row.getString(4) + " ON DOMAIN " + domain);
          if (!row.getBoolean(6)) {
            draft.afterData();
          }
          constraints
              .computeIfAbsent(row.getLong(2), key -> new ArrayList<>())
              .add(new Constraint(draft, definition));
        });
    return constraints;
  }

  private static String definition(String head, List<Constraint> constraints) {
    StringBuilder sql = new StringBuilder(head);
    for (Constraint constraint : constraints) {
      if (!constraint.draft.isSeparate()) {
        sql.append("\n  ").append(constraint.definition);
      }
    }
    return sql.toString();
  }
}

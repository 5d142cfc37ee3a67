package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;
import java.util.Set;

/** Reads ranges, and the multiranges that come with them. */
final class Ranges {
  private static final String COLUMNS =
      """
      , format_type(r.rngsubtype, NULL) AS subtype, r.rngcanonical::oid::bigint AS canonical_oid,
        nullif(r.rngcanonical::regproc::text, '-') AS canonical,
        nullif(r.rngsubdiff::regproc::text, '-') AS difference,
        CASE WHEN NOT o.opcdefault THEN format('%%I.%%I', onn.nspname, o.opcname) END AS operators,
        CASE WHEN r.rngcollation <> s.typcollation
             THEN format('%%I.%%I', cn.nspname, co.collname) END AS collation,
        %s
      """;

  private static final String MULTIRANGE =
      """
      m.oid::bigint AS multirange_oid, format('%I.%I', mn.nspname, m.typname) AS multirange
      """;

  private static final String JOINS =
      """
        JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
        JOIN pg_catalog.pg_type s ON s.oid = r.rngsubtype
        JOIN pg_catalog.pg_opclass o ON o.oid = r.rngsubopc
        JOIN pg_catalog.pg_namespace onn ON onn.oid = o.opcnamespace
        LEFT JOIN pg_catalog.pg_collation co ON co.oid = r.rngcollation
        LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
      """;

  private static final String MULTIRANGE_JOINS =
      """
        JOIN pg_catalog.pg_type m ON m.oid = r.rngmultitypid
        JOIN pg_catalog.pg_namespace mn ON mn.oid = m.typnamespace
      """;

  private Ranges() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        TypeDrafts.query(
            COLUMNS.formatted(
                context.since(14, MULTIRANGE, "0 AS multirange_oid, NULL AS multirange")),
            JOINS + context.since(14, MULTIRANGE_JOINS, ""),
            "AND t.typtype = 'r'"),
        row -> {
          String quoted = row.getString("quoted");
          String multirange = row.getString("multirange");
          OptionList options =
              new OptionList()
                  .add("SUBTYPE", row.getString("subtype"))
                  .add("SUBTYPE_OPCLASS", row.getString("operators"))
                  .add("COLLATION", row.getString("collation"))
                  .add("CANONICAL", row.getString("canonical"))
                  .add("SUBTYPE_DIFF", row.getString("difference"))
                  .add("MULTIRANGE_TYPE_NAME", multirange);
          Draft draft =
              TypeDrafts.add(context, ObjectKind.TYPE, row)
                  .sql("CREATE TYPE " + quoted + " AS RANGE " + options);
          if (multirange != null) {
            context.describe(
                draft, "TYPE " + multirange, Address.type(row.getLong("multirange_oid")), 0);
          }
          if (row.getString("canonical") != null) {
            ShellTypes.addBefore(
                context, draft, quoted, Set.of(Address.function(row.getLong("canonical_oid"))));
          }
        });
  }
}

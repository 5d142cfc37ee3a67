package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Reads which of the triggers that work for foreign keys and other constraints were switched off,
 * as {@code DISABLE TRIGGER ALL} does. They have names of the server's own making, so the statement
 * finds them by what they do. Switching them takes a superuser, there as here.
 */
final class ConstraintTriggers {
  private static final String SWITCHED =
      """
      SELECT t.tgrelid::bigint, n.nspname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
             k.oid::bigint, quote_ident(kn.nspname) || '.' || quote_ident(kc.relname), k.conname,
             p.proname, t.tgenabled
        FROM pg_catalog.pg_trigger t
        JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint AND k.contype <> 't'
        JOIN pg_catalog.pg_class kc ON kc.oid = k.conrelid
        JOIN pg_catalog.pg_namespace kn ON kn.oid = kc.relnamespace
        JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
       WHERE t.tgisinternal AND t.tgenabled <> 'O' AND c.relpersistence <> 't' AND %s
       ORDER BY t.tgrelid, k.conname COLLATE "C", p.proname COLLATE "C"
      """;

  private static final String SWITCH =
      """

      DECLARE
        t record;
      BEGIN
        FOR t IN
          SELECT g.tgname, w.state
            FROM (VALUES
              %2$s
            ) AS w (tab, con, function, state)
            JOIN pg_constraint k ON k.conrelid = w.tab::regclass AND k.conname = w.con
            JOIN pg_proc p ON p.proname = w.function
             AND p.pronamespace = 'pg_catalog'::regnamespace
            JOIN pg_trigger g ON g.tgconstraint = k.oid AND g.tgfoid = p.oid
             AND g.tgrelid = %1$s::regclass
        LOOP
          EXECUTE format('ALTER TABLE ONLY %%s %%s TRIGGER %%I', %1$s, t.state, t.tgname);
        END LOOP;
      END
      """;

  /** What was switched on one table. */
  private static final class Table {
    final long oid;
    final String schema;
    final String quoted;
    final List<Address> constraints = new ArrayList<>();
    final List<String> rows = new ArrayList<>();

    Table(long oid, String schema, String quoted) {
      this.oid = oid;
      this.schema = schema;
      this.quoted = quoted;
    }
  }

  private ConstraintTriggers() {}

  static void read(CaptureContext context) throws SQLException {
    Map<Long, Table> tables = new LinkedHashMap<>();
    context.query(
        SWITCHED.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          long oid = row.getLong(1);
          if (context.belongsToExtension(Address.relation(oid))) {
            return;
          }
          if (!tables.containsKey(oid)) {
            tables.put(oid, new Table(oid, row.getString(2), row.getString(3)));
          }
          Table table = Objects.requireNonNull(tables.get(oid));
          table.constraints.add(Address.constraint(row.getLong(4)));
          table.rows.add(
              "("
                  + Sql.quoteLiteral(row.getString(5))
                  + ", "
                  + Sql.quoteLiteral(row.getString(6))
                  + ", "
                  + Sql.quoteLiteral(row.getString(7))
                  + ", "
                  + Sql.quoteLiteral(FiringState.of(row.getString(8)).words())
                  + ")");
        });
    tables.values().forEach(table -> add(context, table));
  }

  private static void add(CaptureContext context, Table table) {
    String block =
        SWITCH.formatted(Sql.quoteLiteral(table.quoted), String.join(",\n        ", table.rows));
    Draft draft =
        context
            .add(
                ObjectKind.TRIGGER,
                new Address("pg_trigger of constraints", table.oid),
                table.schema,
                "triggers of constraints")
            .table(table.quoted)
            .sql("DO " + Sql.quoteLiteral(block));
    table.constraints.forEach(draft::needs);
  }
}

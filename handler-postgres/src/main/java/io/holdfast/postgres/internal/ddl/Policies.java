package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;

/** Reads row-security policies; whether they are in force is said by the table. */
final class Policies {
  /** No role, or role 0, is PUBLIC. A role that no longer exists is none of the policy's. */
  private static final String POLICIES =
      """
      SELECT p.oid::bigint, n.nspname, p.polname, c.oid::bigint,
             quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(p.polname),
             p.polpermissive, p.polcmd,
             ARRAY(SELECT r.rolname::text
                     FROM unnest(p.polroles) WITH ORDINALITY AS u(role, place)
                     JOIN pg_catalog.pg_roles r ON r.oid = u.role ORDER BY u.place),
             pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        FROM pg_catalog.pg_policy p
        JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relpersistence <> 't' AND %s
      """;

  private final CaptureContext context;

  private Policies(CaptureContext context) {
    this.context = context;
  }

  static void read(CaptureContext context) throws SQLException {
    context.query(
        POLICIES.formatted(CaptureContext.userSchema("n.nspname")), new Policies(context)::add);
  }

  private void add(ResultSet row) throws SQLException {
    if (context.belongsToExtension(Address.relation(row.getLong(4)))) {
      return;
    }
    String table = row.getString(5);
    String policy = row.getString(6);
    SqlStatement create = create(policy, table, row);
    Draft draft =
        context
            .add(
                ObjectKind.POLICY,
                new Address("pg_policy", row.getLong(1)),
                row.getString(2),
                row.getString(3))
            .table(table)
            .sql(create);
    context.describe(draft, "POLICY " + policy + " ON " + table);
  }

  private static SqlStatement create(String policy, String table, ResultSet row)
      throws SQLException {
    SqlStatement.Builder create =
        SqlStatement.begin("CREATE POLICY " + policy + " ON " + table)
            .sql(row.getBoolean(7) ? "" : "\n  AS RESTRICTIVE")
            .sql(command(row.getString(8)));
    String[] roles = (String[]) row.getArray(9).getArray();
    for (int i = 0; i < roles.length; i++) {
      create.sql(i == 0 ? "\n  TO " : ", ").role(roles[i]);
    }
    String using = row.getString(10);
    if (using != null) {
      create.sql("\n  USING (" + using + ")");
    }
    String check = row.getString(11);
    if (check != null) {
      create.sql("\n  WITH CHECK (" + check + ")");
    }
    return create.build();
  }

  private static String command(String letter) {
    return switch (letter) {
      case "*" -> "";
      case "r" -> "\n  FOR SELECT";
      case "a" -> "\n  FOR INSERT";
      case "w" -> "\n  FOR UPDATE";
      case "d" -> "\n  FOR DELETE";
      default -> throw new IllegalStateException("Unknown command of a policy: " + letter);
    };
  }
}

package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/**
 * Reads operators. One that names a commutator or negator that is not there yet makes a shell of
 * it, which that one fills when its turn comes; a shell that never was filled is nothing by itself.
 */
final class Operators {
  private static final String OPERATORS =
      """
      SELECT o.oid::bigint, n.nspname, o.oprname, format('%%I.%%s', n.nspname, o.oprname) AS quoted,
             CASE WHEN o.oprleft <> 0 THEN format_type(o.oprleft, NULL) END AS left_type,
             CASE WHEN o.oprright <> 0 THEN format_type(o.oprright, NULL) END AS right_type,
             o.oprcode::regproc::text AS function,
             CASE WHEN c.oid <> 0 THEN format('OPERATOR(%%I.%%s)', cn.nspname, c.oprname) END AS commutator,
             CASE WHEN g.oid <> 0 THEN format('OPERATOR(%%I.%%s)', nn.nspname, g.oprname) END AS negator,
             nullif(o.oprrest::regproc::text, '-') AS restriction,
             nullif(o.oprjoin::regproc::text, '-') AS joining, o.oprcanhash, o.oprcanmerge,
             pg_get_userbyid(o.oprowner) AS owner
        FROM pg_catalog.pg_operator o
        JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
        LEFT JOIN pg_catalog.pg_operator c ON c.oid = o.oprcom
        LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace
        LEFT JOIN pg_catalog.pg_operator g ON g.oid = o.oprnegate
        LEFT JOIN pg_catalog.pg_namespace nn ON nn.oid = g.oprnamespace
       WHERE o.oprcode <> 0 AND %s
      """;

  private Operators() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        OPERATORS.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          Address address = new Address("pg_operator", row.getLong(1));
          if (context.belongsToExtension(address)) {
            return;
          }
          String left = row.getString("left_type");
          String right = row.getString("right_type");
          String arguments =
              (left == null ? "NONE" : left) + ", " + (right == null ? "NONE" : right);
          String what = "OPERATOR " + row.getString("quoted") + " (" + arguments + ")";
          OptionList options =
              new OptionList()
                  .add("FUNCTION", row.getString("function"))
                  .add("LEFTARG", left)
                  .add("RIGHTARG", right)
                  .add("COMMUTATOR", row.getString("commutator"))
                  .add("NEGATOR", row.getString("negator"))
                  .add("RESTRICT", row.getString("restriction"))
                  .add("JOIN", row.getString("joining"))
                  .addFlag("HASHES", row.getBoolean("oprcanhash"))
                  .addFlag("MERGES", row.getBoolean("oprcanmerge"));
          Draft draft =
              context
                  .add(
                      ObjectKind.OPERATOR,
                      address,
                      row.getString("nspname"),
                      row.getString("oprname") + "(" + arguments + ")")
                  .sql("CREATE OPERATOR " + row.getString("quoted") + " " + options)
                  .owner(what, row.getString("owner"));
          context.describe(draft, what);
        });
  }
}

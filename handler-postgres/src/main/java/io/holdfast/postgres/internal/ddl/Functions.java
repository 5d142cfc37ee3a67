package io.holdfast.postgres.internal.ddl;

import java.sql.SQLException;

/**
 * Reads functions and procedures, as the server writes them; but for {@code OR REPLACE}: one that
 * is in the way is nobody's to overwrite.
 */
final class Functions {
  private static final String FUNCTIONS =
      """
      SELECT p.oid::bigint, n.nspname, p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS title,
             p.prokind = 'p' AS procedure,
             format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) AS signature,
             pg_get_functiondef(p.oid) AS definition, pg_get_userbyid(p.proowner) AS owner,
             p.proacl::text[] AS acl, acldefault('f', p.proowner)::text[] AS initial
        FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       WHERE p.prokind <> 'a' AND %s
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
                          WHERE x.classid = 'pg_catalog.pg_proc'::regclass AND x.objid = p.oid
                            AND x.deptype IN ('e', 'i'))
      """;

  private static final String REPLACING = "CREATE OR REPLACE ";

  private Functions() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        FUNCTIONS.formatted(CaptureContext.userSchema("n.nspname")),
        row -> {
          boolean procedure = row.getBoolean("procedure");
          String what = (procedure ? "PROCEDURE " : "FUNCTION ") + row.getString("signature");
          String owner = row.getString("owner");
          Draft draft =
              context
                  .add(
                      procedure ? ObjectKind.PROCEDURE : ObjectKind.FUNCTION,
                      Address.function(row.getLong(1)),
                      row.getString("nspname"),
                      row.getString("title"))
                  .sql(withoutReplacing(row.getString("definition")))
                  .owner(what, owner);
          context.describe(draft, what);
          context.dependsOnExtensions(draft, what);
          CaptureContext.grants(draft, what, row.getArray("acl"), row.getArray("initial"), owner);
        });
  }

  private static String withoutReplacing(String definition) {
    if (!definition.startsWith(REPLACING)) {
      throw new IllegalStateException("The server defines a function otherwise: " + definition);
    }
    return "CREATE " + definition.substring(REPLACING.length()).stripTrailing();
  }
}

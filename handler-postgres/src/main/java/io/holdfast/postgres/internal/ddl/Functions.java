package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

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
             %1$s AS body, p.prosupport::oid::bigint AS support,
             array_append(coalesce(p.proallargtypes, '{}') || p.proargtypes::oid[], p.prorettype)::bigint[]
               AS types,
             p.proacl::text[] AS acl, acldefault('f', p.proowner)::text[] AS initial
        FROM pg_catalog.pg_proc p
        JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       WHERE p.prokind <> 'a' AND %2$s
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x
                          WHERE x.classid = 'pg_catalog.pg_proc'::regclass AND x.objid = p.oid
                            AND x.deptype IN ('e', 'i'))
      """;

  private static final String REPLACING = "CREATE OR REPLACE ";

  private static final Set<String> OF_ANY_HULL =
      Set.of("pg_namespace", "pg_language", "pg_transform", "pg_extension");

  private Functions() {}

  static void read(CaptureContext context) throws SQLException {
    context.query(
        FUNCTIONS.formatted(
            context.since(14, "pg_get_function_sqlbody(p.oid)", "NULL"),
            CaptureContext.userSchema("n.nspname")),
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
          if (row.getString("body") != null) {
            draft.hull(hull(draft, row));
          }
          context.describe(draft, what);
          context.dependsOnExtensions(draft, what);
          CaptureContext.grants(draft, what, row.getArray("acl"), row.getArray("initial"), owner);
        });
  }

  /**
   * The same function without its body. Only of those whose body is parsed when they are created,
   * so that what it names must be there: such functions can need each other.
   */
  private static Draft.Hull hull(Draft function, ResultSet row) throws SQLException {
    String definition = row.getString("definition").stripTrailing();
    String body = row.getString("body").stripTrailing();
    if (!definition.endsWith(body)) {
      throw new IllegalStateException("The server defines a function otherwise: " + definition);
    }
    String head = definition.substring(0, definition.length() - body.length());
    Set<Address> signature = new HashSet<>();
    signature.add(Address.function(row.getLong("support")));
    for (Long type : (Long[]) row.getArray("types").getArray()) {
      signature.add(Address.type(type));
    }
    return new Draft.Hull(
        SqlStatement.of(withoutReplacing(head + "AS ''")),
        SqlStatement.of(definition),
        new Address("body of pg_proc", function.address().oid()),
        needed -> signature.contains(needed) || OF_ANY_HULL.contains(needed.catalog()),
        true);
  }

  private static String withoutReplacing(String definition) {
    if (!definition.startsWith(REPLACING)) {
      throw new IllegalStateException("The server defines a function otherwise: " + definition);
    }
    return "CREATE " + definition.substring(REPLACING.length()).stripTrailing();
  }
}

package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the privileges that objects to come will have. */
final class DefaultPrivileges {
  /**
   * What is said for a schema adds to what is said for the database, so it begins with nothing; the
   * latter begins with what every object has. Sequences have another letter here than elsewhere.
   */
  private static final String DEFAULT_PRIVILEGES =
      """
      SELECT d.oid::bigint, n.nspname, quote_ident(n.nspname), pg_get_userbyid(d.defaclrole),
             d.defaclobjtype, d.defaclacl::text[],
             CASE WHEN d.defaclnamespace = 0
                  THEN acldefault(CASE WHEN d.defaclobjtype = 'S' THEN 's'::"char"
                                       ELSE d.defaclobjtype END, d.defaclrole)::text[]
                  ELSE '{}' END
        FROM pg_catalog.pg_default_acl d
        LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
      """;

  private final CaptureContext context;

  private DefaultPrivileges(CaptureContext context) {
    this.context = context;
  }

  static void read(CaptureContext context) throws SQLException {
    context.query(DEFAULT_PRIVILEGES, new DefaultPrivileges(context)::add);
  }

  private void add(ResultSet row) throws SQLException {
    Address address = new Address("pg_default_acl", row.getLong(1));
    if (context.belongsToExtension(address)) {
      return;
    }
    String role = row.getString(4);
    String objects = objects(row.getString(5));
    String schema = row.getString(2);
    String where = schema == null ? " " : " IN SCHEMA " + row.getString(3) + " ";
    String name = objects + " of " + role;
    Draft draft =
        schema == null
            ? context.add(ObjectKind.DEFAULT_PRIVILEGES, address, name)
            : context.add(ObjectKind.DEFAULT_PRIVILEGES, address, schema, name);
    List<SqlStatement> statements = new ArrayList<>();
    for (SqlStatement grant :
        Acl.grants(
            objects,
            Optional.empty(),
            (String[]) row.getArray(6).getArray(),
            (String[]) row.getArray(7).getArray(),
            role)) {
      statements.add(
          SqlStatement.begin("ALTER DEFAULT PRIVILEGES FOR ROLE ")
              .role(role)
              .sql(where)
              .statement(grant)
              .build());
    }
    draft.sql(() -> statements);
  }

  private static String objects(String letter) {
    return switch (letter) {
      case "r" -> "TABLES";
      case "S" -> "SEQUENCES";
      case "f" -> "FUNCTIONS";
      case "T" -> "TYPES";
      case "n" -> "SCHEMAS";
      case "L" -> "LARGE OBJECTS";
      default -> throw new IllegalStateException("Unknown default privileges: " + letter);
    };
  }
}

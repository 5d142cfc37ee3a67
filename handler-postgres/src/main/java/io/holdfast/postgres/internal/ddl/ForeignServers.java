package io.holdfast.postgres.internal.ddl;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Reads foreign-data wrappers, servers, and user mappings with the options that may be seen. */
final class ForeignServers {
  private static final String OPTIONS =
      """
      (SELECT string_agg(quote_ident(o.option_name) || ' ' || quote_literal(o.option_value),
                                E',\\n    ' ORDER BY o.place)
                FROM pg_options_to_table(%s)
                     WITH ORDINALITY AS o(option_name, option_value, place))\
      """;

  private static final String WRAPPERS =
      """
      SELECT w.oid::bigint, w.fdwname, quote_ident(w.fdwname), pg_get_userbyid(w.fdwowner),
             CASE WHEN w.fdwhandler <> 0 THEN w.fdwhandler::regproc::text END,
             CASE WHEN w.fdwvalidator <> 0 THEN w.fdwvalidator::regproc::text END,
             %s,
             w.fdwacl::text[], acldefault('F', w.fdwowner)::text[]
        FROM pg_catalog.pg_foreign_data_wrapper w
      """
          .formatted(OPTIONS.formatted("w.fdwoptions"));

  private static final String SERVERS =
      """
      SELECT s.oid::bigint, s.srvname, quote_ident(s.srvname), pg_get_userbyid(s.srvowner),
             quote_literal(s.srvtype), quote_literal(s.srvversion), quote_ident(w.fdwname),
             %s,
             s.srvacl::text[], acldefault('S', s.srvowner)::text[]
        FROM pg_catalog.pg_foreign_server s
        JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
      """
          .formatted(OPTIONS.formatted("s.srvoptions"));

  /**
   * The view shows no options where it may not; that there are none it shows in the same way, so
   * the condition is that of the view's definition (system_views.sql).
   */
  private static final String USER_MAPPINGS =
      """
      SELECT m.umid::bigint, quote_ident(m.srvname),
             CASE WHEN m.umuser = 0 THEN '' ELSE m.usename END,
             %s,
             (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
             OR (m.umuser = 0 AND pg_has_role(s.srvowner, 'USAGE'))
             OR (m.umuser <> 0 AND m.usename = current_user
                 AND (pg_has_role(s.srvowner, 'USAGE')
                      OR has_server_privilege(s.oid, 'USAGE')))
        FROM pg_catalog.pg_user_mappings m
        JOIN pg_catalog.pg_foreign_server s ON s.oid = m.srvid
       WHERE m.usename IS NOT NULL
      """
          .formatted(OPTIONS.formatted("m.umoptions"));

  private final CaptureContext context;

  private ForeignServers(CaptureContext context) {
    this.context = context;
  }

  static void read(CaptureContext context) throws SQLException {
    ForeignServers reader = new ForeignServers(context);
    context.query(WRAPPERS, reader::addWrapper);
    context.query(SERVERS, reader::addServer);
    context.query(USER_MAPPINGS, reader::addUserMapping);
  }

  private void addWrapper(ResultSet row) throws SQLException {
    Address address = new Address("pg_foreign_data_wrapper", row.getLong(1));
    if (context.belongsToExtension(address)) {
      return;
    }
    String title = "FOREIGN DATA WRAPPER " + row.getString(3);
    String owner = row.getString(4);
    String handler = row.getString(5);
    String validator = row.getString(6);
    Draft draft =
        context
            .add(ObjectKind.FOREIGN_DATA_WRAPPER, address, row.getString(2))
            .sql(
                "CREATE "
                    + title
                    + (handler == null ? "" : "\n  HANDLER " + handler)
                    + (validator == null ? "" : "\n  VALIDATOR " + validator)
                    + options(row.getString(7)))
            .owner(title, owner);
    context.describe(draft, title);
    CaptureContext.grants(draft, title, row.getArray(8), row.getArray(9), owner);
  }

  private void addServer(ResultSet row) throws SQLException {
    Address address = new Address("pg_foreign_server", row.getLong(1));
    if (context.belongsToExtension(address)) {
      return;
    }
    String title = "SERVER " + row.getString(3);
    String owner = row.getString(4);
    String type = row.getString(5);
    String version = row.getString(6);
    Draft draft =
        context
            .add(ObjectKind.SERVER, address, row.getString(2))
            .sql(
                "CREATE "
                    + title
                    + (type == null ? "" : "\n  TYPE " + type)
                    + (version == null ? "" : "\n  VERSION " + version)
                    + "\n  FOREIGN DATA WRAPPER "
                    + row.getString(7)
                    + options(row.getString(8)))
            .owner(title, owner);
    context.describe(draft, title);
    CaptureContext.grants(draft, "FOREIGN " + title, row.getArray(9), row.getArray(10), owner);
  }

  /** The mapping of a role, or of PUBLIC where the name is empty. */
  private void addUserMapping(ResultSet row) throws SQLException {
    Address address = new Address("pg_user_mapping", row.getLong(1));
    if (context.belongsToExtension(address)) {
      return;
    }
    String server = row.getString(2);
    String role = row.getString(3);
    if (!row.getBoolean(5)) {
      context.cannotCarry(
          "user mapping for " + (role.isEmpty() ? "PUBLIC" : role) + " on server " + server,
          "its options are hidden from the role that reads the database");
      return;
    }
    context
        .add(ObjectKind.USER_MAPPING, address, (role.isEmpty() ? "PUBLIC" : role) + " on " + server)
        .sql(
            SqlStatement.begin("CREATE USER MAPPING FOR ")
                .grantee(role)
                .sql(" SERVER " + server + options(row.getString(4)))
                .build());
  }

  private static String options(@Nullable String options) {
    return options == null ? "" : "\n  OPTIONS (\n    " + options + "\n  )";
  }
}

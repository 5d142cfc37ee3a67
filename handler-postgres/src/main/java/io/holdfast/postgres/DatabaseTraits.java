package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What belongs to a database as a whole, is kept outside of it, and is not copied by {@code CREATE
 * DATABASE … TEMPLATE}: privileges, settings, limit, comment, labels.
 *
 * @param owner the role that it belongs to
 * @param grants its privileges in order; empty if they were never touched
 * @param settings what {@code ALTER DATABASE … SET} and {@code ALTER ROLE … IN DATABASE … SET} left
 * @param connectionLimit -1 for none
 * @param isTemplate whether everybody may copy it
 * @param comment its comment
 * @param labels its security labels
 */
record DatabaseTraits(
    String owner,
    Optional<List<Grant>> grants,
    List<Setting> settings,
    int connectionLimit,
    boolean isTemplate,
    Optional<String> comment,
    List<Label> labels) {
  /** Privileges that one role gave another; an empty grantee is {@code PUBLIC}. */
  record Grant(String grantor, String grantee, String privilege, boolean grantable) {}

  /** A setting for all roles, or for one if it is named. */
  record Setting(String role, String name, String value) {}

  /** A security label. */
  record Label(String provider, String label) {}

  /**
   * Settings whose value is a list of names, each of them quoted by itself (pg_dump's
   * variable_is_guc_list_quote).
   */
  private static final Set<String> LISTS =
      Set.of(
          "local_preload_libraries",
          "search_path",
          "session_preload_libraries",
          "shared_preload_libraries",
          "temp_tablespaces",
          "unix_socket_directories");

  private static final String GRANTS =
      """
      SELECT pg_catalog.pg_get_userbyid(a.grantor),
             CASE WHEN a.grantee = 0 THEN '' ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
             a.privilege_type, a.is_grantable
        FROM pg_catalog.pg_database d,
             pg_catalog.aclexplode(d.datacl) WITH ORDINALITY
               AS a(grantor, grantee, privilege_type, is_grantable, place)
       WHERE d.oid = ?::oid
       ORDER BY a.place
      """;

  private static final String SETTINGS =
      """
      SELECT coalesce(r.rolname, ''), s.setting
        FROM (SELECT d.setrole, c.setting, c.place
                FROM pg_catalog.pg_db_role_setting d,
                     unnest(d.setconfig) WITH ORDINALITY AS c(setting, place)
               WHERE d.setdatabase = ?::oid) s
        LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
       ORDER BY 1, s.place
      """;

  private static final String REST =
      """
      SELECT pg_catalog.pg_get_userbyid(d.datdba), d.datacl IS NULL, d.datconnlimit,
             d.datistemplate, pg_catalog.shobj_description(d.oid, 'pg_database')
        FROM pg_catalog.pg_database d WHERE d.oid = ?::oid
      """;

  private static final String LABELS =
      """
      SELECT provider, label FROM pg_catalog.pg_shseclabel
       WHERE classoid = 'pg_catalog.pg_database'::pg_catalog.regclass AND objoid = ?::oid
       ORDER BY 1
      """;

  /** Copies the lists. */
  DatabaseTraits {
    grants = grants.map(List::copyOf);
    settings = List.copyOf(settings);
    labels = List.copyOf(labels);
  }

  /** Reads what a database has; the database must exist. */
  static DatabaseTraits read(MaintenanceConnection connection, long oid) throws SQLException {
    List<Grant> grants = new ArrayList<>();
    connection.query(
        GRANTS,
        row ->
            grants.add(
                new Grant(row.getString(1), row.getString(2), row.getString(3), row.getBoolean(4))),
        oid);
    List<Setting> settings = new ArrayList<>();
    connection.query(
        SETTINGS, row -> settings.add(setting(row.getString(1), row.getString(2))), oid);
    List<Label> labels = new ArrayList<>();
    connection.query(LABELS, row -> labels.add(new Label(row.getString(1), row.getString(2))), oid);
    List<DatabaseTraits> read = new ArrayList<>();
    connection.query(
        REST,
        row ->
            read.add(
                new DatabaseTraits(
                    row.getString(1),
                    row.getBoolean(2) ? Optional.empty() : Optional.of(grants),
                    settings,
                    row.getInt(3),
                    row.getBoolean(4),
                    Optional.ofNullable(row.getString(5)),
                    labels)),
        oid);
    return read.get(0);
  }

  private static Setting setting(String role, String text) {
    int equals = text.indexOf('=');
    return new Setting(role, text.substring(0, equals), text.substring(equals + 1));
  }

  /** The statements that give a database of the same owner its privileges, and no others. */
  List<String> grantsSql(String database) {
    String on = " ON DATABASE " + Sql.quoteIdentifier(database);
    List<String> sql = new ArrayList<>();
    sql.add("REVOKE ALL" + on + " FROM PUBLIC, " + Sql.quoteIdentifier(owner));
    if (grants.isEmpty()) {
      sql.add("GRANT TEMPORARY, CONNECT" + on + " TO PUBLIC");
      sql.add("GRANT ALL" + on + " TO " + Sql.quoteIdentifier(owner));
    }
    for (Grant grant : grants.orElse(List.of())) {
      boolean byAnother = !grant.grantor.equals(owner);
      if (byAnother) {
        sql.add("SET LOCAL ROLE " + Sql.quoteIdentifier(grant.grantor));
      }
      sql.add(
          "GRANT "
              + grant.privilege
              + on
              + " TO "
              + (grant.grantee.isEmpty() ? "PUBLIC" : Sql.quoteIdentifier(grant.grantee))
              + (grant.grantable ? " WITH GRANT OPTION" : ""));
      if (byAnother) {
        sql.add("RESET ROLE");
      }
    }
    return sql;
  }

  /** The statements that give a database the settings. */
  List<String> settingsSql(String database) {
    return settings.stream()
        .map(
            setting ->
                (setting.role.isEmpty()
                        ? "ALTER DATABASE "
                        : "ALTER ROLE " + Sql.quoteIdentifier(setting.role) + " IN DATABASE ")
                    + Sql.quoteIdentifier(database)
                    + " SET "
                    + Sql.quoteIdentifier(setting.name)
                    + " TO "
                    + value(setting))
        .toList();
  }

  /** The statements that give a database everything but the template flag. */
  List<String> allSql(String database) {
    List<String> sql = new ArrayList<>(grantsSql(database));
    sql.addAll(settingsSql(database));
    String quoted = Sql.quoteIdentifier(database);
    sql.add("ALTER DATABASE " + quoted + " WITH CONNECTION LIMIT " + connectionLimit);
    sql.add(commentSql(database, comment));
    for (Label label : labels) {
      sql.add(
          "SECURITY LABEL FOR "
              + Sql.quoteIdentifier(label.provider)
              + " ON DATABASE "
              + quoted
              + " IS "
              + Sql.quoteLiteral(label.label));
    }
    return sql;
  }

  /** The statement that sets a comment, or removes it. */
  static String commentSql(String database, Optional<String> comment) {
    return "COMMENT ON DATABASE "
        + Sql.quoteIdentifier(database)
        + " IS "
        + comment.map(Sql::quoteLiteral).orElse("NULL");
  }

  /** The same with other settings. */
  DatabaseTraits withSettings(List<Setting> others) {
    return new DatabaseTraits(owner, grants, others, connectionLimit, isTemplate, comment, labels);
  }

  private static String value(Setting setting) {
    if (!LISTS.contains(setting.name)) {
      return Sql.quoteLiteral(setting.value);
    }
    List<String> names = list(setting.value);
    return names.isEmpty()
        ? "''"
        : names.stream().map(Sql::quoteLiteral).collect(Collectors.joining(", "));
  }

  /** Takes {@code "a b", c} apart, as the server wrote it. */
  private static List<String> list(String text) {
    List<String> names = new ArrayList<>();
    StringBuilder name = new StringBuilder();
    boolean quoted = false;
    boolean any = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
        name.append('"');
        i++;
      } else if (c == '"') {
        quoted = !quoted;
        any = true;
      } else if (c == ',' && !quoted) {
        names.add(name.toString());
        name.setLength(0);
        any = false;
      } else if (quoted || !Character.isWhitespace(c)) {
        name.append(c);
        any = true;
      }
    }
    if (any) {
      names.add(name.toString());
    }
    return names;
  }
}

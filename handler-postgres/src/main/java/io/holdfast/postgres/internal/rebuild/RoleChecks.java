package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.Problems;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whether the target has every role that the entries name, and whether the role that restores may
 * act for them and create what only some may.
 */
final class RoleChecks {
  /** What nobody but a superuser creates (PostgreSQL documentation, the CREATE commands). */
  private static final Set<ObjectKind> FOR_SUPERUSERS =
      EnumSet.of(
          ObjectKind.ACCESS_METHOD,
          ObjectKind.SHELL_TYPE,
          ObjectKind.OPERATOR_CLASS,
          ObjectKind.OPERATOR_FAMILY,
          ObjectKind.TEXT_SEARCH_PARSER,
          ObjectKind.TEXT_SEARCH_TEMPLATE,
          ObjectKind.FOREIGN_DATA_WRAPPER);

  // SET is asked for by ALTER … OWNER, USAGE by what follows it: an index, a foreign key.
  private static final String ROLES =
      """
      SELECT w.name, r.oid IS NOT NULL,
             coalesce(pg_catalog.pg_has_role(r.oid, '%s')
                      AND pg_catalog.pg_has_role(r.oid, 'USAGE'), false)
        FROM unnest(?::text[]) AS w(name)
        LEFT JOIN pg_catalog.pg_roles r ON r.rolname = w.name
       ORDER BY w.name
      """;

  private record Found(boolean exists, boolean member) {}

  private RoleChecks() {}

  /**
   * Adds what is wrong to the problems, and what may go wrong to the warnings.
   *
   * @param largeObjectRoles the roles that records of large objects name
   */
  static void check(
      Connection connection,
      TargetServer server,
      Collection<SchemaEntry> entries,
      Collection<String> largeObjectRoles,
      RebuildOptions options,
      Problems problems,
      List<String> warnings)
      throws SQLException {
    Map<String, List<String>> named = new TreeMap<>();
    Map<String, List<String>> owners = new TreeMap<>();
    for (SchemaEntry entry : entries) {
      mention(options.creation(entry), entry, options, named);
      mention(options.grants(entry), entry, options, named);
      if (!options.withoutOwners()) {
        mention(entry.owner(), entry, options, owners);
      }
    }
    if (!options.withoutOwners() || !options.withoutPrivileges()) {
      for (String role : largeObjectRoles) {
        named.computeIfAbsent(options.role(role), key -> new ArrayList<>()).add("large objects");
      }
    }
    Map<String, Found> roles = roles(connection, server, named.keySet());
    checkMissing(named, roles, problems);
    if (server.superuser()) {
      return;
    }
    checkMembership(owners, roles, server, problems);
    checkSuperuser(server, entries, problems, warnings);
  }

  /** The same for statements whose roles are those of the target already. */
  static void checkNamed(
      Connection connection,
      TargetServer server,
      String title,
      List<SqlStatement> statements,
      Problems problems)
      throws SQLException {
    Map<String, List<String>> named = new TreeMap<>();
    for (SqlStatement statement : statements) {
      statement.roles().forEach(mention -> named.put(mention.role(), List.of(title)));
    }
    checkMissing(named, roles(connection, server, named.keySet()), problems);
  }

  private static void checkMissing(
      Map<String, List<String>> named, Map<String, Found> roles, Problems problems) {
    named.forEach(
        (role, by) -> {
          if (!found(roles, role).exists) {
            problems.add(
                Kind.NOT_FOUND,
                "Role "
                    + Sql.quoteIdentifier(role)
                    + " is missing in the target; the backup names it for "
                    + some(by)
                    + ". Create it, map it to another, or leave owners and privileges out.");
          }
        });
  }

  private static void checkMembership(
      Map<String, List<String>> owners,
      Map<String, Found> roles,
      TargetServer server,
      Problems problems) {
    owners.forEach(
        (role, by) -> {
          Found found = found(roles, role);
          if (found.exists && !found.member) {
            problems.add(
                Kind.PERMISSION_DENIED,
                "Role "
                    + Sql.quoteIdentifier(role)
                    + " owns "
                    + some(by)
                    + ", and "
                    + Sql.quoteIdentifier(server.role())
                    + " is no member of it that may act for it. Grant that, map the role to"
                    + " another, or leave owners out.");
          }
        });
  }

  private static void checkSuperuser(
      TargetServer server,
      Collection<SchemaEntry> entries,
      Problems problems,
      List<String> warnings) {
    List<String> refused = new ArrayList<>();
    List<String> doubtful = new ArrayList<>();
    for (SchemaEntry entry : entries) {
      if (FOR_SUPERUSERS.contains(entry.kind())) {
        refused.add(entry.title());
      } else if (entry.kind() == ObjectKind.EVENT_TRIGGER) {
        doubtful.add(entry.title()); // managed services let their administrators
      }
    }
    if (!refused.isEmpty()) {
      problems.add(
          Kind.PERMISSION_DENIED,
          "Only a superuser can create "
              + some(refused)
              + "; "
              + Sql.quoteIdentifier(server.role())
              + " is none.");
    }
    if (!doubtful.isEmpty()) {
      warnings.add(
          "Event triggers usually take a superuser, which "
              + Sql.quoteIdentifier(server.role())
              + " is not: "
              + some(doubtful)
              + " may be refused.");
    }
  }

  private static void mention(
      List<SqlStatement> statements,
      SchemaEntry entry,
      RebuildOptions options,
      Map<String, List<String>> into) {
    for (SqlStatement statement : statements) {
      for (SqlStatement.RoleMention mention : statement.roles()) {
        List<String> titles =
            into.computeIfAbsent(options.role(mention.role()), role -> new ArrayList<>());
        if (titles.isEmpty() || !titles.get(titles.size() - 1).equals(entry.title())) {
          titles.add(entry.title());
        }
      }
    }
  }

  private static Found found(Map<String, Found> roles, String name) {
    return roles.getOrDefault(name, new Found(false, false));
  }

  private static Map<String, Found> roles(
      Connection connection, TargetServer server, Set<String> names) throws SQLException {
    Map<String, Found> roles = new HashMap<>();
    String sql = ROLES.formatted(server.majorVersion() >= 16 ? "SET" : "MEMBER");
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", names.toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          roles.put(row.getString(1), new Found(row.getBoolean(2), row.getBoolean(3)));
        }
      }
    }
    return roles;
  }

  /** A few of them, and how many there are. */
  static String some(List<String> titles) {
    int shown = Math.min(titles.size(), 5);
    return String.join(", ", titles.subList(0, shown))
        + (titles.size() > shown ? " and " + (titles.size() - shown) + " more" : "");
  }
}

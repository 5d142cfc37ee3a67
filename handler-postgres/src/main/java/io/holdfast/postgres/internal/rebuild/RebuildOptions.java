package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is to be different from the backup when its schema comes back.
 *
 * @param withoutOwners whether everything belongs to the role that restores
 * @param withoutPrivileges whether nothing is granted or revoked
 * @param withoutTablespaces whether everything lies in the database's own tablespace
 * @param roles other roles in the place of those that the backup names
 * @param schemas other names for the backup's schemas
 */
public record RebuildOptions(
    boolean withoutOwners,
    boolean withoutPrivileges,
    boolean withoutTablespaces,
    Map<String, String> roles,
    Map<String, String> schemas) {
  /** Everything as it was. */
  public static final RebuildOptions AS_IT_WAS =
      new RebuildOptions(false, false, false, Map.of(), Map.of());

  /** Copies the maps. */
  public RebuildOptions {
    roles = Map.copyOf(roles);
    schemas = Map.copyOf(schemas);
  }

  /** The role in the target for one that the backup names. */
  public String role(String name) {
    return roles.getOrDefault(name, name);
  }

  /** What a schema of the backup is called in the end. */
  public String schema(String name) {
    return schemas.getOrDefault(name, name);
  }

  /** What creates an entry and gives it to its owner. */
  List<SqlStatement> creation(SchemaEntry entry) {
    if (withoutPrivileges && entry.kind() == ObjectKind.DEFAULT_PRIVILEGES) {
      return List.of();
    }
    List<SqlStatement> all = new ArrayList<>(entry.sql());
    if (!withoutOwners) {
      all.addAll(entry.owner());
    }
    if (withoutTablespaces) {
      all.removeIf(statement -> statement.tablespace().isPresent());
    }
    return all;
  }

  /** What grants an entry's privileges. */
  List<SqlStatement> grants(SchemaEntry entry) {
    return withoutPrivileges ? List.of() : entry.grants();
  }
}

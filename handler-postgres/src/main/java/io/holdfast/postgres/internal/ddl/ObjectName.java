package io.holdfast.postgres.internal.ddl;

import java.util.Optional;

/**
 * What an object is called, by which one in a backup and one in a target are the same.
 *
 * @param kind what it is
 * @param schema the schema it lies in, unquoted; empty for what belongs to the database as a whole
 * @param name its name as in a {@link SchemaEntry}
 * @param table the table, view or sequence that it is, or belongs to
 */
public record ObjectName(
    ObjectKind kind, Optional<String> schema, String name, Optional<String> table) {
  /** The name of what an entry describes. */
  public static ObjectName of(SchemaEntry entry) {
    return new ObjectName(entry.kind(), entry.schema(), entry.name(), entry.table());
  }
}

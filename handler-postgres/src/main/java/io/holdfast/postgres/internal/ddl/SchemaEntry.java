package io.holdfast.postgres.internal.ddl;

import java.util.List;
import java.util.Optional;

/**
 * One object of a schema, or a part of one that has statements of its own.
 *
 * @param id its number in the schema
 * @param kind what it is
 * @param schema the schema it lies in, unquoted; empty for what belongs to the database as a whole
 * @param name its name, unquoted, with argument types where names are overloaded: {@code
 *     f(integer)}
 * @param table the collection name of the table, view or sequence that it is, or belongs to
 * @param sql the statements that create and describe it
 * @param owner the statements that give it to its owner
 * @param grants the statements that make its privileges what they were, run after everything else
 * @param needs the ids of the entries that must be there before
 */
public record SchemaEntry(
    int id,
    ObjectKind kind,
    Optional<String> schema,
    String name,
    Optional<String> table,
    List<SqlStatement> sql,
    List<SqlStatement> owner,
    List<SqlStatement> grants,
    List<Integer> needs) {
  /** Copies the lists. */
  public SchemaEntry {
    sql = List.copyOf(sql);
    owner = List.copyOf(owner);
    grants = List.copyOf(grants);
    needs = List.copyOf(needs);
  }

  /** For people: {@code table public.users}. */
  public String title() {
    return kind.word().replace('_', ' ')
        + " "
        + schema.map(in -> in + ".").orElse("")
        + name
        + (table.isPresent() && kind.section() != ObjectKind.Section.BEFORE
            ? " on " + table.get()
            : "");
  }
}

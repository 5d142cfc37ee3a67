package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SqlStatement;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes tasks of entries, with what each locks and how much it has to read. */
final class BuildTasks {
  private static final String SIZES =
      """
      SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),
             coalesce(pg_catalog.pg_table_size(c.oid), 0)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND c.relpersistence <> 't'
         AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      """;

  private static final String CHILDREN =
      """
      SELECT quote_ident(pn.nspname) || '.' || quote_ident(p.relname),
             quote_ident(cn.nspname) || '.' || quote_ident(c.relname)
        FROM pg_catalog.pg_inherits i
        JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
        JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
       WHERE p.relkind IN ('r', 'p', 'f')
      """;

  /** Kinds whose statements lock the tables that they need as they lock their own. */
  private static final Set<ObjectKind> LOCK_OTHERS =
      EnumSet.of(ObjectKind.FOREIGN_KEY, ObjectKind.INDEX_ATTACH, ObjectKind.PUBLICATION);

  private final Map<String, Long> sizes = new HashMap<>();
  private final Map<String, List<String>> children = new HashMap<>();
  private final Map<Integer, SchemaEntry> byId = new HashMap<>();

  /**
   * @param all every entry of the rebuild, since those of one section need those of another
   */
  private BuildTasks(Collection<SchemaEntry> all) {
    all.forEach(entry -> byId.put(entry.id(), entry));
  }

  /** Reads what tables there are now. */
  static BuildTasks read(Connection connection, Collection<SchemaEntry> all) throws SQLException {
    BuildTasks tasks = new BuildTasks(all);
    try (Statement statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery(SIZES)) {
        while (row.next()) {
          tasks.sizes.put(row.getString(1), row.getLong(2));
        }
      }
      try (ResultSet row = statement.executeQuery(CHILDREN)) {
        while (row.next()) {
          tasks
              .children
              .computeIfAbsent(row.getString(1), key -> new ArrayList<>())
              .add(row.getString(2));
        }
      }
    }
    return tasks;
  }

  /** How many bytes a table takes. */
  long bytes(String collection) {
    return sizes.getOrDefault(collection, 0L);
  }

  /** The task that creates what an entry describes. */
  BuildTask creating(SchemaEntry entry) {
    Set<String> own = new HashSet<>();
    entry.table().ifPresent(table -> own.addAll(family(table)));
    Set<String> others = new HashSet<>();
    for (int need : entry.needs()) {
      SchemaEntry needed = byId.get(need);
      if (needed != null) {
        needed.table().ifPresent(table -> others.addAll(family(table)));
      }
    }
    if (LOCK_OTHERS.contains(entry.kind())) {
      own.addAll(others);
    }
    others.removeAll(own);
    boolean sharing = isPlainIndex(entry);
    Set<String> together = new HashSet<>(others);
    if (sharing) {
      together.addAll(own);
    }
    return new BuildTask(
        entry.id(),
        entry.table().map(this::bytes).orElse(0L),
        Set.copyOf(entry.needs()),
        sharing ? Set.of() : own,
        together,
        runner -> runner.create(entry));
  }

  /** Indexes of one table are built side by side, if nothing else is done to it with them. */
  private static boolean isPlainIndex(SchemaEntry entry) {
    List<SqlStatement> sql = entry.sql();
    return entry.kind() == ObjectKind.INDEX
        && sql.stream().skip(1).allMatch(more -> more.sql().startsWith("COMMENT "));
  }

  /** A table and its partitions and children: much of what is done to it is done to them. */
  private Set<String> family(String table) {
    Set<String> family = new HashSet<>(Set.of(table));
    Deque<String> open = new ArrayDeque<>(family);
    while (!open.isEmpty()) {
      for (String child : children.getOrDefault(open.pop(), List.of())) {
        if (family.add(child)) {
          open.push(child);
        }
      }
    }
    return family;
  }
}

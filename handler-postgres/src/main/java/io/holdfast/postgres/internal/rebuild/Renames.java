package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Gives schemas other names once everything is in them. Everything is created under the names of
 * the backup, so that the server itself rewrites each reference; a schema of the target that has
 * such a name and is not replaced makes room for that time.
 *
 * @param names by each schema's name in the backup, what it is called in the end; only those whose
 *     name changes
 * @param inTheWay schemas of the target that have a name of the backup and stay
 */
public record Renames(Map<String, String> names, Set<String> inTheWay) {
  /** Everything keeps its name. */
  public static final Renames NONE = new Renames(Map.of(), Set.of());

  /** Copies both, in a fixed order. */
  public Renames {
    names = java.util.Collections.unmodifiableMap(new TreeMap<>(names));
    inTheWay = java.util.Collections.unmodifiableSet(new TreeSet<>(inTheWay));
  }

  /** Whether nothing is renamed. */
  public boolean isEmpty() {
    return names.isEmpty();
  }

  /** Makes room. */
  List<String> before() {
    List<String> sql = new ArrayList<>();
    int number = 0;
    for (String name : inTheWay) {
      sql.add(rename(name, aside(number++)));
    }
    return sql;
  }

  /** Gives the new names, over names that nobody has, since one may be the old name of another. */
  List<String> after() {
    List<String> first = new ArrayList<>();
    List<String> then = new ArrayList<>();
    int number = 0;
    for (Map.Entry<String, String> name : names.entrySet()) {
      String between = "holdfast new " + number++;
      first.add(rename(name.getKey(), between));
      then.add(rename(between, name.getValue()));
    }
    number = 0;
    for (String name : inTheWay) {
      then.add(rename(aside(number++), name));
    }
    first.addAll(then);
    return first;
  }

  private static String aside(int number) {
    return "holdfast aside " + number;
  }

  private static String rename(String from, String to) {
    return "ALTER SCHEMA " + Sql.quoteIdentifier(from) + " RENAME TO " + Sql.quoteIdentifier(to);
  }
}

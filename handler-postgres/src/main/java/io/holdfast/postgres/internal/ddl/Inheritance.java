package io.holdfast.postgres.internal.ddl;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Decides whether {@code CREATE TABLE … INHERITS} gives a child the columns that it has. It puts
 * inherited columns first; in a child whose parent got a column later, or that became a child
 * later, they stand elsewhere.
 */
final class Inheritance {
  private Inheritance() {}

  /** Whether {@code INHERITS} gives the columns in their order, without conflicts. */
  static boolean isNatural(CatalogTable table) {
    return columnsFromInherits(table).equals(columns(table))
        && table.columns.stream().noneMatch(column -> conflicts(table, column));
  }

  private static List<String> columns(CatalogTable table) {
    return table.columns.stream().map(CatalogColumn::name).toList();
  }

  private static List<String> columnsFromInherits(CatalogTable table) {
    Set<String> names = new LinkedHashSet<>();
    table.parents.forEach(parent -> names.addAll(columns(parent)));
    for (CatalogColumn column : table.columns) {
      if (column.local()) {
        names.add(column.name());
      }
    }
    return new ArrayList<>(names);
  }

  /** Whether parents do not agree on a column, or generate it otherwise than the child does. */
  private static boolean conflicts(CatalogTable table, CatalogColumn column) {
    List<CatalogColumn> inherited = table.inParents(column);
    if (inherited.isEmpty()) {
      return false;
    }
    List<CatalogColumn> all = new ArrayList<>(inherited);
    all.add(column);
    return !same(inherited, CatalogColumn::storage)
        || !same(inherited, CatalogColumn::compression)
        || (!column.local() && !same(inherited, CatalogColumn::expression))
        || !same(all, CatalogColumn::generated)
        || (column.isGenerated() && !same(all, CatalogColumn::expression));
  }

  private static boolean same(List<CatalogColumn> columns, Function<CatalogColumn, Object> what) {
    return new HashSet<>(columns.stream().map(what).map(Objects::requireNonNull).toList()).size()
        == 1;
  }
}

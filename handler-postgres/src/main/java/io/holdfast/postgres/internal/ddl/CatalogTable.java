package io.holdfast.postgres.internal.ddl;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A table, partitioned table or foreign table as the catalogs describe it, filled query by query.
 */
final class CatalogTable {
  final long oid;
  final String schema;
  final String name;

  /** Schema and name for a statement: also the name of its collection. */
  final String quoted;

  final String kind;
  final boolean unlogged;
  final String owner;

  /** The type that a typed table is of. */
  final Optional<String> ofType;

  /** Settings, {@code name=value}; those of its TOAST table begin with {@code toast.}. */
  final List<String> options;

  final Optional<String> accessMethod;
  final Optional<String> tablespace;
  final boolean rowSecurity;
  final boolean forcedRowSecurity;
  final String replicaIdentity;

  /** {@code FOR VALUES …} of a partition. */
  final Optional<String> bound;

  /** What follows {@code PARTITION BY}. */
  final Optional<String> partitionKey;

  final @Nullable Array acl;
  final Array initialAcl;

  /** The server of a foreign table, for a statement. */
  final Optional<String> server;

  /** What the foreign data wrapper is told, {@code name=value}. */
  final List<String> foreignOptions;

  final List<CatalogColumn> columns = new ArrayList<>();

  /** What it inherits from, or is a partition of, in order. */
  final List<CatalogTable> parents = new ArrayList<>();

  final List<Check> checks = new ArrayList<>();

  /** By column number; before PostgreSQL 18 there are none. */
  final Map<Integer, NotNull> notNulls = new HashMap<>();

  /** By column number. */
  final Map<Integer, Sequence> identities = new HashMap<>();

  private final Map<String, CatalogColumn> columnsByName = new HashMap<>();

  /**
   * A {@code CHECK} of a table.
   *
   * @param definition from {@code CHECK} on
   * @param local whether the table has it by itself, and not only from a parent
   * @param validated whether all rows are known to satisfy it
   * @param enforced whether it is checked at all
   */
  record Check(
      long oid,
      String name,
      String quoted,
      String definition,
      boolean local,
      boolean validated,
      boolean enforced) {
    /** Whether it is created after the rows, as some of them may violate it. */
    boolean comesLater() {
      return enforced && !validated;
    }

    Check asLocal() {
      return new Check(oid, name, quoted, definition, true, validated, enforced);
    }
  }

  /**
   * A {@code NOT NULL} that has a name.
   *
   * @param local whether the table has it by itself, and not only from a parent
   * @param inheritable whether children get it
   * @param validated whether all rows are known to satisfy it
   * @param usualName whether the server gives it this name by itself
   */
  record NotNull(
      long oid,
      String name,
      String quoted,
      boolean local,
      boolean inheritable,
      boolean validated,
      boolean usualName) {
    NotNull asLocal() {
      return new NotNull(oid, name, quoted, true, inheritable, validated, usualName);
    }

    /** As a column's constraint. */
    String clause() {
      return (usualName ? "" : "CONSTRAINT " + quoted + " ")
          + "NOT NULL"
          + (inheritable ? "" : " NO INHERIT");
    }

    /** As a table's constraint. */
    String clause(String column) {
      return "CONSTRAINT " + quoted + " NOT NULL " + column + (inheritable ? "" : " NO INHERIT");
    }
  }

  /** Takes a row of {@link TableCatalog}'s query for tables. */
  CatalogTable(ResultSet row) throws SQLException {
    oid = row.getLong(1);
    schema = row.getString(2);
    name = row.getString(3);
    quoted = row.getString(4);
    kind = row.getString(5);
    unlogged = row.getBoolean(6);
    owner = row.getString(7);
    ofType = Optional.ofNullable(row.getString(8));
    List<String> settings = new ArrayList<>(TableCatalog.texts(row.getArray(9)));
    TableCatalog.texts(row.getArray(10)).forEach(setting -> settings.add("toast." + setting));
    options = List.copyOf(settings);
    accessMethod = Optional.ofNullable(row.getString(11));
    tablespace = Optional.ofNullable(row.getString(12));
    rowSecurity = row.getBoolean(13);
    forcedRowSecurity = row.getBoolean(14);
    replicaIdentity = row.getString(15);
    bound = Optional.ofNullable(row.getString(16));
    partitionKey = Optional.ofNullable(row.getString(17));
    acl = row.getArray(18);
    initialAcl = row.getArray(19);
    server = Optional.ofNullable(row.getString(20));
    foreignOptions = TableCatalog.texts(row.getArray(21));
  }

  Address address() {
    return Address.relation(oid);
  }

  boolean isForeign() {
    return kind.equals("f");
  }

  boolean isPartitioned() {
    return kind.equals("p");
  }

  boolean isPartition() {
    return bound.isPresent();
  }

  /** Whether {@code INHERITS} makes it a child. */
  boolean inherits() {
    return !isPartition() && !parents.isEmpty();
  }

  void addColumn(CatalogColumn column) {
    columns.add(column);
    columnsByName.put(column.name(), column);
  }

  /** The columns of that name in its parents; none for a partition, which is made on its own. */
  List<CatalogColumn> inParents(CatalogColumn column) {
    if (!inherits()) {
      return List.of();
    }
    List<CatalogColumn> found = new ArrayList<>();
    for (CatalogTable parent : parents) {
      CatalogColumn same = parent.columnsByName.get(column.name());
      if (same != null) {
        found.add(same);
      }
    }
    return found;
  }

  /** Checks of that name in what it inherits from, through all generations. */
  List<Check> inherited(Check check) {
    return ancestors().stream()
        .flatMap(one -> one.checks.stream())
        .filter(other -> other.name().equals(check.name()))
        .toList();
  }

  /** The {@code NOT NULL}s of columns of that name in what it inherits from. */
  List<NotNull> inherited(CatalogColumn column) {
    List<NotNull> found = new ArrayList<>();
    for (CatalogTable ancestor : ancestors()) {
      CatalogColumn same = ancestor.columnsByName.get(column.name());
      NotNull constraint = same == null ? null : ancestor.notNulls.get(same.number());
      if (constraint != null) {
        found.add(constraint);
      }
    }
    return found;
  }

  /**
   * Makes constraints its own that no parent has any more: when a parent loses a column alone, its
   * children still have what it said of that, and the catalogs still call it inherited.
   */
  void adoptConstraints() {
    if (!inherits()) {
      return;
    }
    checks.replaceAll(check -> isOrphan(check) ? check.asLocal() : check);
    for (CatalogColumn column : columns) {
      notNulls.computeIfPresent(
          column.number(),
          (number, constraint) ->
              inParents(column).stream().anyMatch(CatalogColumn::notNull)
                  ? constraint
                  : constraint.asLocal());
    }
  }

  private boolean isOrphan(Check check) {
    return parents.stream()
        .flatMap(parent -> parent.checks.stream())
        .noneMatch(other -> other.name().equals(check.name()));
  }

  /** Whether it gets the check from a parent that itself gets it after the rows. */
  boolean inheritsLater(Check check) {
    return !check.local() && inherited(check).stream().anyMatch(Check::comesLater);
  }

  /** The same for a column's {@code NOT NULL}. */
  boolean inheritsLater(CatalogColumn column, NotNull constraint) {
    return !constraint.local() && inherited(column).stream().anyMatch(same -> !same.validated());
  }

  private Set<CatalogTable> ancestors() {
    Set<CatalogTable> found = new LinkedHashSet<>();
    Deque<CatalogTable> open = new ArrayDeque<>(parents);
    while (!open.isEmpty()) {
      CatalogTable parent = open.pop();
      if (found.add(parent)) {
        open.addAll(parent.parents);
      }
    }
    return found;
  }

  /** Whether the table has the column from parents only, so that it is not written with it. */
  boolean isInheritedOnly(CatalogColumn column) {
    return !column.local() && inherits();
  }

  /** How {@code COMMENT ON} and others name it. */
  String title() {
    return word() + " " + quoted;
  }

  /** {@code TABLE} or {@code FOREIGN TABLE}. */
  String word() {
    return isForeign() ? "FOREIGN TABLE" : "TABLE";
  }

  /** How a statement begins that changes it and what inherits from it. */
  String alter() {
    return "ALTER " + title();
  }

  /** How a statement begins that changes it alone. */
  String alterOnly() {
    return "ALTER " + word() + " ONLY " + quoted;
  }
}

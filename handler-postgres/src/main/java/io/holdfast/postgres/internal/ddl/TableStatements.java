package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.ddl.CatalogTable.Check;
import io.holdfast.postgres.internal.ddl.CatalogTable.NotNull;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Writes what creates one table. Defaults and checks that have become entries of their own are left
 * out, so it is asked late.
 *
 * <p>A partition is created on its own, with all its columns in its own order, and attached later.
 * A child gets its inherited columns by {@code INHERITS}, where that puts them in the right order.
 * If not, it is created on its own and then made a child. If some columns are not its own, it gets
 * them from a table that only lends them meanwhile, as no statement says that of a column.
 */
final class TableStatements {
  /** How a child comes to its columns. */
  private enum Way {
    /** By {@code INHERITS}; also all tables that are no children. */
    NATURAL,
    /** It is created on its own and becomes a child later: all columns are its own, too. */
    ALONE,
    /** From a table that lends them until it has become the child of its parents. */
    LENT
  }

  private final CatalogTable table;
  private final Way way;
  private final boolean namedNotNulls;

  /** The name of the table that lends columns, for a statement. */
  private final String lender;

  private final Map<Integer, Draft> defaults = new HashMap<>();
  private final Map<Long, Draft> checks = new HashMap<>();
  private final List<SqlStatement> statements = new ArrayList<>();

  TableStatements(CatalogTable table, int majorVersion, String lender) {
    this.table = table;
    this.namedNotNulls = majorVersion >= 18;
    this.lender = lender;
    this.way = chooseWay();
  }

  /** The part that is a column's default. */
  void defaultPart(CatalogColumn column, Draft part) {
    defaults.put(column.number(), part);
  }

  /** The part that is a check. */
  void checkPart(Check check, Draft part) {
    checks.put(check.oid(), part);
  }

  /** The statements, as things stand now. */
  List<SqlStatement> write() {
    statements.clear();
    switch (way) {
      case NATURAL -> create(parents(table.parents.stream().map(parent -> parent.quoted).toList()));
      case ALONE -> {
        create("");
        becomeAChild();
      }
      case LENT -> {
        createLender();
        create(parents(List.of(lender)));
        becomeAChild();
        add(table.alter() + " NO INHERIT " + lender);
        add("DROP TABLE " + lender);
      }
    }
    alterColumns();
    if (!table.isForeign()) {
      alterTable();
    }
    return List.copyOf(statements);
  }

  private Way chooseWay() {
    if (!table.inherits() || Inheritance.isNatural(table)) {
      return Way.NATURAL;
    }
    return table.columns.stream().allMatch(CatalogColumn::local)
            && table.checks.stream().noneMatch(this::isLent)
            && table.columns.stream().noneMatch(column -> lentNotNull(column).isPresent())
        ? Way.ALONE
        : Way.LENT;
  }

  private void alterTable() {
    if (table.forcedRowSecurity) {
      add(table.alterOnly() + " FORCE ROW LEVEL SECURITY");
    }
    if (table.replicaIdentity.equals("f")) {
      add(table.alterOnly() + " REPLICA IDENTITY FULL");
    } else if (table.replicaIdentity.equals("n")) {
      add(table.alterOnly() + " REPLICA IDENTITY NOTHING");
    }
    table.tablespace.ifPresent(
        name -> statements.add(SqlStatement.toTablespace("TABLE ONLY " + table.quoted, name)));
  }

  private void add(String sql) {
    statements.add(SqlStatement.of(sql));
  }

  private void create(String parents) {
    List<String> lines = new ArrayList<>();
    for (CatalogColumn column : table.columns) {
      if (!table.isInheritedOnly(column)) {
        columnLine(column).ifPresent(lines::add);
      } else if (notNull(column).filter(NotNull::local).isPresent()) {
        lines.add(notNull(column).orElseThrow().clause(column.quoted()));
      }
    }
    for (Check check : table.checks) {
      Draft part = checks.get(check.oid());
      if (part != null && !part.isSeparate()) {
        lines.add("CONSTRAINT " + check.quoted() + " " + check.definition());
      }
    }
    add(head() + body(lines) + parents + tail());
  }

  /** A typed table names only columns of which there is something to say. */
  private Optional<String> columnLine(CatalogColumn column) {
    String constraints = constraints(column);
    if (table.ofType.isPresent()) {
      return constraints.isEmpty()
          ? Optional.empty()
          : Optional.of(column.quoted() + " WITH OPTIONS" + constraints);
    }
    return Optional.of(column.quoted() + " " + column.fullType() + constraints);
  }

  private String head() {
    return (table.unlogged ? "CREATE UNLOGGED " : "CREATE ")
        + table.title()
        + table.ofType.map(type -> " OF " + type).orElse("");
  }

  private String body(List<String> lines) {
    if (lines.isEmpty()) {
      return table.ofType.isPresent() ? "" : " ()";
    }
    return " (\n  " + String.join(",\n  ", lines) + "\n)";
  }

  private String parents(List<String> names) {
    return table.inherits() ? "\nINHERITS (" + String.join(", ", names) + ")" : "";
  }

  private String tail() {
    return table.partitionKey.map(key -> "\nPARTITION BY " + key).orElse("")
        + table.accessMethod.map(name -> "\nUSING " + name).orElse("")
        + (table.options.isEmpty() ? "" : "\nWITH (" + Settings.list(table.options) + ")")
        + table.server.map(name -> "\nSERVER " + name).orElse("")
        + (table.foreignOptions.isEmpty()
            ? ""
            : "\nOPTIONS (" + Settings.foreign(table.foreignOptions) + ")");
  }

  /** What follows a column's type. */
  private String constraints(CatalogColumn column) {
    StringBuilder sql = new StringBuilder();
    if (column.isGenerated()) {
      // Before PostgreSQL 16 a child must not repeat what its parent says.
      if (way == Way.ALONE || (way == Way.NATURAL && table.inParents(column).isEmpty())) {
        sql.append(' ').append(column.generation());
      }
    } else if (isInline(column)) {
      sql.append(" DEFAULT ").append(column.expression().orElseThrow());
    } else if (way == Way.NATURAL
        && table.inParents(column).stream().anyMatch(CatalogColumn::hasDefault)) {
      sql.append(" DEFAULT NULL");
    }
    if (table.identities.containsKey(column.number())) {
      sql.append(' ').append(identity(column));
    }
    if (namedNotNulls) {
      notNull(column)
          .filter(constraint -> constraint.local() || !table.inherits())
          .ifPresent(constraint -> sql.append(' ').append(constraint.clause()));
    } else if (column.notNull() || (way == Way.ALONE && isNotNullInParents(column))) {
      sql.append(" NOT NULL");
    }
    return sql.toString();
  }

  /** Whether the column has a default that is no entry of its own. */
  private boolean isInline(CatalogColumn column) {
    Draft part = defaults.get(column.number());
    return part != null && !part.isSeparate();
  }

  /** Its named {@code NOT NULL}, if it is one that comes with the table. */
  private Optional<NotNull> notNull(CatalogColumn column) {
    return Optional.ofNullable(table.notNulls.get(column.number()))
        .filter(NotNull::validated)
        .filter(constraint -> table.isPartition() || !table.inheritsLater(column, constraint));
  }

  private boolean isNotNullInParents(CatalogColumn column) {
    return table.inParents(column).stream().anyMatch(CatalogColumn::notNull);
  }

  private String identity(CatalogColumn column) {
    Sequence sequence = Objects.requireNonNull(table.identities.get(column.number()));
    return "GENERATED "
        + (column.identity().equals("a") ? "ALWAYS" : "BY DEFAULT")
        + " AS IDENTITY (SEQUENCE NAME "
        + sequence.quoted()
        + sequence.options()
        + ")";
  }

  // A child whose columns stand in another order than INHERITS gives them

  private void becomeAChild() {
    add(
        table.alter()
            + " "
            + String.join(
                ", ", table.parents.stream().map(parent -> "INHERIT " + parent.quoted).toList()));
  }

  /** All columns, in the child's order, and what it has from its parents only. */
  private void createLender() {
    List<String> lines = new ArrayList<>();
    for (CatalogColumn column : table.columns) {
      lines.add(column.quoted() + " " + column.fullType() + lentConstraints(column));
    }
    for (Check check : table.checks) {
      if (isLent(check)) {
        lines.add("CONSTRAINT " + check.quoted() + " " + check.definition());
      }
    }
    add("CREATE TABLE " + lender + body(lines));
  }

  private boolean isLent(Check check) {
    return !check.local() && !check.comesLater() && !table.inheritsLater(check);
  }

  private String lentConstraints(CatalogColumn column) {
    boolean notNull = !namedNotNulls && (column.notNull() || isNotNullInParents(column));
    return (column.isGenerated() ? " " + column.generation() : "")
        + (notNull ? " NOT NULL" : "")
        + lentNotNull(column).map(constraint -> " " + constraint.clause()).orElse("");
  }

  /** The named {@code NOT NULL} that a column has from parents only. */
  private Optional<NotNull> lentNotNull(CatalogColumn column) {
    return notNull(column).filter(constraint -> !constraint.local());
  }

  // What is said of columns once they are there

  private void alterColumns() {
    List<String> actions = new ArrayList<>();
    List<String> afterwards = new ArrayList<>();
    for (CatalogColumn column : table.columns) {
      String alter = "ALTER COLUMN " + column.quoted() + " ";
      if (table.isInheritedOnly(column)) {
        alterInherited(column, alter, actions);
        if (table.identities.containsKey(column.number())) {
          afterwards.add(alter + "ADD " + identity(column));
        }
      }
      if (!namedNotNulls && !column.notNull() && isNotNullInParents(column)) {
        actions.add(alter + "DROP NOT NULL");
      }
      alterSettings(column, alter, actions);
    }
    addAlter(actions);
    addAlter(afterwards);
  }

  private void addAlter(List<String> actions) {
    if (!actions.isEmpty()) {
      add(table.alterOnly() + "\n  " + String.join(",\n  ", actions));
    }
  }

  /** What the child has of its own in a column that it inherits. */
  private void alterInherited(CatalogColumn column, String alter, List<String> actions) {
    if (isInline(column)) {
      actions.add(alter + "SET DEFAULT " + column.expression().orElseThrow());
    } else if (!column.isGenerated()
        && table.inParents(column).stream().anyMatch(CatalogColumn::hasDefault)) {
      actions.add(alter + "DROP DEFAULT");
    }
    if (way == Way.NATURAL && !namedNotNulls && column.notNull() && !isNotNullInParents(column)) {
      actions.add(alter + "SET NOT NULL");
    }
  }

  private void alterSettings(CatalogColumn column, String alter, List<String> actions) {
    Optional<CatalogColumn> inherited =
        way == Way.NATURAL ? table.inParents(column).stream().findFirst() : Optional.empty();
    column.statistics().ifPresent(target -> actions.add(alter + "SET STATISTICS " + target));
    if (!column
        .storage()
        .equals(inherited.map(CatalogColumn::storage).orElse(column.typeStorage()))) {
      actions.add(alter + "SET STORAGE " + CatalogColumn.storageWord(column.storage()));
    }
    if (!column.compression().equals(inherited.map(CatalogColumn::compression).orElse(""))) {
      actions.add(alter + "SET COMPRESSION " + CatalogColumn.compressionWord(column.compression()));
    }
    if (!column.options().isEmpty()) {
      actions.add(alter + "SET (" + Settings.list(column.options()) + ")");
    }
    if (!column.foreignOptions().isEmpty()) {
      actions.add(alter + "OPTIONS (" + Settings.foreign(column.foreignOptions()) + ")");
    }
  }
}

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
 * If not, it is created on its own and then made a child; columns that it has from its parents only
 * it gets meanwhile from a table without a use of its own, as the server has no statement that says
 * that a column is not the child's.
 */
final class TableStatements {
  private final CatalogTable table;
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
    boolean natural = !table.inherits() || Inheritance.isNatural(table);
    if (natural) {
      create();
    } else if (isAllItsOwn()) {
      createAlone();
    } else {
      createStepwise();
    }
    alterColumns(natural);
    if (!table.isForeign()) {
      alterTable();
    }
    return List.copyOf(statements);
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

  private void create() {
    List<String> lines = new ArrayList<>();
    for (CatalogColumn column : table.columns) {
      if (!table.isInheritedOnly(column)) {
        columnLine(column).ifPresent(lines::add);
      } else if (notNull(column).filter(NotNull::local).isPresent()) {
        lines.add(notNull(column).orElseThrow().clause(column.quoted()));
      }
    }
    lines.addAll(checkClauses(table.isPartition()));
    add(head() + body(lines) + parents() + tail());
  }

  /** A typed table names only columns of which there is something to say. */
  private Optional<String> columnLine(CatalogColumn column) {
    String constraints = constraints(column, true);
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

  private String parents() {
    return table.inherits()
        ? "\nINHERITS ("
            + String.join(", ", table.parents.stream().map(parent -> parent.quoted).toList())
            + ")"
        : "";
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

  /**
   * What follows a column's type.
   *
   * @param natural whether parents are there when the column is created
   */
  private String constraints(CatalogColumn column, boolean natural) {
    StringBuilder sql = new StringBuilder();
    List<CatalogColumn> inherited = natural ? table.inParents(column) : List.of();
    if (column.isGenerated()) {
      // Before PostgreSQL 16 a child must not repeat what its parent says.
      if (inherited.isEmpty()) {
        sql.append(' ').append(column.generation());
      }
    } else if (isInline(column)) {
      sql.append(" DEFAULT ").append(column.expression().orElseThrow());
    } else if (inherited.stream().anyMatch(CatalogColumn::hasDefault)) {
      sql.append(" DEFAULT NULL");
    }
    if (table.identities.containsKey(column.number())) {
      sql.append(' ').append(identity(column));
    }
    if (namedNotNulls) {
      notNull(column)
          .filter(constraint -> constraint.local() || !table.inherits())
          .ifPresent(constraint -> sql.append(' ').append(constraint.clause()));
    } else if (column.notNull() || (!natural && isNotNullInParents(column))) {
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

  /** The checks that come with the table, its own or with those that it only inherits. */
  private List<String> checkClauses(boolean inheritedToo) {
    List<String> clauses = new ArrayList<>();
    for (Check check : table.checks) {
      Draft part = checks.get(check.oid());
      if (part != null && !part.isSeparate() && (check.local() || inheritedToo)) {
        clauses.add("CONSTRAINT " + check.quoted() + " " + check.definition());
      }
    }
    return clauses;
  }

  // A child whose columns stand in another order than INHERITS gives them

  private boolean isAllItsOwn() {
    return table.columns.stream().allMatch(CatalogColumn::local) && !inheritsConstraints();
  }

  private void createAlone() {
    List<String> lines = new ArrayList<>();
    for (CatalogColumn column : table.columns) {
      lines.add(column.quoted() + " " + column.fullType() + constraints(column, false));
    }
    lines.addAll(checkClauses(false));
    add(head() + body(lines) + tail());
    becomeAChild();
  }

  private void becomeAChild() {
    add(
        table.alter()
            + " "
            + String.join(
                ", ", table.parents.stream().map(parent -> "INHERIT " + parent.quoted).toList()));
  }

  private void createStepwise() {
    add("CREATE TABLE " + lender + " ()");
    add(head() + " ()\nINHERITS (" + lender + ")" + tail());
    for (CatalogColumn column : table.columns) {
      add(
          (column.local() ? table.alter() : "ALTER TABLE " + lender)
              + " ADD COLUMN "
              + column.quoted()
              + " "
              + column.fullType()
              + (column.local() ? constraints(column, false) : lentConstraints(column)));
    }
    addOwnNotNulls();
    if (inheritsConstraints()) {
      lendConstraints();
    }
    for (String check : checkClauses(false)) {
      add(table.alter() + " ADD " + check);
    }
    becomeAChild();
    add(table.alter() + " NO INHERIT " + lender);
    add("DROP TABLE " + lender);
  }

  /** What is said of a column that the child only inherits. */
  private String lentConstraints(CatalogColumn column) {
    String generation = column.isGenerated() ? " " + column.generation() : "";
    if (namedNotNulls) {
      return generation
          + notNull(column)
              .filter(constraint -> !constraint.local())
              .map(constraint -> " " + constraint.clause())
              .orElse("");
    }
    return generation + (column.notNull() || isNotNullInParents(column) ? " NOT NULL" : "");
  }

  /** Of columns that it inherits, those that it refuses NULL in by itself. */
  private void addOwnNotNulls() {
    for (CatalogColumn column : table.columns) {
      notNull(column)
          .filter(constraint -> constraint.local() && !column.local())
          .ifPresent(
              constraint -> add(table.alter() + " ADD " + constraint.clause(column.quoted())));
    }
  }

  private boolean inheritsConstraints() {
    return table.checks.stream().anyMatch(this::isLent)
        || table.columns.stream().anyMatch(column -> lentNotNull(column).isPresent());
  }

  private boolean isLent(Check check) {
    return !check.local() && !check.comesLater() && !table.inheritsLater(check);
  }

  /** The {@code NOT NULL} that a column of its own has from parents only. */
  private Optional<NotNull> lentNotNull(CatalogColumn column) {
    return notNull(column).filter(constraint -> column.local() && !constraint.local());
  }

  /** Constraints speak of columns, so the lender gets those that are the child's own, too. */
  private void lendConstraints() {
    for (CatalogColumn column : table.columns) {
      if (column.local() && !table.inParents(column).isEmpty()) {
        add(
            "ALTER TABLE "
                + lender
                + " ADD COLUMN "
                + column.quoted()
                + " "
                + column.fullType()
                + (column.isGenerated() ? " " + column.generation() : ""));
        lentNotNull(column)
            .ifPresent(
                constraint ->
                    add("ALTER TABLE " + lender + " ADD " + constraint.clause(column.quoted())));
      }
    }
    for (Check check : table.checks) {
      if (isLent(check)) {
        add(
            "ALTER TABLE "
                + lender
                + " ADD CONSTRAINT "
                + check.quoted()
                + " "
                + check.definition());
      }
    }
  }

  // What is said of columns once they are there

  private void alterColumns(boolean natural) {
    List<String> actions = new ArrayList<>();
    List<String> afterwards = new ArrayList<>();
    for (CatalogColumn column : table.columns) {
      String alter = "ALTER COLUMN " + column.quoted() + " ";
      if (table.isInheritedOnly(column)) {
        alterInherited(column, alter, natural, actions);
        if (table.identities.containsKey(column.number())) {
          afterwards.add(alter + "ADD " + identity(column));
        }
      }
      if (!namedNotNulls && !column.notNull() && isNotNullInParents(column)) {
        actions.add(alter + "DROP NOT NULL");
      }
      alterSettings(column, alter, natural, actions);
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
  private void alterInherited(
      CatalogColumn column, String alter, boolean natural, List<String> actions) {
    if (isInline(column)) {
      actions.add(alter + "SET DEFAULT " + column.expression().orElseThrow());
    } else if (!column.isGenerated()
        && table.inParents(column).stream().anyMatch(CatalogColumn::hasDefault)) {
      actions.add(alter + "DROP DEFAULT");
    }
    if (natural && !namedNotNulls && column.notNull() && !isNotNullInParents(column)) {
      actions.add(alter + "SET NOT NULL");
    }
  }

  private void alterSettings(
      CatalogColumn column, String alter, boolean natural, List<String> actions) {
    Optional<CatalogColumn> inherited =
        natural ? table.inParents(column).stream().findFirst() : Optional.empty();
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

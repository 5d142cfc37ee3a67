package io.holdfast.postgres.internal.ddl;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.CatalogTable.Check;
import io.holdfast.postgres.internal.ddl.CatalogTable.NotNull;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Reads ordinary, partitioned and foreign tables with what belongs to their columns, and the
 * partitions' places. Keys, foreign keys and indexes are read elsewhere.
 *
 * <p>A table in a tablespace is moved there by a statement of its own, so that it can be restored
 * where there is no such tablespace.
 */
final class Tables {
  private final CaptureContext context;
  private final TableCatalog catalog;

  private Tables(CaptureContext context, TableCatalog catalog) {
    this.context = context;
    this.catalog = catalog;
  }

  static void read(CaptureContext context) throws SQLException {
    TableCatalog catalog = TableCatalog.read(context);
    Tables tables = new Tables(context, catalog);
    for (CatalogTable table : catalog.tables()) {
      if (!context.belongsToExtension(table.address())) {
        tables.add(table);
      }
    }
  }

  private void add(CatalogTable table) throws SQLException {
    Draft draft =
        begin(
            table.isForeign() ? ObjectKind.FOREIGN_TABLE : ObjectKind.TABLE,
            table.address(),
            table,
            table.name);
    TableStatements statements =
        new TableStatements(
            table,
            catalog.majorVersion(),
            Sql.qualified(table.schema, catalog.freeName(table.schema)));
    draft.sql(statements::write);
    String title = table.title();
    draft.owner(title, table.owner);
    context.describe(draft, title);
    for (CatalogColumn column : table.columns) {
      addDefault(table, column, draft, statements);
      context.describe(
          draft,
          "COLUMN " + table.quoted + "." + column.quoted(),
          table.address(),
          column.number());
      NotNull constraint = table.notNulls.get(column.number());
      if (constraint != null) {
        addNotNull(table, column, constraint, draft);
      }
    }
    for (Check check : table.checks) {
      addCheck(table, check, draft, statements);
    }
    addGrants(table, draft);
    for (Sequence sequence : table.identities.values()) {
      addIdentity(table, sequence, draft);
    }
    if (table.isPartition()) {
      addAttachment(table);
    }
    if (table.rowSecurity) {
      begin(
              ObjectKind.ROW_SECURITY,
              new Address("row security of a table", table.oid),
              table,
              table.name)
          .sql("ALTER TABLE " + table.quoted + " ENABLE ROW LEVEL SECURITY")
          .needs(table.address());
    }
  }

  /** An entry that is, or belongs to, the table. */
  private Draft begin(ObjectKind kind, Address address, CatalogTable table, String name) {
    return context.add(kind, address, table.schema, name).table(table.quoted);
  }

  private static Draft part(ObjectKind kind, Address address, CatalogTable table, String name) {
    return new Draft(kind, address, Optional.of(table.schema), name).table(table.quoted);
  }

  private static void addDefault(
      CatalogTable table, CatalogColumn column, Draft draft, TableStatements statements) {
    if (column.hasDefault()) {
      Draft part =
          part(
                  ObjectKind.DEFAULT,
                  new Address("pg_attrdef", column.expressionOid()),
                  table,
                  table.name + "." + column.name())
              .sql(
                  table.alterOnly()
                      + " ALTER COLUMN "
                      + column.quoted()
                      + " SET DEFAULT "
                      + column.expression().orElseThrow());
      draft.part(part);
      statements.defaultPart(column, part);
    }
  }

  /**
   * A check that not all rows satisfy comes after them. One that a child only inherits comes from
   * its parent; a partition has it before it is attached.
   */
  private void addCheck(CatalogTable table, Check check, Draft draft, TableStatements statements) {
    String add = table.alter() + " ADD CONSTRAINT " + check.quoted() + " ";
    Address address = Address.constraint(check.oid());
    String title = constraintTitle(table, check.quoted());
    if (table.inheritsLater(check)) {
      Draft later = begin(ObjectKind.CONSTRAINT, address, table, check.name());
      table.inherited(check).forEach(same -> later.needs(Address.constraint(same.oid())));
      if (check.validated()) {
        later.sql(table.alter() + " VALIDATE CONSTRAINT " + check.quoted());
      }
      context.describe(later, title);
    } else if (check.comesLater()) {
      Draft later =
          begin(ObjectKind.CONSTRAINT, address, table, check.name())
              .sql(add + check.definition())
              .needs(table.address());
      context.describe(later, title);
    } else if (check.local() || table.isPartition()) {
      Draft part =
          part(ObjectKind.CHECK, address, table, check.name()).sql(add + check.definition());
      draft.part(part);
      statements.checkPart(check, part);
      context.describe(part, title);
    } else {
      context.describe(draft, title, address, 0);
    }
  }

  private void addNotNull(
      CatalogTable table, CatalogColumn column, NotNull constraint, Draft draft) {
    Address address = Address.constraint(constraint.oid());
    String title = constraintTitle(table, constraint.quoted());
    if (table.inheritsLater(column, constraint)) {
      Draft later = begin(ObjectKind.CONSTRAINT, address, table, constraint.name());
      table.inherited(column).forEach(same -> later.needs(Address.constraint(same.oid())));
      if (constraint.validated() && !table.isPartition()) {
        later.sql(table.alter() + " VALIDATE CONSTRAINT " + constraint.quoted());
      }
      context.describe(later, title);
    } else if (!constraint.validated()) {
      Draft later =
          begin(ObjectKind.CONSTRAINT, address, table, constraint.name())
              .sql(table.alter() + " ADD " + constraint.clause(column.quoted()) + " NOT VALID")
              .needs(table.address());
      context.describe(later, title);
    } else {
      context.describe(draft, title, address, 0);
    }
  }

  private static String constraintTitle(CatalogTable table, String quoted) {
    return "CONSTRAINT " + quoted + " ON " + table.quoted;
  }

  private void addGrants(CatalogTable table, Draft draft) throws SQLException {
    String on = "TABLE " + table.quoted;
    CaptureContext.grants(draft, on, table.acl, table.initialAcl, table.owner);
    for (CatalogColumn column : table.columns) {
      column
          .acl()
          .map(items -> items.toArray(new String[0]))
          .map(
              items ->
                  Acl.grants(on, Optional.of(column.quoted()), items, new String[0], table.owner))
          .ifPresent(draft::grants);
    }
  }

  private void addIdentity(CatalogTable table, Sequence sequence, Draft draft) throws SQLException {
    String title = "SEQUENCE " + sequence.quoted();
    if (sequence.unlogged() != table.unlogged && context.majorVersion() >= 15) {
      draft.then("ALTER " + title + (sequence.unlogged() ? " SET UNLOGGED" : " SET LOGGED"));
    }
    context.describe(draft, title, sequence.address(), 0);
    CaptureContext.grants(draft, title, sequence.acl(), sequence.initialAcl(), sequence.owner());
  }

  private void addAttachment(CatalogTable table) {
    CatalogTable parent = table.parents.get(0);
    Draft draft =
        begin(ObjectKind.TABLE_ATTACH, attachment(table.oid), table, table.name)
            .sql(
                "ALTER TABLE ONLY "
                    + parent.quoted
                    + " ATTACH PARTITION "
                    + table.quoted
                    + " "
                    + table.bound.orElseThrow())
            .needs(parent.address())
            .needs(table.address());
    for (Check check : table.checks) {
      if (!check.comesLater()) {
        draft.needs(Address.constraint(check.oid()));
      }
    }
  }

  /** The address of what attaches a partition, of a table or of an index. */
  static Address attachment(long partition) {
    return new Address("attachment of a partition", partition);
  }
}

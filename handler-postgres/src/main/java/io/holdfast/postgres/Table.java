package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import java.util.List;
import java.util.Optional;

/**
 * A table that holds rows, as the catalog describes it.
 *
 * @param oid its OID
 * @param schema its schema, unquoted
 * @param name its name, unquoted
 * @param collection its name as a collection: {@code public."Order Items"}
 * @param owner the owner's name, unquoted
 * @param heap whether its access method is {@code heap}, the one whose row addresses are pages
 * @param partition whether it is a partition of another table
 * @param unlogged whether it is {@code UNLOGGED}
 * @param rowSecurity whether row-level security is enabled
 * @param forceRowSecurity whether that holds for the owner too
 * @param heapBytes bytes of the heap; 0 if unknown
 * @param totalBytes bytes of heap and TOAST; 0 if unknown
 * @param estimatedRows the planner's estimate, -1 if it has none
 * @param extensionCondition for a configuration table of an extension: the {@code WHERE …} that
 *     selects the rows that are not the extension's own, maybe empty. Not present for others
 * @param columns every column that is not dropped, in order, generated ones included
 * @param primaryKey names of the columns of the primary key, in its order; empty if there is none
 * @param mark the collection whose documents it holds, according to its comment
 */
record Table(
    long oid,
    String schema,
    String name,
    String collection,
    String owner,
    boolean heap,
    boolean partition,
    boolean unlogged,
    boolean rowSecurity,
    boolean forceRowSecurity,
    long heapBytes,
    long totalBytes,
    long estimatedRows,
    Optional<String> extensionCondition,
    List<Column> columns,
    List<String> primaryKey,
    Optional<String> mark) {
  /** Copies the lists. */
  Table {
    columns = List.copyOf(columns);
    primaryKey = List.copyOf(primaryKey);
  }

  /** The same table with its sizes. */
  Table withSizes(long ofHeap, long ofHeapAndToast) {
    return new Table(
        oid,
        schema,
        name,
        collection,
        owner,
        heap,
        partition,
        unlogged,
        rowSecurity,
        forceRowSecurity,
        ofHeap,
        ofHeapAndToast,
        estimatedRows,
        extensionCondition,
        columns,
        primaryKey,
        mark);
  }

  /** The collection whose documents it holds, if its comment and its columns say so. */
  Optional<String> documents() {
    return mark.filter(collection -> DocumentTable.fits(this));
  }

  /** Schema and name, quoted for a statement. */
  String toSql() {
    return Sql.qualified(schema, name);
  }

  /** The column of that name, which must be there. */
  Column column(String wanted) {
    return columns.stream()
        .filter(column -> column.name().equals(wanted))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No column " + wanted));
  }

  /** The columns that records hold: all but generated ones. */
  List<Column> storedColumns() {
    return columns.stream().filter(column -> !column.generated()).toList();
  }
}

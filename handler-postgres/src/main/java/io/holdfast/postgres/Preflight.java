package io.holdfast.postgres;

import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What would keep rows out of a backup, found before the first row is read, and all of it at once.
 */
final class Preflight {
  // LOCK TABLE asks for the right on the whole table; that on each column is not enough.
  private static final String UNREADABLE =
      """
      SELECT w.oid::bigint, pg_catalog.row_security_active(w.oid)
        FROM unnest(?::oid[]) AS w(oid)
        JOIN pg_catalog.pg_class c ON c.oid = w.oid
       WHERE pg_catalog.row_security_active(w.oid)
          OR NOT pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE')
          OR NOT pg_catalog.has_table_privilege(w.oid, 'SELECT')
      """;

  private Preflight() {}

  /**
   * Checks that the filter means something.
   *
   * @param known names of all collections of the source
   * @param chosen how many of them the filter accepts
   */
  static void checkFilter(CollectionFilter filter, List<String> known, int chosen) {
    List<String> unmatched = filter.unmatchedIncludes(known);
    if (!unmatched.isEmpty()) {
      throw new HandlerException(
          Kind.NOT_FOUND,
          null,
          "No table matches "
              + String.join(", ", unmatched)
              + ". Names have the form schema.table, quoted where SQL needs quotes. A partitioned"
              + " table holds no rows itself: name its partitions. Views and foreign tables hold none"
              + " either.",
          null);
    }
    if (chosen == 0 && !known.isEmpty()) {
      throw new HandlerException(
          Kind.NOT_FOUND,
          null,
          "The filter leaves nothing of "
              + known.size()
              + " collections to back up. Exclude less, or include more.",
          null);
    }
  }

  /**
   * Checks that every row of every table may be seen.
   *
   * @throws HandlerException of kind {@code PERMISSION_DENIED} that names all tables, sequences and
   *     large objects concerned
   */
  static void checkRights(
      Connection connection, List<Table> tables, Sequences sequences, boolean largeObjectData)
      throws SQLException {
    Set<Long> secured = new LinkedHashSet<>();
    Set<Long> denied = new LinkedHashSet<>();
    if (!tables.isEmpty()) {
      Catalog.query(
          connection,
          UNREADABLE,
          connection.createArrayOf("int8", tables.stream().map(Table::oid).toArray()),
          row -> (row.getBoolean(2) ? secured : denied).add(row.getLong(1)));
    }
    List<String> problems = new ArrayList<>();
    if (!denied.isEmpty()) {
      problems.add(
          "It lacks SELECT on the table, or USAGE on its schema: "
              + named(tables, denied)
              + ". Grant both, or membership in pg_read_all_data (PostgreSQL 14 and later).");
    }
    if (!secured.isEmpty()) {
      problems.add(
          "Row-level security may hide rows from it: "
              + named(tables, secured)
              + ". Use a role with BYPASSRLS, or the owner where security is not forced.");
    }
    if (!sequences.withoutRight().isEmpty()) {
      problems.add(
          "It lacks SELECT on the sequence, or USAGE on its schema: "
              + String.join(", ", sequences.withoutRight())
              + ".");
    }
    if (largeObjectData) {
      LargeObjects.unreadable(connection).ifPresent(problems::add);
    }
    if (!problems.isEmpty()) {
      throw new HandlerException(
          Kind.PERMISSION_DENIED,
          null,
          "The role "
              + currentUser(connection)
              + " cannot read everything that is to be backed up. "
              + String.join(" ", problems)
              + " Nothing was read.",
          null);
    }
  }

  private static String named(List<Table> tables, Set<Long> oids) {
    return String.join(
        ", ",
        tables.stream()
            .filter(table -> oids.contains(table.oid()))
            .map(Table::collection)
            .toList());
  }

  private static String currentUser(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT quote_ident(current_user)")) {
      row.next();
      return row.getString(1);
    }
  }
}

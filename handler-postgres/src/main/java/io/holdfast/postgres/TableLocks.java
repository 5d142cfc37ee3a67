package io.holdfast.postgres;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.Array;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Locks the tables of a backup against being dropped, altered or emptied until it is done. */
final class TableLocks {
  private static final Logger log = LoggerFactory.getLogger(TableLocks.class);

  private static final int BATCH = 500;

  private static final String BLOCKERS =
      """
      SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname), l.pid
        FROM unnest(?::oid[]) AS w(oid)
        JOIN pg_catalog.pg_locks l ON l.relation = w.oid AND l.mode = 'AccessExclusiveLock'
        JOIN pg_catalog.pg_database d ON d.oid = l.database AND d.datname = current_database()
        JOIN pg_catalog.pg_class c ON c.oid = w.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       ORDER BY 1
      """;

  // The column shows the snapshot, the function the present. They differ if the table was emptied
  // or rewritten between the two; TRUNCATE and some ALTER TABLE then show it empty to the snapshot
  // (PostgreSQL documentation, "Caveats" of MVCC). NULL: it was dropped.
  private static final String REWRITTEN =
      """
      SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
        FROM unnest(?::oid[]) AS w(oid)
        JOIN pg_catalog.pg_class c ON c.oid = w.oid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE pg_catalog.pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode
       ORDER BY 1
      """;

  private TableLocks() {}

  /**
   * Takes the locks in the connection's transaction and makes sure that the snapshot, which is
   * older than the locks, still shows the tables as they are.
   *
   * @throws HandlerException if another session keeps a table locked for longer than the timeout,
   *     or changed one meanwhile; both retryable
   */
  static void acquire(PinnedConnection connection, List<Table> tables, Duration timeout)
      throws SQLException {
    try {
      for (int from = 0; from < tables.size(); from += BATCH) {
        List<Table> batch = tables.subList(from, Math.min(from + BATCH, tables.size()));
        connection.execute(
            batch.stream()
                .map(table -> "ONLY " + table.toSql())
                .collect(Collectors.joining(", ", "LOCK TABLE ", " IN ACCESS SHARE MODE")));
      }
    } catch (SQLException e) {
      throw failed(connection, tables, timeout, e);
    }
    requireUnchanged(connection, tables);
  }

  private static HandlerException failed(
      PinnedConnection connection, List<Table> tables, Duration timeout, SQLException error) {
    if ("42P01".equals(error.getSQLState()) || "3F000".equals(error.getSQLState())) {
      return new HandlerException(
          Kind.SNAPSHOT_LOST,
          null,
          "A table was dropped or renamed while the backup began. Nothing was read; take it again.",
          error,
          true);
    }
    HandlerException translated = PostgresErrors.translate(error, "lock the tables", null);
    if (!"55P03".equals(error.getSQLState())) {
      return translated;
    }
    return new HandlerException(
        Kind.OTHER,
        null,
        "Other sessions kept tables locked for more than "
            + timeout.toSeconds()
            + " s: "
            + String.join(", ", blockers(connection, tables))
            + ". Nothing was read. Wait for them to end, or raise lockTimeout.",
        error,
        true);
  }

  private static List<String> blockers(PinnedConnection connection, List<Table> tables) {
    List<String> blockers = new ArrayList<>();
    try {
      connection.jdbc().rollback();
      Catalog.query(
          connection.jdbc(),
          BLOCKERS,
          oids(connection, tables),
          row -> blockers.add(row.getString(1) + " (by process " + row.getInt(2) + ")"));
    } catch (SQLException e) {
      log.debug("Could not find out who holds the locks: {}", e.getMessage());
    }
    return blockers.isEmpty() ? List.of("which, could not be found out") : blockers;
  }

  private static void requireUnchanged(PinnedConnection connection, List<Table> tables)
      throws SQLException {
    List<String> rewritten = new ArrayList<>();
    if (!tables.isEmpty()) {
      Catalog.query(
          connection.jdbc(),
          REWRITTEN,
          oids(connection, tables),
          row -> rewritten.add(row.getString(1)));
    }
    if (!rewritten.isEmpty()) {
      throw new HandlerException(
          Kind.SNAPSHOT_LOST,
          null,
          "Tables were emptied, rewritten or dropped while the backup began, so its snapshot does"
              + " not show them any more: "
              + String.join(", ", rewritten)
              + ". Nothing was read; take it again.",
          null,
          true);
    }
  }

  private static Array oids(PinnedConnection connection, List<Table> tables) throws SQLException {
    return connection.jdbc().createArrayOf("int8", tables.stream().map(Table::oid).toArray());
  }
}

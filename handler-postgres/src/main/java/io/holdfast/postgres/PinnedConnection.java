package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection whose transactions run under settings that do not depend on what the server, the
 * role or an application's pool has configured. The settings are local to a transaction, so that a
 * pool gets its connection back as it was.
 *
 * <p>Belongs to one thread, but for {@link #abort}.
 */
final class PinnedConnection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PinnedConnection.class);

  // How values, names and types are written; see pg_dump's setup_connection. quote_all_identifiers
  // changes quote_ident and format_type. The timeouts would end a long backup or restore.
  private static final String COMMON_SETTINGS =
      """
      SET LOCAL client_encoding = 'UTF8';
      SET LOCAL standard_conforming_strings = on;
      SET LOCAL search_path = '';
      SET LOCAL quote_all_identifiers = off;
      SET LOCAL DateStyle = 'ISO';
      SET LOCAL IntervalStyle = 'postgres';
      SET LOCAL TimeZone = 'UTC';
      SET LOCAL bytea_output = 'hex';
      SET LOCAL extra_float_digits = 3;
      SET LOCAL lc_monetary = 'C';
      SET LOCAL statement_timeout = 0;
      SET LOCAL lock_timeout = 0;
      SET LOCAL idle_in_transaction_session_timeout = 0;
      SET LOCAL row_security = off;
      """;

  // The planner settings: our own readers are the parallelism, and compiling a query that only
  // copies columns never pays.
  private static final String READING_SETTINGS =
      """
      SET LOCAL synchronize_seqscans = off;
      SET LOCAL max_parallel_workers_per_gather = 0;
      SET LOCAL jit = off;
      """;

  private static final String LOADING_SETTINGS =
      """
      SET LOCAL check_function_bodies = false;
      SET LOCAL xmloption = 'content';
      """;

  private final Connection jdbc;
  private final @Nullable MessageStream messages;
  private final PGConnection driver;
  private final int majorVersion;
  private final boolean autoCommitBefore;

  private PinnedConnection(
      Connection jdbc,
      @Nullable MessageStream messages,
      PGConnection driver,
      int majorVersion,
      boolean autoCommitBefore) {
    this.jdbc = jdbc;
    this.messages = messages;
    this.driver = driver;
    this.majorVersion = majorVersion;
    this.autoCommitBefore = autoCommitBefore;
  }

  /** Takes over a connection; closes it if that fails. */
  static PinnedConnection of(Connection jdbc) throws SQLException {
    return of(jdbc, null);
  }

  /**
   * Takes over a connection; closes it if that fails.
   *
   * @param messages what the driver receives through, if that is known
   */
  static PinnedConnection of(Connection jdbc, @Nullable MessageStream messages)
      throws SQLException {
    try {
      if (!jdbc.isWrapperFor(PGConnection.class)) {
        throw new HandlerException(
            HandlerException.Kind.UNSUPPORTED,
            null,
            "The DataSource gives connections that cannot be unwrapped to the PostgreSQL driver's"
                + " org.postgresql.PGConnection, which is needed for COPY. Give a DataSource of"
                + " pgjdbc, or a pool whose connections support unwrap().",
            null);
      }
      int version = jdbc.getMetaData().getDatabaseMajorVersion();
      if (version < 13) {
        throw new HandlerException(
            HandlerException.Kind.UNSUPPORTED,
            null,
            "The server is PostgreSQL " + version + "; 13 is the oldest that is supported.",
            null);
      }
      boolean autoCommit = jdbc.getAutoCommit();
      if (autoCommit) {
        jdbc.setAutoCommit(false);
      } else {
        // What an application left open on its connection must not become part of ours.
        jdbc.rollback();
      }
      return new PinnedConnection(
          jdbc, messages, jdbc.unwrap(PGConnection.class), version, autoCommit);
    } catch (SQLException | RuntimeException e) {
      try {
        jdbc.close();
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /**
   * Begins a transaction that reads one snapshot and cannot write.
   *
   * @param snapshot the snapshot to adopt, as {@code pg_export_snapshot} named it; a new one if
   *     empty
   * @throws HandlerException of kind {@code SNAPSHOT_LOST} if that snapshot is not to be had
   */
  void beginReading(Optional<String> snapshot) throws SQLException {
    execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    if (snapshot.isPresent()) {
      adopt(snapshot.get());
    }
    execute(COMMON_SETTINGS + READING_SETTINGS + versionedSettings());
    // Keeps functions of a hostile owner from running while we read (CVE-2024-7348). The setting
    // is missing before the minor releases of August 2024.
    try (Statement statement = jdbc.createStatement()) {
      statement.execute(
          "SELECT pg_catalog.set_config(name, 'view, foreign-table', true)"
              + " FROM pg_catalog.pg_settings WHERE name = 'restrict_nonsystem_relation_kind'");
    }
  }

  private void adopt(String snapshot) {
    try {
      execute("SET TRANSACTION SNAPSHOT " + Sql.quoteLiteral(snapshot));
    } catch (SQLException e) {
      throw PostgresErrors.snapshotLost(e);
    }
  }

  /** Begins a transaction that writes. */
  void beginLoading() throws SQLException {
    execute(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;"
            + COMMON_SETTINGS
            + LOADING_SETTINGS
            + versionedSettings());
  }

  private String versionedSettings() {
    return majorVersion >= 17 ? "SET LOCAL transaction_timeout = 0;" : "";
  }

  /**
   * Sets a mark, to which {@link #releaseLocks} goes back. Locks are kept in memory that all
   * sessions of the server share, and it is not large (max_locks_per_transaction); going back to a
   * savepoint gives them free in the middle of a transaction, and leaves its snapshot as it is.
   */
  void markLocks() throws SQLException {
    execute("SAVEPOINT holdfast_locks");
  }

  /** Gives back the locks that were taken since {@link #markLocks}. */
  void releaseLocks() throws SQLException {
    execute("ROLLBACK TO SAVEPOINT holdfast_locks");
  }

  /** Runs one or more statements that return nothing. */
  void execute(String sql) throws SQLException {
    try (Statement statement = jdbc.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The connection, for queries. Closed by {@link #close}. */
  Connection jdbc() {
    return jdbc;
  }

  /** The driver's own interface, for COPY. */
  PGConnection driver() {
    return driver;
  }

  /** Begins a {@code COPY … TO STDOUT}. */
  CopyRows copyOut(String sql) throws SQLException {
    return CopyRows.start(driver, messages, sql);
  }

  /** The server's major version: 13 … */
  int majorVersion() {
    return majorVersion;
  }

  /** Breaks the connection off, from any thread; whatever waits on it fails. Never throws. */
  void abort() {
    try {
      jdbc.abort(Runnable::run);
    } catch (SQLException | RuntimeException e) {
      log.debug("Could not abort a connection: {}", e.getMessage());
    }
  }

  /** Rolls back what is open and gives the connection back as it was. Never throws. */
  @Override
  public void close() {
    try (jdbc) {
      if (!jdbc.isClosed()) {
        jdbc.rollback();
        if (autoCommitBefore) {
          jdbc.setAutoCommit(true);
        }
      }
    } catch (SQLException e) {
      log.debug("Could not close a connection in order: {}", e.getMessage());
    }
  }
}

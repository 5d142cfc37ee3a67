package io.holdfast.postgres;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection beside the databases that are created, dropped and renamed, since the server does
 * that to no database from within. Timeouts of the role do not end it; it is given back as it was.
 * Belongs to one thread.
 */
final class MaintenanceConnection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MaintenanceConnection.class);

  /** A session that has just ended counts against the limit of its role for a moment. */
  private static final Retry UNTIL_SESSIONS_ENDED =
      Retry.of(10, Duration.ofMillis(20), Duration.ofMillis(500));

  private static final String TIMEOUTS =
      """
      SELECT name, setting FROM pg_catalog.pg_settings
       WHERE name IN ('statement_timeout', 'lock_timeout', 'transaction_timeout',
                      'idle_session_timeout', 'idle_in_transaction_session_timeout')
         AND setting <> '0'
      """;

  private final PinnedConnection connection;
  private final Map<String, String> timeouts = new LinkedHashMap<>();
  private final Set<AdvisoryLock> locks = new LinkedHashSet<>();

  /** The two numbers of an advisory lock. */
  record AdvisoryLock(int space, int number) {}

  private MaintenanceConnection(PinnedConnection connection) {
    this.connection = connection;
  }

  /** Which databases may serve for the connection. */
  record Choice(Optional<String> configured) {
    /** {@code postgres}, else {@code template1}. */
    static final Choice DEFAULT = new Choice(Optional.empty());

    private Set<String> candidates() {
      Set<String> names = new LinkedHashSet<>();
      configured.ifPresentOrElse(
          names::add,
          () -> {
            names.add("postgres");
            names.add("template1");
          });
      return names;
    }
  }

  /**
   * Connects.
   *
   * @param any a way to any database of the server
   * @param subject the database that is worked on, which the connection must not be to
   * @throws HandlerException if there is no way to another database, or none can be connected to
   */
  static MaintenanceConnection open(Connections any, Choice choice, String subject) {
    return open(any, choice, subject, MaintenanceConnection::openPatiently);
  }

  /** As {@link #open}, without waiting where there are too many connections. */
  static MaintenanceConnection openNow(Connections any, Choice choice, String subject) {
    return open(any, choice, subject, Connections::open);
  }

  private static MaintenanceConnection open(
      Connections any,
      Choice choice,
      String subject,
      Function<Connections, PinnedConnection> opening) {
    Set<String> candidates = choice.candidates();
    candidates.remove(subject);
    HandlerException refused = null;
    for (String candidate : candidates) {
      Connections to = any.to(candidate).orElseThrow(MaintenanceConnection::noWay);
      try {
        return of(opening.apply(to), to.location());
      } catch (HandlerException e) {
        if (!Set.of(Kind.NOT_FOUND, Kind.PERMISSION_DENIED, Kind.UNAUTHENTICATED)
            .contains(e.kind())) {
          throw e;
        }
        refused = withEarlier(e, refused);
      }
    }
    throw new HandlerException(
        refused == null ? Kind.UNSUPPORTED : refused.kind(),
        null,
        "Databases are created, dropped and renamed from a connection to another one, and there is"
            + " none to "
            + String.join(" or ", choice.candidates())
            + (refused == null ? ", which is itself the subject" : ": " + refused.getMessage())
            + " Name another with maintenanceDatabase(…).",
        refused);
  }

  private static HandlerException withEarlier(
      HandlerException e, @Nullable HandlerException earlier) {
    if (earlier == null) {
      return e;
    }
    earlier.addSuppressed(e);
    return earlier;
  }

  /** Why a handler cannot reach other databases, and what to do about it. */
  static HandlerException noWay() {
    return new HandlerException(
        Kind.UNSUPPORTED,
        null,
        "A single DataSource leads to one database only, and this takes connections to others of"
            + " the same server. Nothing was changed. Build the handler from a URI, or with"
            + " builder(dataSource).databases(name -> …).",
        null);
  }

  private static MaintenanceConnection of(PinnedConnection pinned, String location) {
    MaintenanceConnection opened = new MaintenanceConnection(pinned);
    try {
      opened.liftTimeouts();
      return opened;
    } catch (SQLException e) {
      opened.close();
      throw PostgresErrors.translate(e, "connect to " + location, null);
    }
  }

  /** Opens a connection where one of the same role has only just been closed. */
  static PinnedConnection openPatiently(Connections to) {
    return openPatiently(to, to::open);
  }

  /** The same for what opens connections of its own. */
  static <T> T openPatiently(Connections to, Supplier<T> open) {
    return UNTIL_SESSIONS_ENDED.call("connect to " + to.location(), () -> openOrFail(open));
  }

  private static <T> T openOrFail(Supplier<T> open) {
    try {
      return open.get();
    } catch (HandlerException e) {
      if (e.retryable() && !isLimit(e)) {
        // Whoever called us knows how often to try again.
        throw new HandlerException(
            e.kind(),
            e.collection().orElse(null),
            String.valueOf(e.getMessage()),
            e.getCause(),
            false);
      }
      throw e;
    }
  }

  /** Whether there were too many connections. */
  static boolean isLimit(HandlerException e) {
    return e.getCause() instanceof SQLException sql && "53300".equals(sql.getSQLState());
  }

  private void liftTimeouts() throws SQLException {
    try (PreparedStatement statement = connection.jdbc().prepareStatement(TIMEOUTS);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        timeouts.put(row.getString(1), row.getString(2));
      }
    }
    for (String name : timeouts.keySet()) {
      set(name, "0");
    }
    connection.jdbc().commit();
  }

  private void set(String name, String value) throws SQLException {
    try (PreparedStatement statement =
        connection.jdbc().prepareStatement("SELECT pg_catalog.set_config(?, ?, false)")) {
      statement.setString(1, name);
      statement.setString(2, value);
      statement.execute();
    }
  }

  /** Something that is done with a row. */
  @FunctionalInterface
  interface RowReader {
    void read(ResultSet row) throws SQLException;
  }

  /** Runs a query in the transaction that is open, or begins one. */
  void query(String sql, RowReader reader, Object... arguments) throws SQLException {
    try (PreparedStatement statement = connection.jdbc().prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          reader.read(row);
        }
      }
    }
  }

  /** Runs statements in the transaction that is open, or begins one. */
  void execute(String sql) throws SQLException {
    connection.execute(sql);
  }

  /** Runs one statement that the server allows in no transaction. */
  void executeAlone(String sql) throws SQLException {
    connection.jdbc().commit();
    connection.jdbc().setAutoCommit(true);
    try {
      connection.execute(sql);
    } catch (SQLException e) {
      try {
        connection.jdbc().setAutoCommit(false);
      } catch (SQLException lost) {
        e.addSuppressed(lost);
      }
      throw e;
    }
    connection.jdbc().setAutoCommit(false);
  }

  /** Takes the lock, until this is closed, if nobody else has it. */
  boolean tryLock(AdvisoryLock lock) throws SQLException {
    boolean taken = advisory("pg_try_advisory_lock", lock);
    connection.jdbc().commit();
    if (taken) {
      locks.add(lock);
    }
    return taken;
  }

  private boolean advisory(String function, AdvisoryLock lock) throws SQLException {
    boolean[] result = new boolean[1];
    query(
        "SELECT pg_catalog." + function + "(?, ?)",
        row -> result[0] = row.getBoolean(1),
        lock.space,
        lock.number);
    return result[0];
  }

  void commit() throws SQLException {
    connection.jdbc().commit();
  }

  void rollback() throws SQLException {
    connection.jdbc().rollback();
  }

  /** The number of the server's process. */
  int process() {
    return connection.driver().getBackendPID();
  }

  /** Whether the server still answers. */
  boolean isAlive() {
    try {
      return connection.jdbc().isValid(10);
    } catch (SQLException e) {
      log.debug("A connection is not valid any more: {}", e.getMessage());
      return false;
    }
  }

  int majorVersion() {
    return connection.majorVersion();
  }

  /** Rolls back, gives back advisory locks, restores the timeouts. Never throws. */
  @Override
  public void close() {
    try {
      if (!connection.jdbc().isClosed()) {
        connection.jdbc().rollback();
        for (AdvisoryLock lock : locks) {
          advisory("pg_advisory_unlock", lock);
        }
        for (Map.Entry<String, String> timeout : timeouts.entrySet()) {
          set(timeout.getKey(), timeout.getValue());
        }
        connection.jdbc().commit();
      }
    } catch (SQLException e) {
      log.debug("Could not give a connection back as it was: {}", e.getMessage());
    } finally {
      connection.close();
    }
  }
}

package io.holdfast.postgres;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sessions of others in a database that is about to lose its name, and how they are ended. */
final class DatabaseSessions {
  private static final Logger log = LoggerFactory.getLogger(DatabaseSessions.class);

  /** Statistics are otherwise those of the transaction's beginning. */
  static final String FRESH = "SELECT pg_catalog.pg_stat_clear_snapshot()";

  // The server itself sends workers of autovacuum away; they belong to no user.
  private static final String OTHERS =
      """
        FROM pg_catalog.pg_stat_activity a
       WHERE a.datid = %d::oid AND a.pid <> pg_catalog.pg_backend_pid() AND a.usesysid IS NOT NULL
      """;

  // What pg_terminate_backend asks for.
  private static final String IMMUNE =
      """
         AND NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
         AND ((SELECT rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = a.usesysid)
              OR NOT (pg_catalog.pg_has_role(a.usesysid, 'USAGE')
                      OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE')))
      """;

  private DatabaseSessions() {}

  /** The statement that ends the sessions in a database. */
  static String terminateSql(long database) {
    return "SELECT pg_catalog.pg_terminate_backend(a.pid) " + OTHERS.formatted(database);
  }

  /** Those in a database that this role may not end, for people. */
  static List<String> immune(MaintenanceConnection connection, long database) throws SQLException {
    return list(connection, OTHERS.formatted(database) + IMMUNE);
  }

  /** Those in a database, for people. */
  static List<String> all(MaintenanceConnection connection, long database) throws SQLException {
    return list(connection, OTHERS.formatted(database));
  }

  private static List<String> list(MaintenanceConnection connection, String from)
      throws SQLException {
    connection.query(FRESH, row -> {});
    List<String> sessions = new ArrayList<>();
    connection.query(
        "SELECT a.pid, a.usename, coalesce(a.application_name, '') " + from + " ORDER BY 1",
        row ->
            sessions.add(
                "process "
                    + row.getInt(1)
                    + " of "
                    + row.getString(2)
                    + (row.getString(3).isEmpty() ? "" : " (" + row.getString(3) + ")")));
    return sessions;
  }

  /** Makes sure that nobody is thrown out in vain. */
  static void requireNoneImmune(MaintenanceConnection connection, long database, String name)
      throws SQLException {
    List<String> immune = immune(connection, database);
    if (!immune.isEmpty()) {
      throw new HandlerException(
          Kind.PERMISSION_DENIED,
          null,
          "Sessions in "
              + name
              + " cannot be ended by this role: "
              + String.join(", ", immune)
              + ". Disconnect them, or grant it pg_signal_backend (which does not reach"
              + " superusers).",
          null);
    }
  }

  /**
   * Ends sessions in a database as they appear, from a connection of its own, until it is closed.
   * Where there is no connection to spare, does nothing.
   */
  static final class Disconnecting implements AutoCloseable {
    private static final long PAUSE_MILLIS = 50;

    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    Disconnecting(
        Connections any, MaintenanceConnection.Choice choice, String name, long database) {
      thread = new Thread(() -> run(any, choice, name, database), "holdfast-disconnect");
      thread.setDaemon(true);
      thread.start();
    }

    private void run(
        Connections any, MaintenanceConnection.Choice choice, String name, long database) {
      try (MaintenanceConnection connection = MaintenanceConnection.openNow(any, choice, name)) {
        do {
          connection.query(terminateSql(database), row -> {});
          connection.commit();
        } while (!stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
      } catch (SQLException | HandlerException e) {
        // The renaming itself then tells who is in its way.
        log.debug("Cannot end the sessions in {} meanwhile: {}", name, e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      stop.countDown();
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true; // It ends by itself, and soon.
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

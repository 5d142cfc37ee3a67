package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Gives a database that was built a name that another has, in one transaction: at every instant
 * exactly one complete database has the name, and it takes connections.
 *
 * <p>{@code ALTER DATABASE … RENAME} locks the database's name first, which holds up new sessions,
 * and then waits for those in it to end. So they are ended meanwhile, from another connection if
 * there is one to spare. Closing the database to new sessions beforehand, as is often done, would
 * leave it closed if the process died.
 */
final class DatabaseExchange {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Somebody is connected; it took too long to find that out. */
  private static final Set<String> IN_USE = Set.of("55006", "57014");

  private final Connections any;
  private final MaintenanceConnection.Choice choice;
  private final MaintenanceConnection connection;
  private final DatabaseBuild build;

  DatabaseExchange(
      Connections any,
      MaintenanceConnection.Choice choice,
      MaintenanceConnection connection,
      DatabaseBuild build) {
    this.any = any;
    this.choice = choice;
    this.connection = connection;
    this.build = build;
  }

  /**
   * Does all but the commit.
   *
   * @param replaced the oid of the database that has the name; 0 if there is none
   * @param before statements for the new database, under the name it was built by
   * @param after statements for the new database, under its final name
   * @return what the replaced database is called, once this is committed
   */
  Optional<String> prepare(long replaced, List<String> before, List<String> after)
      throws SQLException {
    for (String sql : before) {
      connection.execute(sql);
    }
    Optional<String> away = Optional.empty();
    if (replaced != 0) {
      away = Optional.of(DatabaseName.forBuilding(build.base()));
      moveAway(replaced, away.get());
    }
    rename(build.oid(), build.name(), build.base());
    for (String sql : after) {
      connection.execute(sql);
    }
    return away;
  }

  private void moveAway(long replaced, String away) throws SQLException {
    rename(replaced, build.base(), away);
    String quoted = Sql.quoteIdentifier(away);
    connection.execute(
        DatabaseTraits.commentSql(away, Optional.of(Leftovers.replacedMark(build.base()))));
    connection.execute(
        "ALTER DATABASE " + quoted + " WITH ALLOW_CONNECTIONS false IS_TEMPLATE false");
  }

  private void rename(long oid, String from, String to) throws SQLException {
    DatabaseSessions.requireNoneImmune(connection, oid, from);
    String rename =
        "ALTER DATABASE " + Sql.quoteIdentifier(from) + " RENAME TO " + Sql.quoteIdentifier(to);
    long start = System.nanoTime();
    DatabaseSessions.Disconnecting disconnecting =
        new DatabaseSessions.Disconnecting(any, choice, from, oid);
    try {
      while (true) {
        connection.execute("SAVEPOINT holdfast_rename");
        try {
          connection.execute("SET LOCAL statement_timeout = '6s'");
          // In one go, so that those who come back find the name locked.
          connection.execute(
              DatabaseSessions.FRESH + ";" + DatabaseSessions.terminateSql(oid) + ";" + rename);
          connection.execute("SET LOCAL statement_timeout = 0; RELEASE holdfast_rename");
          return;
        } catch (SQLException e) {
          if (!IN_USE.contains(String.valueOf(e.getSQLState()))) {
            throw e;
          }
          connection.execute("ROLLBACK TO SAVEPOINT holdfast_rename");
          if (System.nanoTime() - start > PATIENCE_NANOS) {
            throw stillInUse(oid, from, e);
          }
        }
      }
    } finally {
      disconnecting.close();
    }
  }

  private HandlerException stillInUse(long oid, String name, SQLException e) throws SQLException {
    List<String> sessions = DatabaseSessions.all(connection, oid);
    return new HandlerException(
        HandlerException.Kind.OTHER,
        null,
        "The database "
            + name
            + " stays in use, though its sessions were ended: "
            + (sessions.isEmpty()
                ? PostgresErrors.translate(e, "rename it", null).getMessage()
                : String.join(", ", sessions))
            + ". Stop what connects to it, then try again.",
        null,
        true);
  }
}

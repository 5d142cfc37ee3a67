package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A new database that nobody else connects to yet, under a name of its own and with a mark by which
 * {@link Leftovers} knows it, should its builder die.
 *
 * @param base for which database it is built
 * @param name what it is called meanwhile
 * @param oid what it is called by the server
 */
record DatabaseBuild(String base, String name, long oid) {
  /**
   * Creates it from {@code template0}. The connection then holds the lock that tells that the
   * builder lives.
   */
  static DatabaseBuild create(MaintenanceConnection connection, String base, DatabaseShape shape)
      throws SQLException {
    String name = DatabaseName.forBuilding(base);
    if (!connection.tryLock(Leftovers.lockOf(name))) {
      throw new IllegalStateException("The name " + name + " is taken, which is unique");
    }
    String quoted = Sql.quoteIdentifier(name);
    // Without connections until it is marked, so that one without a mark is known to be empty.
    connection.executeAlone(
        "CREATE DATABASE "
            + quoted
            + " TEMPLATE template0 ALLOW_CONNECTIONS false "
            + shape.toSql(connection.majorVersion()));
    try {
      connection.execute(DatabaseTraits.commentSql(name, mark(base)));
      connection.execute("REVOKE ALL ON DATABASE " + quoted + " FROM PUBLIC");
      connection.execute("ALTER DATABASE " + quoted + " WITH ALLOW_CONNECTIONS true");
      connection.commit();
      return new DatabaseBuild(base, name, oid(connection, name));
    } catch (SQLException e) {
      try {
        connection.rollback();
        connection.executeAlone("DROP DATABASE " + quoted);
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static Optional<String> mark(String base) {
    return Optional.of(Leftovers.buildMark(base));
  }

  /** The oid of the database of that name; 0 if there is none. */
  static long oid(MaintenanceConnection connection, String name) throws SQLException {
    long[] oid = new long[1];
    connection.query(
        "SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = ?",
        row -> oid[0] = row.getLong(1),
        name);
    connection.commit();
    return oid[0];
  }

  /** Drops it, with whoever is connected; no error if it is not there. */
  void drop(MaintenanceConnection connection) throws SQLException {
    connection.executeAlone(
        "DROP DATABASE IF EXISTS " + Sql.quoteIdentifier(name) + " WITH (FORCE)");
  }
}

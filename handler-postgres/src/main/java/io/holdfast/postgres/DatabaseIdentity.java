package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.DatabaseInfo;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * Tells which database a connection reaches, and reads and sets the mark that says what it is for.
 *
 * <p>The mark is a pair of settings of the database ({@code ALTER DATABASE … SET}), so it stays
 * with it whatever it is called and whoever connects. It is read from the catalog: a session that
 * is older than the mark does not show it as a setting.
 */
final class DatabaseIdentity {
  private static final String ENVIRONMENT = "holdfast.environment";
  private static final String PRODUCTION = "holdfast.production";

  private static final String DATABASE =
      """
      SELECT d.datname, d.oid::bigint,
             pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'),
             (SELECT pg_catalog.max(pg_catalog.substr(s, 22)) FROM unnest(r.setconfig) s
               WHERE s LIKE 'holdfast.environment=%'),
             (SELECT pg_catalog.max(pg_catalog.substr(s, 21)) FROM unnest(r.setconfig) s
               WHERE s LIKE 'holdfast.production=%')
        FROM pg_catalog.pg_database d
        LEFT JOIN pg_catalog.pg_db_role_setting r ON r.setdatabase = d.oid AND r.setrole = 0
       WHERE d.datname = current_database()
      """;

  private DatabaseIdentity() {}

  /**
   * Reads it. The identity is the cluster's system identifier and the database's OID; it is empty
   * where the role may not ask for the former.
   */
  static DatabaseInfo read(Connection connection) throws SQLException {
    String name;
    long oid;
    boolean mayAsk;
    Optional<String> environment;
    boolean production;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(DATABASE)) {
      row.next();
      name = row.getString(1);
      oid = row.getLong(2);
      mayAsk = row.getBoolean(3);
      environment = Optional.ofNullable(row.getString(4));
      production = "on".equals(row.getString(5));
    }
    return new DatabaseInfo(
        name, mayAsk ? cluster(connection) + "/" + oid : "", environment, production);
  }

  private static String cluster(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT system_identifier::text FROM pg_catalog.pg_control_system()")) {
      row.next();
      return row.getString(1);
    }
  }

  /** Sets the mark in the connection's transaction. */
  static void mark(PinnedConnection connection, String environment, boolean production)
      throws SQLException {
    String alter = alter(connection);
    connection.execute(alter + "SET " + ENVIRONMENT + " = " + Sql.quoteLiteral(environment));
    connection.execute(alter + "SET " + PRODUCTION + " = " + (production ? "'on'" : "'off'"));
  }

  /** Removes the mark in the connection's transaction. */
  static void unmark(PinnedConnection connection) throws SQLException {
    String alter = alter(connection);
    connection.execute(alter + "RESET " + ENVIRONMENT);
    connection.execute(alter + "RESET " + PRODUCTION);
  }

  private static String alter(PinnedConnection connection) throws SQLException {
    return "ALTER DATABASE " + Sql.quoteIdentifier(read(connection.jdbc()).name()) + " ";
  }
}

package io.holdfast.postgres;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import javax.sql.DataSource;

/**
 * Opens connections to one database: from a {@code DataSource} that belongs to the application, or
 * from settings of our own. Holds no connection itself. Safe for use by many threads.
 */
final class Connections {
  /** Where connections come from. */
  @FunctionalInterface
  private interface Source {
    Connection open() throws SQLException;
  }

  private final Source source;
  private final String location;

  private Connections(Source source, String location) {
    this.source = source;
    this.location = location;
  }

  /** Connections of the application's own; each is given back as it was. */
  static Connections from(DataSource dataSource) {
    return new Connections(dataSource::getConnection, "postgresql (from a DataSource)");
  }

  /** Connections made by the driver from settings. */
  static Connections from(ConnectionSettings settings) {
    return new Connections(
        () -> {
          Properties properties = settings.driverProperties();
          return DriverManager.getConnection(settings.driverUrl(), properties);
        },
        settings.location());
  }

  /** Which database it is, for people. No secret. */
  String location() {
    return location;
  }

  /**
   * Opens a connection; no transaction has begun on it.
   *
   * @throws io.holdfast.spi.HandlerException if the database cannot be reached or refuses
   */
  PinnedConnection open() {
    try {
      return PinnedConnection.of(source.open());
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "connect to " + location, null);
    }
  }
}

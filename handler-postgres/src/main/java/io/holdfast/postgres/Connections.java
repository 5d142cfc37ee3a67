package io.holdfast.postgres;

import java.sql.DriverManager;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Opens connections to one database: from a {@code DataSource} that belongs to the application, or
 * from settings of our own. Holds no connection itself. Safe for use by many threads.
 */
final class Connections {
  /** Where connections come from. */
  @FunctionalInterface
  private interface Source {
    PinnedConnection open() throws SQLException;
  }

  private final Source source;
  private final Source readingSource;
  private final String location;

  private Connections(Source source, Source readingSource, String location) {
    this.source = source;
    this.readingSource = readingSource;
    this.location = location;
  }

  /** Connections of the application's own; each is given back as it was. */
  static Connections from(DataSource dataSource) {
    Source source = () -> PinnedConnection.of(dataSource.getConnection());
    return new Connections(source, source, "postgresql (from a DataSource)");
  }

  /** Connections made by the driver from settings. */
  static Connections from(ConnectionSettings settings) {
    String url = settings.driverUrl();
    return new Connections(
        () -> PinnedConnection.of(DriverManager.getConnection(url, settings.driverProperties())),
        () -> TappableSocketFactory.open(url, settings.driverProperties()),
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
    return open(source);
  }

  /** Opens a connection for reading many rows: the same, but cheaper where that is possible. */
  PinnedConnection openForReading() {
    return open(readingSource);
  }

  private PinnedConnection open(Source from) {
    try {
      return from.open();
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "connect to " + location, null);
    }
  }
}

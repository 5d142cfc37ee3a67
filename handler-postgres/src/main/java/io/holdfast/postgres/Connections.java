package io.holdfast.postgres;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

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
  private final Supplier<DataSource> dataSource;
  private final Optional<Function<String, Connections>> others;

  private Connections(
      Source source,
      Source readingSource,
      String location,
      Supplier<DataSource> dataSource,
      Optional<Function<String, Connections>> others) {
    this.source = source;
    this.readingSource = readingSource;
    this.location = location;
    this.dataSource = dataSource;
    this.others = others;
  }

  /** Connections of the application's own; each is given back as it was. */
  static Connections from(DataSource dataSource) {
    return from(dataSource, "postgresql (from a DataSource)", Optional.empty());
  }

  /**
   * The same, with a way to the other databases of the server.
   *
   * @param databases a data source for a database's name
   */
  static Connections from(DataSource dataSource, Function<String, DataSource> databases) {
    return from(
        dataSource, "postgresql (from a DataSource)", Optional.of(name -> from(databases, name)));
  }

  /** Connections of the application's own to the database of that name, and to its neighbours. */
  static Connections from(Function<String, DataSource> databases, String database) {
    DataSource dataSource = databases.apply(database);
    if (dataSource == null) {
      throw new IllegalStateException("There is no DataSource for the database " + database);
    }
    return from(
        dataSource,
        "postgresql (from a DataSource for " + database + ")",
        Optional.of(name -> from(databases, name)));
  }

  private static Connections from(
      DataSource dataSource, String location, Optional<Function<String, Connections>> others) {
    Source source = () -> PinnedConnection.of(dataSource.getConnection());
    return new Connections(source, source, location, () -> dataSource, others);
  }

  /** Connections made by the driver from settings. */
  static Connections from(ConnectionSettings settings) {
    String url = settings.driverUrl();
    return new Connections(
        () -> PinnedConnection.of(DriverManager.getConnection(url, settings.driverProperties())),
        () -> TappableSocketFactory.open(url, settings.driverProperties()),
        settings.location(),
        () -> dataSource(settings),
        Optional.of(name -> from(settings.to(name))));
  }

  private static DataSource dataSource(ConnectionSettings settings) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(settings.driverUrl());
    Properties properties = settings.driverProperties();
    try {
      for (Map.Entry<Object, Object> property : properties.entrySet()) {
        dataSource.setProperty((String) property.getKey(), (String) property.getValue());
      }
    } catch (SQLException e) {
      // The same properties are what connections are opened with.
      throw new IllegalStateException("The driver does not know a property of its own", e);
    }
    return dataSource;
  }

  /** Which database it is, for people. No secret. */
  String location() {
    return location;
  }

  /** The same for another database of the server; empty if there is no way to one. */
  Optional<Connections> to(String database) {
    return others.map(open -> open.apply(database));
  }

  /** For applications: the one that was given, or one without a pool. */
  DataSource dataSource() {
    return dataSource.get();
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

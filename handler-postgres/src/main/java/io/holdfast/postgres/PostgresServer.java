package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * Creates, drops and clones the databases of one PostgreSQL server. Holds nothing open, so there is
 * nothing to close; safe for use by many threads.
 *
 * <p>The role needs {@code CREATEDB}. Statements of this kind run on a connection to another
 * database: to {@code postgres}, else {@code template1}. It must lead to the server itself, or to a
 * pooler in session mode.
 */
public final class PostgresServer {
  private final Function<String, Connections> databases;
  private final String location;
  private final MaintenanceConnection.Choice maintenance;

  private PostgresServer(
      Function<String, Connections> databases,
      String location,
      MaintenanceConnection.Choice maintenance) {
    this.databases = databases;
    this.location = location;
    this.maintenance = maintenance;
  }

  /**
   * The server of a libpq URI, {@code postgresql://user@host:5432}. What it leaves out comes from
   * {@code PGHOST} and its kin and from {@code ~/.pgpass}; a database in it does not matter.
   *
   * @throws io.holdfast.ConfigurationException with every problem of the URI
   */
  public static PostgresServer at(String uri) {
    ConnectionSettings settings =
        ConnectionSettings.of(Location.parse(uri), ProviderContext.system());
    return new PostgresServer(
        name -> Connections.from(settings.to(name)),
        "postgresql://" + settings.address(),
        MaintenanceConnection.Choice.DEFAULT);
  }

  /**
   * The server that the application connects to by itself.
   *
   * @param databases gives a data source for a database's name, of databases yet to be created,
   *     too, and of {@code postgres}; none is ever closed here
   */
  public static PostgresServer of(Function<String, DataSource> databases) {
    return new PostgresServer(
        name -> Connections.from(databases, name),
        "postgresql (from DataSources)",
        MaintenanceConnection.Choice.DEFAULT);
  }

  /** The same, which connects to that database to create, rename and drop others. */
  public PostgresServer withMaintenanceDatabase(String name) {
    return new PostgresServer(
        databases, location, new MaintenanceConnection.Choice(Optional.of(name)));
  }

  /** Which server it is, for people. No secret. */
  public String location() {
    return location;
  }

  /**
   * Creates an empty database with the server's defaults.
   *
   * @throws HandlerException of kind {@code NOT_EMPTY} if there is one of that name, {@code
   *     PERMISSION_DENIED} if the role may not
   * @throws IllegalArgumentException if no database can have that name
   */
  public void createDatabase(String name) {
    createDatabase(name, DatabaseOptions.DEFAULT);
  }

  /**
   * Creates a database.
   *
   * @throws HandlerException as above; of kind {@code UNSUPPORTED} if the server's version lacks an
   *     option
   */
  public void createDatabase(String name, DatabaseOptions options) {
    DatabaseName.require(name);
    run(
        "create the database " + name,
        name,
        connection ->
            connection.executeAlone(
                "CREATE DATABASE "
                    + Sql.quoteIdentifier(name)
                    + " TEMPLATE "
                    + Sql.quoteIdentifier(options.template())
                    + " CONNECTION LIMIT "
                    + options.connectionLimit()
                    + " "
                    + options.shape().toSql(connection.majorVersion())));
  }

  /** Whether there is a database of that name. */
  public boolean exists(String name) {
    boolean[] exists = new boolean[1];
    run(
        "look for the database " + name,
        "",
        connection -> exists[0] = DatabaseBuild.oid(connection, name) != 0);
    return exists[0];
  }

  /**
   * Drops a database that nobody is connected to; succeeds if there is none.
   *
   * @return whether there was one
   * @throws HandlerException retryable, if somebody is connected to it; it is then left as it was
   */
  public boolean dropDatabase(String name) {
    return drop(name, "");
  }

  /**
   * Drops a database, disconnecting everybody; succeeds if there is none.
   *
   * @return whether there was one
   */
  public boolean dropDatabaseInUse(String name) {
    return drop(name, " WITH (FORCE)");
  }

  private boolean drop(String name, String how) {
    boolean[] dropped = new boolean[1];
    run(
        "drop the database " + name,
        name,
        connection -> {
          dropped[0] = DatabaseBuild.oid(connection, name) != 0;
          connection.executeAlone("DROP DATABASE IF EXISTS " + Sql.quoteIdentifier(name) + how);
        });
    return dropped[0];
  }

  /** A handler that backs up and restores that database, also by {@code SWAP}. */
  public PostgresHandler handler(String name) {
    return PostgresHandler.builder(connections(name), maintenance).build();
  }

  /** A data source for that database: the application's own, or one without a pool. */
  public DataSource dataSource(String name) {
    return connections(name).dataSource();
  }

  /** A template of that name, to be built once and cloned often. Contacts nothing yet. */
  public TemplateDatabase template(String name) {
    return new TemplateDatabase(this, DatabaseName.require(name));
  }

  /**
   * Drops what restores and templates have left over whose process died, whatever database they
   * were for. Those at work are not touched.
   *
   * @return the names of the databases that were dropped
   */
  public List<String> removeLeftovers() {
    List<List<String>> removed = new ArrayList<>();
    run(
        "remove what was left over",
        "",
        connection -> removed.add(Leftovers.remove(connection, Optional.empty())));
    return removed.get(0);
  }

  Connections connections(String name) {
    return databases.apply(name);
  }

  MaintenanceConnection.Choice maintenance() {
    return maintenance;
  }

  /** A connection to another database than that one. */
  MaintenanceConnection connect(String subject) {
    return MaintenanceConnection.open(databases.apply(subject), maintenance, subject);
  }

  /** Something that is done on a maintenance connection. */
  @FunctionalInterface
  interface Step {
    void run(MaintenanceConnection connection) throws SQLException;
  }

  /** Runs a step on a connection of its own, and translates its errors. */
  void run(String doing, String subject, Step step) {
    try (MaintenanceConnection connection = connect(subject)) {
      step.run(connection);
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, doing, null);
    }
  }

  @Override
  public String toString() {
    return "PostgresServer[" + location + "]";
  }
}

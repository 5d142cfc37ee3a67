package io.holdfast.postgres;

import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SplitReader;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;

/**
 * Backs up and restores one PostgreSQL database, version 13 or later, over ordinary connections: no
 * {@code pg_dump} is needed. Safe for use by many threads.
 *
 * <p>A backup takes one connection that holds the snapshot and one for each reading thread; a pool
 * must have that many to spare.
 */
public final class PostgresHandler implements BackupHandler {
  private final Connections connections;
  private final MaintenanceConnection.Choice maintenance;
  private final Duration lockTimeout;
  private final RebuildOptions rebuild;
  private final DocumentOptions documents;

  private PostgresHandler(Builder builder) {
    this.connections = builder.connections;
    this.maintenance = builder.maintenance;
    this.lockTimeout = builder.lockTimeout;
    this.rebuild =
        new RebuildOptions(
            builder.withoutOwners,
            builder.withoutPrivileges,
            builder.withoutTablespaces,
            builder.roles,
            builder.schemas);
    this.documents = new DocumentOptions(builder.documentSchema, builder.documentColumns);
  }

  /**
   * A handler for the database that the data source connects to. The data source is never closed,
   * and its connections are given back as they were.
   */
  public static PostgresHandler of(DataSource dataSource) {
    return builder(dataSource).build();
  }

  /**
   * A handler for the database of a libpq URI: {@code postgresql://user@host:5432/database?…}. What
   * it leaves out comes from {@code PGHOST} and its kin and from {@code ~/.pgpass}.
   *
   * @throws io.holdfast.ConfigurationException with every problem of the URI
   */
  public static PostgresHandler at(String uri) {
    return builder(Location.parse(uri), ProviderContext.system()).build();
  }

  /** Begins a handler for the database that the data source connects to. */
  public static Builder builder(DataSource dataSource) {
    return new Builder(Optional.of(dataSource), Connections.from(dataSource));
  }

  /**
   * Begins a handler for the database of a libpq URI.
   *
   * @throws io.holdfast.ConfigurationException with every problem of the URI
   */
  public static Builder builder(Location location, ProviderContext context) {
    return new Builder(
        Optional.empty(), Connections.from(ConnectionSettings.of(location, context)));
  }

  static Builder builder(Connections connections, MaintenanceConnection.Choice maintenance) {
    Builder builder = new Builder(Optional.empty(), connections);
    builder.maintenance = maintenance;
    return builder;
  }

  @Override
  public String name() {
    return "postgres";
  }

  @Override
  public String location() {
    return connections.location();
  }

  /**
   * Tells which database it is; its name is the database's. Production is what {@link
   * #markEnvironment} marked so.
   */
  @Override
  public DatabaseInfo describe() {
    try (PinnedConnection connection = connections.open()) {
      return DatabaseIdentity.read(connection.jdbc());
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "ask which database " + location() + " is", null);
    }
  }

  /**
   * Marks the database itself, for everybody who uses it through Holdfast: what it is for, as its
   * backups will say, and whether it is production, into which nothing is restored but by a caller
   * who names it. The mark stays with the database under whatever name, and never travels with a
   * backup.
   *
   * <p>It is kept as settings of the database, {@code holdfast.environment} and {@code
   * holdfast.production}. PostgreSQL lets superusers set these, and from version 15 on roles that
   * were granted {@code SET ON PARAMETER}; others mark the target by {@code
   * BackupExecutor.Builder.productionTarget}.
   *
   * @param environment what it is for: {@code production}, {@code staging}
   * @param production whether to guard it
   * @throws io.holdfast.spi.HandlerException of kind {@code PERMISSION_DENIED} without that right
   */
  public void markEnvironment(String environment, boolean production) {
    changeMark(connection -> DatabaseIdentity.mark(connection, environment, production));
  }

  /**
   * Removes what {@link #markEnvironment} set; succeeds if there is no mark.
   *
   * @throws io.holdfast.spi.HandlerException of kind {@code PERMISSION_DENIED} without the right
   */
  public void unmarkEnvironment() {
    changeMark(DatabaseIdentity::unmark);
  }

  /** Something done on a connection. */
  @FunctionalInterface
  private interface Change {
    void on(PinnedConnection connection) throws SQLException;
  }

  private void changeMark(Change change) {
    try (PinnedConnection connection = connections.open()) {
      change.on(connection);
      connection.jdbc().commit();
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "change the environment mark of " + location(), null);
    }
  }

  @Override
  public BackupSession openBackup(BackupRequest request) {
    return PostgresBackupSession.open(connections, request, lockTimeout);
  }

  @Override
  public SplitReader openReader(BackupRequest request) {
    return new PostgresSplitReader(connections, request, lockTimeout);
  }

  @Override
  public RestoreSession openRestore(RestoreRequest request) {
    RestoreSettings restoring = new RestoreSettings(rebuild, lockTimeout, documents);
    return request.strategy() == RestoreStrategy.SWAP
        ? new SwapRestoreSession(
            connections, maintenance, request, restoring, PostgresRestoreSession::open)
        : PostgresRestoreSession.open(connections, request, restoring);
  }

  /** Holds nothing open itself: sessions and readers close their own connections. */
  @Override
  public void close() {}

  @Override
  public String toString() {
    return "PostgresHandler[" + location() + "]";
  }

  /** Sets what is not the same for every database. */
  public static final class Builder {
    private final Optional<DataSource> given;
    private Connections connections;
    private MaintenanceConnection.Choice maintenance = MaintenanceConnection.Choice.DEFAULT;
    private Duration lockTimeout = Duration.ofMinutes(2);
    private boolean withoutOwners;
    private boolean withoutPrivileges;
    private boolean withoutTablespaces;
    private final Map<String, String> roles = new HashMap<>();
    private final Map<String, String> schemas = new HashMap<>();
    private String documentSchema = DocumentOptions.DEFAULT.schema();
    private boolean documentColumns;

    private Builder(Optional<DataSource> given, Connections connections) {
      this.given = given;
      this.connections = connections;
    }

    /**
     * How to reach the other databases of the server, where the handler was given a {@code
     * DataSource}; a restore by {@code SWAP} needs that. A URI leads there by itself.
     *
     * @param dataSources gives a data source for a database's name, of one that was only just
     *     created, too, and of {@code postgres}; none is ever closed here
     */
    public Builder databases(Function<String, DataSource> dataSources) {
      DataSource own =
          given.orElseThrow(
              () -> new IllegalStateException("databases goes with a handler of a DataSource"));
      connections = Connections.from(own, dataSources);
      return this;
    }

    /**
     * The database that is connected to while others are created, renamed and dropped; {@code
     * postgres}, else {@code template1}, by default.
     */
    public Builder maintenanceDatabase(String name) {
      maintenance = new MaintenanceConnection.Choice(Optional.of(name));
      return this;
    }

    /**
     * How long a backup waits for a table that another session has locked exclusively (a migration,
     * say), and a restore for one that is used at all, before they fail. Two minutes by default;
     * zero waits for ever.
     */
    public Builder lockTimeout(Duration timeout) {
      if (timeout.isNegative()) {
        throw new IllegalArgumentException("lockTimeout must not be negative");
      }
      lockTimeout = timeout;
      return this;
    }

    /** Lets everything that a restore creates belong to the role that restores. */
    public Builder noOwner() {
      withoutOwners = true;
      return this;
    }

    /** Lets a restore grant and revoke nothing. */
    public Builder noPrivileges() {
      withoutPrivileges = true;
      return this;
    }

    /** Lets everything that a restore creates lie in the database's own tablespace. */
    public Builder noTablespaces() {
      withoutTablespaces = true;
      return this;
    }

    /**
     * Puts another role in the place of one that the backup names, as an owner or otherwise. May be
     * called for several roles.
     *
     * @param from its name in the backup, unquoted
     * @param to the name of a role of the target
     */
    public Builder mapRole(String from, String to) {
      roles.put(requireName(from), requireName(to));
      return this;
    }

    /**
     * Restores a schema of the backup, with all that is in it, under another name. May be called
     * for several schemas; two may exchange their names. The filter and the counts of a restore go
     * on speaking of the names in the backup.
     *
     * @param from its name in the backup, unquoted
     * @param to what it is called in the target
     */
    public Builder mapSchema(String from, String to) {
      schemas.put(requireName(from), requireSchema(to));
      return this;
    }

    /**
     * The schema of the tables that a restore makes for documents, those of Firestore, say; {@code
     * public} by default. It is created if it is missing.
     *
     * @param name its name, unquoted
     */
    public Builder documentSchema(String name) {
      documentSchema = requireSchema(name);
      return this;
    }

    /**
     * Gives fields of documents columns of their own, of PostgreSQL's types, where all documents of
     * a collection have values of the same type in them. All else stays in the column {@code data},
     * as does everything without this.
     */
    public Builder documentColumns() {
      documentColumns = true;
      return this;
    }

    private static String requireSchema(String name) {
      if (name.startsWith("pg_") || name.equals("information_schema")) {
        throw new IllegalArgumentException("Schemas named " + name + " are PostgreSQL's own");
      }
      return requireName(name);
    }

    private static String requireName(String name) {
      if (name.isBlank()) {
        throw new IllegalArgumentException("A name must not be blank");
      }
      return name;
    }

    /** The handler. Contacts nothing yet. */
    public PostgresHandler build() {
      return new PostgresHandler(this);
    }
  }
}

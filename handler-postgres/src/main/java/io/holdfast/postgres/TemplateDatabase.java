package io.holdfast.postgres;

import io.holdfast.BackupExecutor;
import io.holdfast.CancelledException;
import io.holdfast.DecryptionKeys;
import io.holdfast.RestoreOptions;
import io.holdfast.postgres.MaintenanceConnection.AdvisoryLock;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A database that is built once and cloned often: a test gets a copy of its own of data in the
 * shape of production's, in a fraction of the time that a restore takes.
 *
 * <pre>{@code
 * TemplateDatabase template =
 *     PostgresServer.at("postgresql://postgres@localhost")
 *         .template("shop_template")
 *         .buildFromBackup(sink, backupId);
 * try (DatabaseClone database = template.newClone()) {
 *   … database.dataSource() …
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads and processes at a time, on one server: one builds, the others
 * wait for it. There is never a half-built template: it is built under another name, and gets its
 * own together with the mark that it is complete, in one transaction. Nobody can connect to it.
 */
public final class TemplateDatabase {
  private static final Logger log = LoggerFactory.getLogger(TemplateDatabase.class);

  /** "HOLT": one of these for each template, so that one process at a time builds it. */
  private static final int LOCK_SPACE = 0x484F4C54;

  private static final long LOCK_PAUSE_MILLIS = 50;

  private static final String COMPLETE = "Holdfast template, complete: ";

  /** Where writing a copy to the WAL costs more than the checkpoints that copying files takes. */
  private static final long FILE_COPY_BYTES = 32L << 20;

  // Measured with 158 MB on PostgreSQL 18: 0.5 s either way round where fsync is on (WAL_LOG) and
  // 0.23 s by files where it is off, as on servers for tests.
  private static final String COPIES_FILES =
      """
      SELECT current_setting('server_version_num')::int >= 150000
             AND (coalesce(current_setting('file_copy_method', true), '') = 'clone'
                  OR current_setting('fsync') = 'off'
                     AND CASE WHEN pg_catalog.has_database_privilege(?::name, 'CONNECT')
                              THEN pg_catalog.pg_database_size(?::name) >= ? END)
      """;

  private static final String STATE =
      """
      SELECT d.oid::bigint, d.datistemplate AND NOT d.datallowconn,
             coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '')
        FROM pg_catalog.pg_database d WHERE d.datname = ?
      """;

  private final PostgresServer server;
  private final String name;

  TemplateDatabase(PostgresServer server, String name) {
    this.server = server;
    this.name = name;
  }

  /**
   * Fills an empty database.
   *
   * @param <X> what that may throw
   */
  @FunctionalInterface
  public interface Contents<X extends Exception> {
    /**
     * Fills it.
     *
     * @param database the handler of the empty database
     * @param name its name for now
     */
    void fill(PostgresHandler database, String name) throws X;
  }

  /**
   * @param oid 0 if there is none
   * @param complete whether it is a template of ours
   */
  private record State(long oid, boolean complete, String version) {}

  /** Its name. */
  public String name() {
    return name;
  }

  /** Whether it is there, complete, and of that version. */
  public boolean isBuilt(String version) {
    List<State> state = new ArrayList<>();
    server.run("look at the template " + name, name, connection -> state.add(state(connection)));
    return isBuilt(state.get(0), version);
  }

  private static boolean isBuilt(State state, String version) {
    return state.complete && state.version.equals(version);
  }

  /**
   * Builds the template from a backup, unless it was built from the same one already.
   *
   * @param sink where the backup is
   * @param backupId its id
   * @return this
   * @throws io.holdfast.BackupException if it could not be restored; a template that was there
   *     before is left as it was
   */
  public TemplateDatabase buildFromBackup(StorageSink sink, String backupId) {
    return buildFromBackup(sink, backupId, DecryptionKeys.none());
  }

  /** As {@link #buildFromBackup(StorageSink, String)}, for an encrypted backup. */
  public TemplateDatabase buildFromBackup(StorageSink sink, String backupId, DecryptionKeys keys) {
    if (backupId.equals(BackupExecutor.LATEST)) {
      throw new IllegalArgumentException(
          "A template is built from one certain backup, so that it is known when it is up to date:"
              + " give its id, the newest of which executor.list() names first");
    }
    return build(
        "backup " + backupId,
        (database, building) -> {
          try (BackupExecutor executor =
              BackupExecutor.builder().source(database).sink(sink).decryptionKeys(keys).build()) {
            executor.restoreFromBackup(backupId, RestoreOptions.DEFAULT.withoutAtomicity());
          }
        });
  }

  /**
   * Builds the template, unless it is there already in the same version.
   *
   * @param version names what {@code contents} puts in: a template of another version is replaced
   * @param contents fills the empty database; called once, or not at all
   * @return this
   * @throws X what {@code contents} has thrown; a template that was there before is left as it was
   * @throws HandlerException of kind {@code NOT_EMPTY} if there is a database of that name which is
   *     no template of this kind; it is left as it was
   */
  public <X extends Exception> TemplateDatabase build(String version, Contents<X> contents)
      throws X {
    if (isBuilt(version)) {
      return this;
    }
    try (MaintenanceConnection connection = server.connect(name)) {
      Optional<Building> begun = begin(connection, version);
      if (begun.isPresent()) {
        fill(connection, begun.get(), version, contents);
      }
      return this;
    }
  }

  /** The database that is to become the template, and what has its name so far. */
  private record Building(DatabaseBuild build, State before) {}

  /** Empty if somebody else has built it meanwhile. */
  private Optional<Building> begin(MaintenanceConnection connection, String version) {
    try {
      lock(connection);
      State before = state(connection);
      if (isBuilt(before, version)) {
        return Optional.empty();
      }
      requireOurs(before);
      Leftovers.remove(connection, Optional.of(name));
      return Optional.of(
          new Building(DatabaseBuild.create(connection, name, DatabaseShape.DEFAULT), before));
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "begin with the template " + name, null);
    }
  }

  private <X extends Exception> void fill(
      MaintenanceConnection connection, Building begun, String version, Contents<X> contents)
      throws X {
    DatabaseBuild build = begun.build;
    boolean built = false;
    try {
      contents.fill(server.handler(build.name()), build.name());
      publish(connection, begun, version);
      built = true;
    } finally {
      if (!built) {
        discard(build);
      }
    }
  }

  private void publish(MaintenanceConnection connection, Building begun, String version) {
    try {
      Optional<String> replaced =
          new DatabaseExchange(
                  server.connections(name), server.maintenance(), connection, begun.build)
              .prepare(
                  begun.before.oid,
                  List.of(),
                  List.of(
                      "ALTER DATABASE "
                          + Sql.quoteIdentifier(name)
                          + " WITH ALLOW_CONNECTIONS false IS_TEMPLATE true",
                      DatabaseTraits.commentSql(name, Optional.of(COMPLETE + version))));
      connection.commit();
      if (replaced.isPresent()) {
        connection.executeAlone("DROP DATABASE IF EXISTS " + Sql.quoteIdentifier(replaced.get()));
      }
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "complete the template " + name, null);
    }
  }

  private void discard(DatabaseBuild build) {
    try (MaintenanceConnection connection = server.connect(name)) {
      build.drop(connection);
    } catch (SQLException | HandlerException e) {
      log.warn(
          "The database {}, of which the template {} was to be made, could not be dropped: {}. The"
              + " next build does that, or PostgresServer.removeLeftovers().",
          build.name(),
          name,
          e instanceof SQLException sql
              ? PostgresErrors.translate(sql, "drop it", null).getMessage()
              : e.getMessage());
    }
  }

  /** Waits for whoever builds it. Not in the server, where an interrupt would not be heard. */
  private void lock(MaintenanceConnection connection) throws SQLException {
    while (!connection.tryLock(new AdvisoryLock(LOCK_SPACE, name.hashCode()))) {
      try {
        Thread.sleep(LOCK_PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException(
            "Interrupted while another process builds the template " + name + ".", e);
      }
    }
  }

  private State state(MaintenanceConnection connection) throws SQLException {
    List<State> found = new ArrayList<>();
    connection.query(
        STATE,
        row -> {
          boolean complete = row.getBoolean(2) && row.getString(3).startsWith(COMPLETE);
          found.add(
              new State(
                  row.getLong(1),
                  complete,
                  complete ? row.getString(3).substring(COMPLETE.length()) : ""));
        },
        name);
    connection.commit();
    return found.isEmpty() ? new State(0, false, "") : found.get(0);
  }

  private void requireOurs(State state) {
    if (state.oid != 0 && !state.complete) {
      throw new HandlerException(
          Kind.NOT_EMPTY,
          null,
          "There is a database "
              + name
              + " that is no template built by Holdfast; it was left as it is. Choose another name"
              + " for the template, or drop that database.",
          null);
    }
  }

  /** As {@link #newClone(String)}, under a name that nobody else has. */
  public DatabaseClone newClone() {
    return newClone(DatabaseName.forClone(name));
  }

  /**
   * Copies the template into a new database that is dropped when the result is closed. It belongs
   * to the role that connects, with the settings of the template ({@code ALTER DATABASE … SET}).
   *
   * @param database the new database's name
   * @throws HandlerException of kind {@code NOT_FOUND} if the template was not built, {@code
   *     NOT_EMPTY} if there is a database of that name
   */
  public DatabaseClone newClone(String database) {
    DatabaseName.require(database);
    try (MaintenanceConnection connection = server.connect(database)) {
      State state = state(connection);
      if (!state.complete) {
        throw new HandlerException(
            Kind.NOT_FOUND,
            null,
            "There is no template " + name + " to be cloned. Build it first.",
            null);
      }
      copy(connection, database);
      configure(connection, database, state.oid);
      return new DatabaseClone(server, database);
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "clone the template " + name, null);
    }
  }

  /** A worker of autovacuum may be in the template for a moment. */
  private void copy(MaintenanceConnection connection, String database) throws SQLException {
    String create =
        "CREATE DATABASE "
            + Sql.quoteIdentifier(database)
            + " TEMPLATE "
            + Sql.quoteIdentifier(name)
            + (copiesFiles(connection) ? " STRATEGY FILE_COPY" : "");
    Retry.of(3, Duration.ofMillis(100), Duration.ofSeconds(1))
        .call(
            "clone the template " + name,
            () -> {
              try {
                connection.executeAlone(create);
                return database;
              } catch (SQLException e) {
                throw PostgresErrors.translate(e, "clone the template " + name, null);
              }
            });
  }

  private boolean copiesFiles(MaintenanceConnection connection) throws SQLException {
    boolean[] files = new boolean[1];
    connection.query(
        COPIES_FILES, row -> files[0] = row.getBoolean(1), name, name, FILE_COPY_BYTES);
    return files[0];
  }

  /** CREATE DATABASE does not copy settings. Marks of ours stay behind. */
  private void configure(MaintenanceConnection connection, String database, long template)
      throws SQLException {
    DatabaseTraits traits = DatabaseTraits.read(connection, template);
    List<DatabaseTraits.Setting> settings =
        traits.settings().stream()
            .filter(setting -> !setting.name().startsWith("holdfast."))
            .toList();
    try {
      for (String sql : traits.withSettings(settings).settingsSql(database)) {
        connection.execute(sql);
      }
      connection.commit();
    } catch (SQLException e) {
      try {
        connection.rollback();
        connection.executeAlone("DROP DATABASE " + Sql.quoteIdentifier(database));
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /**
   * Drops the template; succeeds if there is none. Clones stay.
   *
   * @return whether there was one
   * @throws HandlerException of kind {@code NOT_EMPTY} if the database of that name is no template
   *     of this kind; it is left as it was
   */
  public boolean drop() {
    boolean[] dropped = new boolean[1];
    server.run(
        "drop the template " + name,
        name,
        connection -> {
          lock(connection);
          State state = state(connection);
          requireOurs(state);
          if (state.complete) {
            connection.execute(
                "ALTER DATABASE " + Sql.quoteIdentifier(name) + " WITH IS_TEMPLATE false");
            connection.commit();
            connection.executeAlone("DROP DATABASE " + Sql.quoteIdentifier(name));
            dropped[0] = true;
          }
        });
    return dropped[0];
  }

  @Override
  public String toString() {
    return "TemplateDatabase[" + name + " of " + server.location() + "]";
  }
}

package io.holdfast.postgres;

import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SplitReader;
import java.time.Duration;
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
  private final Duration lockTimeout;

  private PostgresHandler(Connections connections, Duration lockTimeout) {
    this.connections = connections;
    this.lockTimeout = lockTimeout;
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
    return new Builder(Connections.from(dataSource));
  }

  /**
   * Begins a handler for the database of a libpq URI.
   *
   * @throws io.holdfast.ConfigurationException with every problem of the URI
   */
  public static Builder builder(Location location, ProviderContext context) {
    return new Builder(Connections.from(ConnectionSettings.of(location, context)));
  }

  @Override
  public String name() {
    return "postgres";
  }

  @Override
  public String location() {
    return connections.location();
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
    return PostgresRestoreSession.open(connections, request);
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
    private final Connections connections;
    private Duration lockTimeout = Duration.ofMinutes(2);

    private Builder(Connections connections) {
      this.connections = connections;
    }

    /**
     * How long a backup waits for a table that another session has locked exclusively (a migration,
     * say) before it fails. Two minutes by default; zero waits for ever.
     */
    public Builder lockTimeout(Duration timeout) {
      if (timeout.isNegative()) {
        throw new IllegalArgumentException("lockTimeout must not be negative");
      }
      lockTimeout = timeout;
      return this;
    }

    /** The handler. Contacts nothing yet. */
    public PostgresHandler build() {
      return new PostgresHandler(connections, lockTimeout);
    }
  }
}

package io.holdfast.postgres;

import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;

/**
 * A database of one's own, copied from a {@link TemplateDatabase}; closing it drops it, with
 * everybody who is still connected.
 */
public final class DatabaseClone implements AutoCloseable {
  private final PostgresServer server;
  private final String name;
  private final AtomicBoolean closed = new AtomicBoolean();

  DatabaseClone(PostgresServer server, String name) {
    this.server = server;
    this.name = name;
  }

  /** The database's name. */
  public String name() {
    return name;
  }

  /** Connections to it: the application's own data source, or one without a pool. */
  public DataSource dataSource() {
    return server.dataSource(name);
  }

  /** A handler that backs it up and restores into it. */
  public PostgresHandler handler() {
    return server.handler(name);
  }

  /**
   * Drops the database. May be called twice.
   *
   * @throws io.holdfast.spi.HandlerException if that fails; it can then be called again
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try {
        server.dropDatabaseInUse(name);
      } catch (RuntimeException e) {
        closed.set(false);
        throw e;
      }
    }
  }

  @Override
  public String toString() {
    return "DatabaseClone[" + name + " of " + server.location() + "]";
  }
}

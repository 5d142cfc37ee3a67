package io.holdfast.postgres;

import io.holdfast.postgres.internal.rebuild.Rebuild;
import io.holdfast.postgres.internal.rebuild.Workplace;
import java.sql.Connection;
import java.sql.SQLException;

/** A pinned connection for building objects on. */
final class SchemaWorkplace implements Workplace {
  private final PinnedConnection connection;
  private final Rebuild rebuild;
  private final int connections;
  private final boolean keepOpen;

  /**
   * @param connections how many connections are at work side by side
   * @param keepOpen whether the connection is used by others afterwards
   */
  SchemaWorkplace(PinnedConnection connection, Rebuild rebuild, int connections, boolean keepOpen) {
    this.connection = connection;
    this.rebuild = rebuild;
    this.connections = connections;
    this.keepOpen = keepOpen;
  }

  @Override
  public Connection begin() throws SQLException {
    connection.beginLoading();
    // The last commit of the restore waits for the disk, and so for all that comes before it.
    connection.execute("SET LOCAL synchronous_commit = off");
    rebuild.pinSettings(connection.jdbc(), connections);
    return connection.jdbc();
  }

  @Override
  public void abort() {
    connection.abort();
  }

  @Override
  public void close() {
    if (!keepOpen) {
      connection.close();
    }
  }
}

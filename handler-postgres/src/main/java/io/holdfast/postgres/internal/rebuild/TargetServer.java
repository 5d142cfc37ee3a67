package io.holdfast.postgres.internal.rebuild;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The server of a target, and what the role that restores may do there.
 *
 * @param majorVersion 13 …
 * @param role the role that restores
 * @param database the database that is connected to
 * @param ownsDatabase whether the role may change what is said of the database
 * @param superuser whether it may do everything
 * @param mayCreateSchemas whether it may create schemas in the database
 * @param mayQuietEventTriggers whether it may keep event triggers from firing
 * @param lockCapacity how many locks the server is configured for, over all sessions
 * @param sharedBuffersBytes the server's {@code shared_buffers}, a measure of its memory
 * @param maintenanceBytes {@code maintenance_work_mem} as it is set
 */
public record TargetServer(
    int majorVersion,
    String role,
    String database,
    boolean ownsDatabase,
    boolean superuser,
    boolean mayCreateSchemas,
    boolean mayQuietEventTriggers,
    long lockCapacity,
    long sharedBuffersBytes,
    long maintenanceBytes) {
  private static final String SERVER =
      """
      SELECT current_setting('server_version_num')::int / 10000, current_user,
             (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),
             pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
             current_setting('max_locks_per_transaction')::bigint
               * (current_setting('max_connections')::bigint
                  + current_setting('max_prepared_transactions')::bigint),
             pg_catalog.pg_size_bytes(current_setting('shared_buffers')),
             pg_catalog.pg_size_bytes(current_setting('maintenance_work_mem')),
             pg_catalog.current_database(),
             (SELECT pg_catalog.pg_has_role(datdba, 'USAGE') FROM pg_catalog.pg_database
               WHERE datname = pg_catalog.current_database())
      """;

  private static final String QUIET =
      "SELECT pg_catalog.has_parameter_privilege('event_triggers', 'SET')";

  /** Room for one index build, whatever the server's memory. */
  private static final long LARGEST_MAINTENANCE_BYTES = 1L << 30;

  /** Asks the server. */
  public static TargetServer read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      boolean quiet = false;
      if (connection.getMetaData().getDatabaseMajorVersion() >= 17) {
        try (ResultSet row = statement.executeQuery(QUIET)) {
          row.next();
          quiet = row.getBoolean(1);
        }
      }
      try (ResultSet row = statement.executeQuery(SERVER)) {
        row.next();
        return new TargetServer(
            row.getInt(1),
            row.getString(2),
            row.getString(8),
            row.getBoolean(9),
            row.getBoolean(3),
            row.getBoolean(4),
            quiet,
            row.getLong(5),
            row.getLong(6),
            row.getLong(7));
      }
    }
  }

  /**
   * How much memory each of so many connections may take to build an index: a share of twice the
   * server's own cache, which is set to a fraction of its memory, and never less than what is set.
   */
  public long maintenanceBytes(int connections) {
    long share = 2 * sharedBuffersBytes / Math.max(1, connections);
    return Math.max(maintenanceBytes, Math.min(share, LARGEST_MAINTENANCE_BYTES));
  }
}

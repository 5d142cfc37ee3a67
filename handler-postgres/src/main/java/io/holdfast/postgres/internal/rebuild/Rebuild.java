package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.SchemaEntry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The steps that bring a schema back, each on the connection that it is given. Rows are loaded
 * between {@link #createBefore} and {@link #createAfter}. Commits only where a method says so.
 */
public final class Rebuild {
  /** What a session may have configured, and would change what is created. */
  private static final String SETTINGS =
      """
      SET LOCAL default_table_access_method = 'heap';
      SET LOCAL default_tablespace = '';
      SET LOCAL transform_null_equals = off;
      SET LOCAL client_min_messages = 'warning';
      SET LOCAL maintenance_work_mem = '%dkB';
      """;

  private final RebuildPlan plan;
  private final RebuildOptions options;
  private final TargetServer server;

  /** A rebuild according to a plan. */
  public Rebuild(RebuildPlan plan, RebuildOptions options, TargetServer server) {
    this.plan = plan;
    this.options = options;
    this.server = server;
  }

  /** What it does. */
  public RebuildPlan plan() {
    return plan;
  }

  /**
   * Pins what changes how objects are created, in a transaction that has begun.
   *
   * @param connections how many connections are at work side by side
   */
  public void pinSettings(Connection connection, int connections) throws SQLException {
    StringBuilder sql =
        new StringBuilder(SETTINGS.formatted(server.maintenanceBytes(connections) / 1024));
    if (server.mayQuietEventTriggers()) {
      sql.append("SET LOCAL event_triggers = off;");
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql.toString());
    }
  }

  /** Drops what is in the way, or moves it out of the way. */
  public void makeRoom(Connection connection) throws SQLException {
    ScriptRunner runner = new ScriptRunner(connection, options);
    for (String drop : plan.drops()) {
      runner.execute(drop);
    }
    for (String rename : plan.renames().before()) {
      runner.execute(rename);
    }
  }

  /** Creates what the rows need. */
  public void createBefore(Connection connection) throws EntryFailure {
    create(connection, plan.before());
  }

  /** Creates what comes after the rows, but for {@link #createLast}. */
  public void createAfter(Connection connection) throws EntryFailure {
    create(connection, plan.after());
  }

  /** Grants all privileges. */
  public void grant(Connection connection) throws EntryFailure {
    ScriptRunner runner = new ScriptRunner(connection, options);
    for (SchemaEntry entry : plan.granted()) {
      runner.grant(entry);
    }
  }

  /** Fills materialised views and creates what would change the steps before. */
  public void createLast(Connection connection) throws EntryFailure {
    create(connection, plan.last());
  }

  /** Gives schemas their other names. */
  public void rename(Connection connection) throws SQLException {
    ScriptRunner runner = new ScriptRunner(connection, options);
    for (String rename : plan.renames().after()) {
      runner.execute(rename);
    }
  }

  private void create(Connection connection, List<SchemaEntry> entries) throws EntryFailure {
    ScriptRunner runner = new ScriptRunner(connection, options);
    for (SchemaEntry entry : entries) {
      runner.create(entry);
    }
  }
}

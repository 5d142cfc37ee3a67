package io.holdfast.postgres.internal.rebuild;

import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The steps that bring a schema back, each on the connection that it is given. Rows are loaded
 * between creating what comes before and what comes after them. Commits only where a method says
 * so.
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

  private static final int ENTRIES_PER_TRANSACTION = 200;

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

  /** Locks what is dropped against everybody; what it is must be checked again afterwards. */
  public void lock(Connection connection) throws SQLException {
    ScriptRunner runner = new ScriptRunner(connection, options);
    for (String lock : plan.locks()) {
      runner.execute(lock);
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
    configure(connection);
  }

  /** Creates what comes after the rows. */
  public void createAfter(Connection connection) throws EntryFailure {
    create(connection, plan.after());
    grant(connection, plan.granted());
    create(connection, plan.last());
  }

  /**
   * Drops what is in the way and creates what the rows need, committing as it goes.
   *
   * @param lockTimeout how long to wait for what others use; zero for ever
   */
  public void createBefore(Workplace place, Duration lockTimeout)
      throws EntryFailure, SQLException {
    for (String drop : plan.drops()) {
      Connection connection = place.begin();
      ScriptRunner runner = new ScriptRunner(connection, options);
      runner.execute("SET LOCAL lock_timeout = " + lockTimeout.toMillis());
      runner.execute(drop);
      connection.commit();
    }
    inPieces(plan.before(), place, this::create);
    Connection connection = place.begin();
    configure(connection);
    connection.commit();
  }

  /**
   * Creates what comes after the rows and analyzes the tables, committing as it goes.
   *
   * @param own the calling thread's place
   * @param others opens one more place
   * @param workers how many places there are at the most
   * @param tables the tables to analyze, by their collection names, quoted for a statement
   */
  public void createAfter(
      Workplace own, Supplier<Workplace> others, int workers, Map<String, String> tables)
      throws EntryFailure, SQLException {
    List<SchemaEntry> all = new ArrayList<>(plan.before());
    all.addAll(plan.after());
    all.addAll(plan.last());
    Connection connection = own.begin();
    BuildTasks tasks = BuildTasks.read(connection, all);
    connection.commit();
    List<BuildTask> building = plan.after().stream().map(tasks::creating).toList();
    ParallelRunner.run(building, options, own, others, workers);
    inPieces(plan.granted(), own, this::grant);
    List<BuildTask> filling = new ArrayList<>();
    List<SchemaEntry> last = new ArrayList<>();
    for (SchemaEntry entry : plan.last()) {
      if (entry.kind() == ObjectKind.MATERIALIZED_VIEW_DATA) {
        filling.add(tasks.creating(entry));
      } else {
        last.add(entry);
      }
    }
    analyzing(tables, tasks, filling);
    ParallelRunner.run(filling, options, own, others, workers);
    inPieces(last, own, this::create);
  }

  /** Early, since it is refused at once or never. */
  private void configure(Connection connection) throws EntryFailure {
    new ScriptRunner(connection, options).configure(plan.settings());
  }

  private void analyzing(Map<String, String> tables, BuildTasks tasks, List<BuildTask> into) {
    int id = 0;
    for (Map.Entry<String, String> table : tables.entrySet()) {
      into.add(
          new BuildTask(
              --id, // entries have positive ones
              tasks.bytes(table.getKey()),
              Set.of(),
              Set.of(),
              Set.of(),
              runner -> runner.analyze(table.getKey(), table.getValue())));
    }
  }

  /** Some entries on a connection. */
  @FunctionalInterface
  private interface Step {
    void run(Connection connection, List<SchemaEntry> entries) throws EntryFailure;
  }

  /** A transaction for a few entries each: one for all would take a lock for each. */
  private static void inPieces(List<SchemaEntry> entries, Workplace place, Step step)
      throws EntryFailure, SQLException {
    for (int from = 0; from < entries.size(); from += ENTRIES_PER_TRANSACTION) {
      Connection connection = place.begin();
      step.run(
          connection,
          entries.subList(from, Math.min(entries.size(), from + ENTRIES_PER_TRANSACTION)));
      connection.commit();
    }
  }

  private void grant(Connection connection, List<SchemaEntry> entries) throws EntryFailure {
    ScriptRunner runner = new ScriptRunner(connection, options);
    for (SchemaEntry entry : entries) {
      runner.grant(entry);
    }
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

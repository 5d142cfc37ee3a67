package io.holdfast.postgres;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.rebuild.SchemaChecks;
import io.holdfast.postgres.internal.rebuild.TargetServer;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores into a new database beside the target, and then gives it the target's name: whatever
 * fails, and whenever, the target keeps its name, its contents, and takes connections.
 *
 * <p>Another session does the restoring. This one only creates the database for it, and exchanges
 * the names when that one is done.
 */
final class SwapRestoreSession implements RestoreSession {
  private static final Logger log = LoggerFactory.getLogger(SwapRestoreSession.class);

  /** Opens the session that restores into the new database. */
  @FunctionalInterface
  interface InnerSessions {
    RestoreSession open(Connections database, RestoreRequest request, RestoreSettings settings);
  }

  private final Connections connections;
  private final MaintenanceConnection.Choice maintenance;
  private final RestoreRequest request;
  private final RestoreSettings settings;
  private final InnerSessions innerSessions;

  private SwapChecks.@Nullable Target target;
  private @Nullable Budget budget;

  /** Holds the lock that tells that this builder lives; nothing if connections are scarce. */
  private @Nullable MaintenanceConnection guard;

  private @Nullable DatabaseBuild build;
  private volatile @Nullable RestoreSession inner;
  private boolean finished;
  private boolean closed;

  /**
   * How many connections may be used for what.
   *
   * @param guard whether one is kept beside the restore
   * @param strategy how the new database is filled
   * @param parallelism by how many workers
   */
  private record Budget(boolean guard, RestoreStrategy strategy, int parallelism) {
    /** In place, the inner session takes one connection and one more for each worker. */
    static Budget of(int connections, int parallelism) {
      return connections < 3
          ? new Budget(connections > 1, RestoreStrategy.TRANSACTION, 1)
          : new Budget(true, RestoreStrategy.IN_PLACE, Math.min(parallelism, connections - 2));
    }
  }

  SwapRestoreSession(
      Connections connections,
      MaintenanceConnection.Choice maintenance,
      RestoreRequest request,
      RestoreSettings settings,
      InnerSessions innerSessions) {
    this.connections = connections;
    this.maintenance = maintenance;
    this.request = request;
    this.settings = settings;
    this.innerSessions = innerSessions;
  }

  @Override
  public Ordering ordering() {
    RestoreSession session = inner;
    return session == null ? Ordering.BY_COLLECTION : session.ordering();
  }

  @Override
  public RestorePlan prepare() {
    SwapChecks.checkRequest(request);
    if (connections.to("postgres").isEmpty()) {
      throw MaintenanceConnection.noWay();
    }
    List<String> warnings = new ArrayList<>();
    SwapChecks.Target found = checkTarget(warnings);
    target = found;
    budget = Budget.of(found.connections(), request.parallelism());
    try (MaintenanceConnection connection = connect()) {
      SwapChecks.checkAgain(connection, found, request);
      warnings(connection, found, budget, warnings);
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "check the target", null);
    }
    return new RestorePlan(
        true,
        List.of(
            "Create a database beside " + found.name() + ".",
            "Restore the whole backup into it, "
                + (budget.strategy == RestoreStrategy.IN_PLACE
                    ? "over up to " + budget.parallelism + " connections."
                    : "in one transaction."),
            "End all sessions in " + found.name() + ", and exchange the two in one transaction.",
            "Drop the database that was " + found.name() + " before."),
        warnings);
  }

  private SwapChecks.Target checkTarget(List<String> warnings) {
    try (PinnedConnection connection =
        request.retry().call("connect to the target", connections::open)) {
      SwapChecks.Target found = SwapChecks.check(connection, request, settings.rebuild());
      warnings.addAll(checkServer(connection));
      return found;
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "check the target", null);
    }
  }

  /** What the inner session would find out only when there is a database for it. */
  private List<String> checkServer(PinnedConnection connection) throws SQLException {
    PostgresSchema schema = PostgresSchema.read(request.header().schema());
    return SchemaChecks.checkServer(
        connection.jdbc(),
        TargetServer.read(connection.jdbc()),
        new SchemaChecks.Wanted(
            schema.ddl().orElseThrow(),
            schema.settings(),
            settings.rebuild(),
            false,
            false,
            schema.collections().keySet(),
            schema.largeObjectRoles(),
            0));
  }

  private static void warnings(
      MaintenanceConnection connection,
      SwapChecks.Target target,
      Budget budget,
      List<String> warnings)
      throws SQLException {
    List<String> immune = DatabaseSessions.immune(connection, target.oid());
    if (!immune.isEmpty()) {
      warnings.add(
          "This role cannot end these sessions in the target: "
              + String.join(", ", immune)
              + ". If they are still there when the rest is done, the restore fails.");
    }
    if (budget.strategy == RestoreStrategy.TRANSACTION) {
      warnings.add(
          "The role may have so few connections that one has to do it all, which is slower.");
    }
  }

  @Override
  public void begin() {
    SwapChecks.Target of = required(target);
    Budget within = required(budget);
    checkInterrupted();
    MaintenanceConnection connection = connect();
    guard = connection;
    DatabaseBuild created;
    try {
      SwapChecks.checkAgain(connection, of, request);
      Leftovers.remove(connection, Optional.of(of.name()));
      created = DatabaseBuild.create(connection, of.name(), of.shape());
      build = created;
      rehearse(connection, created, of);
    } catch (SQLException e) {
      throw explain(PostgresErrors.translate(e, "create a database beside " + of.name(), null));
    }
    if (!within.guard) {
      connection.close();
      guard = null;
    }
    RestoreSession session = openInner(created, within);
    inner = session;
    call(
        () -> {
          session.prepare().warnings().forEach(warning -> log.debug("In the new one: {}", warning));
          session.begin();
        });
  }

  /** What cannot be given to the new database must not show when all else is done. */
  private static void rehearse(
      MaintenanceConnection connection, DatabaseBuild build, SwapChecks.Target target)
      throws SQLException {
    for (String sql : DatabaseTraits.read(connection, target.oid()).allSql(build.name())) {
      connection.execute(sql);
    }
    connection.rollback();
  }

  private RestoreSession openInner(DatabaseBuild created, Budget within) {
    Connections to = connections.to(created.name()).orElseThrow(MaintenanceConnection::noWay);
    RestoreRequest whole =
        new RestoreRequest(
            withoutSettings(request.header()),
            request.expectedRecords(),
            request.filter(),
            RestoreMode.INTO_EMPTY,
            within.strategy,
            false,
            within.parallelism,
            request.retry());
    List<RestoreSession> opened = new ArrayList<>();
    // A connection that was just closed may count for a moment longer.
    call(
        () ->
            opened.add(
                MaintenanceConnection.openPatiently(
                    to, () -> innerSessions.open(to, whole, settings))));
    return opened.get(0);
  }

  /**
   * What is said of the database as a whole stays what it was in the target. It would also take the
   * place of the comment that tells what the new database is.
   */
  private static DocumentHeader withoutSettings(DocumentHeader header) {
    ObjectNode own = JsonNodeFactory.instance.objectNode();
    own.setAll((ObjectNode) header.schema().path("postgres"));
    own.remove("settings");
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.setAll(header.schema());
    schema.set("postgres", own);
    return new DocumentHeader(header.backupId(), header.version(), header.source(), schema);
  }

  @Override
  public void write(String collection, RecordBatch batch) {
    RestoreSession session = required(inner);
    call(() -> session.write(collection, batch));
  }

  @Override
  public Map<String, Long> recordsWritten() {
    RestoreSession session = required(inner);
    List<Map<String, Long>> written = new ArrayList<>();
    call(() -> written.add(session.recordsWritten()));
    return written.get(0);
  }

  @Override
  public void finish() {
    RestoreSession session = required(inner);
    DatabaseBuild built = required(build);
    SwapChecks.Target old = required(target);
    call(session::finish);
    session.close();
    checkInterrupted();
    MaintenanceConnection connection = reconnect(built);
    String away;
    try {
      SwapChecks.checkAgain(connection, old, request);
      away = exchange(connection, built, old);
    } catch (SQLException e) {
      throw explain(PostgresErrors.translate(e, "exchange " + old.name(), null));
    } catch (HandlerException e) {
      throw explain(e);
    }
    commit(connection, built, old);
    finished = true;
    dropReplaced(away);
  }

  private String exchange(
      MaintenanceConnection connection, DatabaseBuild built, SwapChecks.Target old)
      throws SQLException {
    DatabaseTraits traits = DatabaseTraits.read(connection, old.oid());
    String template =
        "ALTER DATABASE " + Sql.quoteIdentifier(old.name()) + " WITH IS_TEMPLATE true";
    return new DatabaseExchange(connections, maintenance, connection, built)
        .prepare(
            old.oid(),
            traits.allSql(built.name()),
            traits.isTemplate() ? List.of(template) : List.of())
        .orElseThrow();
  }

  /** Commits; where the connection is lost meanwhile, finds out whether it was committed. */
  private void commit(
      MaintenanceConnection connection, DatabaseBuild built, SwapChecks.Target old) {
    try {
      connection.commit();
    } catch (SQLException e) {
      HandlerException failed =
          PostgresErrors.translate(e, "commit the exchange of " + old.name(), null);
      long now;
      try {
        int process = connection.process();
        MaintenanceConnection fresh = reconnect(built);
        awaitEnd(fresh, process);
        now = DatabaseBuild.oid(fresh, old.name());
      } catch (SQLException | BackupException again) {
        failed.addSuppressed(again);
        throw new HandlerException(
            Kind.UNREACHABLE,
            null,
            "The connection was lost while the exchange was being committed, and there is no new one"
                + " by which to see whether it was. The database "
                + old.name()
                + " is either the one of before or the restored one, whole in either case; look at"
                + " it before trying again.",
            failed);
      }
      if (now != built.oid()) {
        throw explain(failed);
      }
      log.info("The connection was lost when {} had been exchanged.", old.name());
    }
  }

  /** A process that lost its client may still be committing. */
  private static void awaitEnd(MaintenanceConnection connection, int process) throws SQLException {
    for (int i = 0; i < 100; i++) {
      boolean[] there = new boolean[1];
      connection.query(DatabaseSessions.FRESH, row -> {});
      connection.query(
          "SELECT FROM pg_catalog.pg_stat_activity WHERE pid = ?", row -> there[0] = true, process);
      connection.commit();
      if (!there[0]) {
        return;
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("Interrupted while the exchange was being committed.", e);
      }
    }
    throw new HandlerException(
        Kind.UNREACHABLE, null, "The process of the lost connection goes on.", null);
  }

  private void dropReplaced(String away) {
    try {
      reconnect(required(build))
          .executeAlone("DROP DATABASE IF EXISTS " + Sql.quoteIdentifier(away) + " WITH (FORCE)");
    } catch (SQLException | HandlerException e) {
      log.warn(
          "The target was restored. What it was before is left over as {}, since it could not be"
              + " dropped: {} The next swap does that, or PostgresServer.removeLeftovers().",
          away,
          message(e));
    }
  }

  @Override
  public synchronized void close() {
    RestoreSession session = inner;
    if (session != null) {
      session.close();
    }
    if (closed) {
      return;
    }
    closed = true;
    DatabaseBuild built = build;
    if (built != null && !finished) {
      try {
        MaintenanceConnection connection = reconnect(built);
        connection.rollback();
        built.drop(connection);
      } catch (SQLException | HandlerException e) {
        log.warn(
            "The target is as it was, but {}, which was to take its place, could not be dropped: {}"
                + " The next swap does that, or PostgresServer.removeLeftovers().",
            built.name(),
            message(e));
      }
    }
    MaintenanceConnection held = guard;
    if (held != null) {
      held.close();
    }
  }

  private static String message(Exception e) {
    return String.valueOf(
        e instanceof SQLException sql
            ? PostgresErrors.translate(sql, "drop it", null).getMessage()
            : e.getMessage());
  }

  private MaintenanceConnection connect() {
    return MaintenanceConnection.open(connections, maintenance, required(target).name());
  }

  /** The connection that was kept, if it lives; else a new one, with the lock. */
  private MaintenanceConnection reconnect(DatabaseBuild built) {
    MaintenanceConnection held = guard;
    if (held != null && held.isAlive()) {
      return held;
    }
    if (held != null) {
      held.close();
      guard = null;
    }
    MaintenanceConnection fresh = connect();
    guard = fresh;
    try {
      // Not to be had while the server still ends the lost one, which then speaks for us.
      boolean locked = fresh.tryLock(Leftovers.lockOf(built.name()));
      log.debug("Connected again; the builder's lock is {}.", locked ? "ours" : "still held");
    } catch (SQLException e) {
      throw PostgresErrors.translate(e, "connect again", null);
    }
    return fresh;
  }

  private static <T> T required(@Nullable T state) {
    if (state == null) {
      throw new IllegalStateException("prepare() and begin() come first");
    }
    return state;
  }

  /** What the inner session says of its target is true of the new database. */
  private void call(Runnable step) {
    try {
      step.run();
    } catch (HandlerException e) {
      throw explain(e);
    } catch (CancelledException e) {
      throw new CancelledException(e.getMessage() + left(), e);
    }
  }

  private BackupException explain(HandlerException e) {
    return new HandlerException(
        e.kind(),
        e.collection().orElse(null),
        e.getMessage() + left(),
        e.getCause(),
        e.retryable());
  }

  private String left() {
    DatabaseBuild built = build;
    return " The target "
        + required(target).name()
        + " is left as it was"
        + (built == null
            ? "."
            : "; all this was in " + built.name() + " beside it, which is dropped.");
  }

  private void checkInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException("Interrupted while restoring." + left(), null);
    }
  }
}

package io.holdfast.postgres;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.SchemaCapture;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One snapshot of a database: a transaction that exported it, and that keeps every table from being
 * dropped or emptied until the session is closed.
 */
final class PostgresBackupSession implements BackupSession {
  private static final Logger log = LoggerFactory.getLogger(PostgresBackupSession.class);

  /** More splits than this of one table help nobody. */
  private static final long MAX_SPLITS = 100_000;

  private final PinnedConnection connection;
  private final BackupRequest request;
  private final Snapshot snapshot;
  private final SourceInfo source;
  private final ObjectNode schema;
  private final Map<String, Table> tables;
  private final Optional<LargeObjects> largeObjects;
  private final List<CollectionInfo> collections;
  private final List<NotCaptured> notCaptured;
  private boolean closed;

  /** What the exporting transaction says of itself. */
  private record Snapshot(
      String id,
      Instant takenAt,
      DatabaseInfo database,
      String server,
      String encoding,
      boolean standby,
      int process,
      int pageBytes) {}

  /** What is in scope, after the filter. */
  private record Contents(
      List<Table> tables,
      Sequences sequences,
      Optional<LargeObjects> largeObjects,
      SchemaCapture definitions,
      List<NotCaptured> notCaptured) {}

  private PostgresBackupSession(
      PinnedConnection connection, BackupRequest request, Snapshot snapshot, Contents contents)
      throws SQLException {
    this.connection = connection;
    this.request = request;
    this.snapshot = snapshot;
    this.source =
        new SourceInfo(
            "postgres",
            snapshot.database.name(),
            snapshot.server,
            snapshot.takenAt,
            Consistency.SNAPSHOT,
            snapshot.database.environment().orElse(""),
            snapshot.database.identity());
    this.tables = new LinkedHashMap<>();
    contents.tables.forEach(table -> tables.put(table.collection(), table));
    this.largeObjects = contents.largeObjects;
    this.collections = describe(contents, request.filter());
    this.schema = schema(contents).toJson();
    this.notCaptured = contents.notCaptured;
  }

  /**
   * Pins a snapshot.
   *
   * @throws HandlerException if the database cannot be reached, or not everything can be read
   */
  static BackupSession open(Connections connections, BackupRequest request, Duration lockTimeout) {
    return request
        .retry()
        .call(
            "pin a snapshot of " + connections.location(),
            () -> openOnce(connections, request, lockTimeout));
  }

  private static BackupSession openOnce(
      Connections connections, BackupRequest request, Duration lockTimeout) {
    PinnedConnection connection = connections.open();
    try {
      connection.beginReading(Optional.empty());
      connection.execute("SET LOCAL lock_timeout = " + lockTimeout.toMillis());
      Snapshot snapshot = export(connection.jdbc());
      verify(connections, snapshot);
      Contents contents = contents(connection, request, snapshot, lockTimeout);
      return new PostgresBackupSession(connection, request, snapshot, contents);
    } catch (SQLException e) {
      connection.close();
      throw PostgresErrors.whileReading(e, "prepare a backup of " + connections.location(), null);
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static Snapshot export(Connection connection) throws SQLException {
    DatabaseInfo database = DatabaseIdentity.read(connection);
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pg_catalog.pg_export_snapshot(), pg_catalog.transaction_timestamp(),"
                    + " current_setting('server_version'), current_setting('server_encoding'),"
                    + " pg_catalog.pg_is_in_recovery(), pg_catalog.pg_backend_pid(),"
                    + " current_setting('block_size')::int")) {
      row.next();
      String version = row.getString(3);
      int space = version.indexOf(' '); // "15.18 (Debian 15.18-0+deb12u1)"
      return new Snapshot(
          row.getString(1),
          row.getObject(2, OffsetDateTime.class).toInstant(),
          database,
          space < 0 ? version : version.substring(0, space),
          row.getString(4),
          row.getBoolean(5),
          row.getInt(6),
          row.getInt(7));
    }
  }

  /**
   * Adopts the snapshot on a second connection, as readers will, and sees that its transaction
   * stays with one server process: what stands between us and the server may be a pooler.
   */
  private static void verify(Connections connections, Snapshot snapshot) throws SQLException {
    try (PinnedConnection second = connections.open()) {
      second.beginReading(Optional.of(snapshot.id));
      int process = process(second.jdbc());
      boolean pinned;
      try (Statement statement = second.jdbc().createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT current_setting('row_security') = 'off'"
                      + " AND current_setting('search_path') IN ('', '\"\"')"
                      + " AND current_setting('transaction_isolation') = 'repeatable read'")) {
        row.next();
        pinned = row.getBoolean(1);
      }
      if (!pinned || process != process(second.jdbc()) || process == snapshot.process) {
        throw new HandlerException(
            Kind.UNSUPPORTED,
            null,
            "Statements of one transaction reach different server processes, or share one with"
                + " another transaction, so no snapshot can be held: a pooler in statement mode does"
                + " that. Connect to the server directly, or through a pooler in session mode.",
            null);
      }
    }
  }

  private static int process(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_backend_pid()")) {
      row.next();
      return row.getInt(1);
    }
  }

  private static Contents contents(
      PinnedConnection connection, BackupRequest request, Snapshot snapshot, Duration lockTimeout)
      throws SQLException {
    CollectionFilter filter = request.filter();
    Catalog catalog = Catalog.readUnmeasured(connection.jdbc(), filter);
    LargeObjects all = LargeObjects.read(connection.jdbc());
    Optional<LargeObjects> largeObjects = all.count() == 0 ? Optional.empty() : Optional.of(all);
    List<String> known = new ArrayList<>(catalog.names());
    if (largeObjects.isPresent()) {
      known.add(PostgresSchema.LARGE_OBJECTS);
      known.add(PostgresSchema.LARGE_OBJECT_DATA);
    }
    Preflight.checkFilter(filter, known, (int) known.stream().filter(filter::accepts).count());

    List<NotCaptured> notCaptured = new ArrayList<>();
    for (String foreign : catalog.foreignTables()) {
      log.info(
          "{} is a foreign table: its rows live in another database, not in this one", foreign);
      notCaptured.add(
          new NotCaptured("foreign table " + foreign, "its rows live in another database"));
    }
    Sequences sequences = Sequences.list(connection.jdbc(), filter);
    List<Table> tables = catalog.tables();
    if (snapshot.standby) {
      List<NotCaptured> lost = unlogged(tables, sequences);
      if (!lost.isEmpty() && !request.allowUncaptured()) {
        throw new HandlerException(
            Kind.UNSUPPORTED,
            null,
            "The server is a standby, which does not have the rows of unlogged tables: "
                + String.join(", ", lost.stream().map(NotCaptured::object).toList())
                + ". Back up the primary, exclude them, or allow what cannot be captured.",
            null);
      }
      notCaptured.addAll(lost);
      tables = tables.stream().filter(table -> !table.unlogged()).toList();
    }
    Preflight.checkRights(
        connection.jdbc(),
        tables,
        sequences,
        largeObjects.isPresent() && filter.accepts(PostgresSchema.LARGE_OBJECT_DATA));
    TableLocks.acquire(connection, tables, lockTimeout);
    SchemaCapture definitions = capture(connection, request);
    notCaptured.addAll(definitions.notCaptured());
    return new Contents(
        Catalog.measure(connection.jdbc(), tables),
        sequences,
        largeObjects,
        definitions,
        request.allowUncaptured() ? List.copyOf(notCaptured) : List.of());
  }

  /** The definitions of everything, also of tables whose rows the filter leaves out. */
  private static SchemaCapture capture(PinnedConnection connection, BackupRequest request)
      throws SQLException {
    connection.markLocks();
    SchemaCapture captured = SchemaCapture.read(connection.jdbc());
    connection.releaseLocks();
    if (!captured.notCaptured().isEmpty() && !request.allowUncaptured()) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          "The database has objects whose definition cannot be carried: "
              + String.join(
                  ", ",
                  captured.notCaptured().stream()
                      .map(missing -> missing.object() + " (" + missing.reason() + ")")
                      .toList())
              + ". Nothing was read. Allow what cannot be captured to have them named in the"
              + " manifest instead.",
          null);
    }
    return captured;
  }

  private static List<NotCaptured> unlogged(List<Table> tables, Sequences sequences) {
    List<NotCaptured> lost = new ArrayList<>();
    String reason = "unlogged, and the server is a standby";
    tables.stream()
        .filter(Table::unlogged)
        .forEach(table -> lost.add(new NotCaptured("table " + table.collection(), reason)));
    sequences.unlogged().forEach(name -> lost.add(new NotCaptured("sequence " + name, reason)));
    return lost;
  }

  private static List<CollectionInfo> describe(Contents contents, CollectionFilter filter) {
    List<CollectionInfo> collections = new ArrayList<>();
    for (Table table : contents.tables) {
      collections.add(
          new CollectionInfo(table.collection(), table.estimatedRows(), table.totalBytes()));
    }
    contents.largeObjects.ifPresent(
        objects -> {
          if (filter.accepts(PostgresSchema.LARGE_OBJECTS)) {
            collections.add(
                new CollectionInfo(
                    PostgresSchema.LARGE_OBJECTS, objects.count(), 40 * objects.count()));
          }
          if (filter.accepts(PostgresSchema.LARGE_OBJECT_DATA)) {
            // In hexadecimal, every byte takes two.
            collections.add(
                new CollectionInfo(PostgresSchema.LARGE_OBJECT_DATA, -1, 2 * objects.bytes()));
          }
        });
    return List.copyOf(collections);
  }

  private PostgresSchema schema(Contents contents) throws SQLException {
    Map<String, PostgresSchema.CollectionSchema> described = new LinkedHashMap<>();
    for (CollectionInfo collection : collections) {
      described.put(collection.name(), fields(collection.name()));
    }
    return new PostgresSchema(
        false,
        snapshot.encoding,
        described,
        contents.sequences.states(connection),
        collections.stream().anyMatch(info -> info.name().equals(PostgresSchema.LARGE_OBJECTS))
            ? contents.largeObjects.map(LargeObjects::roles).orElse(List.of())
            : List.of(),
        Optional.of(contents.definitions.settings()),
        Optional.of(contents.definitions.script()));
  }

  private PostgresSchema.CollectionSchema fields(String collection) {
    return switch (collection) {
      case PostgresSchema.LARGE_OBJECTS -> LargeObjects.OBJECTS;
      case PostgresSchema.LARGE_OBJECT_DATA -> LargeObjects.DATA;
      default -> PostgresSchema.of(table(collection));
    };
  }

  private Table table(String collection) {
    Table table = tables.get(collection);
    if (table == null) {
      throw new IllegalArgumentException("No collection of this session: " + collection);
    }
    return table;
  }

  @Override
  public SourceInfo source() {
    return source;
  }

  @Override
  public ObjectNode schema() {
    return schema;
  }

  @Override
  public List<CollectionInfo> collections() {
    return collections;
  }

  @Override
  public List<Split> splits(CollectionInfo collection) {
    return switch (collection.name()) {
      case PostgresSchema.LARGE_OBJECTS ->
          List.of(
              largeObjectSplit(LargeObjects.OBJECTS, collection.name(), Optional.empty())
                  .toSplit(collection.name(), 0, collection.estimatedBytes()));
      case PostgresSchema.LARGE_OBJECT_DATA -> largeObjectSplits(collection);
      default -> tableSplits(table(collection.name()));
    };
  }

  private List<Split> tableSplits(Table table) {
    long pages = (table.heapBytes() + snapshot.pageBytes - 1) / snapshot.pageBytes;
    long pieces = 1;
    if (canSplit(table)) {
      pieces = Math.min(pieces(table.totalBytes()), Math.max(1, pages));
    }
    List<Split> splits = new ArrayList<>();
    for (int i = 0; i < pieces; i++) {
      Optional<TableSplit.Range> range =
          pieces == 1
              ? Optional.empty()
              : Optional.of(
                  new TableSplit.Range(
                      pages * i / pieces,
                      // The last one is open: the table may have grown since it was measured.
                      i == pieces - 1 ? Optional.empty() : Optional.of(pages * (i + 1) / pieces)));
      splits.add(
          new TableSplit(
                  snapshot.id,
                  new Sql.QualifiedName(table.schema(), table.name()),
                  PostgresSchema.of(table).fields(),
                  range,
                  table.extensionCondition().orElse(""))
              .toSplit(table.collection(), i, table.totalBytes() / pieces));
    }
    return splits;
  }

  /**
   * Ranges of row addresses mean something for heap tables only, and the server finds them without
   * reading the whole table from PostgreSQL 14 on (release notes, TID range scans).
   */
  private boolean canSplit(Table table) {
    return request.parallelism() > 1
        && connection.majorVersion() >= 14
        && table.heap()
        && table.extensionCondition().isEmpty();
  }

  private long pieces(long bytes) {
    long each = Math.max(1, request.splitBytes());
    return Math.max(1, Math.min(MAX_SPLITS, (bytes + each - 1) / each));
  }

  private List<Split> largeObjectSplits(CollectionInfo collection) {
    int pieces = request.parallelism() > 1 ? (int) pieces(collection.estimatedBytes()) : 1;
    List<TableSplit.Range> ranges;
    try {
      ranges = largeObjects.orElseThrow().ranges(connection.jdbc(), pieces);
    } catch (SQLException e) {
      throw PostgresErrors.whileReading(e, "list the large objects", collection.name());
    }
    List<Split> splits = new ArrayList<>();
    for (TableSplit.Range range : ranges) {
      splits.add(
          largeObjectSplit(LargeObjects.DATA, collection.name(), Optional.of(range))
              .toSplit(
                  collection.name(), splits.size(), collection.estimatedBytes() / ranges.size()));
    }
    return splits;
  }

  private TableSplit largeObjectSplit(
      PostgresSchema.CollectionSchema fields, String name, Optional<TableSplit.Range> range) {
    return new TableSplit(
        snapshot.id, Sql.parseCollectionName(name).orElseThrow(), fields.fields(), range, "");
  }

  @Override
  public List<NotCaptured> notCaptured() {
    return notCaptured;
  }

  @Override
  public void finish() {
    try {
      if (process(connection.jdbc()) != snapshot.process) {
        throw lost("another server process answers on its connection", null);
      }
    } catch (SQLException e) {
      throw lost("its connection is gone (SQLState " + e.getSQLState() + ")", e);
    }
  }

  private static HandlerException lost(String why, @Nullable SQLException e) {
    return new HandlerException(
        Kind.SNAPSHOT_LOST,
        null,
        "The transaction that held the snapshot did not last until the end: "
            + why
            + ". What was read may not be of one instant; take the backup again.",
        e,
        true);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      connection.close();
    }
  }
}

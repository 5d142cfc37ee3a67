package io.holdfast.postgres;

import io.holdfast.RestoreMode;
import io.holdfast.postgres.internal.Sql;
import io.holdfast.postgres.internal.ddl.DatabaseSettings;
import io.holdfast.postgres.internal.ddl.ObjectKind;
import io.holdfast.postgres.internal.ddl.SchemaEntry;
import io.holdfast.postgres.internal.ddl.SchemaScript;
import io.holdfast.postgres.internal.rebuild.EntryFailure;
import io.holdfast.postgres.internal.rebuild.Rebuild;
import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import io.holdfast.postgres.internal.rebuild.RebuildPlan;
import io.holdfast.postgres.internal.rebuild.SchemaChecks;
import io.holdfast.postgres.internal.rebuild.TargetServer;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RestoreRequest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Restores the definitions of a backup around the rows: what they need is created before them, what
 * they would slow down after. Used by one thread at a time.
 */
final class SchemaRestore {
  private static final int TABLES_PER_ANALYZE = 100;

  /** What brings tables: their own definitions, or an extension's. */
  private static final Set<ObjectKind> HOLD_ROWS =
      EnumSet.of(ObjectKind.TABLE, ObjectKind.EXTENSION);

  private final SchemaScript script;
  private final Optional<DatabaseSettings> databaseSettings;
  private final RestoreRequest request;
  private final RestoreSettings settings;
  private final Set<String> collections;
  private final Set<String> described;
  private final List<String> largeObjectRoles;
  private @Nullable Rebuild rebuild;

  /** A step that creates objects. */
  @FunctionalInterface
  private interface Creation {
    void run() throws EntryFailure, SQLException;
  }

  private SchemaRestore(
      SchemaScript script,
      Optional<DatabaseSettings> databaseSettings,
      RestoreRequest request,
      RestoreSettings settings,
      Set<String> collections,
      Set<String> described,
      List<String> largeObjectRoles) {
    this.script = script;
    this.databaseSettings = databaseSettings;
    this.request = request;
    this.settings = settings;
    this.collections = collections;
    this.described = described;
    this.largeObjectRoles = largeObjectRoles;
  }

  /**
   * The restore of definitions that a request asks for; empty if it is about rows only, or the
   * backup has no definitions.
   */
  static Optional<SchemaRestore> of(
      PostgresSchema schema, RestoreRequest request, RestoreSettings settings) {
    boolean asked = !request.dataOnly() && request.mode() != RestoreMode.MERGE;
    return schema
        .ddl()
        .filter(script -> asked && definesTables(script, schema))
        .map(
            script ->
                new SchemaRestore(
                    script,
                    schema.settings(),
                    request,
                    settings,
                    collections(schema, request),
                    schema.collections().keySet(),
                    schema.largeObjectRoles()));
  }

  private static Set<String> collections(PostgresSchema schema, RestoreRequest request) {
    Set<String> collections =
        new HashSet<>(
            request
                .expectedRecords()
                .map(Map::keySet)
                .orElseGet(() -> schema.collections().keySet()));
    collections.removeIf(collection -> !request.filter().accepts(collection));
    return collections;
  }

  /** Whether everything is restored; if not, only what the target lacks of a few tables. */
  boolean whole() {
    return request.filter().equals(CollectionFilter.ALL);
  }

  /** The collections whose tables this restore creates, according to the last check. */
  Set<String> created() {
    if (whole()) {
      return collections;
    }
    Set<String> tables = new HashSet<>();
    for (SchemaEntry entry : checked().plan().before()) {
      if (entry.kind() == ObjectKind.TABLE) {
        entry.table().ifPresent(tables::add);
      }
    }
    return tables;
  }

  /** Definitions that lack the tables do not say where rows go. */
  private static boolean definesTables(SchemaScript script, PostgresSchema schema) {
    return schema.collections().keySet().stream().allMatch(LargeObjectTargets::isCollection)
        || script.before().stream().anyMatch(entry -> HOLD_ROWS.contains(entry.kind()));
  }

  /** Checks all that can be checked without a write, in a transaction that has begun. */
  RebuildPlan check(PinnedConnection main) throws SQLException {
    TargetServer server = TargetServer.read(main.jdbc());
    SchemaChecks.Wanted wanted =
        new SchemaChecks.Wanted(
            script,
            databaseSettings,
            options(),
            request.mode() == RestoreMode.REPLACE,
            request.atomic(),
            collections,
            largeObjectRoles,
            sourceMajorVersion());
    if (whole()) {
      requireDefined();
    }
    // Looking at definitions takes locks, which are of no use any more.
    main.markLocks();
    RebuildPlan plan =
        whole()
            ? SchemaChecks.check(main.jdbc(), server, wanted)
            : SchemaChecks.checkMissing(main.jdbc(), server, wanted);
    main.releaseLocks();
    rebuild = new Rebuild(plan, options(), server);
    return plan;
  }

  /**
   * Every collection must have a place to go to: its own table, or one that an extension brings.
   */
  private void requireDefined() {
    Set<Sql.QualifiedName> tables = new HashSet<>();
    boolean extensions = false;
    for (SchemaEntry entry : script.before()) {
      extensions |= entry.kind() == ObjectKind.EXTENSION;
      if (entry.kind() == ObjectKind.TABLE && entry.schema().isPresent()) {
        tables.add(new Sql.QualifiedName(entry.schema().get(), entry.name()));
      }
    }
    Set<String> unknown = new TreeSet<>(collections);
    unknown.removeIf(LargeObjectTargets::isCollection);
    unknown.removeIf(
        collection -> Sql.parseCollectionName(collection).filter(tables::contains).isPresent());
    if (extensions) {
      unknown.removeAll(described);
    }
    if (!unknown.isEmpty()) {
      throw new HandlerException(
          HandlerException.Kind.MISMATCH,
          null,
          "The backup has rows of tables that it does not define: "
              + String.join(", ", unknown)
              + ". Nothing was changed. Restore the data only, into tables that are there.",
          null);
    }
  }

  private RebuildOptions options() {
    return settings.rebuild();
  }

  private int sourceMajorVersion() {
    String version = request.header().source().server();
    int end = 0;
    while (end < version.length() && Character.isDigit(version.charAt(end))) {
      end++;
    }
    return end == 0 || end > 4 ? 0 : Integer.parseInt(version.substring(0, end));
  }

  /**
   * Makes room and creates what the rows need, in the transaction of the check; where the restore
   * is not atomic, that is ended and everything committed.
   */
  void begin(PinnedConnection main) throws SQLException {
    if (checked().plan().isEmpty()) {
      return;
    }
    if (request.atomic()) {
      checked().lock(main.jdbc());
      check(main); // anybody could have come to need what is dropped
      Rebuild steps = checked();
      steps.pinSettings(main.jdbc(), 1);
      steps.makeRoom(main.jdbc());
      main.execute("SET LOCAL lock_timeout = 0");
      create(() -> steps.createBefore(main.jdbc()));
    } else {
      Rebuild steps = checked();
      main.jdbc().commit();
      try (SchemaWorkplace place = place(main, 1, true)) {
        create(() -> steps.createBefore(place, settings.lockTimeout()));
      }
      main.beginLoading();
    }
  }

  /**
   * Creates what comes after the rows, in a transaction that has begun, or over all connections
   * where the restore is not atomic. The last transaction is left to the caller to commit.
   */
  void finish(PinnedConnection main, Connections connections, Collection<Table> loaded)
      throws SQLException {
    Rebuild steps = checked();
    if (steps.plan().isEmpty()) {
      return;
    }
    if (request.atomic()) {
      steps.pinSettings(main.jdbc(), 1);
      create(() -> steps.createAfter(main.jdbc()));
      analyze(main, loaded);
    } else {
      main.jdbc().commit();
      Map<String, String> tables = new TreeMap<>();
      loaded.stream()
          .filter(table -> table.oid() != 0)
          .forEach(table -> tables.put(table.collection(), table.toSql()));
      int workers = Math.max(1, request.parallelism());
      try (SchemaWorkplace place = place(main, workers, true)) {
        create(
            () ->
                steps.createAfter(
                    place, () -> place(connections.open(), workers, false), workers, tables));
      }
      main.beginLoading();
    }
    steps.rename(main.jdbc());
  }

  private SchemaWorkplace place(PinnedConnection connection, int connections, boolean keepOpen) {
    return new SchemaWorkplace(connection, checked(), connections, keepOpen);
  }

  private static void analyze(PinnedConnection main, Collection<Table> loaded) throws SQLException {
    List<String> tables =
        new ArrayList<>(
            loaded.stream()
                .filter(table -> table.oid() != 0)
                .map(Table::toSql)
                .collect(Collectors.toCollection(TreeSet::new)));
    for (int from = 0; from < tables.size(); from += TABLES_PER_ANALYZE) {
      main.execute(
          "ANALYZE "
              + String.join(
                  ", ", tables.subList(from, Math.min(tables.size(), from + TABLES_PER_ANALYZE))));
    }
  }

  private Rebuild checked() {
    if (rebuild == null) {
      throw new IllegalStateException("The checks come first");
    }
    return rebuild;
  }

  private static void create(Creation creation) throws SQLException {
    try {
      creation.run();
    } catch (EntryFailure e) {
      throw PostgresErrors.translate(e.error(), e.doing(), e.collection().orElse(null));
    }
  }
}

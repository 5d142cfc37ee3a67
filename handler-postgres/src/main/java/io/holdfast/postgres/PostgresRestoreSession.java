package io.holdfast.postgres;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.postgres.internal.rebuild.RebuildPlan;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restores into one PostgreSQL database: by one transaction that either commits everything or
 * leaves the target as it was, or, if the caller gives that up, by several connections that commit
 * as they go.
 *
 * <p>Foreign keys that touch the tables and triggers of users are set aside before the rows come
 * and put back after, which checks every foreign key against all rows.
 */
final class PostgresRestoreSession implements RestoreSession {
  private static final Logger log = LoggerFactory.getLogger(PostgresRestoreSession.class);

  private static final int FIRST_BUFFER_BYTES = 1 << 20;

  /** Checking a foreign key sorts or hashes both tables within this. */
  private static final String RAISE_MAINTENANCE_MEMORY =
      """
      SELECT pg_catalog.set_config(name, '256MB', true) FROM pg_catalog.pg_settings
       WHERE name = 'maintenance_work_mem' AND setting::bigint < 256 * 1024
      """;

  private final Connections connections;
  private final RestoreRequest request;
  private final RestoreSettings settings;
  private final PostgresSchema schema;
  private final Optional<SchemaRestore> definitions;
  private final DocumentTables documents;
  private final boolean allowBinary;
  private final PinnedConnection main;
  private final Loaders loaders;
  private final Map<String, RestoreTarget> targets = new ConcurrentHashMap<>();
  private final Deque<Conversion> conversions = new ConcurrentLinkedDeque<>();
  private final Object admission = new Object();
  private final Object largeObjects = new Object();

  /** The collections whose tables this restore has created. */
  private final Set<String> created = ConcurrentHashMap.newKeySet();

  private SetAside setAside = SetAside.NOTHING;
  private SequenceRestore sequences = new SequenceRestore(List.of(), List.of(), List.of());
  private volatile boolean begun;

  /** Whether something was changed, be it committed or not. */
  private volatile boolean changing;

  private volatile boolean finished;

  /** Whether a thread works on the main connection, other than by a loader. */
  private volatile boolean mainBusy;

  /**
   * What a thread needs to convert a batch; kept for the next one. As many as threads, whatever the
   * number of collections: frames of one come side by side, so its converter is mostly there.
   */
  private record Conversion(String collection, RowConverter converter, CopyBuffer buffer) {}

  private PostgresRestoreSession(
      Connections connections,
      RestoreRequest request,
      RestoreSettings settings,
      boolean allowBinary,
      PinnedConnection main) {
    this.connections = connections;
    this.request = request;
    this.settings = settings;
    this.allowBinary = allowBinary;
    this.main = main;
    this.schema = PostgresSchema.read(request.header().schema());
    this.definitions = SchemaRestore.of(schema, request, settings);
    this.documents = new DocumentTables(schema, request, settings.documents());
    this.loaders =
        request.atomic()
            ? Loaders.of(new CopyLoader(main, false))
            : new Loaders(
                Math.max(1, request.parallelism()),
                () -> new CopyLoader(this.connections.open(), true),
                () -> new CopyLoader(main, true));
  }

  /**
   * Opens a restore.
   *
   * @throws HandlerException if the target cannot be reached, or the backup's schema is newer
   */
  static RestoreSession open(
      Connections connections, RestoreRequest request, RestoreSettings settings) {
    return open(connections, request, settings, true);
  }

  /** As above; tests compare the two forms of COPY. */
  static RestoreSession open(
      Connections connections,
      RestoreRequest request,
      RestoreSettings settings,
      boolean allowBinary) {
    PinnedConnection main = request.retry().call("connect to the target", connections::open);
    try {
      return new PostgresRestoreSession(connections, request, settings, allowBinary, main);
    } catch (RuntimeException e) {
      main.close();
      throw e;
    }
  }

  @Override
  public Ordering ordering() {
    return request.atomic() ? Ordering.BY_COLLECTION : Ordering.ANY;
  }

  @Override
  public RestorePlan prepare() {
    List<RestorePlan> plan = new ArrayList<>();
    call(
        "check the target",
        null,
        () -> {
          beginTransaction();
          requireNoOtherNames();
          plan.add(isWhole() ? planOfAll() : planOfTables());
          main.jdbc().rollback();
        });
    return plan.get(0);
  }

  private void beginTransaction() throws SQLException {
    try (Statement statement = main.jdbc().createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pg_catalog.pg_is_in_recovery(),"
                    + " current_setting('transaction_read_only') = 'on'")) {
      row.next();
      if (row.getBoolean(1)) {
        throw new HandlerException(
            Kind.PERMISSION_DENIED,
            null,
            "The target is a standby in recovery, which takes no writes; nothing was changed."
                + " Restore into its primary.",
            null);
      }
      if (row.getBoolean(2)) {
        // It could be overruled, but somebody means this database not to be written.
        throw new HandlerException(
            Kind.PERMISSION_DENIED,
            null,
            "The target is read-only by default (default_transaction_read_only, or a DataSource"
                + " that gives read-only connections); nothing was changed. Restore into another"
                + " database, or lift that for the role.",
            null);
      }
    }
    main.jdbc().rollback();
    main.beginLoading();
  }

  /** Whether all definitions come back, and nothing of what is there matters. */
  private boolean isWhole() {
    return definitions.filter(SchemaRestore::whole).isPresent();
  }

  private RestoreChecks.Result check(Set<String> collections, boolean whole) throws SQLException {
    return new RestoreChecks(
            main,
            request,
            schema,
            documents,
            isWhole() ? RestoreMode.INTO_EMPTY : request.mode(),
            created,
            isWhole() ? Optional.of(settings.rebuild()) : Optional.empty(),
            allowBinary)
        .run(collections, whole);
  }

  /** Without a manifest, what the schema describes; the rest is admitted as it comes. */
  private Set<String> knownCollections() {
    Set<String> known =
        new LinkedHashSet<>(
            request
                .expectedRecords()
                .map(Map::keySet)
                .orElseGet(() -> schema.collections().keySet()));
    known.removeIf(collection -> !request.filter().accepts(collection));
    return known;
  }

  /** Rows alone go into tables by the names that the backup has for them. */
  private void requireNoOtherNames() {
    if (!isWhole() && !settings.rebuild().schemas().isEmpty()) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          "Schemas get other names only where a restore creates them: not with dataOnly, MERGE or a"
              + " filter, and not from a backup without definitions. Nothing was changed. Restore"
              + " the whole backup, or under the names that it has.",
          null);
    }
  }

  private RestorePlan planOfAll() throws SQLException {
    RebuildPlan rebuild = definitions.orElseThrow().check(main);
    List<String> steps = new ArrayList<>(rebuild.steps());
    List<String> warnings = new ArrayList<>(rebuild.warnings());
    steps.add("Commit.");
    if (!request.atomic()) {
      warnings.add(
          "The restore is not atomic: if it fails, the target keeps what was committed so far.");
    }
    return new RestorePlan(request.atomic(), steps, warnings);
  }

  /** Tables that are there keep their definition; those that are missing are created. */
  private RestorePlan planOfTables() throws SQLException {
    List<String> steps = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    Set<String> there = knownCollections();
    if (definitions.isPresent()) {
      RebuildPlan missing = definitions.get().check(main);
      steps.addAll(missing.steps());
      warnings.addAll(missing.warnings());
      there.removeAll(definitions.get().created());
    }
    // Sequences of what is missing cannot be judged yet.
    RestorePlan rows = plan(check(there, there.size() == knownCollections().size()));
    steps.addAll(rows.steps());
    warnings.addAll(rows.warnings());
    return new RestorePlan(rows.atomic(), steps, warnings);
  }

  private RestorePlan plan(RestoreChecks.Result checked) throws SQLException {
    List<String> steps = new ArrayList<>();
    List<String> warnings = new ArrayList<>(checked.warnings());
    int count = checked.targets().size() + checked.missing().size();
    steps.addAll(documents.steps(main.jdbc(), checked.missing()));
    SetAside aside = checked.setAside();
    steps.add("Lock " + count + " tables against everybody else.");
    if (!aside.isEmpty()) {
      steps.add(
          "Set aside "
              + aside.foreignKeys().size()
              + " foreign keys and "
              + aside.triggers().size()
              + " triggers.");
    }
    if (request.mode() == RestoreMode.REPLACE) {
      steps.add("Remove all rows of these tables.");
    }
    long binary =
        checked.targets().stream().filter(RestoreTarget::binary).count() + checked.missing().size();
    steps.add(
        "Load "
            + count
            + " collections by COPY, "
            + binary
            + " of them in binary form, "
            + (request.atomic()
                ? "in one transaction."
                : "over up to " + Math.max(1, request.parallelism()) + " connections."));
    long spread = documents.spread(checked.targets(), checked.missing());
    if (spread > 0) {
      steps.add("Spread the documents of " + spread + " collections over columns.");
    }
    if (!checked.sequences().steps().isEmpty()) {
      steps.add("Set " + checked.sequences().steps().size() + " sequences.");
    }
    if (!aside.isEmpty()) {
      steps.add("Check all rows against the foreign keys and put keys and triggers back.");
    }
    steps.add("Commit.");
    if (!request.atomic()) {
      warnings.add(
          "The restore is not atomic: if it fails, the tables keep what was committed so far.");
      if (!aside.isEmpty()) {
        warnings.add(
            "If this process dies, foreign keys and triggers stay set aside. The statements that"
                + " put them back are logged as a warning before the restore begins.");
      }
    }
    return new RestorePlan(request.atomic(), steps, warnings);
  }

  @Override
  public void begin() {
    call(
        "begin the restore",
        null,
        () -> {
          beginTransaction();
          if (definitions.isPresent()) {
            createTables(definitions.get());
          }
          if (isWhole()) {
            beginWithAll();
            return;
          }
          main.execute("SET LOCAL lock_timeout = " + settings.lockTimeout().toMillis());
          // Between the checks and the locks anybody could have written, so both are done again
          // with the locks held.
          RestoreChecks.Result before = check(knownCollections(), true);
          lock(before);
          create(before.missing());
          main.execute("SET LOCAL lock_timeout = 0");
          admit(check(knownCollections(), true));
          begun = true;
          if (!request.atomic()) {
            commitSetUp();
          }
        });
  }

  private void createTables(SchemaRestore restore) throws SQLException {
    main.execute("SET LOCAL lock_timeout = " + settings.lockTimeout().toMillis());
    restore.check(main);
    created.addAll(restore.created());
    changing = true;
    begun = !request.atomic(); // from here on, what is committed stays
    restore.begin(main);
  }

  /** Creates tables for documents. */
  private void create(List<DocumentTable> missing) throws SQLException {
    if (!missing.isEmpty()) {
      changing = true;
      documents.create(main, missing);
      missing.forEach(table -> created.add(table.collection()));
    }
  }

  private void beginWithAll() throws SQLException {
    RestoreChecks.Result checked = check(knownCollections(), true);
    emptyConfiguration(checked);
    admit(checked);
    begun = true;
    if (!request.atomic()) {
      commitSetUp();
    }
  }

  /** An extension brings rows of its own, which are not in the backup, or are in it too. */
  private void emptyConfiguration(RestoreChecks.Result checked) throws SQLException {
    for (RestoreTarget target : checked.targets()) {
      Optional<String> condition = target.table().extensionCondition();
      if (condition.isPresent()) {
        main.execute("DELETE FROM ONLY " + target.table().toSql() + " " + condition.get());
      }
    }
  }

  private void commitSetUp() throws SQLException {
    if (!setAside.isEmpty()) {
      log.warn(
          "A restore that is not atomic has set foreign keys or triggers of {} aside. If this"
              + " process dies, put them back with: {}",
          connections.location(),
          String.join(" ", setAside.putBackSql()));
    }
    main.jdbc().commit();
  }

  /** Locks in one order, whoever restores, so that two restores do not deadlock. */
  private void lock(RestoreChecks.Result checked) throws SQLException {
    Set<String> exclusive = new TreeSet<>();
    Set<String> shared = new TreeSet<>();
    for (RestoreTarget target : checked.targets()) {
      Table table = target.table();
      if (table.oid() != 0) {
        (checked.exclusive().contains(table.oid()) ? exclusive : shared).add(table.toSql());
      }
    }
    for (SetAside.ForeignKey key : checked.setAside().foreignKeys()) {
      if (!shared.contains(key.table())) {
        exclusive.add(key.table());
      }
    }
    lock(exclusive, "ACCESS EXCLUSIVE");
    // All that the right to insert gives.
    lock(shared, "ROW EXCLUSIVE");
  }

  private void lock(Set<String> tables, String mode) throws SQLException {
    if (!tables.isEmpty()) {
      main.execute("LOCK TABLE ONLY " + String.join(", ONLY ", tables) + " IN " + mode + " MODE");
    }
  }

  /** Makes checked and locked tables ready for their rows. */
  private void admit(RestoreChecks.Result checked) throws SQLException {
    if (!checked.missing().isEmpty()) {
      throw new HandlerException(
          Kind.OTHER,
          null,
          "Tables for documents were dropped while the restore began. Try again when nobody else"
              + " changes the target.",
          null,
          true);
    }
    checked.setAside().remove(main);
    setAside = setAside.and(checked.setAside());
    sequences = checked.sequences().steps().isEmpty() ? sequences : checked.sequences();
    if (request.mode() == RestoreMode.REPLACE && !isWhole()) {
      empty(checked);
    }
    for (RestoreTarget target : checked.targets()) {
      Optional<DocumentLoad> spread = target.documents().filter(DocumentLoad::spread);
      if (spread.isPresent()) {
        for (String sql : spread.get().table().createLandingSql()) {
          main.execute(sql);
        }
      }
      targets.put(target.collection(), target);
    }
  }

  private void empty(RestoreChecks.Result checked) throws SQLException {
    List<String> truncate = new ArrayList<>();
    for (RestoreTarget target : checked.targets()) {
      Table table = target.table();
      boolean part = table.extensionCondition().filter(where -> !where.isBlank()).isPresent();
      if (table.oid() == 0) {
        main.execute("SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata");
      } else if (part || checked.deleteFrom().contains(table.oid())) {
        main.execute(
            "DELETE FROM ONLY " + table.toSql() + " " + table.extensionCondition().orElse(""));
      } else if (!created.contains(target.collection())) {
        truncate.add(table.toSql());
      }
    }
    if (!truncate.isEmpty()) {
      main.execute("TRUNCATE ONLY " + String.join(", ONLY ", truncate));
    }
  }

  @Override
  public void write(String collection, RecordBatch batch) {
    if (!begun) {
      throw new IllegalStateException("begin() comes before write()");
    }
    checkInterrupted();
    RestoreTarget target = targets.get(collection);
    if (target == null) {
      target = admitLate(collection);
    }
    Conversion conversion = conversion(collection, target);
    conversion.buffer.reset();
    conversion.converter.convert(batch, conversion.buffer);
    if (request.atomic()) {
      // One connection takes the rows anyhow, so they may as well lie as they lay.
      batch.awaitTurn();
    }
    if (LargeObjectTargets.isCollection(collection)) {
      // Two connections that create the same object would wait for each other.
      synchronized (largeObjects) {
        send(target, conversion.buffer);
      }
    } else {
      send(target, conversion.buffer);
    }
    conversions.addFirst(conversion);
  }

  private Conversion conversion(String collection, RestoreTarget target) {
    Conversion last = conversions.pollFirst();
    if (last == null) {
      return new Conversion(collection, target.converter(), new CopyBuffer(FIRST_BUFFER_BYTES));
    }
    return last.collection.equals(collection)
        ? last
        : new Conversion(collection, target.converter(), last.buffer);
  }

  private void send(RestoreTarget target, CopyBuffer rows) {
    CopyLoader loader = loaders.take(target);
    boolean sent = false;
    try {
      loader.send(target, rows);
      sent = true;
    } catch (HandlerException e) {
      throw explain(e);
    } finally {
      if (sent) {
        loaders.give(loader);
      } else {
        loaders.broken(loader);
      }
    }
  }

  /** A collection that nothing announced: checked and made ready when its first records come. */
  private RestoreTarget admitLate(String collection) {
    synchronized (admission) {
      RestoreTarget known = targets.get(collection);
      if (known != null) {
        return known;
      }
      if (request.atomic() || loaders.lendMain()) {
        admitByTheLoader(collection);
      } else {
        call(
            "begin with " + collection,
            collection,
            () -> {
              beginTransaction();
              admitNow(collection);
              commitSetUp();
            });
      }
      RestoreTarget admitted = targets.get(collection);
      if (admitted == null) {
        throw new IllegalStateException("Collection " + collection + " was not admitted");
      }
      return admitted;
    }
  }

  private void admitByTheLoader(String collection) {
    CopyLoader loader = loaders.take();
    boolean admitted = false;
    try {
      loader.endRun();
      if (request.atomic()) {
        admitNow(collection);
      } else {
        beginTransaction();
        admitNow(collection);
        commitSetUp();
      }
      admitted = true;
    } catch (SQLException e) {
      throw explain(PostgresErrors.translate(e, "begin with " + collection, collection));
    } catch (HandlerException e) {
      throw explain(e);
    } finally {
      if (admitted) {
        loaders.give(loader);
      } else {
        loaders.broken(loader);
      }
    }
  }

  private void admitNow(String collection) throws SQLException {
    RestoreChecks.Result before = check(Set.of(collection), false);
    lock(before);
    create(before.missing());
    admit(check(Set.of(collection), false));
  }

  @Override
  public Map<String, Long> recordsWritten() {
    checkInterrupted();
    Map<String, Long> rows = new HashMap<>();
    call("complete the rows", null, () -> rows.putAll(loaders.endAll()));
    return Map.copyOf(rows);
  }

  @Override
  public void finish() {
    if (!begun) {
      throw new IllegalStateException("begin() comes before finish()");
    }
    checkInterrupted();
    call(
        "complete the restore",
        null,
        () -> {
          loaders.endAll();
          if (!request.atomic()) {
            main.beginLoading();
          }
          main.execute(RAISE_MAINTENANCE_MEMORY);
          DocumentFinish.run(main, targets.values());
          sequences.apply(main, !request.atomic());
          setAside.putBack(main);
          checkInterrupted();
          if (definitions.isPresent()) {
            definitions.get().finish(main, connections, createdTables());
          }
        });
    commit();
    finished = true;
  }

  private List<Table> createdTables() {
    return targets.values().stream()
        .filter(target -> created.contains(target.collection()))
        .map(RestoreTarget::table)
        .toList();
  }

  private void commit() {
    try {
      main.jdbc().commit();
    } catch (SQLException e) {
      String state = String.valueOf(e.getSQLState());
      if (!state.startsWith("08") && !state.startsWith("57P")) {
        throw explain(PostgresErrors.translate(e, "commit the restore", null));
      }
      throw new HandlerException(
          Kind.UNREACHABLE,
          null,
          "The connection was lost while the restore was being committed, so it is not known whether"
              + " it was: it is either complete or undone. Look at the target before trying again.",
          PostgresErrors.translate(e, "commit", null));
    }
  }

  @Override
  public void close() {
    loaders.close();
    if (mainBusy) {
      main.abort();
    }
    main.close();
    if (begun && !finished && !request.atomic()) {
      if (!setAside.isEmpty()) {
        putBackAfterFailure();
      }
      removeLandings();
    }
    finished = true;
  }

  /**
   * The rows that were committed stay, so the definitions come back and the rows are not looked at.
   */
  private void putBackAfterFailure() {
    try (PinnedConnection fresh = connections.open()) {
      fresh.beginLoading();
      setAside.putBackUnchecked(fresh);
      fresh.jdbc().commit();
      log.warn(
          "The restore into {} did not finish. Foreign keys and triggers were put back; the foreign"
              + " keys are NOT VALID, since rows may be missing.",
          connections.location());
    } catch (SQLException | RuntimeException e) {
      log.error(
          "The restore into {} did not finish, and foreign keys or triggers could not be put back"
              + " ({}). Put them back with: {}",
          connections.location(),
          e instanceof SQLException sql
              ? PostgresErrors.translate(sql, "put them back", null).getMessage()
              : e.getMessage(),
          String.join(" ", setAside.putBackSql()));
    }
  }

  /** What was put down and not moved into its table is of no use to anybody. */
  private void removeLandings() {
    List<String> landings =
        targets.values().stream()
            .flatMap(target -> target.documents().filter(DocumentLoad::spread).stream())
            .map(load -> load.table().landingSql())
            .toList();
    if (landings.isEmpty()) {
      return;
    }
    String sql = "DROP TABLE IF EXISTS " + String.join(", ", landings);
    try (PinnedConnection fresh = connections.open()) {
      fresh.beginLoading();
      fresh.execute(sql);
      fresh.jdbc().commit();
    } catch (SQLException | RuntimeException e) {
      log.warn(
          "The restore into {} did not finish, and what it had put down could not be removed. The"
              + " next restore does that, or: {}",
          connections.location(),
          sql);
    }
  }

  /** A step on the main connection. */
  @FunctionalInterface
  private interface Step {
    void run() throws SQLException;
  }

  private void call(String doing, @Nullable String collection, Step step) {
    mainBusy = true;
    try {
      step.run();
    } catch (SQLException e) {
      throw explain(PostgresErrors.translate(e, doing, collection));
    } catch (HandlerException e) {
      // What the checks report says itself that nothing was changed.
      throw begun || changing ? explain(e) : e;
    } finally {
      mainBusy = false;
    }
  }

  /** The same error with what the caller wants to know next: what has become of the target. */
  private BackupException explain(HandlerException e) {
    if (loaders.isClosed()) {
      return Loaders.closedMeanwhile();
    }
    if (Thread.currentThread().isInterrupted()) {
      return new CancelledException("Interrupted while restoring." + stateOfTarget(), null);
    }
    return new HandlerException(
        e.kind(),
        e.collection().orElse(null),
        e.getMessage() + stateOfTarget(),
        e.getCause(),
        e.retryable());
  }

  private String stateOfTarget() {
    if (request.atomic() || !begun) {
      return " The target is left as it was.";
    }
    if (isWhole()) {
      return " The restore is not atomic: the target keeps the objects and rows that were committed"
          + " before. Drop them, or restore again with REPLACE.";
    }
    return " The restore is not atomic: the target keeps the rows that were committed before"
        + (request.mode() == RestoreMode.REPLACE ? ", those of before are gone" : "")
        + (setAside.isEmpty()
            ? "."
            : ", and foreign keys and triggers come back, unchecked, when the restore is closed.");
  }

  private static void checkInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException(
          "Interrupted while restoring; closing the restore undoes what can be undone.", null);
    }
  }
}

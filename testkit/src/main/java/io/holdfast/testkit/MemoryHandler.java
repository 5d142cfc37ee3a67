package io.holdfast.testkit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A handler for a {@link MemoryDatabase} that keeps every promise of {@link BackupHandler}, as the
 * subject and the yardstick of tests. How it splits, how strong its instant is and whether its
 * restores are atomic can be chosen; hooks let a test block, cancel or throw at an exact record or
 * batch, without sleeping. Safe for use by many threads.
 *
 * <p>It is stricter with its caller than a handler must be: calls in the wrong order, and batches
 * that break the ordering that was asked for, are an {@link IllegalStateException}.
 */
public final class MemoryHandler implements BackupHandler {
  /** What a test does at an exact place: wait, count, throw. */
  @FunctionalInterface
  public interface Hook {
    /**
     * Runs on the thread that reads or writes. May wait: closing the reader or the session ends the
     * wait by interrupting it.
     *
     * @param collection the collection concerned
     * @param number which record of the collection, or which batch of the session, from 1
     * @throws InterruptedException if the thread was interrupted; becomes a {@link
     *     io.holdfast.CancelledException}
     */
    void at(String collection, long number) throws InterruptedException;
  }

  /** Looks at the records of a restore before it begins. */
  public interface Inspector {
    /** Sees some records of a collection; called by one thread at a time. */
    void inspect(String collection, List<String> records);

    /** Has seen all; may throw. */
    void inspected();
  }

  private static final String SNAPSHOT = "snapshot";
  private static final String FROM = "from";
  private static final String TO = "to";

  private final MemoryDatabase database;
  private final Builder options;
  private final AtomicInteger open = new AtomicInteger();
  private volatile boolean closed;

  private MemoryHandler(MemoryDatabase database, Builder options) {
    this.database = database;
    this.options = options;
  }

  /**
   * A handler with snapshots, atomic restores, and splits of the size that the request asks for.
   */
  public static MemoryHandler of(MemoryDatabase database) {
    return builder(database).build();
  }

  /** A handler with choices of one's own. */
  public static Builder builder(MemoryDatabase database) {
    return new Builder(database);
  }

  /** The database that it speaks to. */
  public MemoryDatabase database() {
    return database;
  }

  /** How many sessions and readers it has opened that are not closed: 0 after a tidy run. */
  public int openResources() {
    return open.get();
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String location() {
    return "memory://" + database.name();
  }

  @Override
  public DatabaseInfo describe() {
    requireOpen();
    return new DatabaseInfo(
        database.name(), database.identity(), options.environment, options.production);
  }

  @Override
  public boolean canReadAsOf() {
    return options.readsThePast;
  }

  @Override
  public BackupSession openBackup(BackupRequest request) {
    requireOpen();
    if (!options.notCaptured.isEmpty() && !request.allowUncaptured()) {
      throw new HandlerException(
          HandlerException.Kind.UNSUPPORTED,
          null,
          "The source holds what a backup cannot carry: "
              + options.notCaptured
              + ". Allow that to be left out.",
          null);
    }
    return new Backup(request);
  }

  @Override
  public SplitReader openReader(BackupRequest request) {
    requireOpen();
    return new Reader();
  }

  @Override
  public RestoreSession openRestore(RestoreRequest request) {
    requireOpen();
    return new Restore(request);
  }

  @Override
  public void close() {
    closed = true;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("The handler of " + location() + " was closed.");
    }
  }

  /** Chooses how a handler behaves. Used by one thread. */
  public static final class Builder {
    private final MemoryDatabase database;
    private final Map<String, Integer> splitsByCollection = new HashMap<>();
    private final List<NotCaptured> notCaptured = new ArrayList<>();
    private OptionalInt splits = OptionalInt.empty();
    private Consistency consistency = Consistency.SNAPSHOT;
    private boolean atomic = true;
    private boolean createsCollections = true;
    private boolean estimates = true;
    private RestoreSession.Ordering ordering = RestoreSession.Ordering.ANY;
    private String keyField = "id";
    private Optional<String> environment = Optional.empty();
    private Optional<String> billedUnit = Optional.empty();
    private boolean production;
    private boolean readsThePast;
    private Optional<Inspector> inspector = Optional.empty();
    private List<String> report = List.of();
    private Hook beforeRead = (collection, number) -> {};
    private Hook beforeWrite = (collection, number) -> {};

    private Builder(MemoryDatabase database) {
      this.database = database;
    }

    private Builder(Builder other) {
      this(other.database);
      splitsByCollection.putAll(other.splitsByCollection);
      notCaptured.addAll(other.notCaptured);
      splits = other.splits;
      consistency = other.consistency;
      atomic = other.atomic;
      createsCollections = other.createsCollections;
      estimates = other.estimates;
      ordering = other.ordering;
      keyField = other.keyField;
      environment = other.environment;
      billedUnit = other.billedUnit;
      production = other.production;
      readsThePast = other.readsThePast;
      inspector = other.inspector;
      report = other.report;
      beforeRead = other.beforeRead;
      beforeWrite = other.beforeWrite;
    }

    /** How many splits each collection has, whatever size the request asks for. */
    public Builder splits(int count) {
      splits = OptionalInt.of(requirePositive(count));
      return this;
    }

    /** How many splits one collection has. */
    public Builder splits(String collection, int count) {
      splitsByCollection.put(collection, requirePositive(count));
      return this;
    }

    /**
     * How strong the instant of a backup is; {@code SNAPSHOT} unless set. With {@code FUZZY},
     * readers see the records of the moment.
     */
    public Builder consistency(Consistency value) {
      consistency = value;
      return this;
    }

    /**
     * Whether a restore shows nothing before {@code finish} and can be undone; true unless set. If
     * not, records show as they are written, and stay.
     */
    public Builder atomic(boolean value) {
      atomic = value;
      return this;
    }

    /**
     * Whether a restore creates collections that the target lacks, as a database without a schema
     * does; true unless set. If not, they are a {@code MISMATCH}.
     */
    public Builder createsCollections(boolean value) {
      createsCollections = value;
      return this;
    }

    /** Makes collections and splits say that their sizes are unknown. */
    public Builder withoutEstimates() {
      estimates = false;
      return this;
    }

    /** In which order a restore wants its batches; {@code ANY} unless set. */
    public Builder ordering(RestoreSession.Ordering value) {
      ordering = value;
      return this;
    }

    /** Which field tells records apart in a {@code MERGE}; {@code id} unless set. */
    public Builder keyField(String value) {
      keyField = value;
      return this;
    }

    /** What the database says that it is for; nothing unless set. */
    public Builder environment(String label) {
      environment = Optional.of(label);
      return this;
    }

    /** Makes the database say that it is production. */
    public Builder production() {
      production = true;
      return this;
    }

    /** Makes backups say that they show the instant that they were asked for. */
    public Builder readsThePast() {
      readsThePast = true;
      return this;
    }

    /** Makes restores look at all records before they begin. */
    public Builder inspector(Inspector value) {
      inspector = Optional.of(value);
      return this;
    }

    /** What a restore that is final reports; nothing unless set. */
    public Builder reporting(String... sentences) {
      report = List.of(sentences);
      return this;
    }

    /** Says that the source holds something that a backup will not. */
    public Builder notCaptured(String object, String reason) {
      notCaptured.add(new NotCaptured(object, reason));
      return this;
    }

    /**
     * Makes the database bill each record that is read as one of that unit, and each session as one
     * more; nothing unless set.
     */
    public Builder billing(String unit) {
      billedUnit = Optional.of(unit);
      return this;
    }

    /** Runs before each record is read; the number counts the records of its collection. */
    public Builder beforeRead(Hook hook) {
      beforeRead = hook;
      return this;
    }

    /** Runs before each batch is written; the number counts the batches of the session. */
    public Builder beforeWrite(Hook hook) {
      beforeWrite = hook;
      return this;
    }

    /** The handler. */
    public MemoryHandler build() {
      return new MemoryHandler(database, new Builder(this));
    }

    private static int requirePositive(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("A collection has at least one split, not " + count);
      }
      return count;
    }
  }

  private final class Backup implements BackupSession {
    private final BackupRequest request;
    private final String snapshot;
    private final Instant asOf;
    private final Map<String, List<String>> content = new LinkedHashMap<>();
    private boolean closed;

    Backup(BackupRequest request) {
      this.request = request;
      this.snapshot = database.pin();
      this.asOf = request.asOf().filter(instant -> options.readsThePast).orElseGet(Instant::now);
      Map<String, List<String>> all = pinned(database, snapshot);
      List<String> unmatched = request.filter().unmatchedIncludes(all.keySet());
      if (!unmatched.isEmpty()) {
        database.release(snapshot);
        throw new HandlerException(
            HandlerException.Kind.NOT_FOUND,
            null,
            "No collection of " + location() + " matches " + unmatched + ". Correct the filter.",
            null);
      }
      all.forEach(
          (collection, records) -> {
            if (request.filter().accepts(collection)) {
              content.put(collection, records);
            }
          });
      open.incrementAndGet();
    }

    @Override
    public SourceInfo source() {
      return new SourceInfo(
          name(),
          database.name(),
          "1",
          asOf,
          options.consistency,
          options.environment.orElse(""),
          database.identity());
    }

    @Override
    public ObjectNode schema() {
      return database.schema();
    }

    @Override
    public List<CollectionInfo> collections() {
      List<CollectionInfo> infos = new ArrayList<>();
      content.forEach(
          (collection, records) ->
              infos.add(
                  options.estimates
                      ? new CollectionInfo(collection, records.size(), bytes(records))
                      : new CollectionInfo(collection, -1, -1)));
      return infos;
    }

    @Override
    public List<Split> splits(CollectionInfo collection) {
      String name = collection.name();
      List<String> records = content.get(name);
      if (records == null) {
        throw new IllegalArgumentException(name + " is not in this session.");
      }
      int count = splitCount(name, records);
      List<Split> splits = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int from = (int) ((long) records.size() * i / count);
        int to = (int) ((long) records.size() * (i + 1) / count);
        boolean growing = options.consistency == Consistency.FUZZY && i == count - 1;
        Map<String, String> attributes =
            Map.of(
                SNAPSHOT,
                snapshot,
                FROM,
                Integer.toString(from),
                TO,
                Integer.toString(growing ? Integer.MAX_VALUE : to));
        long estimate = options.estimates ? bytes(records.subList(from, to)) : -1;
        splits.add(new Split(name, i, attributes, estimate));
      }
      return splits;
    }

    @Override
    public List<NotCaptured> notCaptured() {
      return List.copyOf(options.notCaptured);
    }

    @Override
    public Map<String, Long> usage() {
      return options.billedUnit.map(unit -> Map.of(unit, 1L)).orElse(Map.of());
    }

    @Override
    public void finish() {
      pinned(database, snapshot);
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        database.release(snapshot);
        open.decrementAndGet();
      }
    }

    private int splitCount(String collection, List<String> records) {
      Integer chosen = options.splitsByCollection.get(collection);
      if (chosen != null) {
        return chosen;
      }
      long wanted = bytes(records) / Math.max(1, request.splitBytes()) + 1;
      return options.splits.orElse((int) Math.max(1, Math.min(wanted, records.size())));
    }
  }

  private final class Reader implements SplitReader {
    private final HookPoint point = new HookPoint(options.beforeRead);
    private List<String> records = List.of();
    private String collection = "";
    private String snapshot = "";
    private int ordinal;
    private int next;
    private int to;
    private long read;
    private boolean closed;

    Reader() {
      open.incrementAndGet();
    }

    @Override
    public void open(Split split) {
      if (next < to && to != Integer.MAX_VALUE) {
        throw new IllegalStateException(
            "Split " + ordinal + " of " + collection + " was not read to its end.");
      }
      collection = split.collection();
      ordinal = split.ordinal();
      snapshot = split.attribute(SNAPSHOT);
      next = Integer.parseInt(split.attribute(FROM));
      to = Integer.parseInt(split.attribute(TO));
      records = pinned(database, snapshot).getOrDefault(collection, List.of());
    }

    @Override
    public boolean read(RecordBuffer into) {
      pinned(database, snapshot);
      while (next < to && !into.isFull()) {
        point.pass(collection, next + 1L);
        Optional<String> record = recordAt(next);
        if (record.isEmpty()) {
          to = next;
          break;
        }
        into.record(record.get());
        next++;
        read++;
      }
      return next < to;
    }

    @Override
    public Map<String, Long> usage() {
      return options.billedUnit.map(unit -> Map.of(unit, read)).orElse(Map.of());
    }

    @Override
    public void close() {
      point.abort();
      synchronized (point) {
        if (!closed) {
          closed = true;
          open.decrementAndGet();
        }
      }
    }

    private Optional<String> recordAt(int index) {
      return options.consistency == Consistency.FUZZY
          ? database.recordAt(collection, index)
          : Optional.of(records.get(index));
    }
  }

  private final class Restore implements RestoreSession {
    private enum State {
      OPENED,
      PREPARED,
      BEGUN,
      FAILED,
      FINISHED,
      CLOSED
    }

    private final RestoreRequest request;
    private final boolean atomic;
    private final boolean createsCollections;
    private final HookPoint point = new HookPoint(options.beforeWrite);
    private final Map<String, List<String>> staged = new LinkedHashMap<>();
    private final Map<String, Long> written = new TreeMap<>();
    private final Map<String, Integer> writing = new HashMap<>();
    private final Set<String> left = new HashSet<>();
    private String current = "";
    private State state = State.OPENED;
    private long batches;

    Restore(RestoreRequest request) {
      this.request = request;
      this.atomic = options.atomic && request.atomic();
      this.createsCollections = options.createsCollections && !request.dataOnly();
      open.incrementAndGet();
    }

    @Override
    public Ordering ordering() {
      return options.ordering;
    }

    @Override
    public synchronized RestorePlan prepare() {
      require(State.OPENED, "prepare");
      if (request.strategy() == RestoreStrategy.SWAP) {
        throw new HandlerException(
            HandlerException.Kind.UNSUPPORTED,
            null,
            "The target "
                + location()
                + " cannot be built beside itself. Nothing was changed; choose TRANSACTION or"
                + " IN_PLACE.",
            null);
      }
      List<String> missing = new ArrayList<>(expected());
      missing.removeAll(database.names());
      if (!createsCollections && !missing.isEmpty()) {
        throw new HandlerException(
            HandlerException.Kind.MISMATCH,
            missing.get(0),
            "The target "
                + location()
                + " lacks "
                + missing
                + ". Nothing was changed; create them.",
            null);
      }
      requireEmptyIfAsked();
      state = State.PREPARED;
      return new RestorePlan(
          atomic,
          List.of(request.mode() + " into " + location() + ", collections: " + expected()),
          List.of());
    }

    @Override
    public boolean inspects() {
      return options.inspector.isPresent();
    }

    @Override
    public void inspect(String collection, RecordBatch batch) {
      synchronized (this) {
        require(State.PREPARED, "inspect");
        options.inspector.ifPresent(inspector -> inspector.inspect(collection, batch.toStrings()));
      }
    }

    @Override
    public synchronized void inspected() {
      require(State.PREPARED, "inspected");
      options.inspector.ifPresent(Inspector::inspected);
    }

    @Override
    public synchronized List<String> report() {
      require(State.FINISHED, "report");
      return options.report;
    }

    @Override
    public synchronized void begin() {
      require(State.PREPARED, "begin");
      requireEmptyIfAsked();
      state = State.BEGUN;
      for (String collection : expected()) {
        show(collection);
      }
    }

    @Override
    public void write(String collection, RecordBatch batch) {
      long number = enter(collection);
      boolean done = false;
      try {
        point.pass(collection, number);
        List<String> records = checked(collection, batch);
        synchronized (this) {
          require(State.BEGUN, "write");
          if (!staged.containsKey(collection)) {
            show(collection);
          }
          if (atomic) {
            staged.getOrDefault(collection, new ArrayList<>()).addAll(records);
          } else {
            apply(collection, records);
          }
          written.merge(collection, (long) records.size(), Long::sum);
        }
        done = true;
      } finally {
        leave(collection, done);
      }
    }

    @Override
    public synchronized Map<String, Long> recordsWritten() {
      require(State.BEGUN, "recordsWritten");
      if (!writing.isEmpty()) {
        throw new IllegalStateException("recordsWritten was called while batches are written.");
      }
      return Map.copyOf(written);
    }

    @Override
    public synchronized void finish() {
      require(State.BEGUN, "finish");
      if (atomic) {
        synchronized (database) {
          if (request.mode() == RestoreMode.REPLACE) {
            database.clear(staged.keySet());
          }
          staged.forEach(this::apply);
        }
      }
      state = State.FINISHED;
    }

    @Override
    public void close() {
      point.abort();
      synchronized (this) {
        if (state != State.CLOSED) {
          state = State.CLOSED;
          staged.clear();
          open.decrementAndGet();
        }
      }
    }

    /** The collections that the backup announces; none where it has no manifest. */
    private Set<String> expected() {
      return request.expectedRecords().map(Map::keySet).orElse(Set.of());
    }

    /** Makes the collection exist, empty if its records are to be replaced. */
    private void show(String collection) {
      staged.put(collection, new ArrayList<>());
      if (!atomic) {
        database.create(collection);
        if (request.mode() == RestoreMode.REPLACE) {
          database.clear(List.of(collection));
        }
      }
    }

    private void apply(String collection, List<String> records) {
      database.create(collection);
      if (request.mode() == RestoreMode.MERGE) {
        database.merge(collection, records, options.keyField);
      } else {
        database.insert(collection, records);
      }
    }

    private void requireEmptyIfAsked() {
      if (request.mode() != RestoreMode.INTO_EMPTY) {
        return;
      }
      CollectionFilter filter = request.filter();
      Map<String, Long> filled = new TreeMap<>(database.counts());
      filled.entrySet().removeIf(e -> e.getValue() == 0 || !filter.accepts(e.getKey()));
      if (!filled.isEmpty()) {
        throw new HandlerException(
            HandlerException.Kind.NOT_EMPTY,
            filled.keySet().iterator().next(),
            "The target "
                + location()
                + " holds records: "
                + filled
                + ". Nothing was changed. Empty it, or choose REPLACE or MERGE.",
            null);
      }
    }

    private synchronized long enter(String collection) {
      require(State.BEGUN, "write");
      if (!createsCollections && !database.names().contains(collection)) {
        state = State.FAILED;
        throw new HandlerException(
            HandlerException.Kind.MISMATCH,
            collection,
            "The target " + location() + " lacks " + collection + ".",
            null);
      }
      if (options.ordering == Ordering.BY_COLLECTION && !collection.equals(current)) {
        if (!writing.isEmpty() || !left.add(collection)) {
          throw new IllegalStateException(
              "BY_COLLECTION was asked for, and " + collection + " does not come by itself.");
        }
        current = collection;
      }
      writing.merge(collection, 1, Integer::sum);
      return ++batches;
    }

    private synchronized void leave(String collection, boolean done) {
      writing.computeIfPresent(collection, (name, n) -> n == 1 ? null : n - 1);
      if (!done && state == State.BEGUN) {
        state = State.FAILED;
      }
    }

    private void require(State wanted, String call) {
      if (state != wanted) {
        throw new IllegalStateException(call + " was called on a session that is " + state + ".");
      }
    }
  }

  private static List<String> checked(String collection, RecordBatch batch) {
    try {
      List<String> records = Records.lines(batch);
      records.forEach(Records::parse);
      return records;
    } catch (IllegalArgumentException e) {
      throw new HandlerException(
          HandlerException.Kind.UNSUPPORTED,
          collection,
          "A batch for " + collection + " was refused: " + e.getMessage(),
          e);
    }
  }

  private static Map<String, List<String>> pinned(MemoryDatabase database, String snapshot) {
    return database
        .snapshot(snapshot)
        .orElseThrow(
            () ->
                new HandlerException(
                    HandlerException.Kind.SNAPSHOT_LOST,
                    null,
                    "The consistency point " + snapshot + " is gone. Take the backup again.",
                    null));
  }

  private static long bytes(List<String> records) {
    return records.stream().mapToLong(String::length).sum();
  }
}

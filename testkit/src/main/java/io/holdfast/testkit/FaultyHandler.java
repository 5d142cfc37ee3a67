package io.holdfast.testkit;

import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A handler with faults, around one without: it throws, loses, doubles and lies exactly where it is
 * told to. To show that a test, a suite or the library notices.
 *
 * <p>Steps and records are counted over the handler's life, over all its sessions and readers, from
 * 1. Safe for use by many threads where the handler inside is. Closing it closes that handler.
 *
 * <pre>{@code
 * BackupHandler faulty =
 *     FaultyHandler.around(handler)
 *         .fail(Step.READ, 3, () -> new HandlerException(Kind.UNREACHABLE, null, "gone", null))
 *         .loseRecordOnWrite(17)
 *         .build();
 * }</pre>
 */
public final class FaultyHandler extends Forwarding.Handler {
  /** A call that can be made to fail. */
  public enum Step {
    /** {@link BackupHandler#describe}. */
    DESCRIBE,
    /** {@link BackupHandler#openBackup}. */
    OPEN_BACKUP,
    /** {@link BackupHandler#openReader}. */
    OPEN_READER,
    /** {@link BackupHandler#openRestore}. */
    OPEN_RESTORE,
    /** {@link SplitReader#open}. */
    OPEN_SPLIT,
    /** {@link SplitReader#read}. */
    READ,
    /** {@link BackupSession#finish}. */
    FINISH_BACKUP,
    /** {@link RestoreSession#prepare}. */
    PREPARE,
    /** {@link RestoreSession#begin}. */
    BEGIN,
    /** {@link RestoreSession#write}. */
    WRITE,
    /** {@link RestoreSession#recordsWritten}. */
    RECORDS_WRITTEN,
    /** {@link RestoreSession#finish}. */
    FINISH_RESTORE,
    /** {@link RestoreSession#close}, after the session inside has been closed. */
    CLOSE_RESTORE
  }

  private final Map<Step, Map<Long, Supplier<? extends RuntimeException>>> failures;
  private final Map<Long, Function<String, List<String>>> readFaults;
  private final Set<Long> lostOnWrite;
  private final boolean swallowFailedWrites;
  private final boolean countGiven;
  private final UnaryOperator<Map<String, Long>> counts;
  private final Map<Step, AtomicLong> steps = new ConcurrentHashMap<>();
  private final AtomicLong recordsRead = new AtomicLong();
  private final AtomicLong recordsGiven = new AtomicLong();

  private FaultyHandler(Builder builder) {
    super(builder.inner);
    this.failures = new HashMap<>(builder.failures);
    this.readFaults = Map.copyOf(builder.readFaults);
    this.lostOnWrite = Set.copyOf(builder.lostOnWrite);
    this.swallowFailedWrites = builder.swallowFailedWrites;
    this.countGiven = builder.countGiven;
    this.counts = builder.counts;
  }

  /** Begins with a handler whose every call passes through. */
  public static Builder around(BackupHandler inner) {
    return new Builder(inner);
  }

  /** How often that step was called so far. */
  public long calls(Step step) {
    return counter(step).get();
  }

  @Override
  public DatabaseInfo describe() {
    pass(Step.DESCRIBE);
    return inner.describe();
  }

  @Override
  public BackupSession openBackup(BackupRequest request) {
    pass(Step.OPEN_BACKUP);
    return new Forwarding.Backup(inner.openBackup(request)) {
      @Override
      public void finish() {
        pass(Step.FINISH_BACKUP);
        inner.finish();
      }
    };
  }

  @Override
  public SplitReader openReader(BackupRequest request) {
    pass(Step.OPEN_READER);
    return new FaultyReader(inner.openReader(request));
  }

  @Override
  public RestoreSession openRestore(RestoreRequest request) {
    pass(Step.OPEN_RESTORE);
    return new FaultyRestore(inner.openRestore(request));
  }

  private AtomicLong counter(Step step) {
    return steps.computeIfAbsent(step, absent -> new AtomicLong());
  }

  private void pass(Step step) {
    long number = counter(step).incrementAndGet();
    Supplier<? extends RuntimeException> failure =
        failures.getOrDefault(step, Map.of()).get(number);
    if (failure != null) {
      throw failure.get();
    }
  }

  /** Collects the faults. Used by one thread. */
  public static final class Builder {
    private final BackupHandler inner;
    private final Map<Step, Map<Long, Supplier<? extends RuntimeException>>> failures =
        new HashMap<>();
    private final Map<Long, Function<String, List<String>>> readFaults = new HashMap<>();
    private final Set<Long> lostOnWrite = new HashSet<>();
    private boolean swallowFailedWrites;
    private boolean countGiven;
    private UnaryOperator<Map<String, Long>> counts = UnaryOperator.identity();

    private Builder(BackupHandler inner) {
      this.inner = inner;
    }

    /** The nth call of that step throws instead of doing anything; later ones pass. */
    public Builder fail(Step step, long nth, Supplier<? extends RuntimeException> failure) {
      failures.computeIfAbsent(step, absent -> new HashMap<>()).put(nth, failure);
      return this;
    }

    /** The nth record that is read never arrives. */
    public Builder loseRecordOnRead(long nth) {
      readFaults.put(nth, record -> List.of());
      return this;
    }

    /** The nth record that is read arrives twice. */
    public Builder duplicateRecordOnRead(long nth) {
      readFaults.put(nth, record -> List.of(record, record));
      return this;
    }

    /** The nth record that is read arrives changed. */
    public Builder changeRecordOnRead(long nth, UnaryOperator<String> change) {
      readFaults.put(nth, record -> List.of(change.apply(record)));
      return this;
    }

    /** The nth record that is read arrives with a raw newline in it: valid JSON, on two lines. */
    public Builder newlineInRecord(long nth) {
      return changeRecordOnRead(nth, record -> "{\n" + record.substring(1));
    }

    /** The nth record that is written never reaches the target, which counts without it. */
    public Builder loseRecordOnWrite(long nth) {
      lostOnWrite.add(nth);
      return this;
    }

    /** A write that fails is kept quiet, as a dropped error code would. */
    public Builder swallowFailedWrites() {
      swallowFailedWrites = true;
      return this;
    }

    /** {@code recordsWritten} tells what was given to {@code write}, whatever the target took. */
    public Builder countWhatWasGiven() {
      countGiven = true;
      return this;
    }

    /** {@code recordsWritten} tells something else. */
    public Builder reportCounts(UnaryOperator<Map<String, Long>> change) {
      counts = change;
      return this;
    }

    /** The faulty handler. */
    public FaultyHandler build() {
      return new FaultyHandler(this);
    }
  }

  private final class FaultyReader extends Forwarding.Reader {
    // Full after every record, so that each can be looked at before it is passed on.
    private final RecordBuffer single = new RecordBuffer(1, Integer.MAX_VALUE);
    private Split split = new Split("", 0, Map.of(), -1);

    FaultyReader(SplitReader inner) {
      super(inner);
    }

    @Override
    public void open(Split next) {
      pass(Step.OPEN_SPLIT);
      split = next;
      inner.open(next);
    }

    @Override
    public boolean read(RecordBuffer into) {
      pass(Step.READ);
      if (readFaults.isEmpty()) {
        return inner.read(into);
      }
      boolean more = true;
      while (more && !into.isFull()) {
        single.reset(split.collection(), split.ordinal(), 0);
        more = inner.read(single);
        for (String record : single.batch().toStrings()) {
          readFaults
              .getOrDefault(recordsRead.incrementAndGet(), List::of)
              .apply(record)
              .forEach(into::record);
        }
      }
      return more;
    }
  }

  private final class FaultyRestore extends Forwarding.Restore {
    private final Map<String, Long> given = new ConcurrentHashMap<>();

    FaultyRestore(RestoreSession inner) {
      super(inner);
    }

    @Override
    public RestorePlan prepare() {
      pass(Step.PREPARE);
      return inner.prepare();
    }

    @Override
    public void begin() {
      pass(Step.BEGIN);
      inner.begin();
    }

    @Override
    public void write(String collection, RecordBatch batch) {
      given.merge(collection, (long) batch.count(), Long::sum);
      try {
        pass(Step.WRITE);
        writeWhatIsLeft(collection, batch);
      } catch (RuntimeException e) {
        if (!swallowFailedWrites) {
          throw e;
        }
      }
    }

    @Override
    public Map<String, Long> recordsWritten() {
      pass(Step.RECORDS_WRITTEN);
      Map<String, Long> taken = inner.recordsWritten();
      return counts.apply(new TreeMap<>(countGiven ? given : taken));
    }

    @Override
    public void finish() {
      pass(Step.FINISH_RESTORE);
      inner.finish();
    }

    @Override
    public void close() {
      inner.close();
      pass(Step.CLOSE_RESTORE);
    }

    private void writeWhatIsLeft(String collection, RecordBatch batch) {
      if (lostOnWrite.isEmpty()) {
        inner.write(collection, batch);
        return;
      }
      List<String> kept = new ArrayList<>();
      for (String record : batch.toStrings()) {
        if (!lostOnWrite.contains(recordsGiven.incrementAndGet())) {
          kept.add(record);
        }
      }
      if (!kept.isEmpty()) {
        inner.write(collection, RecordBatch.of(kept));
      }
    }
  }
}

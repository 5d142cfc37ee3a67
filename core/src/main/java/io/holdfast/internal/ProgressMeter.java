package io.holdfast.internal;

import io.holdfast.BackupEvent;
import io.holdfast.Operation;
import io.holdfast.Progress;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what workers do, and reports about once a second on the thread that calls {@link #tick}.
 */
final class ProgressMeter {
  /** How often listeners hear, and how long a waiting caller may wait between ticks. */
  static final long TICK_NANOS = 1_000_000_000L;

  private static final long LOG_NANOS = 10 * TICK_NANOS;
  private static final Logger log = LoggerFactory.getLogger("io.holdfast.BackupExecutor");

  private final Operation operation;
  private final Events events;
  private final long begun = System.nanoTime();
  private final LongAdder records = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder storedBytes = new LongAdder();
  private final AtomicInteger collectionsDone = new AtomicInteger();
  private final AtomicInteger collectionsTotal = new AtomicInteger(-1);
  private final AtomicLong estimatedRecords = new AtomicLong(-1);
  private final AtomicLong lastTick = new AtomicLong(begun);
  private long lastLog = begun;

  ProgressMeter(Operation operation, Events events) {
    this.operation = operation;
    this.events = events;
  }

  void expect(int collections, long records) {
    collectionsTotal.set(collections);
    estimatedRecords.set(records);
  }

  /** From any thread. */
  void add(long moreRecords, long moreBytes) {
    records.add(moreRecords);
    bytes.add(moreBytes);
  }

  /** From any thread. */
  void stored(long moreBytes) {
    storedBytes.add(moreBytes);
  }

  void collectionDone(String collection, long count) {
    collectionsDone.incrementAndGet();
    events.tell(new BackupEvent.CollectionDone(operation, collection, count));
    log.debug("{}: {} done, {} records", operation, collection, count);
  }

  /** Reports if it is time to. */
  void tick() {
    long now = System.nanoTime();
    long last = lastTick.get();
    if (now - last >= TICK_NANOS && lastTick.compareAndSet(last, now)) {
      report(now);
    }
  }

  /** Reports the end. */
  void last() {
    events.tell(new BackupEvent.Progressed(progress()));
  }

  Progress progress() {
    return new Progress(
        operation,
        records.sum(),
        estimatedRecords.get(),
        bytes.sum(),
        storedBytes.sum(),
        collectionsDone.get(),
        collectionsTotal.get(),
        elapsed());
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - begun);
  }

  /** What was done, for people: {@code 1234 records, 5.6 MB in 1.2 s}. */
  String summary() {
    return String.format(
        Locale.ROOT,
        "%d records, %s of JSON, %s stored, %.1f s",
        records.sum(),
        megabytes(bytes.sum()),
        megabytes(storedBytes.sum()),
        elapsed().toNanos() / 1e9);
  }

  private void report(long now) {
    Progress progress = progress();
    events.tell(new BackupEvent.Progressed(progress));
    if (now - lastLog >= LOG_NANOS) {
      lastLog = now;
      log.info(
          "{}: {} of {} collections, {} records, {}, {}/s",
          operation,
          progress.collectionsDone(),
          progress.collectionsTotal() < 0 ? "?" : progress.collectionsTotal(),
          progress.records(),
          megabytes(progress.bytes()),
          megabytes((long) progress.bytesPerSecond()));
    }
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}

package io.holdfast.testkit;

import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.Retry;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Moves records between handlers and memory, making the calls that the library makes and checking
 * what it checks: lines, UTF-8, counts. For the tests of handlers; everything is held in memory.
 * Immutable: each setting returns another pump. Safe for use by many threads.
 *
 * <p>It is a harsh caller: it reuses its buffers, puts records in the middle of larger arrays, and
 * wipes a batch as soon as the session has returned from it.
 *
 * <pre>{@code
 * MemoryBackup backup = Pump.create().threads(4).read(source);
 * Pump.create().mode(RestoreMode.REPLACE).write(backup, target);
 * }</pre>
 */
public final class Pump {
  private static final int MARGIN_BYTES = 7;

  private int threads = 1;
  private int bufferBytes = 1 << 16;
  private long splitBytes = 1 << 26;
  private int batchRecords = 1_000;
  private CollectionFilter filter = CollectionFilter.ALL;
  private RestoreMode mode = RestoreMode.INTO_EMPTY;
  private RestoreStrategy strategy = RestoreStrategy.TRANSACTION;
  private boolean dataOnly;
  private boolean manifest = true;
  private boolean allowUncaptured;

  private Pump() {}

  private Pump(Pump other, Consumer<Pump> change) {
    threads = other.threads;
    bufferBytes = other.bufferBytes;
    splitBytes = other.splitBytes;
    batchRecords = other.batchRecords;
    filter = other.filter;
    mode = other.mode;
    strategy = other.strategy;
    dataOnly = other.dataOnly;
    manifest = other.manifest;
    allowUncaptured = other.allowUncaptured;
    change.accept(this);
  }

  /**
   * One thread, buffers of 64 KiB, splits of 64 MiB, batches of 1,000 records, all collections;
   * restores are in one transaction, into an empty target, from a backup with a manifest; what
   * cannot be captured is an error.
   */
  public static Pump create() {
    return new Pump();
  }

  /** With that many threads reading or writing at a time. */
  public Pump threads(int count) {
    return new Pump(this, pump -> pump.threads = count);
  }

  /** With buffers that are full from that many bytes on; 1 makes every read return early. */
  public Pump bufferBytes(int bytes) {
    return new Pump(this, pump -> pump.bufferBytes = bytes);
  }

  /** Asking for splits of that many bytes of JSON. */
  public Pump splitBytes(long bytes) {
    return new Pump(this, pump -> pump.splitBytes = bytes);
  }

  /** Writing that many records at a time. */
  public Pump batchRecords(int records) {
    return new Pump(this, pump -> pump.batchRecords = records);
  }

  /** With those collections only. */
  public Pump filter(CollectionFilter value) {
    return new Pump(this, pump -> pump.filter = value);
  }

  /** Treating data of the target like that. */
  public Pump mode(RestoreMode value) {
    return new Pump(this, pump -> pump.mode = value);
  }

  /** Changing the target in that way. */
  public Pump strategy(RestoreStrategy value) {
    return new Pump(this, pump -> pump.strategy = value);
  }

  /** Restoring records only, into collections that are there. */
  public Pump dataOnly() {
    return new Pump(this, pump -> pump.dataOnly = true);
  }

  /** Restoring as from a file without a manifest: collections show as they come. */
  public Pump withoutManifest() {
    return new Pump(this, pump -> pump.manifest = false);
  }

  /** Allowing that what the handler cannot carry is left out and listed. */
  public Pump allowUncaptured() {
    return new Pump(this, pump -> pump.allowUncaptured = true);
  }

  /** The request that it opens backups and readers with. */
  public BackupRequest backupRequest() {
    return new BackupRequest(filter, allowUncaptured, threads, splitBytes, Retry.none());
  }

  /** The request that it opens a restore of that backup with. */
  public RestoreRequest restoreRequest(MemoryBackup backup) {
    Map<String, Long> expected = new LinkedHashMap<>(backup.counts());
    expected.keySet().removeIf(collection -> !filter.accepts(collection));
    return new RestoreRequest(
        backup.header(),
        manifest ? Optional.of(expected) : Optional.empty(),
        filter,
        mode,
        strategy,
        dataOnly,
        threads,
        Retry.none());
  }

  /**
   * Takes a backup from beginning to end.
   *
   * @throws IllegalArgumentException if a reader gave what is no batch of records
   */
  public MemoryBackup read(BackupHandler source) {
    try (BackupSession session = source.openBackup(backupRequest())) {
      MemoryBackup backup = read(session, source);
      session.finish();
      return backup;
    }
  }

  /**
   * Reads all splits of a session that stays open and is not finished.
   *
   * @param readers the handler that opens the readers; need not be the session's own
   * @throws IllegalArgumentException if a reader gave what is no batch of records
   */
  public MemoryBackup read(BackupSession session, BackupHandler readers) {
    Map<String, List<String>> records = new LinkedHashMap<>();
    Queue<Split> splits = new ConcurrentLinkedQueue<>();
    for (CollectionInfo collection : session.collections()) {
      if (records.put(collection.name(), Collections.synchronizedList(new ArrayList<>())) != null) {
        throw new IllegalArgumentException("The session lists " + collection.name() + " twice");
      }
      splits.addAll(session.splits(collection));
    }
    onThreads(
        () -> {
          try (SplitReader reader = readers.openReader(backupRequest())) {
            for (Split split = splits.poll(); split != null; split = splits.poll()) {
              List<String> ofCollection = records.get(split.collection());
              if (ofCollection == null) {
                throw new IllegalArgumentException("A split of unknown " + split.collection());
              }
              ofCollection.addAll(read(reader, split));
            }
          }
        });
    DocumentHeader header = new DocumentHeader("pumped", 1, session.source(), session.schema());
    return new MemoryBackup(header, records, session.notCaptured());
  }

  /**
   * Reads one split from its beginning to its end.
   *
   * @throws IllegalArgumentException if the reader gave what is no batch of records
   */
  public List<String> read(SplitReader reader, Split split) {
    RecordBuffer buffer = new RecordBuffer(bufferBytes, 1 << 28);
    List<String> records = new ArrayList<>();
    reader.open(split);
    boolean more = true;
    while (more) {
      buffer.reset(split.collection(), split.ordinal(), records.size());
      more = reader.read(buffer);
      try {
        records.addAll(Records.lines(buffer.batch()));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "Split " + split.ordinal() + " of " + split.collection() + ": " + e.getMessage(), e);
      }
    }
    return records;
  }

  /**
   * Restores from beginning to end, comparing counts before it finishes.
   *
   * @return how many records the target says that it took
   * @throws HandlerException of kind {@code INCOMPLETE} if that is not what the backup holds; the
   *     session is then closed without having finished
   */
  public Map<String, Long> write(MemoryBackup backup, BackupHandler target) {
    try (RestoreSession session = target.openRestore(restoreRequest(backup))) {
      session.prepare();
      session.begin();
      write(backup, session);
      Map<String, Long> written = session.recordsWritten();
      requireComplete(backup, written);
      session.finish();
      return written;
    }
  }

  /** Writes all records into a session that has begun, in an order that it allows. */
  public void write(MemoryBackup backup, RestoreSession session) {
    List<Queue<Batch>> byCollection = new ArrayList<>();
    backup
        .records()
        .forEach(
            (collection, records) -> {
              if (filter.accepts(collection)) {
                byCollection.add(batches(collection, records));
              }
            });
    if (session.ordering() == RestoreSession.Ordering.BY_COLLECTION) {
      byCollection.forEach(batches -> write(batches, session));
    } else {
      write(interleaved(byCollection), session);
    }
  }

  private void write(Queue<Batch> batches, RestoreSession session) {
    onThreads(
        () -> {
          for (Batch next = batches.poll(); next != null; next = batches.poll()) {
            next.write(session);
          }
        });
  }

  private Queue<Batch> batches(String collection, List<String> records) {
    Queue<Batch> batches = new ConcurrentLinkedQueue<>();
    for (int from = 0; from < records.size(); from += batchRecords) {
      int to = Math.min(records.size(), from + batchRecords);
      batches.add(new Batch(collection, records.subList(from, to)));
    }
    return batches;
  }

  private static Queue<Batch> interleaved(List<Queue<Batch>> byCollection) {
    Queue<Batch> all = new ConcurrentLinkedQueue<>();
    boolean more = true;
    while (more) {
      more = false;
      for (Queue<Batch> batches : byCollection) {
        Batch next = batches.poll();
        if (next != null) {
          all.add(next);
          more = true;
        }
      }
    }
    return all;
  }

  private void requireComplete(MemoryBackup backup, Map<String, Long> written) {
    backup
        .counts()
        .forEach(
            (collection, count) -> {
              long taken = written.getOrDefault(collection, 0L);
              if (filter.accepts(collection) && taken != count) {
                throw new HandlerException(
                    HandlerException.Kind.INCOMPLETE,
                    collection,
                    "The target says that it took "
                        + taken
                        + " records of "
                        + collection
                        + "; the backup holds "
                        + count
                        + ".",
                    null);
              }
            });
  }

  private void onThreads(Runnable work) {
    if (threads == 1) {
      work.run();
      return;
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CompletionService<Boolean> done = new ExecutorCompletionService<>(pool);
      Callable<Boolean> task =
          () -> {
            work.run();
            return true;
          };
      for (int i = 0; i < threads; i++) {
        var unused = done.submit(task);
      }
      for (int i = 0; i < threads; i++) {
        done.take().get();
      }
      pool.shutdown();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while pumping.", e);
    } catch (ExecutionException e) {
      throw asThrown(e);
    } finally {
      stop(pool);
    }
  }

  /** Ends all threads before the session that they use is closed. */
  private static void stop(ExecutorService pool) {
    pool.shutdownNow();
    try {
      if (!pool.awaitTermination(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            "A reader or writer did not react to interruption for 30 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static RuntimeException asThrown(ExecutionException e) {
    Throwable cause = e.getCause();
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
  }

  /** Records that are written with one call. */
  private record Batch(String collection, List<String> records) {
    void write(RestoreSession session) {
      byte[] text = String.join(",\n", records).getBytes(StandardCharsets.UTF_8);
      byte[] array = new byte[text.length + 2 * MARGIN_BYTES];
      Arrays.fill(array, (byte) '\n');
      System.arraycopy(text, 0, array, MARGIN_BYTES, text.length);
      session.write(
          collection,
          new RecordBatch(array, MARGIN_BYTES, MARGIN_BYTES + text.length, records.size()));
      Arrays.fill(array, (byte) '#');
    }
  }
}

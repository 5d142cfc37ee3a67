package io.holdfast.internal;

import io.holdfast.CancelledException;
import io.holdfast.Compression;
import io.holdfast.format.DocumentWriter;
import io.holdfast.format.FormatException;
import io.holdfast.format.Frame;
import io.holdfast.format.FrameCompressor;
import io.holdfast.format.Limits;
import io.holdfast.format.RecordFrame;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a backup session to a document: workers read splits, check and compress frames; the calling
 * thread writes them in collection order. {@code docs/decisions/0004} says why frames of one
 * collection interleave and what bounds the memory.
 */
final class BackupPipeline {
  /** Compressed bytes that may wait for the collection being written. */
  private static final long CURRENT_BUDGET = 8 << 20;

  /** Compressed bytes that may wait for collections that come later. */
  private static final long LATER_BUDGET = 32 << 20;

  private static final Logger log = LoggerFactory.getLogger(BackupPipeline.class);

  private final BackupHandler handler;
  private final BackupSession session;
  private final BackupRequest request;
  private final Compression compression;
  private final int maxRecordBytes;
  private final ProgressMeter progress;
  private final long currentBudget;
  private final long laterBudget;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition frameReady = lock.newCondition();
  private final Condition roomFree = lock.newCondition();
  private final ReentrantLock planning = new ReentrantLock();
  private final List<Lane> lanes = new ArrayList<>();
  private final Set<SplitReader> readers = ConcurrentHashMap.newKeySet();
  private final Map<String, Long> usage = new ConcurrentHashMap<>();

  /** Written under {@link #lock}. */
  private int current;

  private long laterBytes;

  /** Written under {@link #planning}. */
  private int planned;

  private Deque<Split> splits = new ArrayDeque<>();

  /** A collection on its way; all but the first two under {@link #lock}. */
  private static final class Lane {
    final CollectionInfo collection;
    final int ordinal;
    final Deque<Frame> ready = new ArrayDeque<>();
    long readyBytes;
    int openSplits;
    boolean allPlanned;

    Lane(CollectionInfo collection, int ordinal) {
      this.collection = collection;
      this.ordinal = ordinal;
    }

    boolean complete() {
      return allPlanned && openSplits == 0 && ready.isEmpty();
    }
  }

  /** A split and the lane it belongs to. */
  private record Work(Lane lane, Split split) {}

  /**
   * @param beside how many pipelines share the memory, this one included
   */
  BackupPipeline(
      BackupHandler handler,
      BackupSession session,
      BackupRequest request,
      Compression compression,
      int maxRecordBytes,
      ProgressMeter progress,
      int beside) {
    this.handler = handler;
    this.session = session;
    this.request = request;
    this.compression = compression;
    this.maxRecordBytes = maxRecordBytes;
    this.progress = progress;
    this.currentBudget = CURRENT_BUDGET / beside;
    this.laterBudget = LATER_BUDGET / beside;
    for (CollectionInfo collection : session.collections()) {
      lanes.add(new Lane(collection, lanes.size()));
    }
  }

  /** Writes all collections. The header was written before; the end is written after. */
  void run(DocumentWriter writer) throws IOException {
    try (Workers workers = new Workers(this::wakeAll, this::abortReaders)) {
      workers.start(request.parallelism(), "backup", () -> work(workers));
      for (Lane lane : lanes) {
        writeCollection(lane, writer, workers);
      }
      awaitEnd(workers);
    }
  }

  /** What the readers have read, in the units that the database bills; complete after a run. */
  Map<String, Long> usage() {
    return Map.copyOf(usage);
  }

  /** All is read; what is left to the workers is to close their readers, in peace. */
  private void awaitEnd(Workers workers) {
    lock.lock();
    try {
      while (workers.anyRunning()) {
        workers.check();
        frameReady.awaitNanos(ProgressMeter.TICK_NANOS);
      }
      workers.check();
    } catch (InterruptedException e) {
      throw cancelled(e);
    } finally {
      lock.unlock();
    }
  }

  private static CancelledException cancelled(InterruptedException e) {
    return Workers.cancelled("The backup was cancelled. Nothing of it is visible in the sink.", e);
  }

  private void writeCollection(Lane lane, DocumentWriter writer, Workers workers)
      throws IOException {
    writer.beginCollection(lane.collection.name());
    makeCurrent(lane);
    long records = 0;
    for (Frame frame = take(lane, workers); frame != null; frame = take(lane, workers)) {
      writer.frame(frame);
      records += frame.records();
      progress.stored(frame.bytes().length);
      progress.tick();
    }
    writer.endCollection();
    progress.collectionDone(lane.collection.name(), records);
  }

  private void makeCurrent(Lane lane) {
    lock.lock();
    try {
      current = lane.ordinal;
      laterBytes -= lane.readyBytes;
      roomFree.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The next frame of the collection being written; null once it is complete. */
  private @Nullable Frame take(Lane lane, Workers workers) {
    while (true) {
      lock.lock();
      try {
        workers.check();
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        Frame frame = lane.ready.pollFirst();
        if (frame != null) {
          lane.readyBytes -= frame.bytes().length;
          roomFree.signalAll();
          return frame;
        }
        if (lane.complete()) {
          return null;
        }
        frameReady.awaitNanos(ProgressMeter.TICK_NANOS);
      } catch (InterruptedException e) {
        throw cancelled(e);
      } finally {
        lock.unlock();
      }
      progress.tick(); // without the lock: listeners may take their time
    }
  }

  private void put(Lane lane, Frame frame, Workers workers) throws InterruptedException {
    lock.lock();
    try {
      while (!hasRoom(lane)) {
        if (workers.stopping()) {
          throw new InterruptedException("the backup is being given up");
        }
        roomFree.await();
      }
      lane.ready.addLast(frame);
      lane.readyBytes += frame.bytes().length;
      if (lane.ordinal == current) {
        frameReady.signalAll();
      } else {
        laterBytes += frame.bytes().length;
      }
    } finally {
      lock.unlock();
    }
  }

  /** A frame larger than the whole budget gets in when nothing else waits. */
  private boolean hasRoom(Lane lane) {
    return lane.ordinal == current ? lane.readyBytes < currentBudget : laterBytes < laterBudget;
  }

  private void work(Workers workers) throws InterruptedException {
    Work work = next();
    if (work == null) {
      return;
    }
    RecordBuffer buffer = new RecordBuffer(Limits.FRAME_TARGET_BYTES, maxRecordBytes);
    SplitReader reader = handler.openReader(request);
    readers.add(reader);
    try (reader;
        FrameCompressor compressor = compression.codec().compressor(compression.level())) {
      while (work != null) {
        // Asked after the reader was made known: whoever gives up later closes it.
        if (workers.stopping()) {
          return;
        }
        read(work, reader, buffer, compressor, workers);
        done(work.lane());
        work = next();
      }
      reader.usage().forEach((unit, count) -> usage.merge(unit, count, Long::sum));
    } finally {
      readers.remove(reader);
    }
  }

  private void read(
      Work work,
      SplitReader reader,
      RecordBuffer buffer,
      FrameCompressor compressor,
      Workers workers)
      throws InterruptedException {
    String collection = work.lane().collection.name();
    reader.open(work.split());
    long records = 0;
    boolean more = true;
    while (more) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      buffer.reset(collection, work.split().ordinal(), records);
      more = reader.read(buffer);
      int count = buffer.count();
      if (count > 0) {
        checkForm(collection, buffer, count);
        put(
            work.lane(),
            DocumentWriter.frame(collection, compressor, buffer.array(), buffer.position(), count),
            workers);
        progress.add(count, buffer.position());
        records += count;
      }
    }
  }

  private static void checkForm(String collection, RecordBuffer buffer, int count) {
    try {
      RecordFrame.checkForm(buffer.array(), 0, buffer.position(), count);
    } catch (FormatException e) {
      throw new FormatException(
          e.kind(),
          "What was read of collection "
              + collection
              + " cannot be stored: "
              + e.getMessage()
              + " Leave the collection out, or report this.",
          e);
    }
  }

  /** The next split in collection order; null if there is none. */
  private @Nullable Work next() throws InterruptedException {
    planning.lockInterruptibly();
    try {
      while (splits.isEmpty() && planned < lanes.size()) {
        Lane lane = lanes.get(planned);
        List<Split> next = session.splits(lane.collection);
        splits = new ArrayDeque<>(next);
        planned++;
        planned(lane, next.size());
      }
      if (splits.isEmpty()) {
        return null;
      }
      return new Work(lanes.get(planned - 1), splits.removeFirst());
    } finally {
      planning.unlock();
    }
  }

  private void planned(Lane lane, int count) {
    if (count == 0) {
      throw new IllegalStateException(
          "The handler gave no split for collection " + lane.collection.name() + ".");
    }
    lock.lock();
    try {
      lane.openSplits = count;
      lane.allPlanned = true;
    } finally {
      lock.unlock();
    }
  }

  private void done(Lane lane) {
    lock.lock();
    try {
      lane.openSplits--;
      frameReady.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void wakeAll() {
    lock.lock();
    try {
      frameReady.signalAll();
      roomFree.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** One that cannot be closed must not keep the others from it. */
  private void abortReaders() {
    for (SplitReader reader : readers) {
      try {
        reader.close();
      } catch (RuntimeException e) {
        log.debug("A reader could not be closed", e);
      }
    }
  }
}

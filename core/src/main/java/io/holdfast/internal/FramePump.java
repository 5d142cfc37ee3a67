package io.holdfast.internal;

import io.holdfast.CancelledException;
import io.holdfast.format.DocumentReader;
import io.holdfast.format.Frame;
import io.holdfast.format.FrameDecoder;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.RecordBatch;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * From a document to whoever takes its records: the calling thread reads frames in order, workers
 * decompress, check and hand them on. Bounded by a few frames for each worker.
 */
final class FramePump {
  /** Compressed bytes that may wait for a worker; one frame more if it is larger. */
  private static final long QUEUE_BYTES = 16 << 20;

  /** Takes batches, from many threads. */
  @FunctionalInterface
  interface BatchConsumer {
    void accept(String collection, RecordBatch batch);
  }

  private final DocumentReader reader;
  private final int parallelism;
  private final boolean byCollection;
  private final CollectionFilter filter;
  private final BatchConsumer consumer;
  private final Runnable abort;
  private final ProgressMeter progress;
  private final String onCancel;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Step> queue = new ArrayDeque<>();

  /** Collections that have frames under way, oldest first. */
  private final Deque<Lane> lanes = new ArrayDeque<>();

  /** Collections that are complete and were not reported yet. */
  private final Deque<Lane> finished = new ArrayDeque<>();

  private long queuedBytes;
  private boolean ended;

  /** A collection with frames under way; under {@link #lock}. */
  private static final class Lane {
    final String name;
    int pending;
    long records;
    boolean complete;

    /** How many frames were put into the queue. */
    long frames;

    /** The frames that are done, as far as none before them is missing. */
    long doneInOrder;

    /** Frames that were done while one before them was not. */
    final Set<Long> doneEarly = new HashSet<>();

    Lane(String name) {
      this.name = name;
    }
  }

  /** A frame, the lane it belongs to, and its place there. */
  private record Step(Lane lane, Frame frame, long place) {}

  /**
   * Sets a pump up.
   *
   * @param byCollection whether the consumer wants one collection after another
   * @param abort wakes a consumer that waits for something outside; called only when giving up
   * @param onCancel the message for an interruption
   */
  FramePump(
      DocumentReader reader,
      int parallelism,
      boolean byCollection,
      CollectionFilter filter,
      BatchConsumer consumer,
      Runnable abort,
      ProgressMeter progress,
      String onCancel) {
    this.reader = reader;
    this.parallelism = parallelism;
    this.byCollection = byCollection;
    this.filter = filter;
    this.consumer = consumer;
    this.abort = abort;
    this.progress = progress;
    this.onCancel = onCancel;
  }

  /** Pumps until the document has been read to its checked end and every record was taken. */
  void run() throws IOException {
    try (Workers workers = new Workers(this::wakeAll, abort)) {
      workers.start(parallelism, "read", () -> work(workers));
      Lane lane = null;
      for (Optional<Frame> next = reader.next(); next.isPresent(); next = reader.next()) {
        Frame frame = next.get();
        progress.stored(frame.bytes().length);
        if (!filter.accepts(frame.collection())) {
          checkInterrupted();
          continue;
        }
        if (lane == null || !lane.name.equals(frame.collection())) {
          complete(lane);
          lane = new Lane(frame.collection());
          open(lane);
        }
        put(new Step(lane, frame, lane.frames++), workers);
        report();
      }
      complete(lane);
      awaitEnd(workers);
      report();
      reportEmptyCollections();
    }
  }

  /** No frame tells of them. */
  private void reportEmptyCollections() {
    reader
        .counts()
        .forEach(
            (name, records) -> {
              if (records == 0 && filter.accepts(name)) {
                progress.collectionDone(name, 0);
              }
            });
  }

  /** Tells listeners, on the calling thread and without holding the lock. */
  private void report() {
    progress.tick();
    Deque<Lane> reported;
    lock.lock();
    try {
      reported = new ArrayDeque<>(finished);
      finished.clear();
    } finally {
      lock.unlock();
    }
    reported.forEach(lane -> progress.collectionDone(lane.name, lane.records));
  }

  private void checkInterrupted() {
    if (Thread.interrupted()) {
      throw Workers.cancelled(onCancel, new InterruptedException());
    }
  }

  private void open(Lane lane) {
    lock.lock();
    try {
      lanes.addLast(lane);
    } finally {
      lock.unlock();
    }
  }

  private void complete(@Nullable Lane lane) {
    if (lane == null) {
      return;
    }
    lock.lock();
    try {
      lane.complete = true;
      retire();
    } finally {
      lock.unlock();
    }
  }

  private void put(Step step, Workers workers) {
    while (true) {
      lock.lock();
      try {
        workers.check();
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (queuedBytes < QUEUE_BYTES) {
          queue.addLast(step);
          queuedBytes += step.frame().bytes().length;
          step.lane().pending++;
          changed.signalAll();
          return;
        }
        changed.awaitNanos(ProgressMeter.TICK_NANOS);
      } catch (InterruptedException e) {
        throw Workers.cancelled(onCancel, e);
      } finally {
        lock.unlock();
      }
      report();
    }
  }

  private void awaitEnd(Workers workers) {
    while (true) {
      lock.lock();
      try {
        ended = true;
        changed.signalAll();
        workers.check();
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (!workers.anyRunning()) {
          workers.check(); // one may have failed since
          return;
        }
        changed.awaitNanos(ProgressMeter.TICK_NANOS);
      } catch (InterruptedException e) {
        throw Workers.cancelled(onCancel, e);
      } finally {
        lock.unlock();
      }
      report();
    }
  }

  private void work(Workers workers) throws InterruptedException {
    try (FrameDecoder decoder = new FrameDecoder(reader.codec())) {
      for (Step step = take(workers); step != null; step = take(workers)) {
        RecordBatch batch = decoder.decode(step.frame());
        awaitTurn(step.lane(), workers);
        Step current = step;
        consumer.accept(
            step.frame().collection(), batch.withTurn(() -> awaitPlace(current, workers)));
        progress.add(batch.count(), batch.lengthBytes());
        done(step, batch.count());
      }
    }
  }

  private @Nullable Step take(Workers workers) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (queue.isEmpty()) {
        if (ended || workers.stopping()) {
          return null;
        }
        changed.await();
      }
      Step step = queue.removeFirst();
      queuedBytes -= step.frame().bytes().length;
      changed.signalAll();
      return step;
    } finally {
      lock.unlock();
    }
  }

  /** Frames are taken in order, so whoever is waited for here is already at work. */
  private void awaitTurn(Lane lane, Workers workers) throws InterruptedException {
    if (!byCollection) {
      return;
    }
    lock.lockInterruptibly();
    try {
      while (lanes.peekFirst() != lane) {
        if (workers.stopping()) {
          throw new InterruptedException("the pass is being given up");
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Frames are taken in order, so whoever is waited for here is already at work. */
  private void awaitPlace(Step step, Workers workers) {
    lock.lock();
    try {
      while (step.lane().doneInOrder < step.place()) {
        if (workers.stopping()) {
          throw new InterruptedException("the pass is being given up");
        }
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(onCancel, e);
    } finally {
      lock.unlock();
    }
  }

  private void done(Step step, int records) {
    lock.lock();
    try {
      Lane lane = step.lane();
      lane.doneEarly.add(step.place());
      while (lane.doneEarly.remove(lane.doneInOrder)) {
        lane.doneInOrder++;
      }
      lane.pending--;
      lane.records += records;
      retire();
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of the oldest collections that have no frame under way and will get none. */
  private void retire() {
    while (!lanes.isEmpty() && lanes.getFirst().complete && lanes.getFirst().pending == 0) {
      finished.addLast(lanes.removeFirst());
    }
    changed.signalAll();
  }

  private void wakeAll() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}

package io.holdfast.firestore.internal.restore;

import io.holdfast.CancelledException;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.Retry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Takes records from many threads, mixes them, and writes them over several threads of its own,
 * since a request waits for the service most of its time. What fails there is thrown to whoever
 * calls next.
 */
public final class WriteQueue implements AutoCloseable {
  private static final long LOOK_MILLIS = 100;

  /** A record on its way takes several times its size: text, values, the request. */
  private static final int HEAP_SHARE = 32;

  private static final long LEAST_BYTES = 2L << 20;
  private static final long MOST_BYTES = 64L << 20;

  private final ShufflePool pool = new ShufflePool(ThreadLocalRandom.current());
  private final BlockingQueue<List<PooledRecord>> batches;
  private final int roomKib =
      (int)
          (Math.max(
                  LEAST_BYTES, Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE))
              >> 10);

  /** KiB of records that may still be queued or written. */
  private final Semaphore room = new Semaphore(roomKib);

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Object idle = new Object();
  private int unwritten;
  private volatile boolean closed;

  /**
   * A queue whose threads begin at once.
   *
   * @param writers how many requests may be under way
   */
  public WriteQueue(
      FirestoreCalls calls,
      Retry retry,
      WriteRate rate,
      WrittenNames names,
      int writers,
      WriteMode how) {
    batches = new ArrayBlockingQueue<>(writers);
    for (int i = 0; i < writers; i++) {
      BatchWriter writer = new BatchWriter(calls, retry, rate, names, how);
      Thread thread = new Thread(() -> work(writer), "holdfast-firestore-writer-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  private void work(BatchWriter writer) {
    try {
      while (!closed) {
        List<PooledRecord> batch = batches.take();
        if (failure.get() == null) {
          writer.write(batch);
        }
        room.release(kib(batch));
        written();
      }
    } catch (InterruptedException e) {
      // It was closed.
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
      written();
    }
  }

  private void written() {
    synchronized (idle) {
      unwritten--;
      idle.notifyAll();
    }
  }

  /**
   * Takes the records of a batch; waits while too many are under way.
   *
   * @throws HandlerException what an earlier batch failed with
   * @throws CancelledException if the thread is interrupted
   */
  public void add(TargetCollection target, RecordBatch batch) {
    for (int from = batch.start(); from < batch.end(); ) {
      int to = batch.endOfRecord(from);
      pool.add(new PooledRecord(target, Arrays.copyOfRange(batch.array(), from, to)));
      from = to + 2;
      Optional<List<PooledRecord>> surplus = pool.surplus();
      surplus.ifPresent(this::put);
    }
    check();
  }

  /**
   * Writes what is left, and waits until everything is written.
   *
   * @throws HandlerException if anything could not be
   */
  public void flush() {
    Optional<List<PooledRecord>> rest = pool.rest();
    while (rest.isPresent()) {
      put(rest.get());
      rest = pool.rest();
    }
    synchronized (idle) {
      while (unwritten > 0 && failure.get() == null && !closed) {
        try {
          idle.wait(LOOK_MILLIS);
        } catch (InterruptedException e) {
          throw interrupted(e);
        }
      }
    }
    check();
  }

  private void put(List<PooledRecord> batch) {
    synchronized (idle) {
      unwritten++;
    }
    try {
      check();
      while (!room.tryAcquire(kib(batch), LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        check();
      }
      while (!batches.offer(batch, LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        check();
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** A batch larger than all the room there is goes when nothing else does. */
  private int kib(List<PooledRecord> batch) {
    long bytes = batch.stream().mapToLong(record -> record.json().length).sum();
    return (int) Math.min(roomKib, 1 + (bytes >> 10));
  }

  private static CancelledException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new CancelledException("Interrupted while waiting for documents to be written.", e);
  }

  private void check() {
    Throwable failed = failure.get();
    if (failed instanceof HandlerException e) {
      // Thrown to several threads, so each gets one of its own.
      throw new HandlerException(
          e.kind(), e.collection().orElse(null), String.valueOf(e.getMessage()), e, e.retryable());
    }
    if (failed != null && !closed) {
      throw new IllegalStateException("Writing failed.", failed);
    }
    if (closed) {
      throw new HandlerException(
          HandlerException.Kind.OTHER, null, "The restore was closed while it was at work.", null);
    }
  }

  /** Ends its threads; what is not written stays so. May be called twice. */
  @Override
  public void close() {
    closed = true;
    threads.forEach(Thread::interrupt);
    synchronized (idle) {
      idle.notifyAll();
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(30));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

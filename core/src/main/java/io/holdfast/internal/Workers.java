package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few threads that work for one caller and end with it: the first failure stops all of them. The
 * caller gives {@code abort}, which must wake whoever waits outside of Java's monitors (a
 * connection, say).
 */
final class Workers implements AutoCloseable {
  /** How long a worker may take to notice that it was stopped, before it is told again. */
  private static final long PATIENCE_MILLIS = 500;

  private static final Logger log = LoggerFactory.getLogger(Workers.class);
  private static final AtomicInteger numbers = new AtomicInteger();

  /** What a worker does until there is no more to do. */
  @FunctionalInterface
  interface Task {
    void run() throws Exception;
  }

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicInteger running = new AtomicInteger();
  private final Runnable onFailure;
  private final Runnable abort;
  private volatile boolean closing;

  /**
   * @param onFailure called on the failing thread, to wake the others and the caller; cheap
   * @param abort called by the caller's thread when it closes early, to break waits for outside;
   *     called again as long as a worker does not end
   */
  Workers(Runnable onFailure, Runnable abort) {
    this.onFailure = onFailure;
    this.abort = abort;
  }

  void start(int count, String name, Task task) {
    running.addAndGet(count);
    for (int i = 0; i < count; i++) {
      Thread thread =
          new Thread(() -> work(task), "holdfast-" + name + "-" + numbers.incrementAndGet());
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  private void work(Task task) {
    try {
      task.run();
    } catch (Throwable e) { // also an OutOfMemoryError must reach the caller
      fail(e);
    } finally {
      running.decrementAndGet();
      onFailure.run();
    }
  }

  private void fail(Throwable e) {
    if (!failure.compareAndSet(null, e)) {
      // What the others throw once they are being stopped explains nothing.
      return;
    }
    threads.stream().filter(thread -> thread != Thread.currentThread()).forEach(Thread::interrupt);
  }

  boolean anyRunning() {
    return running.get() > 0;
  }

  /** Whether one has failed or the caller has given up, so that the others should end. */
  boolean stopping() {
    return closing || failure.get() != null;
  }

  /** Throws the first failure, if there was one. */
  void check() {
    Throwable e = failure.get();
    if (e instanceof RuntimeException runtime) {
      throw runtime;
    }
    if (e instanceof Error error) {
      throw error;
    }
    if (e != null) {
      throw new BackupException("A worker failed: " + e.getMessage(), e);
    }
  }

  /** Stops whoever still works and waits until all have ended. */
  @Override
  public void close() {
    closing = true;
    // An interruption of the caller is why this is called, perhaps; what is closed now must not
    // fail for it.
    boolean interrupted = Thread.interrupted();
    while (anyRunning()) {
      threads.forEach(Thread::interrupt);
      abort();
      interrupted |= !joined(PATIENCE_MILLIS);
    }
    interrupted |= !joined(0);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whatever it throws, the threads must be waited for. */
  private void abort() {
    try {
      abort.run();
    } catch (RuntimeException e) {
      log.debug("Giving up met an error", e);
    }
  }

  /**
   * Waits until all threads have ended, or for that long.
   *
   * @param millis how long; 0 for as long as it takes
   * @return false if the caller was interrupted meanwhile; the flag is taken away then
   */
  private boolean joined(long millis) {
    boolean undisturbed = true;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (millis > 0 && left <= 0) {
          return undisturbed;
        }
        try {
          thread.join(millis == 0 ? 0 : left);
        } catch (InterruptedException e) {
          undisturbed = false;
        }
      }
    }
    return undisturbed;
  }

  static CancelledException cancelled(String what, InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new CancelledException(what, cause);
  }
}

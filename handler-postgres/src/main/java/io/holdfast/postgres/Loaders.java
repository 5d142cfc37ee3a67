package io.holdfast.postgres;

import io.holdfast.CancelledException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connections that a restore loads rows over: one that everybody waits for, or up to a number
 * of them. A thread takes one, sends its rows, and gives it back. Safe for use by many threads.
 */
final class Loaders {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<CopyLoader> idle = new ArrayList<>();
  private final List<CopyLoader> busy = new ArrayList<>();
  private final int limit;
  private final Supplier<CopyLoader> factory;
  private int opening;
  private boolean failed;
  private boolean closed;

  /**
   * @param limit how many to open at the most
   * @param factory opens one
   */
  Loaders(int limit, Supplier<CopyLoader> factory) {
    this.limit = limit;
    this.factory = factory;
  }

  /** The one and only. */
  static Loaders of(CopyLoader only) {
    Loaders loaders =
        new Loaders(
            1,
            () -> {
              throw new IllegalStateException("There is one connection only");
            });
    loaders.idle.add(only);
    return loaders;
  }

  /**
   * Takes a loader, best one that is loading that collection already; waits until there is one.
   *
   * @throws CancelledException if the thread is interrupted
   * @throws HandlerException if another thread failed or the restore was closed
   */
  CopyLoader take(RestoreTarget target) {
    return takeFor(target);
  }

  /** Takes any loader. */
  CopyLoader take() {
    return takeFor(null);
  }

  private CopyLoader takeFor(@Nullable RestoreTarget target) {
    try {
      lock.lockInterruptibly();
      try {
        while (true) {
          checkUsable();
          CopyLoader found = choose(target);
          if (found != null) {
            idle.remove(found);
            busy.add(found);
            return found;
          }
          if (mayOpen()) {
            opening++;
            break;
          }
          changed.await();
        }
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(
          "Interrupted while waiting for a connection to load rows over.", e);
    }
    return open();
  }

  private @Nullable CopyLoader choose(@Nullable RestoreTarget target) {
    CopyLoader free = null;
    for (CopyLoader loader : idle) {
      if (target != null && loader.isAt(target)) {
        return loader;
      }
      if (free == null || loader.current().isEmpty()) {
        free = loader;
      }
    }
    // Another collection's COPY is ended only if there is no other way.
    return free == null || (mayOpen() && !free.current().isEmpty()) ? null : free;
  }

  private boolean mayOpen() {
    return idle.size() + busy.size() + opening < limit;
  }

  /** Opens one more, without the lock: that takes time. */
  private CopyLoader open() {
    CopyLoader opened = null;
    try {
      opened = factory.get();
      return opened;
    } finally {
      opened(opened);
    }
  }

  private void opened(@Nullable CopyLoader loader) {
    lock.lock();
    try {
      opening--;
      if (loader != null) {
        busy.add(loader);
        if (closed) {
          loader.abort();
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives a loader back for others. */
  void give(CopyLoader loader) {
    lock.lock();
    try {
      busy.remove(loader);
      idle.add(loader);
      changed.signalAll();
      if (closed) {
        loader.close();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives a loader back after an error: nobody loads anything from here on. */
  void broken(CopyLoader loader) {
    lock.lock();
    try {
      failed = true;
    } finally {
      lock.unlock();
    }
    give(loader);
  }

  /**
   * Ends every COPY and tells how many rows the server took. No other thread is at work.
   *
   * @throws HandlerException if the server refused rows
   */
  Map<String, Long> endAll() {
    List<CopyLoader> all;
    lock.lock();
    try {
      checkUsable();
      all = List.copyOf(idle);
      busy.addAll(all);
      idle.clear();
    } finally {
      lock.unlock();
    }
    Map<String, Long> rows = new TreeMap<>();
    try {
      for (CopyLoader loader : all) {
        loader.endRun();
        loader.rows().forEach((collection, count) -> rows.merge(collection, count, Long::sum));
      }
    } finally {
      all.forEach(this::give);
    }
    return rows;
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Gives up what was not committed; breaks off those that are at work. Never throws. */
  void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        busy.forEach(CopyLoader::abort);
        idle.forEach(CopyLoader::close);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void checkUsable() {
    if (closed) {
      throw closedMeanwhile();
    }
    if (failed) {
      throw new HandlerException(
          Kind.OTHER, null, "The restore has failed in another thread already.", null);
    }
  }

  /** The error of a thread whose work {@code close} broke off. */
  static HandlerException closedMeanwhile() {
    return new HandlerException(
        Kind.OTHER, null, "The restore was closed while it was at work.", null);
  }
}

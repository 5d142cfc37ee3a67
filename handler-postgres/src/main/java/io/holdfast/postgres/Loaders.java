package io.holdfast.postgres;

import io.holdfast.CancelledException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that a restore loads rows over: one that everybody waits for, or up to a number
 * of them. A thread takes one, sends its rows, and gives it back. Safe for use by many threads.
 */
final class Loaders {
  private static final Logger log = LoggerFactory.getLogger(Loaders.class);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<CopyLoader> idle = new ArrayList<>();
  private final List<CopyLoader> busy = new ArrayList<>();
  private int limit;
  private final Supplier<CopyLoader> factory;
  private final Supplier<CopyLoader> mainLoader;
  private boolean mainLent;
  private int opening;
  private boolean failed;
  private boolean closed;

  /**
   * @param limit how many to open at the most
   * @param factory opens one
   * @param mainLoader makes one of the connection that is open anyway, for a server that gives no
   *     other
   */
  Loaders(int limit, Supplier<CopyLoader> factory, Supplier<CopyLoader> mainLoader) {
    this.limit = limit;
    this.factory = factory;
    this.mainLoader = mainLoader;
  }

  /** The one and only. */
  static Loaders of(CopyLoader only) {
    Loaders loaders = new Loaders(1, () -> only, () -> only);
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
    Optional<CopyLoader> opened = open();
    return opened.isPresent() ? opened.get() : takeFor(target);
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

  /** Opens one more, without the lock: that takes time. Empty if the server gives none. */
  private Optional<CopyLoader> open() {
    try {
      CopyLoader opened = factory.get();
      opened(opened);
      return Optional.of(opened);
    } catch (HandlerException e) {
      return doWithout(e);
    } catch (RuntimeException | Error e) {
      doWithout(1);
      throw e;
    }
  }

  /** From here on, those that are open must do, or the connection that there is anyway. */
  private Optional<CopyLoader> doWithout(HandlerException refusal) {
    lock.lock();
    try {
      doWithout(Math.max(1, idle.size() + busy.size() + opening - 1));
      log.info(
          "Loading over {} connection(s), since one more was refused: {}",
          limit,
          refusal.getMessage());
      if (idle.size() + busy.size() + opening > 0 || mainLent) {
        return Optional.empty();
      }
      mainLent = true;
      CopyLoader main = mainLoader.get();
      busy.add(main);
      return Optional.of(main);
    } finally {
      lock.unlock();
    }
  }

  private void doWithout(int newLimit) {
    lock.lock();
    try {
      opening--;
      limit = newLimit;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the main connection is one of them. */
  boolean lendMain() {
    lock.lock();
    try {
      return mainLent;
    } finally {
      lock.unlock();
    }
  }

  private void opened(CopyLoader loader) {
    lock.lock();
    try {
      opening--;
      busy.add(loader);
      if (closed) {
        loader.abort();
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

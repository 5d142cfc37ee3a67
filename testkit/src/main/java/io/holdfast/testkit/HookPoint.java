package io.holdfast.testkit;

import io.holdfast.CancelledException;
import io.holdfast.spi.HandlerException;
import java.util.HashSet;
import java.util.Set;

/**
 * Where a test's hook runs, and may wait: {@link #abort} from another thread ends the waiting, as a
 * closed connection would.
 */
final class HookPoint {
  private final MemoryHandler.Hook hook;
  private final Set<Thread> inside = new HashSet<>();
  private boolean aborted;

  HookPoint(MemoryHandler.Hook hook) {
    this.hook = hook;
  }

  /**
   * Runs the hook.
   *
   * @throws CancelledException if the thread was interrupted
   * @throws HandlerException if the point was aborted
   */
  void pass(String collection, long number) {
    boolean woken = false;
    boolean closed;
    enter();
    try {
      hook.at(collection, number);
    } catch (InterruptedException e) {
      woken = true;
    } finally {
      closed = leave();
    }
    // abort() interrupts a thread once; a second interruption was somebody else's.
    boolean flag = Thread.interrupted();
    if (closed ? woken && flag : woken || flag) {
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted at " + collection + ".", null);
    }
    if (closed) {
      throw new HandlerException(
          HandlerException.Kind.OTHER,
          collection,
          "Closed by another thread at " + collection + ".",
          null);
    }
  }

  /** Ends the waiting of every thread that is inside, and refuses all that come later. */
  synchronized void abort() {
    if (!aborted) {
      aborted = true;
      inside.forEach(Thread::interrupt);
    }
  }

  private synchronized void enter() {
    if (!aborted) {
      inside.add(Thread.currentThread());
    }
  }

  private synchronized boolean leave() {
    inside.remove(Thread.currentThread());
    return aborted;
  }
}

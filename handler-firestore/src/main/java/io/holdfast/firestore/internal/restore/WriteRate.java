package io.holdfast.firestore.internal.restore;

import io.holdfast.spi.Retry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many documents a second may be written: few at first, half as many more every five minutes,
 * so that the service has time to spread the load
 * (https://firebase.google.com/docs/firestore/best-practices, "Ramping up traffic"); half as many
 * when it says that it is too much, and back again, doubling each minute. Safe for use by many
 * threads.
 */
public final class WriteRate {
  private static final long STEP_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final double GROWTH = 1.5;
  private static final long RECOVERY_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int MOST_HALVINGS = 6;

  private final double first;
  private final LongSupplier nanoTime;
  private final Retry.Sleeper sleeper;
  private final long began;
  private long free;
  private int halvings;
  private long halvedAt;

  private WriteRate(double first, LongSupplier nanoTime, Retry.Sleeper sleeper) {
    this.first = first;
    this.nanoTime = nanoTime;
    this.sleeper = sleeper;
    this.began = nanoTime.getAsLong();
    this.free = began;
    this.halvedAt = began; // the clock's zero may be in the future
  }

  /** No limit: what the service refuses is tried again later, and nothing else slows down. */
  public static WriteRate unlimited() {
    return new WriteRate(Double.POSITIVE_INFINITY, System::nanoTime, WriteRate::sleep);
  }

  /** A rate that begins now with that many a second. */
  public static WriteRate rampingUp(int firstPerSecond) {
    return new WriteRate(firstPerSecond, System::nanoTime, WriteRate::sleep);
  }

  /** As above with a clock and a way to wait, for tests. */
  static WriteRate rampingUp(int firstPerSecond, LongSupplier nanoTime, Retry.Sleeper sleeper) {
    return new WriteRate(firstPerSecond, nanoTime, sleeper);
  }

  private static void sleep(Duration duration) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(duration.toNanos());
  }

  /**
   * Waits until so many documents may be written.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  public void acquire(int writes) throws InterruptedException {
    long wait;
    synchronized (this) {
      long now = nanoTime.getAsLong();
      double perSecond = perSecond(now);
      if (Double.isInfinite(perSecond)) {
        return;
      }
      wait = free - now;
      free = now + Math.max(wait, 0) + (long) (writes / perSecond * 1e9);
    }
    if (wait > 0) {
      sleeper.sleep(Duration.ofNanos(wait));
    }
  }

  /** Says that the service refused writes because they were too many. */
  public synchronized void tooFast() {
    long now = nanoTime.getAsLong();
    // Many refusals of one moment are one.
    if (halvings == 0 || now - halvedAt > TimeUnit.SECONDS.toNanos(1)) {
      halvings = Math.min(MOST_HALVINGS, halvings(now) + 1);
      halvedAt = now;
    }
  }

  private int halvings(long now) {
    return (int) Math.max(0, halvings - (now - halvedAt) / RECOVERY_NANOS);
  }

  /** The rate at a time of the clock. */
  synchronized double perSecond(long now) {
    int steps = (int) ((now - began) / STEP_NANOS);
    double grown = first * Math.pow(GROWTH, steps);
    return grown / (1 << halvings(now));
  }
}

package io.holdfast.spi;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats a step that may be repeated: the only place where Holdfast retries. A provider wraps its
 * own idempotent step (a page, a part, a connection) in {@link #call}; errors that are not {@link
 * BackupException#retryable() retryable} pass through at once. A server that {@linkplain
 * BackupException#retryAfter asks} for a longer wait gets it, up to five minutes. Immutable, safe
 * to share.
 */
public final class Retry {
  private static final Logger log = LoggerFactory.getLogger(Retry.class);

  /** How long it waits at the most when a server asks for it: nobody should wait for days. */
  private static final Duration LONGEST_ASKED = Duration.ofMinutes(5);

  /** Waits between tries; a test gives one that does not. */
  @FunctionalInterface
  public interface Sleeper {
    /**
     * Waits.
     *
     * @param duration how long to wait
     * @throws InterruptedException if the thread is interrupted
     */
    void sleep(Duration duration) throws InterruptedException;
  }

  private final int attempts;
  private final Duration firstDelay;
  private final Duration maxDelay;
  private final Sleeper sleeper;

  private Retry(int attempts, Duration firstDelay, Duration maxDelay, Sleeper sleeper) {
    this.attempts = attempts;
    this.firstDelay = firstDelay;
    this.maxDelay = maxDelay;
    this.sleeper = sleeper;
  }

  /** Five tries, waiting 0.2 s, 0.4 s, … up to 10 s between them, each with jitter. */
  public static Retry standard() {
    return of(5, Duration.ofMillis(200), Duration.ofSeconds(10));
  }

  /** One try. */
  public static Retry none() {
    return of(1, Duration.ZERO, Duration.ZERO);
  }

  /**
   * A policy of that many tries.
   *
   * @param attempts how many tries in all, ≥ 1
   * @param firstDelay how long to wait after the first; doubles from then on
   * @param maxDelay how long to wait at the most
   */
  public static Retry of(int attempts, Duration firstDelay, Duration maxDelay) {
    if (attempts < 1 || firstDelay.isNegative() || maxDelay.isNegative()) {
      throw new IllegalArgumentException("attempts must be ≥ 1 and delays not negative");
    }
    return new Retry(attempts, firstDelay, maxDelay, duration -> Thread.sleep(duration.toMillis()));
  }

  /** The same policy with another way of waiting. */
  public Retry withSleeper(Sleeper other) {
    return new Retry(attempts, firstDelay, maxDelay, other);
  }

  /**
   * Runs the step until it succeeds, fails for good, or the tries are used up; then the last error
   * is thrown, with the earlier ones suppressed in it, oldest first.
   *
   * @param what the step in a few words, for the log: "connect to the source"
   * @throws CancelledException if the thread is interrupted while it waits
   */
  public <T> T call(String what, Supplier<T> step) {
    List<BackupException> earlier = new ArrayList<>();
    Duration delay = min(firstDelay, maxDelay);
    for (int attempt = 1; ; attempt++) {
      try {
        return step.get();
      } catch (BackupException e) {
        if (!e.retryable() || attempt >= attempts) {
          suppress(earlier, e);
          throw e;
        }
        earlier.add(e);
        log.warn(
            "Try {} of {} to {} failed, trying again: {}", attempt, attempts, what, e.getMessage());
        pause(what, max(jittered(delay), asked(e)), earlier);
        delay = min(delay.multipliedBy(2), maxDelay);
      }
    }
  }

  /** Full jitter would allow no wait at all; half of it keeps retries apart and still waits. */
  private static Duration jittered(Duration delay) {
    long millis = delay.toMillis();
    return Duration.ofMillis(
        millis / 2 + (millis < 2 ? 0 : ThreadLocalRandom.current().nextLong(millis / 2)));
  }

  private static Duration asked(BackupException e) {
    return min(e.retryAfter().orElse(Duration.ZERO), LONGEST_ASKED);
  }

  private void pause(String what, Duration delay, List<BackupException> earlier) {
    try {
      sleeper.sleep(delay);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      CancelledException cancelled =
          new CancelledException("Interrupted while waiting to " + what + " again.", e);
      suppress(earlier, cancelled);
      throw cancelled;
    }
  }

  private static void suppress(List<BackupException> earlier, BackupException last) {
    for (BackupException one : earlier) {
      // A step may throw the same error twice, which must not suppress itself.
      if (one != last) {
        last.addSuppressed(one);
      }
    }
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }
}

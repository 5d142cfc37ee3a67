package io.holdfast.firestore;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The server's time in microseconds since the epoch. Commits get strictly increasing times, and
 * later ones than any time that was read at, so that a read at a time that was once answered gives
 * the same answer for ever. Thread-safe.
 */
final class FakeTime {

  private final Clock clock;
  private long offsetMicros;
  private long lastMicros;

  FakeTime(Clock clock) {
    this.clock = clock;
  }

  synchronized void advance(Duration duration) {
    offsetMicros += duration.toNanos() / 1000;
  }

  /** The present, without any effect. */
  synchronized long nowMicros() {
    return Math.max(clockMicros(), lastMicros);
  }

  /** A time for a commit. */
  synchronized long commitMicros() {
    lastMicros = Math.max(clockMicros(), lastMicros + 1);
    return lastMicros;
  }

  /** A time for a read of what is there now. */
  synchronized long readMicros() {
    lastMicros = nowMicros();
    return lastMicros;
  }

  private long clockMicros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant()) + offsetMicros;
  }

  static Timestamp timestamp(long micros) {
    return Timestamps.fromMicros(micros);
  }
}

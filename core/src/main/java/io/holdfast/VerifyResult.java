package io.holdfast;

import java.time.Duration;
import java.util.Map;

/**
 * A backup that was read whole and found intact.
 *
 * @param backupId the backup
 * @param counts how many records each collection has, counted
 * @param storedBytes how many bytes were read from the sink
 * @param duration how long it took
 */
public record VerifyResult(
    String backupId, Map<String, Long> counts, long storedBytes, Duration duration) {
  /** How many records it has. */
  public long records() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}

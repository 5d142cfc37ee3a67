package io.holdfast;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A backup that was read whole and found intact, as far as it goes: what {@code missing} names was
 * never in it.
 *
 * @param backupId the backup
 * @param counts how many records each collection has, counted; with several sources, the name of
 *     the source and a slash stand in front
 * @param missing the sources that failed when it was taken by {@code bestEffort}
 * @param storedBytes how many bytes were read from the sink
 * @param duration how long it took
 */
public record VerifyResult(
    String backupId,
    Map<String, Long> counts,
    List<MissingSource> missing,
    long storedBytes,
    Duration duration) {
  /** How many records it has. */
  public long records() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}

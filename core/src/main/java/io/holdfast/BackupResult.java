package io.holdfast;

import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.SourceInfo;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A backup that was taken: complete, published and listed.
 *
 * @param backupId its id, which {@code restoreFromBackup} takes
 * @param location where it lies
 * @param source what was backed up
 * @param counts how many records each collection has; estimates in a dry run, -1 where unknown
 * @param rawBytes how many bytes the document has before compression; 0 in a dry run
 * @param storedBytes how many bytes it takes in the sink; 0 in a dry run
 * @param notCaptured what the source holds and the backup does not, because that was allowed
 * @param usage what was read, in the units that the database bills, by name: {@code
 *     document_reads}; empty where it bills nothing
 * @param duration how long it took
 * @param dryRun whether nothing was written, because the executor was built for a dry run
 */
public record BackupResult(
    String backupId,
    String location,
    SourceInfo source,
    Map<String, Long> counts,
    long rawBytes,
    long storedBytes,
    List<NotCaptured> notCaptured,
    Map<String, Long> usage,
    Duration duration,
    boolean dryRun) {
  /** How many records it has. */
  public long records() {
    return counts.values().stream().mapToLong(count -> Math.max(0, count)).sum();
  }
}

package io.holdfast;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A restore that succeeded: every record of the backup was taken by the target, and counted.
 *
 * @param backupId the backup that was restored
 * @param target what it was restored into
 * @param counts how many records each collection got; in a dry run, how many it would get
 * @param steps what was done, or in a dry run would be done, in order
 * @param warnings what the caller should know
 * @param safetyBackup the backup of what the target held before, if one was taken; it stays until
 *     somebody deletes it
 * @param duration how long it took
 * @param dryRun whether nothing was changed, because the executor was built for a dry run
 */
public record RestoreResult(
    String backupId,
    String target,
    Map<String, Long> counts,
    List<String> steps,
    List<String> warnings,
    Optional<BackupResult> safetyBackup,
    Duration duration,
    boolean dryRun) {
  /** How many records were restored. */
  public long records() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}

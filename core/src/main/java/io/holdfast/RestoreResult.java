package io.holdfast;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A restore that succeeded: every record of the backup was taken by the target, and counted.
 *
 * @param backupId the backup that was restored
 * @param sources what was restored, and where, in the backup's order
 * @param steps what was done, or in a dry run would be done, in order
 * @param warnings what the caller should know
 * @param safetyBackup the backup of what the target held before, if one was taken; it stays until
 *     somebody deletes it
 * @param duration how long it took
 * @param dryRun whether nothing was changed, because the executor was built for a dry run
 */
public record RestoreResult(
    String backupId,
    List<RestoredSource> sources,
    List<String> steps,
    List<String> warnings,
    Optional<BackupResult> safetyBackup,
    Duration duration,
    boolean dryRun) {
  /** Copies the lists. */
  public RestoreResult {
    sources = List.copyOf(sources);
    steps = List.copyOf(steps);
    warnings = List.copyOf(warnings);
  }

  /** What was restored into; several are joined by a comma. */
  public String target() {
    return sources.stream().map(RestoredSource::target).collect(Collectors.joining(", "));
  }

  /**
   * How many records each collection got; in a dry run, how many it would get. With several
   * sources, each collection has the name of its source and a slash in front.
   */
  public Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (RestoredSource source : sources) {
      String front = sources.size() == 1 ? "" : source.name() + "/";
      source.counts().forEach((collection, count) -> counts.put(front + collection, count));
    }
    return counts;
  }

  /** How many records were restored. */
  public long records() {
    return counts().values().stream().mapToLong(Long::longValue).sum();
  }
}

package io.holdfast;

import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.SourceInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * A backup that was taken: published and listed, and complete unless {@code missing} says
 * otherwise.
 *
 * @param backupId its id, which {@code restoreFromBackup} takes
 * @param location where it lies
 * @param sources what was backed up, in the order in which the sources were given
 * @param cut the instant that its sources are as close to as they can; empty for a backup of one
 * @param missing the sources that failed; always empty but in what an {@link
 *     IncompleteBackupException} holds
 * @param copies what has become of each of several sinks; empty if there is one
 * @param notCaptured what the sources hold and the backup does not, because that was allowed
 * @param duration how long it took
 * @param dryRun whether nothing was written, because the executor was built for a dry run
 */
public record BackupResult(
    String backupId,
    String location,
    List<SourceResult> sources,
    Optional<Instant> cut,
    List<MissingSource> missing,
    List<Copy> copies,
    List<NotCaptured> notCaptured,
    Duration duration,
    boolean dryRun) {
  /** Copies the lists. */
  public BackupResult {
    sources = List.copyOf(sources);
    missing = List.copyOf(missing);
    copies = List.copyOf(copies);
    notCaptured = List.copyOf(notCaptured);
  }

  /**
   * What was backed up, of a backup of one source.
   *
   * @throws IllegalStateException if there are several
   */
  public SourceInfo source() {
    if (sources.size() != 1) {
      throw new IllegalStateException("The backup has " + sources.size() + " sources.");
    }
    return sources.get(0).source();
  }

  /**
   * How many records each collection has; estimates in a dry run, -1 where unknown. With several
   * sources, each collection has the name of its source and a slash in front: {@code
   * accounts/users}.
   */
  public Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (SourceResult source : sources) {
      String front = sources.size() == 1 ? "" : source.name() + "/";
      source.counts().forEach((collection, count) -> counts.put(front + collection, count));
    }
    return counts;
  }

  /** How many records it has. */
  public long records() {
    return counts().values().stream().mapToLong(count -> Math.max(0, count)).sum();
  }

  /** How many bytes the documents have before compression; 0 in a dry run. */
  public long rawBytes() {
    return sum(SourceResult::rawBytes);
  }

  /** How many bytes the documents take in the sink; 0 in a dry run. */
  public long storedBytes() {
    return sum(SourceResult::storedBytes);
  }

  /**
   * What was read, in the units that the databases bill, by name: {@code document_reads}; empty
   * where they bill nothing.
   */
  public Map<String, Long> usage() {
    Map<String, Long> usage = new TreeMap<>();
    sources.forEach(
        source -> source.usage().forEach((unit, count) -> usage.merge(unit, count, Long::sum)));
    return usage;
  }

  private long sum(ToLongFunction<SourceResult> part) {
    return sources.stream().mapToLong(part).sum();
  }
}

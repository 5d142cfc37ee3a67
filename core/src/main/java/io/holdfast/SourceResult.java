package io.holdfast;

import io.holdfast.spi.SourceInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One source of a backup that was taken.
 *
 * @param name its name in the backup; empty for the only source of a backup
 * @param source what was backed up
 * @param counts how many records each collection has; estimates in a dry run, -1 where unknown
 * @param rawBytes how many bytes its document has before compression; 0 in a dry run
 * @param storedBytes how many bytes its document takes in the sink; 0 in a dry run
 * @param usage what was read, in the units that the database bills, by name
 * @param skew how much later than the backup's cut the instant is that its records show; negative
 *     where it is earlier, zero where there is no cut
 * @param readUntil for a {@code FUZZY} source, when the last record had been read: a record shows
 *     any instant from {@code source.asOf} to this one
 */
public record SourceResult(
    String name,
    SourceInfo source,
    Map<String, Long> counts,
    long rawBytes,
    long storedBytes,
    Map<String, Long> usage,
    Duration skew,
    Optional<Instant> readUntil) {}

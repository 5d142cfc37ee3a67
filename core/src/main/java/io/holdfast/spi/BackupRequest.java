package io.holdfast.spi;

import java.time.Instant;
import java.util.Optional;

/**
 * What a backup session is asked for.
 *
 * @param filter which collections to read; the handler applies it
 * @param allowUncaptured whether what the handler cannot carry is listed instead of refused
 * @param parallelism how many threads will read
 * @param splitBytes how large a split should be, in bytes of JSON; a hint
 * @param retry how to repeat idempotent steps
 * @param asOf the instant that other sources of the same backup show. A handler that {@linkplain
 *     BackupHandler#canReadAsOf can} reads as of it, or of the latest instant before it that it
 *     can; others ignore it
 * @param encrypted whether what is read will be stored encrypted. A handler of a database of
 *     secrets refuses, before it reads, if it will not
 */
public record BackupRequest(
    CollectionFilter filter,
    boolean allowUncaptured,
    int parallelism,
    long splitBytes,
    Retry retry,
    Optional<Instant> asOf,
    boolean encrypted) {
  /** A request as of now, for what is not going to be stored encrypted. */
  public BackupRequest(
      CollectionFilter filter,
      boolean allowUncaptured,
      int parallelism,
      long splitBytes,
      Retry retry) {
    this(filter, allowUncaptured, parallelism, splitBytes, retry, Optional.empty(), false);
  }

  /** The same as of that instant. */
  public BackupRequest asOf(Instant instant) {
    return new BackupRequest(
        filter, allowUncaptured, parallelism, splitBytes, retry, Optional.of(instant), encrypted);
  }
}

package io.holdfast.spi;

/**
 * What a backup session is asked for.
 *
 * @param filter which collections to read; the handler applies it
 * @param allowUncaptured whether what the handler cannot carry is listed instead of refused
 * @param parallelism how many threads will read
 * @param splitBytes how large a split should be, in bytes of JSON; a hint
 * @param retry how to repeat idempotent steps
 */
public record BackupRequest(
    CollectionFilter filter,
    boolean allowUncaptured,
    int parallelism,
    long splitBytes,
    Retry retry) {}

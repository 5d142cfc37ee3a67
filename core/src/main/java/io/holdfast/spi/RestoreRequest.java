package io.holdfast.spi;

import io.holdfast.RestoreMode;
import java.util.Map;
import java.util.Optional;

/**
 * What a restore session is asked for.
 *
 * @param header what stands before the records, from any handler
 * @param expectedRecords the collections that will be written and how many records each has, in the
 *     document's order. Core always knows them, since it reads a document without a manifest once
 *     beforehand; others may leave them out, then collections show as they come
 * @param filter which collections are restored; core applies it to the records
 * @param mode what to do with data that is there
 * @param atomic whether the target must stay as it was until {@code finish} succeeds; a handler
 *     that cannot do that refuses in {@code prepare} only if the caller could choose otherwise
 * @param parallelism how many threads will write
 * @param retry how to repeat idempotent steps
 */
public record RestoreRequest(
    DocumentHeader header,
    Optional<Map<String, Long>> expectedRecords,
    CollectionFilter filter,
    RestoreMode mode,
    boolean atomic,
    int parallelism,
    Retry retry) {}

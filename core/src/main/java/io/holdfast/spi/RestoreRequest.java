package io.holdfast.spi;

import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
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
 * @param strategy how the target is to be changed. A handler that cannot do {@code SWAP} refuses in
 *     {@code prepare}, with kind {@code UNSUPPORTED}; one whose restores cannot be atomic takes
 *     {@code TRANSACTION} for {@code IN_PLACE} and says so in its plan
 * @param dataOnly whether only records are restored: the collections must be there already, and
 *     keep their definitions
 * @param parallelism how many threads will write
 * @param retry how to repeat idempotent steps
 */
public record RestoreRequest(
    DocumentHeader header,
    Optional<Map<String, Long>> expectedRecords,
    CollectionFilter filter,
    RestoreMode mode,
    RestoreStrategy strategy,
    boolean dataOnly,
    int parallelism,
    Retry retry) {
  /** Whether the target must stay as it was until {@code finish} succeeds. */
  public boolean atomic() {
    return strategy.atomic();
  }
}

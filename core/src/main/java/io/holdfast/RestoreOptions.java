package io.holdfast;

import io.holdfast.spi.CollectionFilter;
import java.util.List;

/**
 * How a backup is restored. Immutable; each method returns a changed copy.
 *
 * @param mode what to do with data that is there
 * @param filter which collections to restore
 * @param atomic whether the target must stay as it was if the restore fails, where the database can
 *     do that
 * @param verifyFirst whether the whole backup is read and checked before the target is touched,
 *     even where a failed restore would be undone anyway
 */
public record RestoreOptions(
    RestoreMode mode, CollectionFilter filter, boolean atomic, boolean verifyFirst) {
  /** Everything, into an empty target, atomically. */
  public static final RestoreOptions DEFAULT =
      new RestoreOptions(RestoreMode.INTO_EMPTY, CollectionFilter.ALL, true, false);

  /** The same with another mode. */
  public RestoreOptions withMode(RestoreMode newMode) {
    return new RestoreOptions(newMode, filter, atomic, verifyFirst);
  }

  /** The same for those collections only; patterns as in {@link CollectionFilter}. */
  public RestoreOptions including(String... patterns) {
    CollectionFilter changed = new CollectionFilter(List.of(patterns), filter.excludes());
    return new RestoreOptions(mode, changed, atomic, verifyFirst);
  }

  /** The same without those collections; patterns as in {@link CollectionFilter}. */
  public RestoreOptions excluding(String... patterns) {
    CollectionFilter changed = new CollectionFilter(filter.includes(), List.of(patterns));
    return new RestoreOptions(mode, changed, atomic, verifyFirst);
  }

  /**
   * The same, giving up atomicity for speed: several connections write at once, and a restore that
   * fails leaves the target partly written. The backup's bytes are compared with its manifest
   * beforehand; with {@link #verifyingFirst} each record is parsed as well.
   */
  public RestoreOptions withoutAtomicity() {
    return new RestoreOptions(mode, filter, false, verifyFirst);
  }

  /** The same, reading and checking the whole backup before the target is touched. */
  public RestoreOptions verifyingFirst() {
    return new RestoreOptions(mode, filter, atomic, true);
  }
}

package io.holdfast;

import io.holdfast.spi.CollectionFilter;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a backup is restored. Immutable; each method returns a changed copy.
 *
 * @param mode what to do with data that is there
 * @param filter which collections to restore
 * @param strategy how the target is changed, and what a restore that fails leaves behind
 * @param recordsOnly whether only records are restored, into collections that are there already
 * @param verifyFirst whether the whole backup is read and checked before the target is touched,
 *     even where a failed restore would be undone anyway
 * @param safetyBackup whether {@link RestoreMode#REPLACE} takes a backup of the target first
 * @param sources which sources of the backup are restored, by name; empty for all
 * @param productionTargets the targets that the caller has named as those to restore into, although
 *     they are marked as production
 * @param sink the name of the sink to read from, where the executor has several; empty for the
 *     first that has the backup
 */
public record RestoreOptions(
    RestoreMode mode,
    CollectionFilter filter,
    RestoreStrategy strategy,
    boolean recordsOnly,
    boolean verifyFirst,
    boolean safetyBackup,
    List<String> sources,
    Set<String> productionTargets,
    Optional<String> sink) {
  /** Copies the collections. */
  public RestoreOptions {
    sources = List.copyOf(sources);
    productionTargets = Set.copyOf(productionTargets);
  }

  /** Everything, into an empty target that is not marked as production, in one transaction. */
  public static final RestoreOptions DEFAULT =
      new RestoreOptions(
          RestoreMode.INTO_EMPTY,
          CollectionFilter.ALL,
          RestoreStrategy.TRANSACTION,
          false,
          false,
          true,
          List.of(),
          Set.of(),
          Optional.empty());

  /**
   * Whether the target must stay as it was if the restore fails, where the database can do that.
   */
  public boolean atomic() {
    return strategy.atomic();
  }

  /** The same with another mode. */
  public RestoreOptions withMode(RestoreMode newMode) {
    return new RestoreOptions(
        newMode,
        filter,
        strategy,
        recordsOnly,
        verifyFirst,
        safetyBackup,
        sources,
        productionTargets,
        sink);
  }

  /** The same for those collections only; patterns as in {@link CollectionFilter}. */
  public RestoreOptions including(String... patterns) {
    return withFilter(new CollectionFilter(List.of(patterns), filter.excludes()));
  }

  /** The same without those collections; patterns as in {@link CollectionFilter}. */
  public RestoreOptions excluding(String... patterns) {
    return withFilter(new CollectionFilter(filter.includes(), List.of(patterns)));
  }

  private RestoreOptions withFilter(CollectionFilter newFilter) {
    return new RestoreOptions(
        mode,
        newFilter,
        strategy,
        recordsOnly,
        verifyFirst,
        safetyBackup,
        sources,
        productionTargets,
        sink);
  }

  /** The same, changing the target in another way. */
  public RestoreOptions withStrategy(RestoreStrategy newStrategy) {
    return new RestoreOptions(
        mode,
        filter,
        newStrategy,
        recordsOnly,
        verifyFirst,
        safetyBackup,
        sources,
        productionTargets,
        sink);
  }

  /**
   * The same, giving up atomicity for speed, as {@link RestoreStrategy#IN_PLACE} does: several
   * connections write at once, and a restore that fails leaves the target partly written. The
   * backup's bytes are compared with its manifest beforehand; with {@link #verifyingFirst} each
   * record is parsed as well.
   */
  public RestoreOptions withoutAtomicity() {
    return withStrategy(RestoreStrategy.IN_PLACE);
  }

  /**
   * The same for records only: definitions are left alone, and a collection that the target lacks
   * is an error.
   */
  public RestoreOptions dataOnly() {
    return new RestoreOptions(
        mode, filter, strategy, true, verifyFirst, safetyBackup, sources, productionTargets, sink);
  }

  /** The same, reading and checking the whole backup before the target is touched. */
  public RestoreOptions verifyingFirst() {
    return new RestoreOptions(
        mode, filter, strategy, recordsOnly, true, safetyBackup, sources, productionTargets, sink);
  }

  /**
   * The same without the backup of the target that {@link RestoreMode#REPLACE} takes first: what
   * the target holds is lost.
   */
  public RestoreOptions withoutSafetyBackup() {
    return new RestoreOptions(
        mode, filter, strategy, recordsOnly, verifyFirst, false, sources, productionTargets, sink);
  }

  /**
   * The same for those sources of a backup of several, each into the target of its name. A single
   * one also goes into a target without a name.
   *
   * @param names the names that the sources have in the backup
   */
  public RestoreOptions fromSources(String... names) {
    return new RestoreOptions(
        mode,
        filter,
        strategy,
        recordsOnly,
        verifyFirst,
        safetyBackup,
        List.of(names),
        productionTargets,
        sink);
  }

  /**
   * The same into those targets, although they are marked as production. A name that no target has
   * is refused, marked or not.
   *
   * @param names the targets' names, exactly as {@code BackupHandler.describe} tells them; the
   *     error that refuses a marked target names it too
   */
  public RestoreOptions intoProduction(String... names) {
    return new RestoreOptions(
        mode,
        filter,
        strategy,
        recordsOnly,
        verifyFirst,
        safetyBackup,
        sources,
        Set.of(names),
        sink);
  }

  /**
   * The same from that one of several sinks, whatever the others have.
   *
   * @param name the name of the sink, as the executor was given it
   */
  public RestoreOptions fromSink(String name) {
    return new RestoreOptions(
        mode,
        filter,
        strategy,
        recordsOnly,
        verifyFirst,
        safetyBackup,
        sources,
        productionTargets,
        Optional.of(name));
  }
}

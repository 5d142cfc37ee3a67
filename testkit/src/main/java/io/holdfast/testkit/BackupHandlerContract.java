package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link BackupHandler} promises, as tests. A handler's module extends this class and
 * gives it a source with awkward data, and targets to restore into. Each test makes a fixture of
 * its own and closes it.
 *
 * <p>What a handler cannot do by nature (atomic restores, snapshots, merging) the fixture says, and
 * the tests of it are reported as skipped.
 */
@Timeout(120)
public abstract class BackupHandlerContract {
  /**
   * The databases of one test. Handlers that it gives are closed by it, and stay open until then.
   * {@link #contentHashes} may be called from another thread; everything else from one.
   */
  public interface HandlerFixture extends AutoCloseable {
    /**
     * A handler to a source of a few collections: one without records, if there can be such, one
     * with 10,000 or more, and values that are hard to carry. The same one every time.
     */
    BackupHandler source();

    /**
     * Another handler to the same source, as another machine would have; empty if there cannot be
     * one.
     */
    default Optional<BackupHandler> anotherSource() {
      return Optional.empty();
    }

    /** How many records each collection of the source has at present, counted by the database. */
    Map<String, Long> sourceCounts();

    /**
     * Adds, changes and removes records of the source, some of them in the largest collection.
     * Committed when it returns. May be called twice.
     */
    void changeSource();

    /** A handler to a new target that fits the source and has no records. */
    BackupHandler emptyTarget();

    /**
     * A handler to a new target that fits the source and has other records: some with keys that the
     * source lacks, some with keys that the source has, and other values.
     */
    BackupHandler filledTarget();

    /**
     * A hash of each collection's content that does not depend on the order of the records,
     * computed by means of the database and not of the handler. A collection without records may be
     * missing only if such a one cannot be told from one that does not exist.
     *
     * @param handler one that this fixture gave
     */
    Map<String, String> contentHashes(BackupHandler handler);

    /** Whether a restore shows nothing before it finishes, and can be undone. */
    default boolean atomicRestore() {
      return true;
    }

    /** Whether a backup shows one instant ({@code SNAPSHOT} or {@code POINT_IN_TIME}). */
    default boolean snapshotConsistency() {
      return true;
    }

    /** Whether a target refuses collections that it does not have, rather than create them. */
    default boolean refusesUnknownCollections() {
      return true;
    }

    /**
     * Whether the collections of an empty target are there already, so that restores bring records
     * only.
     */
    default boolean restoresRecordsOnly() {
      return false;
    }

    /** Whether a collection can be there without records; where it cannot, the source has none. */
    default boolean keepsEmptyCollections() {
      return true;
    }

    /** Whether {@link RestoreMode#MERGE} works; if not, {@code prepare} must refuse it. */
    default boolean supportsMerge() {
      return true;
    }

    /** Collections to leave out when merging is tested, since their records have no key. */
    default Set<String> collectionsWithoutKey() {
      return Set.of();
    }

    /** Texts that must not show anywhere: passwords, tokens of the handlers that it gives. */
    default Set<String> secrets() {
      return Set.of();
    }

    /**
     * Makes every read of the source wait, until what is returned is closed: a lock, a server that
     * falls silent. Empty if that cannot be had.
     */
    default Optional<AutoCloseable> stallReads() {
      return Optional.empty();
    }

    /** Makes every write to that target wait, likewise. */
    default Optional<AutoCloseable> stallWrites(BackupHandler target) {
      return Optional.empty();
    }

    /** Closes every handler that it gave and clears up. */
    @Override
    void close();
  }

  private static final String UNKNOWN = "holdfast_no_such_collection";

  private Pump pump = Pump.create();
  private HandlerFixture fixture;

  /** For subclasses. */
  protected BackupHandlerContract() {}

  /** The databases for one test. */
  protected abstract HandlerFixture createFixture();

  /** How long a call may take to end after its reader or session was closed. */
  protected Duration patience() {
    return Duration.ofSeconds(20);
  }

  @BeforeEach
  final void makeFixture() {
    fixture = createFixture();
    if (fixture.restoresRecordsOnly()) {
      pump = pump.dataOnly();
    }
  }

  @AfterEach
  final void closeFixture() {
    // Not left to the next test of a pooled thread.
    boolean leftInterrupted = Thread.interrupted();
    if (fixture != null) {
      fixture.close();
    }
    assertThat(leftInterrupted).as("the test left its thread interrupted").isFalse();
  }

  // ---------------------------------------------------------------------------------------------
  // The source and its collections

  @Test
  void theFixtureHasAnEmptyCollectionAndALargeOne() {
    assertThat(fixture.sourceCounts().values())
        .anyMatch(count -> count >= 10_000)
        .hasSizeGreaterThan(2);
    assertThat(fixture.sourceCounts().containsValue(0L)).isEqualTo(fixture.keepsEmptyCollections());
  }

  @Test
  void everySessionListsTheSameCollectionsOnceAndInTheSameOrder() {
    List<String> first = collectionNames();
    assertThat(first)
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(fixture.sourceCounts().keySet());
    assertThat(collectionNames()).isEqualTo(first);
  }

  @Test
  void theSourceIsDescribedForPeople() {
    BackupHandler source = fixture.source();
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    try (BackupSession session = open(source)) {
      Instant after = Instant.now();
      SourceInfo info = session.source();
      assertThat(info.handler()).isEqualTo(source.name()).isNotBlank();
      assertThat(info.name()).isNotBlank();
      assertThat(info.asOf()).isBeforeOrEqualTo(after.plusSeconds(1));
      assertThat(info.consistency() != Consistency.FUZZY).isEqualTo(fixture.snapshotConsistency());
      if (info.consistency() == Consistency.SNAPSHOT) {
        // A second for a server whose clock is not ours.
        assertThat(info.asOf()).isBetween(before.minusSeconds(1), after.plusSeconds(1));
      }
      assertThat(session.source()).as("asked again").isEqualTo(info);
    }
  }

  @Test
  void noSecretShowsInWhatIsPrintedOrStored() {
    BackupHandler source = fixture.source();
    StringBuilder shown = new StringBuilder(source.location()).append(source.name());
    try (BackupSession session = open(source)) {
      shown.append(session.source()).append(session.schema()).append(session.notCaptured());
      for (CollectionInfo collection : session.collections()) {
        shown.append(collection).append(session.splits(collection));
      }
    }
    assertThat(source.location()).isNotBlank();
    for (String secret : fixture.secrets()) {
      assertThat(shown.toString().contains(secret)).as("a secret shows").isFalse();
    }
  }

  @Test
  void theSchemaDescribesOnlyCollectionsAndFieldsThatAreThere() {
    MemoryBackup backup = pump.read(fixture.source());
    JsonNode described = backup.header().schema().path("collections");
    for (Map.Entry<String, JsonNode> entry : described.properties()) {
      assertThat(backup.records()).containsKey(entry.getKey());
      Set<String> fields = new HashSet<>();
      for (JsonNode field : entry.getValue().path("fields")) {
        assertThat(field.path("type").asText()).isNotBlank();
        assertThat(field.path("as").asText())
            .isIn("value", "integer", "double", "boolean", "json", "text");
        assertThat(fields.add(field.path("name").asText())).as("%s is there once", field).isTrue();
      }
      for (JsonNode key : entry.getValue().path("key")) {
        assertThat(fields).as("key of %s", entry.getKey()).contains(key.asText());
      }
    }
  }

  @Test
  void nothingIsLeftOutUnlessThatWasAllowed() {
    try (BackupSession session = open(fixture.source())) {
      assertThat(session.notCaptured()).isEmpty();
    }
  }

  @Test
  void aBackupLeavesTheSourceAsItWas() {
    Map<String, String> before = fixture.contentHashes(fixture.source());
    pump.threads(2).read(fixture.source());
    assertThat(fixture.contentHashes(fixture.source())).isEqualTo(before);
  }

  // ---------------------------------------------------------------------------------------------
  // Filters

  @Test
  void aFilterIncludesWhatItNames() {
    String largest = largest();
    CollectionFilter only = new CollectionFilter(List.of(largest), List.of());
    MemoryBackup backup = pump.filter(only).read(fixture.source());
    assertThat(backup.counts()).containsExactlyEntriesOf(Map.of(largest, sourceCount(largest)));
  }

  @Test
  void aFilterExcludesWhatItNamesEvenIfThatIsIncludedToo() {
    String largest = largest();
    Map<String, Long> others = new HashMap<>(fixture.sourceCounts());
    others.remove(largest);
    for (List<String> includes : List.of(List.<String>of(), List.of("*"))) {
      CollectionFilter without = new CollectionFilter(includes, List.of(largest));
      assertThat(pump.filter(without).read(fixture.source()).counts())
          .containsExactlyInAnyOrderEntriesOf(others);
    }
  }

  @Test
  void anIncludeThatMatchesNothingIsAnErrorThatNamesIt() {
    CollectionFilter typo = new CollectionFilter(List.of("*", UNKNOWN), List.of());
    BackupRequest request = pump.filter(typo).backupRequest();
    assertThatThrownBy(
            () -> {
              try (BackupSession session = fixture.source().openBackup(request)) {
                session.collections();
              }
            })
        .isInstanceOf(BackupException.class)
        .hasMessageContaining(UNKNOWN);
  }

  // ---------------------------------------------------------------------------------------------
  // Records and splits

  @Test
  void splitsTogetherYieldEachRecordExactlyOnce() {
    assertEachRecordOnce(pump.read(fixture.source()));
  }

  @Test
  void fourReadersAtATimeYieldEachRecordExactlyOnce() {
    assertEachRecordOnce(pump.threads(4).splitBytes(1 << 16).read(fixture.source()));
  }

  @Test
  void tinyBuffersYieldEachRecordExactlyOnce() {
    assertEachRecordOnce(pump.bufferBytes(1).read(fixture.source()));
    assertEachRecordOnce(pump.threads(2).bufferBytes(777).read(fixture.source()));
  }

  @Test
  void theSizeOfSplitsDoesNotChangeWhatIsRead() {
    MemoryBackup large = pump.splitBytes(Long.MAX_VALUE).read(fixture.source());
    MemoryBackup small = pump.splitBytes(1 << 14).read(fixture.source());
    assertSameRecords(small, large);
  }

  @Test
  void oneReaderReadsSplitsOfAllCollectionsInAnyOrder() {
    try (BackupSession session = open(fixture.source());
        SplitReader reader = openReader(fixture.source())) {
      List<Split> splits = allSplits(session);
      Collections.reverse(splits);
      Map<String, Long> counts = new HashMap<>();
      for (Split split : splits) {
        counts.merge(split.collection(), (long) pump.read(reader, split).size(), Long::sum);
      }
      session.finish();
      assertThat(counts).isEqualTo(fixture.sourceCounts());
    }
  }

  @Test
  void splitsAreNumberedValuesThatCanBeSentAway() {
    try (BackupSession session = open(fixture.source());
        SplitReader reader = openReader(fixture.source())) {
      for (CollectionInfo collection : session.collections()) {
        List<Split> splits = session.splits(collection);
        assertThat(splits).isNotEmpty();
        long records = 0;
        for (int i = 0; i < splits.size(); i++) {
          Split split = splits.get(i);
          assertThat(split.collection()).isEqualTo(collection.name());
          assertThat(split.ordinal()).isEqualTo(i);
          Split arrived =
              new Split(
                  collection.name(), i, new TreeMap<>(split.attributes()), split.estimatedBytes());
          records += pump.read(reader, arrived).size();
        }
        assertThat(fixture.sourceCounts()).containsEntry(collection.name(), records);
      }
    }
  }

  @Test
  void anotherHandlerReadsTheSplitsOfASession() {
    BackupHandler other =
        assumed(fixture.anotherSource(), "the fixture has one handler for the source");
    try (BackupSession session = open(fixture.source())) {
      MemoryBackup backup = pump.threads(2).splitBytes(1 << 16).read(session, other);
      session.finish();
      assertEachRecordOnce(backup);
    }
  }

  @Test
  void everyRecordIsOneJsonObjectWithUniqueKeysOnALineOfItsOwn() {
    // The pump refuses lines that are not in braces, control characters and invalid UTF-8.
    MemoryBackup backup = pump.read(fixture.source());
    backup
        .records()
        .forEach(
            (collection, records) -> {
              Set<String> declared = declaredFields(backup, collection, as -> true);
              Set<String> verbatim = declaredFields(backup, collection, "json"::equals);
              for (String record : records) {
                ObjectNode tree = Records.parse(record, verbatim);
                if (!declared.isEmpty()) {
                  assertThat(declared)
                      .as("fields of %s", collection)
                      .containsAll(tree.properties().stream().map(Map.Entry::getKey).toList());
                }
              }
            });
  }

  @Test
  void anEmptyCollectionHasASplitWithoutRecords() {
    assumeTrue(fixture.keepsEmptyCollections(), "a collection without records does not exist");
    try (BackupSession session = open(fixture.source());
        SplitReader reader = openReader(fixture.source())) {
      for (CollectionInfo collection : session.collections()) {
        if (sourceCount(collection.name()) == 0) {
          List<Split> splits = session.splits(collection);
          assertThat(splits).isNotEmpty();
          splits.forEach(split -> assertThat(pump.read(reader, split)).isEmpty());
        }
      }
    }
  }

  @Test
  void aSplitThatWasGivenUpHalfwayIsReadWholeByAnotherReader() {
    BackupHandler source = fixture.source();
    try (BackupSession session = open(source)) {
      Split split = largestSplit(session);
      try (SplitReader first = openReader(source)) {
        first.open(split);
        first.read(smallBuffer(split));
      }
      try (SplitReader second = openReader(source);
          SplitReader third = openReader(source)) {
        List<String> records = pump.read(second, split);
        assertThat(records).isNotEmpty();
        assertSameRecords(split.collection(), pump.read(third, split), records);
      }
      session.finish();
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Consistency

  @Test
  void aSessionDoesNotSeeChangesThatCameAfterItWasOpened() {
    assumeTrue(fixture.snapshotConsistency(), "this handler's backups are fuzzy");
    MemoryBackup before = pump.read(fixture.source());
    try (BackupSession session = open(fixture.source())) {
      fixture.changeSource();
      MemoryBackup seen = pump.threads(2).splitBytes(1 << 16).read(session, fixture.source());
      session.finish();
      assertSameRecords(seen, before);
    }
  }

  @Test
  void aSessionDoesNotSeeChangesThatCameWhileItWasRead() {
    assumeTrue(fixture.snapshotConsistency(), "this handler's backups are fuzzy");
    BackupHandler source = fixture.source();
    List<String> before = pump.read(source).records().getOrDefault(largest(), List.of());
    List<String> seen = new ArrayList<>();
    try (BackupSession session = open(source);
        SplitReader reader = openReader(source)) {
      boolean changed = false;
      for (Split split : allSplits(session)) {
        if (split.collection().equals(largest())) {
          RecordBuffer buffer = smallBuffer(split);
          reader.open(split);
          boolean more = true;
          while (more) {
            buffer.reset(split.collection(), split.ordinal(), 0);
            more = reader.read(buffer);
            seen.addAll(buffer.count() == 0 ? List.of() : buffer.batch().toStrings());
            if (!changed) {
              changed = true;
              fixture.changeSource();
            }
          }
        }
      }
      session.finish();
    }
    assertSameRecords(largest(), seen, before);
  }

  @Test
  void aLaterSessionSeesTheChanges() {
    MemoryBackup before = pump.read(fixture.source());
    Map<String, String> hashBefore = fixture.contentHashes(fixture.source());
    fixture.changeSource();
    assertThat(fixture.contentHashes(fixture.source())).isNotEqualTo(hashBefore);
    MemoryBackup after = pump.read(fixture.source());
    assertThat(after.records().equals(before.records())).as("the same records").isFalse();
    assertEachRecordOnce(after);
  }

  @Test
  void sessionsOpenAtTheSameTimeKeepTheirOwnInstants() {
    assumeTrue(fixture.snapshotConsistency(), "this handler's backups are fuzzy");
    MemoryBackup before = pump.read(fixture.source());
    try (BackupSession old = open(fixture.source())) {
      fixture.changeSource();
      try (BackupSession young = open(fixture.source())) {
        assertEachRecordOnce(pump.read(young, fixture.source()));
        assertSameRecords(pump.read(old, fixture.source()), before);
        young.finish();
      }
      old.finish();
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Closing and cancelling reads

  @Test
  void sessionsReadersAndHandlersMayBeClosedTwice() {
    BackupHandler source = fixture.source();
    BackupSession session = open(source);
    SplitReader unused = openReader(source);
    SplitReader halfway = openReader(source);
    Split split = largestSplit(session);
    halfway.open(split);
    halfway.read(smallBuffer(split));
    for (int i = 0; i < 2; i++) {
      unused.close();
      halfway.close();
      session.close();
    }
    BackupHandler other = fixture.anotherSource().orElse(source);
    other.close();
    other.close();
  }

  @Test
  void aReaderThatIsClosedFromAnotherThreadStopsReading() throws Exception {
    BackupHandler source = fixture.source();
    try (BackupSession session = open(source)) {
      Split split = largestSplit(session);
      SplitReader reader = openReader(source);
      CountDownLatch reading = new CountDownLatch(1);
      AtomicBoolean over = new AtomicBoolean();
      CompletableFuture<Throwable> end =
          onThread(
              () -> {
                while (!over.get()) {
                  readToEnd(reader, split, reading::countDown);
                }
              });
      assertThat(reading.await(patience().toMillis(), TimeUnit.MILLISECONDS)).isTrue();
      reader.close();
      try {
        assertStopped(end);
      } finally {
        over.set(true);
      }
    }
  }

  @Test
  void aReadThatWaitsEndsWhenItsReaderIsClosed() throws Exception {
    BackupHandler source = fixture.source();
    try (BackupSession session = open(source);
        AutoCloseable stall =
            assumed(fixture.stallReads(), "the fixture cannot make a read wait")) {
      Split split = largestSplit(session);
      SplitReader reader = openReader(source);
      CountDownLatch started = new CountDownLatch(1);
      CompletableFuture<Throwable> end =
          onThread(
              () -> {
                started.countDown();
                readToEnd(reader, split, () -> {});
                throw new AssertionError("The read did not wait");
              });
      started.await();
      assertStillWaiting(end);
      reader.close();
      assertStopped(end);
      assertThat(stall).isNotNull();
    }
  }

  @Test
  void anInterruptedThreadStopsReadingAndStaysInterrupted() {
    BackupHandler source = fixture.source();
    try (BackupSession session = open(source);
        SplitReader reader = openReader(source)) {
      Split split = largestSplit(session);
      Thread.currentThread().interrupt();
      Throwable thrown = catchThrowable(() -> readToEnd(reader, split, () -> {}));
      boolean flag = Thread.interrupted();
      assertThat(thrown).isInstanceOf(CancelledException.class);
      assertThat(flag).as("interrupt flag").isTrue();
    } finally {
      Thread.interrupted();
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Restores

  @Test
  void aRestoreIntoAnEmptyTargetMakesItEqualToTheSource() {
    BackupHandler target = fixture.emptyTarget();
    pump.write(pump.read(fixture.source()), target);
    assertEqualToSource(target);
  }

  @Test
  void aBackupOfTheRestoredTargetEqualsTheBackupThatWasRestored() {
    MemoryBackup backup = pump.read(fixture.source());
    BackupHandler target = fixture.emptyTarget();
    pump.write(backup, target);
    assertSameRecords(pump.read(target), backup);
  }

  @Test
  void batchesFromManyThreadsGiveTheSameTarget() {
    BackupHandler target = fixture.emptyTarget();
    pump.threads(4).batchRecords(97).write(pump.read(fixture.source()), target);
    assertEqualToSource(target);
  }

  @Test
  void batchesOfOneRecordGiveTheSameTarget() {
    BackupHandler target = fixture.emptyTarget();
    pump.batchRecords(1).write(pump.read(fixture.source()), target);
    assertEqualToSource(target);
  }

  @Test
  void aRestoreThatNeedNotBeAtomicGivesTheSameTarget() {
    BackupHandler target = fixture.emptyTarget();
    pump.strategy(RestoreStrategy.IN_PLACE).threads(4).write(pump.read(fixture.source()), target);
    assertEqualToSource(target);
  }

  @Test
  void aBackupWithoutAManifestIsRestoredToo() {
    BackupHandler target = fixture.emptyTarget();
    pump.withoutManifest().write(pump.read(fixture.source()), target);
    Map<String, String> restored = new HashMap<>(fixture.contentHashes(target));
    Map<String, String> expected = new HashMap<>(fixture.contentHashes(fixture.source()));
    // Nobody told the target of collections without records.
    Set<String> empty = new HashSet<>(fixture.sourceCounts().keySet());
    empty.removeIf(collection -> sourceCount(collection) > 0);
    restored.keySet().removeAll(empty);
    expected.keySet().removeAll(empty);
    assertThat(restored).isEqualTo(expected);
  }

  @Test
  void recordsWrittenEqualsWhatTheBackupHolds() {
    MemoryBackup backup = pump.read(fixture.source());
    try (RestoreSession session = begun(backup, fixture.emptyTarget(), pump.threads(4))) {
      pump.threads(4).write(backup, session);
      assertThat(withoutZeros(session.recordsWritten())).isEqualTo(withoutZeros(backup.counts()));
      session.finish();
    }
  }

  @Test
  void closingAfterFinishKeepsTheRestore() {
    BackupHandler target = fixture.emptyTarget();
    MemoryBackup backup = pump.read(fixture.source());
    RestoreSession session = begun(backup, target, pump);
    pump.write(backup, session);
    session.recordsWritten();
    session.finish();
    session.close();
    session.close();
    assertEqualToSource(target);
  }

  // ---------------------------------------------------------------------------------------------
  // Modes

  @Test
  void intoEmptyRefusesATargetThatHoldsDataAndLeavesIt() {
    BackupHandler target = fixture.filledTarget();
    Map<String, String> before = fixture.contentHashes(target);
    MemoryBackup backup = pump.read(fixture.source());
    assertRefusedInPrepare(backup, target, pump, HandlerException.Kind.NOT_EMPTY);
    assertThat(fixture.contentHashes(target)).isEqualTo(before);
  }

  @Test
  void replaceMakesAFilledTargetEqualToTheSource() {
    BackupHandler target = fixture.filledTarget();
    assertThat(fixture.contentHashes(target))
        .as("the fixture's filled target holds other data")
        .isNotEqualTo(fixture.contentHashes(fixture.source()));
    pump.mode(RestoreMode.REPLACE).threads(2).write(pump.read(fixture.source()), target);
    assertEqualToSource(target);
  }

  @Test
  void mergeReplacesRecordsOfTheSameKeyAndKeepsOthers() {
    assumeTrue(fixture.supportsMerge(), "this handler does not merge");
    BackupHandler target = fixture.filledTarget();
    Pump keyed =
        pump.filter(new CollectionFilter(List.of(), List.copyOf(fixture.collectionsWithoutKey())));
    MemoryBackup before = keyed.read(target);
    MemoryBackup backup = keyed.read(fixture.source());
    keyed.mode(RestoreMode.MERGE).write(backup, target);
    MemoryBackup after = keyed.read(target);

    boolean kept = false;
    boolean replaced = false;
    for (String collection : backup.records().keySet()) {
      Map<String, String> expected = byKey(before, collection);
      Map<String, String> merged = byKey(backup, collection);
      kept |= !merged.keySet().containsAll(expected.keySet());
      replaced |= !Collections.disjoint(merged.keySet(), expected.keySet());
      expected.putAll(merged);
      assertThat(byKey(after, collection)).as(collection).isEqualTo(expected);
      assertThat(after.counts()).containsEntry(collection, (long) expected.size());
    }
    assertThat(kept).as("the fixture's filled target has keys that the source lacks").isTrue();
    assertThat(replaced).as("the fixture's filled target has keys that the source has").isTrue();
  }

  @Test
  void mergeIsRefusedBeforeAnythingChangesWhereItCannotBeDone() {
    assumeTrue(!fixture.supportsMerge(), "this handler merges");
    BackupHandler target = fixture.filledTarget();
    Map<String, String> before = fixture.contentHashes(target);
    MemoryBackup backup = pump.read(fixture.source());
    try (RestoreSession session =
        target.openRestore(pump.mode(RestoreMode.MERGE).restoreRequest(backup))) {
      assertThatThrownBy(session::prepare).isInstanceOf(BackupException.class);
    }
    assertThat(fixture.contentHashes(target)).isEqualTo(before);
  }

  @Test
  void aSwapIsAtomicOrRefusedBeforeAnythingChanges() {
    BackupHandler target = fixture.filledTarget();
    Map<String, String> before = fixture.contentHashes(target);
    MemoryBackup backup = pump.read(fixture.source());
    Pump swap = pump.mode(RestoreMode.REPLACE).strategy(RestoreStrategy.SWAP);
    boolean swapped = writeUnlessRefused(backup, target, swap);
    assertThat(fixture.contentHashes(target)).as("what was not finished").isEqualTo(before);
    if (swapped) {
      swap.write(backup, target);
      assertEqualToSource(target);
    }
  }

  /** Writes everything and does not finish; false if that way of changing a target is refused. */
  private static boolean writeUnlessRefused(MemoryBackup backup, BackupHandler target, Pump how) {
    try (RestoreSession session = target.openRestore(how.restoreRequest(backup))) {
      Throwable refused = catchThrowable(() -> assertThat(session.prepare().atomic()).isTrue());
      if (refused instanceof HandlerException e) {
        assertThat(e.kind()).isEqualTo(HandlerException.Kind.UNSUPPORTED);
        return false;
      }
      assertThat(refused).isNull();
      session.begin();
      how.write(backup, session);
      session.recordsWritten();
      return true;
    }
  }

  @Test
  void dataOnlyFillsWhatIsThere() {
    BackupHandler target = fixture.filledTarget();
    pump.mode(RestoreMode.REPLACE).dataOnly().write(pump.read(fixture.source()), target);
    assertEqualToSource(target);
  }

  @Test
  void dataOnlyRefusesACollectionThatTheTargetLacksBeforeAnythingChanges() {
    assumeTrue(fixture.refusesUnknownCollections(), "targets create collections that they lack");
    BackupHandler target = fixture.filledTarget();
    Map<String, String> before = fixture.contentHashes(target);
    MemoryBackup backup = pump.read(fixture.source()).with(UNKNOWN, List.of("{\"id\":1}"));
    Pump replace = pump.mode(RestoreMode.REPLACE).dataOnly();
    Throwable thrown =
        assertRefusedInPrepare(backup, target, replace, HandlerException.Kind.MISMATCH);
    assertThat(thrown).hasMessageContaining(UNKNOWN);
    assertThat(fixture.contentHashes(target)).isEqualTo(before);
  }

  // ---------------------------------------------------------------------------------------------
  // Before the first change

  @Test
  void theTargetIsDescribedAlikeEveryTimeAndAsItsBackupsAre() {
    BackupHandler source = fixture.source();
    DatabaseInfo described = source.describe();
    assertThat(described.name()).isNotBlank();
    assertThat(source.describe()).isEqualTo(described);
    try (BackupSession session = open(source)) {
      assertThat(session.source().identity()).isEqualTo(described.identity());
      assertThat(session.source().environment()).isEqualTo(described.environment().orElse(""));
    }
    if (!described.identity().isEmpty()) {
      assertThat(fixture.emptyTarget().describe().identity())
          .as("another database is another identity")
          .isNotEqualTo(described.identity());
    }
  }

  @Test
  void prepareChangesNothingAndTellsWhatWouldHappen() {
    MemoryBackup backup = pump.read(fixture.source());
    for (BackupHandler target : List.of(fixture.emptyTarget(), fixture.filledTarget())) {
      Map<String, String> before = fixture.contentHashes(target);
      Pump replace = pump.mode(RestoreMode.REPLACE);
      RestorePlan plan;
      try (RestoreSession session = target.openRestore(replace.restoreRequest(backup))) {
        plan = session.prepare();
      }
      assertThat(fixture.contentHashes(target)).isEqualTo(before);
      assertThat(plan.atomic()).as("atomic").isEqualTo(fixture.atomicRestore());
      assertThat(plan.steps()).isNotEmpty().allSatisfy(step -> assertThat(step).isNotBlank());
    }
  }

  @Test
  void aSessionThatIsClosedBeforeItBeganChangesNothing() {
    MemoryBackup backup = pump.read(fixture.source());
    BackupHandler target = fixture.filledTarget();
    Map<String, String> before = fixture.contentHashes(target);
    RestoreSession session = target.openRestore(pump.restoreRequest(backup));
    session.close();
    session.close();
    assertThat(fixture.contentHashes(target)).isEqualTo(before);
  }

  @Test
  void aCollectionThatTheTargetLacksIsAMismatchBeforeAnythingChanges() {
    assumeTrue(fixture.refusesUnknownCollections(), "targets create collections that they lack");
    BackupHandler target = fixture.filledTarget();
    Map<String, String> before = fixture.contentHashes(target);
    MemoryBackup backup = pump.read(fixture.source()).with(UNKNOWN, List.of("{\"id\":1}"));
    Pump replace = pump.mode(RestoreMode.REPLACE);
    Throwable thrown =
        assertRefusedInPrepare(backup, target, replace, HandlerException.Kind.MISMATCH);
    assertThat(thrown).hasMessageContaining(UNKNOWN);
    assertThat(fixture.contentHashes(target)).isEqualTo(before);
  }

  // ---------------------------------------------------------------------------------------------
  // Undoing

  @Test
  void nothingShowsBeforeFinish() throws Exception {
    assumeTrue(fixture.atomicRestore(), "restores of this handler are not atomic");
    BackupHandler target = fixture.filledTarget();
    Map<String, String> before = fixture.contentHashes(target);
    MemoryBackup backup = pump.read(fixture.source());
    Pump replace = pump.mode(RestoreMode.REPLACE);
    CompletableFuture<Map<String, String>> seen;
    try (RestoreSession session = begun(backup, target, replace)) {
      pump.write(backup, session);
      session.recordsWritten();
      seen = CompletableFuture.supplyAsync(() -> fixture.contentHashes(target));
      try {
        assertThat(seen.get(2, TimeUnit.SECONDS)).isEqualTo(before);
      } catch (TimeoutException e) {
        // Locked out by the restore: that shows nothing either.
        assertThat(seen).isNotCompletedExceptionally();
      }
      session.finish();
    }
    seen.get(patience().toMillis(), TimeUnit.MILLISECONDS);
    assertEqualToSource(target);
  }

  @Test
  void closingWithoutFinishUndoesARestore() {
    MemoryBackup backup = pump.read(fixture.source());
    for (BackupHandler target : List.of(fixture.emptyTarget(), fixture.filledTarget())) {
      assertUndone(
          target,
          backup,
          session -> {
            pump.write(backup, session);
            session.recordsWritten();
          });
    }
  }

  @Test
  void closingAfterTheFirstBatchUndoesARestore() {
    MemoryBackup backup = pump.read(fixture.source());
    List<String> records = backup.records().getOrDefault(largest(), List.of());
    assertUndone(
        fixture.filledTarget(),
        backup,
        session -> session.write(largest(), RecordBatch.of(records.subList(0, 1))));
  }

  @Test
  void closingRightAfterBeginUndoesARestore() {
    assertUndone(fixture.filledTarget(), pump.read(fixture.source()), session -> {});
  }

  @Test
  void aRestoreCanBeRepeatedAfterOneThatWasGivenUp() {
    MemoryBackup backup = pump.read(fixture.source());
    BackupHandler target = fixture.emptyTarget();
    Pump replace = pump.mode(RestoreMode.REPLACE);
    try (RestoreSession session = begun(backup, target, replace)) {
      replace.write(backup, session);
    }
    replace.write(backup, target);
    assertEqualToSource(target);
  }

  @Test
  void aRecordThatIsCutOffIsRefusedAndUndone() {
    assertRefused("{\"id\":\"x");
  }

  @Test
  void aRecordThatIsNoObjectIsRefusedAndUndone() {
    assertRefused("[1]");
  }

  @Test
  void aRecordWithSomethingAfterItIsRefusedAndUndone() {
    assertRefused("{} {}");
  }

  @Test
  @SuppressWarnings("try") // closing twice, the first time early, is what is tested
  void aWriteThatWaitsEndsWhenItsSessionIsClosed() throws Exception {
    BackupHandler target = fixture.emptyTarget();
    MemoryBackup backup = pump.read(fixture.source());
    try (RestoreSession session = begun(backup, target, pump);
        AutoCloseable stall =
            assumed(fixture.stallWrites(target), "the fixture cannot make a write wait")) {
      CountDownLatch started = new CountDownLatch(1);
      CompletableFuture<Throwable> end =
          onThread(
              () -> {
                started.countDown();
                pump.write(backup, session);
                session.recordsWritten();
                throw new AssertionError("The write did not wait");
              });
      started.await();
      assertStillWaiting(end);
      session.close();
      assertStopped(end);
      assertThat(stall).isNotNull();
    }
  }

  // ---------------------------------------------------------------------------------------------

  private BackupSession open(BackupHandler source) {
    return source.openBackup(pump.backupRequest());
  }

  private SplitReader openReader(BackupHandler source) {
    return source.openReader(pump.backupRequest());
  }

  private static RestoreSession begun(MemoryBackup backup, BackupHandler target, Pump how) {
    RestoreSession session = target.openRestore(how.restoreRequest(backup));
    try {
      session.prepare();
      session.begin();
      return session;
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  private List<String> collectionNames() {
    try (BackupSession session = open(fixture.source())) {
      return session.collections().stream().map(CollectionInfo::name).toList();
    }
  }

  private long sourceCount(String collection) {
    return fixture.sourceCounts().getOrDefault(collection, -1L);
  }

  private String largest() {
    return Collections.max(fixture.sourceCounts().entrySet(), Map.Entry.comparingByValue())
        .getKey();
  }

  private static List<Split> allSplits(BackupSession session) {
    List<Split> splits = new ArrayList<>();
    session.collections().forEach(collection -> splits.addAll(session.splits(collection)));
    return splits;
  }

  /** The first split of the largest collection: with the pump's size, all or most of it. */
  private Split largestSplit(BackupSession session) {
    String largest = largest();
    return allSplits(session).stream()
        .filter(split -> split.collection().equals(largest))
        .findFirst()
        .orElseThrow();
  }

  private static RecordBuffer smallBuffer(Split split) {
    RecordBuffer buffer = new RecordBuffer(1, 1 << 28);
    buffer.reset(split.collection(), split.ordinal(), 0);
    return buffer;
  }

  private static void readToEnd(SplitReader reader, Split split, Runnable afterEachRead) {
    RecordBuffer buffer = smallBuffer(split);
    reader.open(split);
    boolean more = true;
    while (more) {
      buffer.reset(split.collection(), split.ordinal(), 0);
      more = reader.read(buffer);
      afterEachRead.run();
    }
  }

  private void assertEachRecordOnce(MemoryBackup backup) {
    assertThat(backup.counts()).containsExactlyInAnyOrderEntriesOf(fixture.sourceCounts());
    backup
        .records()
        .forEach(
            (collection, records) -> {
              if (!fixture.collectionsWithoutKey().contains(collection)) {
                assertThat(byKey(backup, collection).size())
                    .as("records of %s with keys of their own", collection)
                    .isEqualTo(records.size());
              }
            });
  }

  private void assertEqualToSource(BackupHandler target) {
    assertThat(fixture.contentHashes(target)).isEqualTo(fixture.contentHashes(fixture.source()));
  }

  private static Throwable assertRefusedInPrepare(
      MemoryBackup backup, BackupHandler target, Pump how, HandlerException.Kind kind) {
    try (RestoreSession session = target.openRestore(how.restoreRequest(backup))) {
      HandlerException thrown = assertThrows(HandlerException.class, session::prepare);
      assertThat(thrown.kind()).isEqualTo(kind);
      return thrown;
    }
  }

  private void assertUndone(
      BackupHandler target, MemoryBackup backup, Consumer<RestoreSession> halfway) {
    assumeTrue(fixture.atomicRestore(), "restores of this handler are not atomic");
    Map<String, String> before = fixture.contentHashes(target);
    RestoreSession session = begun(backup, target, pump.mode(RestoreMode.REPLACE));
    try {
      halfway.accept(session);
    } finally {
      session.close();
    }
    session.close();
    assertThat(fixture.contentHashes(target)).isEqualTo(before);
  }

  private void assertRefused(String malformed) {
    BackupHandler target = fixture.filledTarget();
    Map<String, String> before = fixture.contentHashes(target);
    MemoryBackup backup = pump.read(fixture.source());
    String collection = largest();
    List<String> records = new ArrayList<>(backup.records().getOrDefault(collection, List.of()));
    records.set(records.size() / 2, malformed);
    MemoryBackup broken = backup.with(collection, records);
    Throwable thrown = catchThrowable(() -> pump.mode(RestoreMode.REPLACE).write(broken, target));
    assertThat(thrown).isInstanceOf(BackupException.class);
    boolean named = thrown instanceof HandlerException e && e.collection().isPresent();
    if (!named) {
      assertThat(thrown).hasMessageContaining(collection);
    }
    if (fixture.atomicRestore()) {
      assertThat(fixture.contentHashes(target)).isEqualTo(before);
    }
  }

  /** Runs on a thread of its own; the future holds what ended it. */
  private static CompletableFuture<Throwable> onThread(Runnable work) {
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> end.complete(catchThrowable(work::run)), "contract-under-test");
    thread.setDaemon(true);
    thread.start();
    return end;
  }

  private void assertStopped(CompletableFuture<Throwable> end)
      throws InterruptedException, ExecutionException, TimeoutException {
    Throwable thrown = end.get(patience().toMillis(), TimeUnit.MILLISECONDS);
    assertThat(thrown)
        .isInstanceOfAny(BackupException.class, IllegalStateException.class)
        .isNotInstanceOf(AssertionError.class);
  }

  private static void assertStillWaiting(CompletableFuture<Throwable> end)
      throws InterruptedException, ExecutionException {
    try {
      assertThat(end.get(300, TimeUnit.MILLISECONDS)).as("what ended the wait").isNull();
    } catch (TimeoutException e) {
      assertThat(end).isNotDone();
    }
  }

  private static <T> T assumed(Optional<T> value, String whyNot) {
    assumeTrue(value.isPresent(), whyNot);
    return value.orElseThrow();
  }

  private static void assertSameRecords(MemoryBackup actual, MemoryBackup expected) {
    assertThat(actual.counts()).isEqualTo(expected.counts());
    expected
        .records()
        .forEach(
            (collection, records) ->
                assertSameRecords(
                    collection, actual.records().getOrDefault(collection, List.of()), records));
  }

  /** Says how many differ and shows one, where a comparison of the lists would print them all. */
  private static void assertSameRecords(
      String collection, List<String> actual, List<String> expected) {
    List<String> missing = without(expected, actual);
    List<String> unexpected = without(actual, expected);
    assertThat(missing.size() + unexpected.size())
        .as(
            "%s: %s records are missing and %s are not expected, such as %s",
            collection,
            missing.size(),
            unexpected.size(),
            missing.isEmpty() ? unexpected.stream().findFirst() : missing.get(0))
        .isZero();
  }

  /** What is left of the records when each of the others has taken one of its kind away. */
  private static List<String> without(List<String> records, List<String> others) {
    Map<String, Integer> left = new HashMap<>();
    others.forEach(other -> left.merge(other, 1, Integer::sum));
    List<String> result = new ArrayList<>();
    for (String candidate : records) {
      if (left.merge(candidate, -1, Integer::sum) < 0) {
        result.add(candidate);
      }
    }
    return result;
  }

  private static Map<String, Long> withoutZeros(Map<String, Long> counts) {
    Map<String, Long> copy = new TreeMap<>(counts);
    copy.values().removeIf(count -> count == 0);
    return copy;
  }

  /** The records by the key that the schema names, else by {@code id}, else by all they are. */
  private static Map<String, String> byKey(MemoryBackup backup, String collection) {
    JsonNode key = backup.header().schema().path("collections").path(collection).path("key");
    Set<String> verbatim = declaredFields(backup, collection, "json"::equals);
    Map<String, String> byKey = new HashMap<>();
    for (String record : backup.records().getOrDefault(collection, List.of())) {
      ObjectNode tree = Records.parse(record, verbatim);
      List<String> values = new ArrayList<>();
      key.forEach(field -> values.add(tree.path(inRecord(field.asText())).toString()));
      if (values.isEmpty()) {
        values.add(tree.has("id") ? tree.path("id") + " " + tree.path("$parent") : record);
      }
      byKey.put(values.toString(), record);
    }
    return byKey;
  }

  private static Set<String> declaredFields(
      MemoryBackup backup, String collection, Predicate<String> as) {
    Set<String> fields = new HashSet<>();
    backup
        .header()
        .schema()
        .path("collections")
        .path(collection)
        .path("fields")
        .forEach(
            field -> {
              if (as.test(field.path("as").asText())) {
                fields.add(inRecord(field.path("name").asText()));
              }
            });
    return fields;
  }

  /** The key that a field has in records: FORMAT.md, section 3. */
  private static String inRecord(String field) {
    return field.startsWith("$") ? "$" + field : field;
  }
}

package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.key;
import static io.holdfast.executor.Bench.keys;
import static io.holdfast.executor.Bench.shop;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupEvent;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.Compression;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.EncryptionException;
import io.holdfast.FileSink;
import io.holdfast.Operation;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.RestoreStrategy;
import io.holdfast.executor.Bench.HandClock;
import io.holdfast.format.FormatException;
import io.holdfast.format.Manifest;
import io.holdfast.format.ManifestReader;
import io.holdfast.format.ManifestWriter;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.StorageException;
import io.holdfast.testkit.FaultyHandler;
import io.holdfast.testkit.FaultyHandler.Step;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a backup is found, and how it comes back. */
@Timeout(120)
final class RestoreTest {
  private static final String DOCUMENT = ID + ".json.zst";
  private static final String MANIFEST = ID + ".manifest.json";

  private final MemorySink sink = new MemorySink();
  private final MemoryDatabase source = shop();
  private final MemoryHandler handler = MemoryHandler.builder(source).splits(2).build();
  private final MemoryDatabase target = new MemoryDatabase("target");
  private final MemoryHandler into = MemoryHandler.of(target);
  private final HandClock clock = new HandClock();
  private final List<BackupEvent> events = new ArrayList<>();

  private BackupExecutor.Builder with(BackupHandler restoreInto) {
    return executor(handler, sink).clock(clock).target(restoreInto).listener(events::add);
  }

  private void assertRestored() {
    assertThat(target.contentHashes()).isEqualTo(source.contentHashes());
  }

  private void assertUntouched() {
    assertThat(target.counts()).isEmpty();
    assertThat(into.openResources()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {ID, MANIFEST, DOCUMENT, "latest"})
  void aBackupIsFoundByIdByEitherKeyAndAsTheLatest(String ref) {
    BackupExecutor executor = with(into).build();
    executor.createBackup();
    RestoreResult result = executor.restoreFromBackup(ref);
    assertThat(result.backupId()).isEqualTo(ID);
    assertThat(result.counts()).isEqualTo(source.counts());
    assertThat(result.target()).isEqualTo("memory://target");
    assertThat(result.steps()).isNotEmpty();
    assertRestored();
    assertThat(into.openResources()).isZero();
    assertThat(Bench.workers()).isEmpty();
  }

  @Test
  void aBackupIsFoundByThePathOfAFileByAUriAndThroughALink(@TempDir Path folder) throws Exception {
    executor(handler, FileSink.at(folder)).build().createBackup();
    Path document = folder.resolve(DOCUMENT);
    Path link = Files.createSymbolicLink(folder.resolve("current.json.zst"), document);
    Path lone = folder.resolve("a file");
    Files.createDirectory(lone);
    Path copy = Files.copy(document, lone.resolve("copy.json.zst"));
    for (String ref :
        List.of(
            document.toString(),
            folder.resolve(MANIFEST).toString(),
            document.toUri().toString(),
            copy.toUri().toString(),
            copy.toString(),
            link.toString())) {
      MemoryDatabase fresh = new MemoryDatabase("fresh");
      RestoreResult result = with(MemoryHandler.of(fresh)).build().restoreFromBackup(ref);
      assertThat(fresh.contentHashes()).as(ref).isEqualTo(source.contentHashes());
      assertThat(result.counts()).as(ref).isEqualTo(source.counts());
    }
    MemoryDatabase fresh = new MemoryDatabase("fresh");
    with(MemoryHandler.of(fresh)).build().restoreFromFile(copy, RestoreOptions.DEFAULT);
    assertThat(fresh.contentHashes()).isEqualTo(source.contentHashes());
  }

  @Test
  void aWildFileIsRestored(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("wild.json");
    Files.writeString(
        file,
        "{ \"timestamp\": \"2026-01-09T00:00:00Z\",\n \"tables\": {\"users\": [ {\"id\": 1},"
            + " {\"id\" : 2} ], \"none\": []}}",
        UTF_8);
    RestoreResult result = with(into).build().restoreFromBackup(file.toString());
    assertThat(result.counts()).containsEntry("users", 2L);
    assertThat(target.records("users")).hasSize(2);
    assertThatThrownBy(() -> with(into).build().verify(file.toString()))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("no manifest");
  }

  @Test
  void whatIsNowhereIsNotFound() {
    for (String ref :
        List.of("app-1999", "../secret", "no such file.json", "file:///none", "", "a\0b")) {
      assertThatThrownBy(() -> with(into).build().restoreFromBackup(ref))
          .as(ref)
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.NOT_FOUND));
    }
    assertThatThrownBy(() -> with(into).build().restoreFromBackup("latest"))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("app-");
  }

  @Test
  void theLatestIsTheNewestOfThePrefixAndOfNoOther() {
    BackupExecutor executor = with(into).build();
    executor.createBackup();
    clock.forward(Duration.ofSeconds(5));
    source.insert("users", "{\"id\":4}");
    executor.createBackup();
    clock.forward(Duration.ofSeconds(5));
    for (String other : List.of("app-two", "app-2", "apple", "app-2026")) {
      MemoryDatabase foreign = new MemoryDatabase("foreign").insert("x", "{\"id\":1}");
      executor(MemoryHandler.of(foreign), sink).clock(clock).prefix(other).build().createBackup();
    }
    assertThat(executor.restoreFromBackup("latest").backupId())
        .isEqualTo("app-2026-01-09-00-00-05");
    assertRestored();
  }

  @Test
  void anUnreadableNewestManifestRefusesAndAnOlderOneWarns() {
    // The storage's clock is the real one, so what cannot be read is newer than the backups of
    // this test, and older than those of the next millennium.
    BackupExecutor executor = with(into).build();
    executor.createBackup();
    BackupFailureTest.put(sink, "app-2026-01-08-00-00-00.manifest.json", "junk".getBytes(UTF_8));
    assertThatThrownBy(() -> executor.restoreFromBackup("latest"))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("app-2026-01-08-00-00-00");
    assertUntouched();
    clock.forward(Duration.ofDays(365_000));
    String newest = executor.createBackup().backupId();
    events.clear();
    assertThat(executor.restoreFromBackup("latest").backupId()).isEqualTo(newest);
    assertThat(events)
        .anySatisfy(
            event ->
                assertThat(event)
                    .isInstanceOfSatisfying(
                        BackupEvent.Warned.class,
                        w -> assertThat(w.message()).contains("app-2026-01-08-00-00-00")));
  }

  @Test
  void anUnreadableManifestOfAnotherPrefixIsNobodysConcern() {
    BackupExecutor executor = with(into).build();
    executor.createBackup();
    BackupFailureTest.put(sink, "app-two-2027-01-09-00-00-00.manifest.json", "x".getBytes(UTF_8));
    assertThat(executor.restoreFromBackup("latest").backupId()).isEqualTo(ID);
  }

  @Test
  void aDocumentThatItsNamesakesManifestDoesNotNameIsItself() {
    BackupExecutor executor = with(into).build();
    executor.createBackup();
    MemoryDatabase other = new MemoryDatabase("other").insert("x", "{\"id\":9}");
    MemorySink elsewhere = new MemorySink();
    executor(MemoryHandler.of(other), elsewhere)
        .compression(Compression.gzip(1))
        .build()
        .createBackup();
    BackupFailureTest.put(
        sink, ID + ".json.gz", elsewhere.bytes(key(ID + ".json.gz")).orElseThrow());
    executor.restoreFromBackup(ID + ".json.gz");
    assertThat(target.contentHashes()).isEqualTo(other.contentHashes());
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void theModeAndTheOptionsReachTheHandler(RestoreMode mode) {
    List<RestoreRequest> requests = new ArrayList<>();
    BackupHandler watched =
        new BackupFailureTest.Delegating(into) {
          @Override
          public RestoreSession openRestore(RestoreRequest request) {
            requests.add(request);
            return super.openRestore(request);
          }
        };
    BackupExecutor executor = with(watched).build();
    executor.createBackup();
    target.create("users", "nothing");
    executor.restoreFromBackup(
        ID,
        RestoreOptions.DEFAULT
            .withMode(mode)
            .including("users", "nothing")
            .withoutAtomicity()
            .dataOnly()
            .withoutSafetyBackup());
    assertThat(requests).hasSize(1);
    RestoreRequest request = requests.get(0);
    assertThat(request.mode()).isEqualTo(mode);
    assertThat(request.strategy()).isEqualTo(RestoreStrategy.IN_PLACE);
    assertThat(request.atomic()).isFalse();
    assertThat(request.dataOnly()).isTrue();
    assertThat(request.expectedRecords()).contains(Map.of("users", 3L, "nothing", 0L));
    assertThat(request.header().backupId()).isEqualTo(ID);
    assertThat(target.counts()).isEqualTo(Map.of("users", 3L, "nothing", 0L));
  }

  @Test
  void aTargetThatHoldsDataIsRefusedByDefaultReplacedOnRequest() {
    BackupExecutor executor = with(into).build();
    executor.createBackup();
    target.insert("users", "{\"id\":77}");
    assertThatThrownBy(() -> executor.restoreFromBackup(ID))
        .isInstanceOfSatisfying(
            HandlerException.class,
            e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.NOT_EMPTY));
    assertThat(target.counts()).isEqualTo(Map.of("users", 1L));
    executor.restoreFromBackup(ID, RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE));
    assertRestored();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void onlyWhatTheFilterAcceptsComesBackAndAPatternWithoutAMatchIsRefused(boolean atomic) {
    MemoryHandler target = MemoryHandler.builder(this.target).atomic(atomic).build();
    FaultyHandler watched = FaultyHandler.around(target).build();
    with(into).build().createBackup();
    byte[] document = sink.bytes(key(DOCUMENT)).orElseThrow();
    BackupFailureTest.put(sink, "lone.json.zst", document);
    for (String ref : List.of(ID, "lone.json.zst")) {
      assertThatThrownBy(
              () ->
                  with(watched)
                      .build()
                      .restoreFromBackup(ref, RestoreOptions.DEFAULT.including("users", "psots")))
          .as(ref)
          .isInstanceOf(HandlerException.class)
          .hasMessageContaining("psots");
      assertThat(this.target.counts()).as(ref).isEmpty();
    }
    for (String ref : List.of(ID, "lone.json.zst")) {
      RestoreResult result =
          with(watched)
              .build()
              .restoreFromBackup(
                  ref,
                  RestoreOptions.DEFAULT
                      .including("*")
                      .excluding("users")
                      .withMode(RestoreMode.REPLACE));
      assertThat(result.counts()).isEqualTo(Map.of("nothing", 0L, "posts", 2L));
      assertThat(this.target.records("users")).isEmpty();
      assertThat(this.target.records("posts")).hasSize(2);
    }
  }

  @Test
  void aTargetThatTookOtherCountsIsIncompleteAndNeverFinished() {
    with(into).build().createBackup();
    List<FaultyHandler> faulty =
        List.of(
            FaultyHandler.around(into).loseRecordOnWrite(2).build(),
            FaultyHandler.around(into).reportCounts(counts -> changed(counts, "users", 4L)).build(),
            FaultyHandler.around(into).reportCounts(counts -> changed(counts, "users", 2L)).build(),
            FaultyHandler.around(into)
                .reportCounts(counts -> changed(counts, "stranger", 1L))
                .build());
    for (FaultyHandler handler : faulty) {
      assertThatThrownBy(() -> with(handler).build().restoreFromBackup(ID))
          .isInstanceOfSatisfying(
              HandlerException.class,
              e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.INCOMPLETE));
      assertThat(handler.calls(Step.FINISH_RESTORE)).isZero();
      assertUntouched();
    }
    FaultyHandler harmless =
        FaultyHandler.around(into).reportCounts(c -> changed(c, "untouched", 0L)).build();
    with(harmless).build().restoreFromBackup(ID);
    assertRestored();
  }

  private static Map<String, Long> changed(Map<String, Long> counts, String name, long value) {
    Map<String, Long> changed = new TreeMap<>(counts);
    changed.put(name, value);
    return changed;
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"OPEN_RESTORE", "PREPARE", "BEGIN", "WRITE", "RECORDS_WRITTEN", "FINISH_RESTORE"})
  void aFailureOfTheTargetReachesTheCallerAndAnAtomicTargetIsAsItWas(Step step) {
    with(into).build().createBackup();
    BackupException broken = new BackupException("broken here");
    FaultyHandler faulty = FaultyHandler.around(into).fail(step, 1, () -> broken).build();
    assertThat(catchThrowable(() -> with(faulty).build().restoreFromBackup(ID))).isSameAs(broken);
    assertUntouched();
    with(faulty).build().restoreFromBackup(ID);
    assertRestored();
  }

  @Test
  void aTargetThatCannotBeClosedAfterItFinishedIsAWarningForTheRestoreIsFinal() {
    with(into).build().createBackup();
    FaultyHandler faulty =
        FaultyHandler.around(into)
            .fail(Step.CLOSE_RESTORE, 1, () -> new BackupException("cannot close"))
            .build();
    RestoreResult result = with(faulty).build().restoreFromBackup(ID);
    assertThat(result.warnings()).anyMatch(warning -> warning.contains("cannot close"));
    assertRestored();
  }

  @Test
  void whatANonAtomicTargetHoldsAfterAFailureIsSaid() {
    source.insert("users", Bench.bulk(1, 1, 4, 400_000).records("c0"));
    MemoryHandler plain = MemoryHandler.builder(target).atomic(false).build();
    with(into).build().createBackup();
    BackupException broken = new BackupException("broken here");
    FaultyHandler faulty = FaultyHandler.around(plain).fail(Step.WRITE, 2, () -> broken).build();
    assertThat(catchThrowable(() -> with(faulty).build().restoreFromBackup(ID))).isSameAs(broken);
    assertThat(broken.getSuppressed())
        .anyMatch(note -> String.valueOf(note.getMessage()).contains("partly written"));
  }

  @Test
  void beforeANonAtomicRestoreBeginsTheWholeBackupIsVerifiedAndItsDocumentOpenedAnew() {
    MemoryHandler plain = MemoryHandler.builder(target).atomic(false).build();
    AtomicInteger reads = new AtomicInteger();
    AtomicInteger readsAtBegin = new AtomicInteger();
    FaultySink watched = new FaultySink(sink);
    with(into).build().createBackup();
    BackupHandler counting =
        new BackupFailureTest.Delegating(plain) {
          @Override
          public RestoreSession openRestore(RestoreRequest request) {
            reads.set(watched.calls(FaultySink.Operation.READ));
            return super.openRestore(request);
          }
        };
    executor(handler, watched)
        .target(counting)
        .listener(event -> readsAtBegin.set(watched.calls(FaultySink.Operation.READ)))
        .build()
        .restoreFromBackup(ID);
    // Manifest and header; the check; and the restore with a stream that did not wait for it.
    assertThat(reads).hasValue(2);
    assertThat(readsAtBegin).hasValue(4);
    assertRestored();
  }

  @Test
  void verifyFirstChecksBeforeAnAtomicRestoreToo() {
    with(into).build().createBackup();
    FaultyHandler watched = FaultyHandler.around(into).build();
    tamper(DOCUMENT, bytes -> bytes[bytes.length / 2] ^= 1);
    assertThatThrownBy(
            () ->
                with(watched)
                    .build()
                    .restoreFromBackup(ID, RestoreOptions.DEFAULT.verifyingFirst()))
        .isInstanceOf(FormatException.class);
    assertThat(watched.calls(Step.BEGIN)).isZero();
  }

  @Test
  void aDigestThatDiffersIsFoundBeforeAnAtomicRestoreIsFinished() {
    with(into).build().createBackup();
    // A change that no frame notices, as it were: the manifest asks for another digest.
    Manifest manifest = manifest();
    Manifest.Document document = manifest.documents().get(0);
    replaceManifest(
        manifest.backupId(),
        List.of(
            new Manifest.Document(
                document.key(),
                new io.holdfast.spi.ObjectDigest(document.digest().lengthBytes(), "0".repeat(64)),
                document.codec(),
                document.encryption(),
                document.source(),
                document.rawLength(),
                document.plainLength(),
                document.headerLength(),
                document.headerRawLength(),
                document.collections())));
    FaultyHandler watched = FaultyHandler.around(into).build();
    assertThatThrownBy(() -> with(watched).build().restoreFromBackup(ID))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("SHA-256");
    assertThat(watched.calls(Step.WRITE)).isPositive();
    assertThat(watched.calls(Step.FINISH_RESTORE)).isZero();
    assertUntouched();
  }

  @Test
  void withoutTheRightKeyNothingIsOpenedAtTheTarget() {
    AgeKeyPair pair = AgeKeyPair.generate();
    AgeKeyPair other = AgeKeyPair.generate();
    executor(handler, sink)
        .encryption(Encryption.recipients(pair.recipient()))
        .build()
        .createBackup();
    FaultyHandler watched = FaultyHandler.around(into).build();
    assertKind(watched, DecryptionKeys.none(), EncryptionException.Kind.KEY_MISSING);
    assertKind(
        watched, DecryptionKeys.identities(other.identity()), EncryptionException.Kind.WRONG_KEY);
    assertThat(watched.calls(Step.OPEN_RESTORE)).isZero();
    with(watched)
        .decryptionKeys(DecryptionKeys.identities(other.identity(), pair.identity()))
        .build()
        .restoreFromBackup(ID);
    assertRestored();
  }

  private void assertKind(
      BackupHandler restoreInto, DecryptionKeys keys, EncryptionException.Kind kind) {
    assertThatThrownBy(() -> with(restoreInto).decryptionKeys(keys).build().restoreFromBackup(ID))
        .isInstanceOfSatisfying(
            EncryptionException.class, e -> assertThat(e.kind()).isEqualTo(kind));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDryRunChecksEverythingAndChangesNothing(boolean listed) {
    with(into).build().createBackup();
    BackupFailureTest.put(sink, "lone.json.zst", sink.bytes(key(DOCUMENT)).orElseThrow());
    String ref = listed ? ID : "lone.json.zst";
    FaultyHandler watched = FaultyHandler.around(into).build();
    RestoreResult result = with(watched).dryRun(true).build().restoreFromBackup(ref);
    assertThat(result.dryRun()).isTrue();
    assertThat(result.counts()).isEqualTo(source.counts());
    assertThat(result.steps()).isNotEmpty();
    assertThat(watched.calls(Step.PREPARE)).isEqualTo(1);
    assertThat(watched.calls(Step.BEGIN)).isZero();
    assertUntouched();
    tamper(listed ? DOCUMENT : "lone.json.zst", bytes -> bytes[bytes.length / 2] ^= 1);
    assertThatThrownBy(() -> with(watched).dryRun(true).build().restoreFromBackup(ref))
        .isInstanceOf(BackupException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8})
  void collectionsComeOneAfterAnotherWhereThatIsAskedForWithManyThreadsAndTinyFrames(int threads) {
    MemoryDatabase many = new MemoryDatabase("many");
    MemoryHandler.Builder reading = MemoryHandler.builder(many).splits(1);
    for (int c = 0; c < 60; c++) {
      many.create("c" + c);
      for (int r = 0; r < (c % 5 == 0 ? 0 : c); r++) {
        many.insert("c" + c, "{\"id\":" + r + "}");
      }
      reading.splits("c" + c, 1 + c);
    }
    executor(reading.build(), sink).build().createBackup();
    // The double throws if a collection is returned to, or two are written at once.
    MemoryHandler ordered =
        MemoryHandler.builder(target).ordering(RestoreSession.Ordering.BY_COLLECTION).build();
    List<String> done = new ArrayList<>();
    with(ordered)
        .parallelism(threads)
        .listener(
            event -> {
              if (event instanceof BackupEvent.CollectionDone collection) {
                done.add(collection.collection() + "=" + collection.records());
              }
            })
        .build()
        .restoreFromBackup(ID);
    assertThat(target.contentHashes()).isEqualTo(many.contentHashes());
    List<String> expected = new ArrayList<>();
    many.counts().forEach((name, count) -> expected.add(name + "=" + count));
    assertThat(done).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void aDocumentThatIsMissingCutOrLongerIsRefusedBeforeTheTargetIsOpened() {
    with(into).build().createBackup();
    byte[] whole = sink.bytes(key(DOCUMENT)).orElseThrow();
    FaultyHandler watched = FaultyHandler.around(into).build();
    List<byte[]> damaged =
        List.of(Arrays.copyOf(whole, whole.length - 1), Arrays.copyOf(whole, whole.length + 1));
    for (byte[] bytes : damaged) {
      sink.tamper(key(DOCUMENT), bytes);
      assertCorrupt(() -> with(watched).build().restoreFromBackup(ID));
      assertCorrupt(() -> with(watched).build().verify(ID));
    }
    sink.delete(key(DOCUMENT));
    assertCorrupt(() -> with(watched).build().restoreFromBackup(ID));
    assertCorrupt(() -> with(watched).build().verify(ID));
    assertThat(watched.calls(Step.OPEN_RESTORE)).isZero();
  }

  private static void assertCorrupt(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT));
  }

  @Test
  void theManifestOfAnotherBackupCopiedOverIsRefused() {
    BackupExecutor executor = with(into).build();
    executor.createBackup();
    clock.forward(Duration.ofSeconds(1));
    String second = executor.createBackup().backupId();
    byte[] first = sink.bytes(key(MANIFEST)).orElseThrow();
    sink.tamper(key(second + ".manifest.json"), first);
    assertCorrupt(() -> executor.restoreFromBackup(second));
    assertCorrupt(() -> executor.verify(second));
    // And a document copied over: same form, another backup's.
    sink.tamper(key(DOCUMENT), sink.bytes(key(second + ".json.zst")).orElseThrow());
    assertCorrupt(() -> executor.restoreFromBackup(ID));
    assertUntouched();
  }

  @Test
  void aManifestThatNamesAForeignDocumentIsRefused() {
    BackupExecutor executor = with(into).build();
    executor.createBackup();
    clock.forward(Duration.ofSeconds(1));
    String second = executor.createBackup().backupId();
    replaceManifest(
        ID,
        ManifestReader.read(sink.bytes(key(second + ".manifest.json")).orElseThrow()).documents());
    assertCorrupt(() -> executor.restoreFromBackup(ID));
    assertCorrupt(() -> executor.verify(ID));
    executor.delete(ID);
    assertThat(keys(sink)).contains(second + ".json.zst", second + ".manifest.json");
    assertThat(executor.verify(second).records()).isEqualTo(5);
  }

  @Test
  void eventsOfARestoreComeInOrder() {
    with(into).build().createBackup();
    events.clear();
    with(into).build().restoreFromBackup(ID);
    assertThat(events.get(0)).isInstanceOf(BackupEvent.Started.class);
    assertThat(events.get(events.size() - 1)).isInstanceOf(BackupEvent.Completed.class);
    assertThat(events).allMatch(event -> event.operation() == Operation.RESTORE);
    assertThat(events)
        .contains(
            new BackupEvent.CollectionDone(Operation.RESTORE, "users", 3),
            new BackupEvent.CollectionDone(Operation.RESTORE, "nothing", 0),
            new BackupEvent.CollectionDone(Operation.RESTORE, "posts", 2));
  }

  private Manifest manifest() {
    return ManifestReader.read(sink.bytes(key(MANIFEST)).orElseThrow());
  }

  private void replaceManifest(String id, List<Manifest.Document> documents) {
    sink.tamper(
        key(id + ".manifest.json"),
        ManifestWriter.write(new Manifest(id, Bench.NOW, Bench.NOW, "test", documents, List.of())));
  }

  /** Changes bytes in place. */
  private interface Change {
    void apply(byte[] bytes);
  }

  private void tamper(String name, Change change) {
    byte[] bytes = sink.bytes(key(name)).orElseThrow();
    change.apply(bytes);
    sink.tamper(key(name), bytes);
  }
}

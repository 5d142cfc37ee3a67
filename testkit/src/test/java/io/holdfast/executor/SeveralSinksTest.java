package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.NOW;
import static io.holdfast.executor.Bench.key;
import static io.holdfast.executor.Bench.keys;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.BackupEvent;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.ConfigurationException;
import io.holdfast.Copy;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.TooFewCopiesException;
import io.holdfast.catalog.Catalog;
import io.holdfast.format.FormatException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.FaultySink.Operation;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One backup in several sinks: how many must succeed, what is where, and reading it again. */
@Timeout(120)
final class SeveralSinksTest {
  private static final String MANIFEST = ID + ".manifest.json";
  private static final String DOCUMENT = ID + ".json.zst";

  private final MemorySink near = new MemorySink();
  private final MemorySink offsite = new MemorySink();
  private final MemorySink archive = new MemorySink();
  private final FaultySink failing = new FaultySink(offsite);
  private final List<BackupEvent> events = Collections.synchronizedList(new ArrayList<>());
  private final MemoryDatabase database = Bench.bulk(1, 3, 6, 300_000);

  private BackupExecutor.Builder settings() {
    return BackupExecutor.builder()
        .source(MemoryHandler.of(database))
        .prefix("app")
        .parallelism(2)
        .retry(Retry.none())
        .listener(events::add)
        .clock(Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private BackupExecutor.Builder three() {
    return settings().sink("near", near).sink("offsite", failing).sink("archive", archive);
  }

  private static StorageException dead() {
    return new StorageException(Kind.UNAVAILABLE, null, "The line is dead.", null);
  }

  private List<String> warnings() {
    return events.stream()
        .filter(BackupEvent.Warned.class::isInstance)
        .map(event -> ((BackupEvent.Warned) event).message())
        .toList();
  }

  private MemoryDatabase restoredFrom(StorageSink sink) {
    MemoryDatabase target = new MemoryDatabase("target");
    settings().sink(sink).target(MemoryHandler.of(target)).build().restoreFromBackup(ID);
    return target;
  }

  private void assertHolds(StorageSink sink) {
    assertThat(restoredFrom(sink).contentHashes()).isEqualTo(database.contentHashes());
  }

  private static void assertNothing(StorageSink... sinks) {
    for (StorageSink sink : sinks) {
      assertThat(keys(sink)).isEmpty();
      assertThat(sink.leftovers()).isEmpty();
    }
  }

  @Nested
  @DisplayName("Writing")
  class Writing {
    @Test
    void everySinkGetsTheSameBytesFromOnePassOverTheSource() {
      AtomicInteger reads = new AtomicInteger();
      BackupResult result =
          three()
              .source(
                  MemoryHandler.builder(database)
                      .beforeRead((collection, number) -> reads.incrementAndGet())
                      .build())
              .verifyAfterBackup(true)
              .build()
              .createBackup();

      assertThat(reads.get()).as("records read").isEqualTo(18);
      assertThat(result.copies())
          .extracting(Copy::sink)
          .containsExactly("near", "offsite", "archive");
      assertThat(result.copies()).allMatch(Copy::stored);
      assertThat(result.location())
          .contains(near.location(), offsite.location(), archive.location());
      assertThat(new Catalog(archive).manifest(ID).copies()).isEqualTo(result.copies());
      for (MemorySink sink : List.of(near, offsite, archive)) {
        assertThat(keys(sink)).containsExactly(DOCUMENT, MANIFEST);
        for (String each : keys(sink)) {
          assertThat(sink.bytes(key(each)).orElseThrow())
              .isEqualTo(near.bytes(key(each)).orElseThrow());
        }
        assertHolds(sink);
      }
    }

    @ParameterizedTest
    @EnumSource(
        value = Operation.class,
        names = {"STAT", "OPEN", "WRITE", "COMMIT"})
    void oneThatFailsIsLeftOutWhileEnoughAreLeft(Operation where) {
      failing.on(where).fail(dead());
      BackupResult result = three().requiredCopies(2).build().createBackup();

      assertThat(result.copies()).extracting(Copy::stored).containsExactly(true, false, true);
      assertThat(result.copies().get(1).failure()).hasValue("The line is dead.");
      assertThat(result.location()).doesNotContain(offsite.location());
      for (MemorySink sink : List.of(near, archive)) {
        assertThat(new Catalog(sink).manifest(ID).copies()).isEqualTo(result.copies());
        assertHolds(sink);
      }
      failing.heal();
      assertThat(new Catalog(offsite).list("")).isEmpty();
      assertThat(offsite.leftovers()).isEmpty();
      assertThat(warnings()).anyMatch(text -> text.contains("offsite") && text.contains("dead"));
    }

    @Test
    void oneThatFailsAtTheManifestIsNamedByTheResult() {
      failing.onKey(Operation.COMMIT, key -> key.value().equals(MANIFEST)).fail(dead());
      BackupExecutor executor = three().requiredCopies(2).build();
      BackupResult result = executor.createBackup();

      assertThat(result.copies()).extracting(Copy::stored).containsExactly(true, false, true);
      failing.heal();
      assertNothing(offsite);
      assertThat(executor.copies(ID)).extracting(Copy::stored).containsExactly(true, false, true);
    }

    @ParameterizedTest
    @EnumSource(
        value = Operation.class,
        names = {"STAT", "OPEN", "WRITE", "COMMIT"})
    void byDefaultAllOfThemMustSucceedAndOtherwiseNothingIsAnywhere(Operation where) {
      failing.on(where).fail(dead());
      TooFewCopiesException refused =
          catchThrowableOfType(TooFewCopiesException.class, () -> three().build().createBackup());

      assertThat(refused)
          .hasMessageContaining("offsite (" + offsite.location() + "): The line is dead.")
          .hasMessageContaining("Of 3 sinks 2 can store the backup, and 3 are required.");
      assertThat(refused.copies()).extracting(Copy::stored).containsExactly(true, false, true);
      assertThat(refused.getSuppressed()).hasSize(1);
      assertNothing(near, offsite, archive);
      assertThat(events.get(events.size() - 1)).isInstanceOf(BackupEvent.Failed.class);
    }

    @Test
    void aManifestThatIsTooFewIsTakenBackWithItsDocuments() {
      failing.onKey(Operation.COMMIT, key -> key.value().equals(MANIFEST)).fail(dead());
      assertThatThrownBy(() -> three().build().createBackup())
          .isInstanceOf(TooFewCopiesException.class);
      assertNothing(near, offsite, archive);
    }

    @Test
    void ofTwoThatFailOneIsTooMany() {
      FaultySink other = new FaultySink(archive);
      other.onNth(Operation.WRITE, 3).fail(dead());
      failing.onNth(Operation.WRITE, 2).fail(dead());
      BackupExecutor.Builder builder =
          settings().sink("near", near).sink("offsite", failing).sink("archive", other);

      assertThatThrownBy(() -> builder.requiredCopies(2).build().createBackup())
          .isInstanceOf(TooFewCopiesException.class)
          .hasMessageContaining("offsite")
          .hasMessageContaining("archive");
      assertNothing(near, offsite, archive);
    }

    @Test
    void aNameThatIsTakenInOneOfThemIsTakenForTheWholeBackup() {
      put(archive, MANIFEST, "somebody else's");
      assertThatThrownBy(() -> three().requiredCopies(1).build().createBackup())
          .isInstanceOf(StorageException.class)
          .extracting(e -> ((StorageException) e).kind())
          .isEqualTo(Kind.ALREADY_EXISTS);
      assertNothing(near, offsite);
      assertThat(keys(archive)).containsExactly(MANIFEST);
    }

    @Test
    void aNameThatIsTakenWhileWritingEndsTheBackupAndLeavesTheOthersObject() {
      failing
          .onKey(Operation.COMMIT, key -> key.value().equals(DOCUMENT))
          .fail(new StorageException(Kind.ALREADY_EXISTS, DOCUMENT, "taken", null));
      put(offsite, "other", "other");
      assertThatThrownBy(() -> three().requiredCopies(1).build().createBackup())
          .hasMessage("taken");
      assertNothing(near, archive);
      assertThat(keys(offsite)).containsExactly("other");
    }

    @Test
    void aSlowSinkSlowsAndLosesNothing() throws Exception {
      FaultySink.Gate gate = failing.onNth(Operation.WRITE, 2).block();
      CompletableFuture<BackupResult> running =
          CompletableFuture.supplyAsync(() -> three().build().createBackup());
      gate.awaitReached(Bench.PATIENCE);
      assertThat(running).isNotDone();
      gate.release();

      assertThat(running.get(60, TimeUnit.SECONDS).copies()).allMatch(Copy::stored);
      assertHolds(offsite);
      assertHolds(near);
    }

    @Test
    void aCancelledBackupIsNowhere() throws Exception {
      FaultySink.Gate gate = failing.onNth(Operation.WRITE, 2).block();
      CompletableFuture<Throwable> outcome = new CompletableFuture<>();
      Thread thread =
          new Thread(() -> outcome.complete(catchThrowable(() -> three().build().createBackup())));
      thread.start();
      gate.awaitReached(Bench.PATIENCE);
      thread.interrupt();

      assertThat(outcome.get(60, TimeUnit.SECONDS)).isInstanceOf(CancelledException.class);
      thread.join();
      assertNothing(near, offsite, archive);
    }

    @Test
    void aSourceThatFailsLeavesNothingInAnyOfThem() {
      BackupExecutor executor =
          three()
              .source(
                  MemoryHandler.builder(database)
                      .beforeRead(
                          (collection, number) -> {
                            throw new BackupException("unreadable");
                          })
                      .build())
              .requiredCopies(1)
              .build();
      assertThatThrownBy(executor::createBackup).hasMessageContaining("unreadable");
      assertNothing(near, offsite, archive);
    }

    @Test
    void aCopyThatDoesNotVerifyIsLeftOut() {
      failing.on(Operation.READ).flipBit(100);
      BackupResult result =
          three().requiredCopies(2).verifyAfterBackup(true).build().createBackup();
      assertThat(result.copies()).extracting(Copy::stored).containsExactly(true, false, true);
      failing.heal();
      assertNothing(offsite);
    }

    @Test
    void severalSourcesGoIntoSeveralSinks() {
      MemoryDatabase other = Bench.shop();
      BackupExecutor executor =
          BackupExecutor.builder()
              .source("bulk", MemoryHandler.of(database))
              .source("shop", MemoryHandler.of(other))
              .sink("near", near)
              .sink("offsite", failing)
              .requiredCopies(1)
              .prefix("app")
              .clock(Clock.fixed(NOW, ZoneOffset.UTC))
              .build();
      failing.onNth(Operation.WRITE, 2).fail(dead());
      BackupResult result = executor.createBackup();

      assertThat(result.copies()).extracting(Copy::stored).containsExactly(true, false);
      assertThat(keys(near))
          .containsExactly(ID + ".bulk.json.zst", MANIFEST, ID + ".shop.json.zst");
      assertThat(executor.verify(ID).counts()).containsKeys("bulk/c0", "shop/users");
      failing.heal();
      assertNothing(offsite);
      executor.copy(ID, "near", "offsite");
      assertThat(keys(offsite)).isEqualTo(keys(near));
    }

    @Test
    void aSafetyBackupIsStoredInAllOfThemToo() {
      three().build().createBackup();
      MemoryDatabase target = Bench.shop();
      RestoreResult restored =
          three()
              .target(MemoryHandler.of(target))
              .build()
              .restoreFromBackup(ID, RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE));
      BackupResult safety = restored.safetyBackup().orElseThrow();
      assertThat(safety.copies()).hasSize(3).allMatch(Copy::stored);
      assertThat(keys(archive)).contains(safety.backupId() + ".manifest.json");
    }

    @Test
    void aDryRunLooksAtAllOfThemAndWritesNothing() {
      failing.on(Operation.STAT).fail(dead());
      BackupResult plan = three().requiredCopies(2).dryRun(true).build().createBackup();
      assertThat(plan.copies()).extracting(Copy::stored).containsExactly(true, false, true);
      failing.heal();
      assertNothing(near, offsite, archive);
    }
  }

  @Nested
  @DisplayName("Reading")
  class Reading {
    private BackupExecutor.Builder into(MemoryDatabase target) {
      return three().target(MemoryHandler.of(target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"near", "offsite", "archive"})
    void aRestoreWorksFromEachCopyAlone(String name) {
      three().build().createBackup();
      MemoryDatabase target = new MemoryDatabase("target");
      into(target).build().restoreFromBackup(ID, RestoreOptions.DEFAULT.fromSink(name));
      assertThat(target.contentHashes()).isEqualTo(database.contentHashes());
    }

    @Test
    void eachCopyCanBeVerifiedByItself() {
      BackupExecutor executor = three().build();
      executor.createBackup();
      byte[] bytes = offsite.bytes(key(DOCUMENT)).orElseThrow();
      bytes[bytes.length / 2] ^= 1;
      offsite.tamper(key(DOCUMENT), bytes);

      assertThat(executor.verify(ID, "near").counts()).isEqualTo(database.counts());
      assertThat(executor.verify(ID, "archive").counts()).isEqualTo(database.counts());
      assertThatThrownBy(() -> executor.verify(ID, "offsite")).isInstanceOf(FormatException.class);
      assertThatThrownBy(() -> executor.verify(ID, "moon"))
          .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void aSinkThatCannotBeAskedIsPassedOverWithAWarning() {
      three().build().createBackup();
      FaultySink first = new FaultySink(near);
      for (Operation operation : List.of(Operation.STAT, Operation.LIST, Operation.READ)) {
        first.on(operation).fail(dead());
      }
      MemoryDatabase target = new MemoryDatabase("target");
      BackupExecutor executor =
          settings()
              .sink("near", first)
              .sink("archive", archive)
              .target(MemoryHandler.of(target))
              .build();

      assertThat(executor.list()).hasSize(1);
      executor.restoreFromBackup(BackupExecutor.LATEST);
      assertThat(target.contentHashes()).isEqualTo(database.contentHashes());
      assertThat(warnings())
          .anyMatch(text -> text.startsWith("The sink near was passed over: The line is dead."));
    }

    @Test
    void aCopyThatLacksItsDocumentIsMadeUpForByAnother() {
      three().build().createBackup();
      near.delete(key(DOCUMENT));
      MemoryDatabase target = new MemoryDatabase("target");
      into(target).build().restoreFromBackup(ID);
      assertThat(target.contentHashes()).isEqualTo(database.contentHashes());
    }

    @Test
    void thatThereIsNoBackupIsSaidOnlyIfAllCouldBeAsked() {
      failing.on(Operation.STAT).fail(dead());
      BackupExecutor executor = three().build();
      assertThatThrownBy(() -> executor.restoreFromBackup("app-none"))
          .hasMessage("The line is dead.");
      failing.heal();
      assertThatThrownBy(() -> executor.restoreFromBackup("app-none"))
          .extracting(e -> ((StorageException) e).kind())
          .isEqualTo(Kind.NOT_FOUND);
    }

    @Test
    void nothingIsNotListedIfNobodyCouldBeAsked() {
      FaultySink one = new FaultySink(near);
      one.on(Operation.LIST).fail(dead());
      failing.on(Operation.LIST).fail(dead());
      BackupExecutor executor = settings().sink("near", one).sink("offsite", failing).build();
      assertThatThrownBy(executor::list).hasMessage("The line is dead.");
    }

    @Test
    void theListHasWhatAnyOfThemHasAndTheLatestIsTheNewestOfAll() {
      backupInto(near, "2026-01-01T00:00:00Z");
      backupInto(offsite, "2026-01-03T00:00:00Z");
      backupInto(archive, "2026-01-02T00:00:00Z");
      backupInto(near, "2026-01-02T00:00:00Z");

      BackupExecutor executor = three().build();
      assertThat(Bench.ids(executor))
          .containsExactly(
              "app-2026-01-03-00-00-00", "app-2026-01-02-00-00-00", "app-2026-01-01-00-00-00");
      assertThat(executor.verify(BackupExecutor.LATEST).backupId())
          .isEqualTo("app-2026-01-03-00-00-00");
      assertThat(executor.copies("app-2026-01-02-00-00-00"))
          .extracting(Copy::stored)
          .containsExactly(true, false, true);
    }

    private void backupInto(MemorySink sink, String time) {
      settings()
          .sink(sink)
          .clock(Clock.fixed(Instant.parse(time), ZoneOffset.UTC))
          .build()
          .createBackup();
    }

    @Test
    void deletingDeletesFromAllAndSaysWhereItCouldNot() {
      BackupExecutor executor = three().build();
      executor.createBackup();
      failing.on(Operation.DELETE).fail(dead());
      assertThatThrownBy(() -> executor.delete(ID)).hasMessageContaining("The line is dead.");
      assertThat(new Catalog(near).list("")).isEmpty();
      assertThat(new Catalog(offsite).list("")).hasSize(1);
      failing.heal();
      executor.delete(ID);
      executor.prune(Duration.ZERO);
      assertThat(new Catalog(offsite).list("")).isEmpty();
    }

    @Test
    void pruneClearsTheLeftoversOfEachAndKeepsWhatAnyManifestNames() {
      BackupExecutor executor =
          three().clock(Clock.fixed(NOW.plus(Duration.ofDays(9_999)), ZoneOffset.UTC)).build();
      SinkWriter abandoned = archive.write(key("app-unfinished"), WriteOptions.NONE);
      abandoned.write(ByteBuffer.wrap(new byte[] {1}));
      three().build().createBackup();
      offsite.delete(key(MANIFEST)); // as a failure just before the end leaves it
      put(near, "app-2026-01-08-00-00-00.json.zst", "orphan");

      List<String> cleared = executor.prune(Duration.ofDays(1));

      assertThat(cleared).hasSize(2).anyMatch(id -> id.startsWith("archive:"));
      assertThat(cleared).contains("app-2026-01-08-00-00-00.json.zst");
      assertThat(archive.leftovers()).isEmpty();
      assertThat(keys(offsite)).containsExactly(DOCUMENT);
    }
  }

  @Nested
  @DisplayName("Building")
  class Building {
    private List<String> problems(BackupExecutor.Builder builder) {
      return catchThrowableOfType(ConfigurationException.class, builder::build).problems();
    }

    @Test
    void severalSinksNeedNamesAndBeDifferent() {
      assertThat(problems(settings().sink(near).sink("offsite", offsite)))
          .containsExactly("Of several sinks each needs a name: sink(name, uri).");
      assertThat(problems(settings().sink("Near", near)).get(0)).contains("\"Near\" is not");
      assertThat(problems(settings().sink("near", near).sink("near", offsite)))
          .containsExactly("The sink near was given twice.");
      assertThat(problems(settings().sink("near", near).sink("far", near.reopen())))
          .containsExactly("The sinks near and far are the same place, " + near.location() + ".");
    }

    @Test
    void requiredCopiesAreBetweenOneAndTheNumberOfSinks() {
      for (int wrong : new int[] {0, 4, -1}) {
        assertThat(problems(three().requiredCopies(wrong)).get(0))
            .startsWith("requiredCopies must be 1 to the number of sinks, 3");
      }
    }

    @Test
    void aSinkThatIsNotThereIsAnErrorThatNamesThoseThatAre() {
      BackupExecutor executor = three().build();
      assertThatThrownBy(
              () -> executor.restoreFromBackup(ID, RestoreOptions.DEFAULT.fromSink("moon")))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("near, offsite, archive");
      assertThatThrownBy(() -> executor.copy(ID, "near", "moon"))
          .isInstanceOf(ConfigurationException.class);
      assertThatThrownBy(() -> executor.copy(ID, "near", "near"))
          .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void sinksFromUrisAreClosedAndGivenOnesAreNot(@TempDir Path folder) {
      BackupExecutor executor =
          settings()
              .sink("files", folder.toUri().toString())
              .sink("given", FileSink.at(folder.resolve("given")))
              .build();
      assertThat(executor.createBackup().copies()).allMatch(Copy::stored);
      executor.close();
    }
  }

  private static void put(StorageSink sink, String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (SinkWriter writer = sink.write(key(name), WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(bytes));
      writer.commit(new ObjectDigest(bytes.length, Bench.sha256(bytes)));
    }
  }
}

package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.ids;
import static io.holdfast.executor.Bench.keys;
import static io.holdfast.executor.Bench.shop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupEvent;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.Compression;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.FileSink;
import io.holdfast.Operation;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.SafetyBackupException;
import io.holdfast.executor.Bench.HandClock;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.StorageException;
import io.holdfast.testkit.FaultyHandler;
import io.holdfast.testkit.FaultyHandler.Step;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Before a restore replaces what a target holds, all of that is backed up. */
@Timeout(120)
final class SafetyBackupTest {
  private static final RestoreOptions REPLACE =
      RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE);

  private final MemorySink store = new MemorySink();
  private final FaultySink sink = new FaultySink(store);
  private final MemoryDatabase source = shop();
  private final MemoryDatabase target =
      new MemoryDatabase("target")
          .insert("users", "{\"id\":1,\"name\":\"before\"}")
          .insert("secrets", "{\"id\":9}");
  private final Map<String, String> before = target.contentHashes();
  private final HandClock clock = new HandClock();
  private final List<BackupEvent> events = new ArrayList<>();

  @BeforeEach
  void takeABackup() {
    executor(MemoryHandler.of(source), store).build().createBackup();
  }

  private BackupExecutor.Builder into(BackupHandler handler) {
    return executor(MemoryHandler.of(source), sink)
        .target(handler)
        .clock(clock)
        .listener(events::add);
  }

  private BackupExecutor.Builder into() {
    return into(MemoryHandler.of(target));
  }

  private List<String> safetyKeys() {
    return keys(store).stream().filter(key -> key.contains("-safety-")).toList();
  }

  private void assertNothingHappened() {
    assertThat(target.contentHashes()).isEqualTo(before);
    assertThat(safetyKeys()).isEmpty();
  }

  private static String idOf(RestoreResult result) {
    return result.safetyBackup().orElseThrow().backupId();
  }

  @Test
  void itHoldsAllThatTheTargetHeldAndBringsThatBack() {
    BackupExecutor executor = into().build();
    RestoreResult result = executor.restoreFromBackup(ID, REPLACE.including("users"));
    BackupResult safety = result.safetyBackup().orElseThrow();
    assertThat(safety.backupId()).matches("app-safety-2026-01-09-00-00-00-[0-9a-f]{8}");
    assertThat(safety.source().name()).isEqualTo("target");
    assertThat(safety.counts()).isEqualTo(Map.of("users", 1L, "secrets", 1L));
    assertThat(result.steps().get(0)).contains(safety.backupId());
    assertThat(target.contentHashes()).isNotEqualTo(before);

    assertThat(executor.verify(safety.backupId()).backupId()).isEqualTo(safety.backupId());
    executor.restoreFromBackup(safety.backupId(), REPLACE.withoutSafetyBackup());
    assertThat(target.contentHashes()).isEqualTo(before);
  }

  @Test
  void itIsListedUnderItsOwnPrefixOnly() {
    BackupExecutor executor = into().build();
    String safety = idOf(executor.restoreFromBackup(ID, REPLACE));
    assertThat(ids(executor)).containsExactly(ID);
    assertThat(ids(into().prefix("app-safety").build())).containsExactly(safety);
    clock.forward(Duration.ofHours(1));
    assertThat(executor.restoreFromBackup("latest", REPLACE).backupId()).isEqualTo(ID);
  }

  @Test
  void twoInTheSameSecondDoNotCollide() {
    BackupExecutor executor = into().build();
    String first = idOf(executor.restoreFromBackup(ID, REPLACE));
    String second = idOf(executor.restoreFromBackup(ID, REPLACE));
    assertThat(first).isNotEqualTo(second);
    assertThat(ids(into().prefix("app-safety").build())).containsExactlyInAnyOrder(first, second);
  }

  @Test
  void itGoesIntoTheExecutorsSinkWhereverTheRestoredFileLies(@TempDir Path folder) {
    executor(MemoryHandler.of(source), FileSink.at(folder)).build().createBackup();
    RestoreResult result =
        into().build().restoreFromFile(folder.resolve(ID + ".json.zst"), REPLACE);
    assertThat(keys(store)).contains(idOf(result) + ".manifest.json");
    assertThat(keys(FileSink.at(folder))).hasSize(2);
  }

  @Test
  void itIsCompressedAndEncryptedAsOtherBackupsAreAlsoToKeysThatNobodyHereHas() {
    AgeKeyPair pair = AgeKeyPair.generate();
    String safety =
        idOf(
            into()
                .compression(Compression.gzip(1))
                .encryption(Encryption.recipients(pair.recipient()))
                .build()
                .restoreFromBackup(ID, REPLACE));
    assertThat(keys(store)).contains(safety + ".json.gz.age");
    MemoryDatabase restored =
        Bench.restored(into().decryptionKeys(DecryptionKeys.identities(pair.identity())), safety);
    assertThat(restored.contentHashes()).isEqualTo(before);
  }

  @Test
  void whatIsBackedUpOtherwiseDoesNotLimitIt() {
    MemoryHandler odd =
        MemoryHandler.builder(target).notCaptured("a foreign table", "is elsewhere").build();
    RestoreResult result =
        into(odd).include("posts").build().restoreFromBackup(ID, REPLACE.excluding("nothing"));
    assertThat(result.safetyBackup().orElseThrow().counts()).containsOnlyKeys("users", "secrets");
    assertThat(result.safetyBackup().orElseThrow().notCaptured()).hasSize(1);
  }

  @Test
  void theLabelOfTheSourceIsNotPutOnAnotherTarget() {
    MemoryHandler dev = MemoryHandler.builder(target).environment("dev").build();
    BackupExecutor executor = into(dev).environment("production").build();
    assertThat(safetyEnvironment(executor)).isEqualTo("dev");
    BackupExecutor same = executor(dev, sink).environment("staging").build();
    assertThat(safetyEnvironment(same)).isEqualTo("staging");
  }

  private static String safetyEnvironment(BackupExecutor executor) {
    return executor
        .restoreFromBackup(ID, REPLACE)
        .safetyBackup()
        .orElseThrow()
        .source()
        .environment();
  }

  @Test
  void listenersSeeABackupWithinTheRestore() {
    String safety = idOf(into().build().restoreFromBackup(ID, REPLACE));
    List<String> told = new ArrayList<>();
    for (BackupEvent event : events) {
      if (event instanceof BackupEvent.Started started) {
        told.add("started " + started.operation() + " " + started.backupId());
      } else if (event instanceof BackupEvent.Completed completed) {
        told.add("completed " + completed.operation() + " " + completed.backupId());
        assertThat(completed.summary().contains(safety))
            .isEqualTo(completed.operation() == Operation.RESTORE);
      }
    }
    assertThat(told)
        .containsExactly(
            "started RESTORE " + ID,
            "started BACKUP " + safety,
            "completed BACKUP " + safety,
            "completed RESTORE " + ID);
  }

  @ParameterizedTest
  @EnumSource(
      value = RestoreMode.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"REPLACE"})
  void aModeThatReplacesNothingTakesNone(RestoreMode mode) {
    RestoreResult result =
        into(MemoryHandler.of(new MemoryDatabase("new")))
            .build()
            .restoreFromBackup(ID, RestoreOptions.DEFAULT.withMode(mode));
    assertThat(result.safetyBackup()).isEmpty();
    assertThat(safetyKeys()).isEmpty();
  }

  @Test
  void noneIsTakenIfTheCallerSaysSo() {
    RestoreResult result = into().build().restoreFromBackup(ID, REPLACE.withoutSafetyBackup());
    assertThat(result.safetyBackup()).isEmpty();
    assertThat(target.contentHashes()).isNotEqualTo(before);
    assertThat(safetyKeys()).isEmpty();
  }

  @Test
  void noneIsTakenOfATargetWithoutCollections() {
    RestoreResult result =
        into(MemoryHandler.of(new MemoryDatabase("new"))).build().restoreFromBackup(ID, REPLACE);
    assertThat(result.safetyBackup()).isEmpty();
    assertThat(safetyKeys()).isEmpty();
    assertThat(events).noneMatch(event -> event.operation() == Operation.BACKUP);
  }

  @Test
  void aDryRunTellsAndTakesNone() {
    RestoreResult result = into().dryRun(true).build().restoreFromBackup(ID, REPLACE);
    assertThat(result.safetyBackup()).isEmpty();
    assertThat(result.steps().get(0)).startsWith("Back up what the target memory://target holds");
    assertNothingHappened();
  }

  @ParameterizedTest
  @EnumSource(
      value = FaultySink.Operation.class,
      names = {"OPEN", "WRITE", "COMMIT"})
  void withoutItTheRestoreDoesNotBegin(FaultySink.Operation operation) {
    StorageException full =
        new StorageException(StorageException.Kind.NO_SPACE, null, "full", null);
    sink.on(operation).fail(full);
    FaultyHandler watched = FaultyHandler.around(MemoryHandler.of(target)).build();
    assertThatThrownBy(() -> into(watched).build().restoreFromBackup(ID, REPLACE))
        .isInstanceOf(SafetyBackupException.class)
        .hasCause(full)
        .hasMessageContainingAll("memory://target", "full", "as it was", "withoutSafetyBackup()");
    assertNothingHappened();
    assertThat(watched.calls(Step.BEGIN)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void aTargetThatCannotBeReadIsNotReplaced(long nth) {
    HandlerException passing =
        new HandlerException(HandlerException.Kind.UNREACHABLE, null, "gone", null, true);
    FaultyHandler unreadable =
        FaultyHandler.around(MemoryHandler.of(target))
            .fail(Step.OPEN_BACKUP, nth, () -> passing)
            .build();
    assertThatThrownBy(() -> into(unreadable).build().restoreFromBackup(ID, REPLACE))
        .isInstanceOfSatisfying(
            SafetyBackupException.class, e -> assertThat(e.retryable()).isTrue())
        .hasCause(passing);
    assertNothingHappened();
  }

  @Test
  void anInterruptionMeanwhileIsACancelledRestore() {
    MemoryHandler slow = MemoryHandler.of(target);
    Thread.currentThread().interrupt();
    Throwable thrown = catchThrowable(() -> into(slow).build().restoreFromBackup(ID, REPLACE));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(thrown)
        .isInstanceOf(CancelledException.class)
        .hasMessageContainingAll("safety backup", "as it was");
    assertNothingHappened();
    assertThat(slow.openResources()).isZero();
  }

  @Test
  void aRestoreThatWouldBeRefusedTakesNone() {
    BackupExecutor executor =
        into(MemoryHandler.builder(target).createsCollections(false).build()).build();
    assertThatThrownBy(() -> executor.restoreFromBackup(ID, REPLACE))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("posts");
    assertThatThrownBy(() -> executor.restoreFromBackup(ID, REPLACE.including("psots")))
        .isInstanceOf(HandlerException.class);
    String document = ID + ".json.zst";
    byte[] bytes = store.bytes(Bench.key(document)).orElseThrow();
    bytes[bytes.length / 2] ^= 1;
    store.tamper(Bench.key(document), bytes);
    assertThatThrownBy(() -> into().build().restoreFromBackup(ID, REPLACE.withoutAtomicity()))
        .isInstanceOf(BackupException.class);
    assertNothingHappened();
  }

  @Test
  void nothingOfTheTargetIsHeldWhileItIsTaken() {
    List<Integer> held = new ArrayList<>();
    MemoryHandler[] self = new MemoryHandler[1];
    self[0] =
        MemoryHandler.builder(target)
            .beforeRead((collection, number) -> held.add(self[0].openResources()))
            .build();
    into(self[0]).parallelism(1).build().restoreFromBackup(ID, REPLACE);
    assertThat(held).hasSize(2).as("the backup's session and its reader").containsOnly(2);
    assertThat(self[0].openResources()).isZero();
  }

  @Test
  void aRestoreThatFailsHalfwayNamesIt() {
    FaultyHandler broken =
        FaultyHandler.around(MemoryHandler.builder(target).atomic(false).build())
            .fail(Step.WRITE, 1, () -> new BackupException("broken here"))
            .build();
    Throwable thrown = catchThrowable(() -> into(broken).build().restoreFromBackup(ID, REPLACE));
    assertThat(target.contentHashes()).isNotEqualTo(before);
    String safety = ids(into().prefix("app-safety").build()).get(0);
    assertThat(thrown.getSuppressed()[0]).hasMessageContainingAll("partly written", safety);
    into().build().restoreFromBackup(safety, REPLACE.withoutSafetyBackup());
    assertThat(target.counts()).containsEntry("secrets", 1L).containsEntry("users", 1L);
  }

  @Test
  void whatAnInterruptedOneLeftIsPruned() {
    BackupExecutor executor = into().build();
    BackupFailureTest.put(store, "app-safety-2026-01-08-00-00-00-0123abcd.json.zst", new byte[3]);
    BackupFailureTest.put(store, "app-safety-of-somebody.json.zst", new byte[3]);
    String kept = idOf(executor.restoreFromBackup(ID, REPLACE));
    clock.forward(Duration.ofDays(30_000));
    assertThat(executor.prune(Duration.ZERO))
        .containsExactly("app-safety-2026-01-08-00-00-00-0123abcd.json.zst");
    assertThat(keys(store)).contains(kept + ".json.zst", "app-safety-of-somebody.json.zst");
  }

  @Test
  void fullTakesNoneSinceItHasJustTakenItsOwn() {
    assertThat(protectAndFail(BackupMode.FULL)).hasNoSuppressedExceptions();
    assertThat(safetyKeys()).isEmpty();
  }

  @Test
  void restoreOnlyTakesOneOfWhatTheActionLeft() {
    MemoryHandler handler = MemoryHandler.of(target);
    executor(handler, sink).prefix("good").build().createBackup();
    String good = "good-2026-01-09-00-00-00";
    BackupExecutor executor =
        executor(handler, sink).mode(BackupMode.RESTORE_ONLY).existingBackup(good).build();
    assertThat(failing(executor)).hasNoSuppressedExceptions();
    assertThat(target.contentHashes()).isEqualTo(before);
    String safety = ids(into().prefix("app-safety").build()).get(0);
    executor.restoreFromBackup(safety, REPLACE.withoutSafetyBackup());
    assertThat(target.counts()).containsEntry("users", 2L);
  }

  private Throwable protectAndFail(BackupMode mode) {
    Throwable thrown =
        failing(executor(MemoryHandler.of(target), sink).prefix("full").mode(mode).build());
    assertThat(target.contentHashes()).isEqualTo(before);
    return thrown;
  }

  private Throwable failing(BackupExecutor executor) {
    return catchThrowable(
        () ->
            executor.protect(
                () -> {
                  target.insert("users", "{\"id\":2}");
                  throw new IllegalStateException("migration");
                }));
  }
}

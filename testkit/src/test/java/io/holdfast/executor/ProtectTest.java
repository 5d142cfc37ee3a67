package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.ids;
import static io.holdfast.executor.Bench.key;
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
import io.holdfast.ConfigurationException;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.EncryptionException;
import io.holdfast.ProtectResult;
import io.holdfast.executor.Bench.HandClock;
import io.holdfast.format.FormatException;
import io.holdfast.spi.StorageException;
import io.holdfast.testkit.FaultyHandler;
import io.holdfast.testkit.FaultyHandler.Step;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.FaultySink.Operation;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of modes: what happens before an action, after it, and after it failed. */
@Timeout(120)
final class ProtectTest {
  private final MemorySink store = new MemorySink();
  private final FaultySink sink = new FaultySink(store);
  private final MemoryDatabase database = shop();
  private final MemoryHandler handler = MemoryHandler.of(database);
  private final HandClock clock = new HandClock();
  private final List<BackupEvent> events = new ArrayList<>();
  private final Map<String, String> before = database.contentHashes();
  private final AtomicBoolean ran = new AtomicBoolean();

  private BackupExecutor.Builder with(BackupMode mode) {
    return executor(handler, sink).clock(clock).mode(mode).listener(events::add);
  }

  private void damageDatabase() {
    ran.set(true);
    database.delete("users", record -> record.contains("Ada")).insert("posts", "{\"id\":\"new\"}");
  }

  private Throwable fail(BackupExecutor executor, Throwable error) {
    return catchThrowable(
        () ->
            executor.protect(
                () -> {
                  damageDatabase();
                  throw sneaky(error);
                }));
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> E sneaky(Throwable error) throws E {
    throw (E) error;
  }

  static Stream<Throwable> failures() {
    return Stream.of(
        new IOException("checked"),
        new IllegalStateException("unchecked"),
        new BackupException("one of ours"),
        new StackOverflowError("error"),
        new Throwable("bare"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void fullRestoresAndRethrowsWhateverTheActionThrew(Throwable error) {
    BackupExecutor executor = with(BackupMode.FULL).deleteOnSuccess(true).build();
    assertThat(fail(executor, error)).isSameAs(error);
    assertThat(error.getSuppressed()).isEmpty();
    assertThat(database.contentHashes()).isEqualTo(before);
    assertThat(ids(executor)).as("the backup is kept").containsExactly(ID);
  }

  @Test
  void fullKeepsTheBackupAndReturnsTheValue() throws Exception {
    ProtectResult<String> result =
        with(BackupMode.FULL)
            .build()
            .protectValue(
                () -> {
                  damageDatabase();
                  return "value";
                });
    assertThat(result.value()).contains("value");
    assertThat(result.backup().orElseThrow().backupId()).isEqualTo(ID);
    assertThat(result.warnings()).isEmpty();
    assertThat(database.contentHashes()).isNotEqualTo(before);
    assertThat(keys(store)).hasSize(2);
  }

  @Test
  void fullDeletesTheBackupOnSuccessIfAsked() throws Exception {
    ProtectResult<Object> result =
        with(BackupMode.FULL).deleteOnSuccess(true).build().protectValue(() -> null);
    assertThat(result.value()).isEmpty();
    assertThat(result.backup()).isEmpty();
    assertThat(keys(store)).isEmpty();
  }

  @Test
  void aBackupThatCannotBeDeletedIsAWarningAndTheValueArrives() throws Exception {
    for (RuntimeException refusal :
        List.of(
            new StorageException(StorageException.Kind.RETENTION, null, "retained", null),
            new IllegalStateException("retained"))) {
      clock.forward(Duration.ofSeconds(1));
      sink.heal();
      sink.on(Operation.DELETE).fail(refusal);
      ProtectResult<Integer> result =
          with(BackupMode.FULL).deleteOnSuccess(true).build().protectValue(() -> 7);
      assertThat(result.value()).contains(7);
      assertThat(result.backup()).isPresent();
      assertThat(result.warnings()).hasSize(1).first().asString().contains("retained");
      assertThat(events.get(events.size() - 1)).isInstanceOf(BackupEvent.Warned.class);
    }
  }

  @Test
  void aRestoreThatFailsIsSuppressedInTheActionsError() {
    BackupException broken = new BackupException("restore broken");
    FaultyHandler faulty = FaultyHandler.around(handler).fail(Step.WRITE, 1, () -> broken).build();
    IOException error = new IOException("action");
    BackupExecutor executor = with(BackupMode.FULL).source(faulty).build();
    assertThat(fail(executor, error)).isSameAs(error).hasSuppressedException(broken);
    assertThat(ids(executor)).containsExactly(ID);
  }

  @Test
  void anErrorThatIsBothTheActionsAndTheRestoresIsThrownOnce() {
    BackupException broken = new BackupException("the same");
    FaultyHandler faulty =
        FaultyHandler.around(handler).fail(Step.PREPARE, 1, () -> broken).build();
    assertThat(fail(with(BackupMode.FULL).source(faulty).build(), broken)).isSameAs(broken);
  }

  @ParameterizedTest
  @EnumSource(
      value = BackupMode.class,
      names = {"FULL", "CREATE_ONLY"})
  void withoutABackupTheActionNeverRuns(BackupMode mode) {
    BackupException broken = new BackupException("no commit");
    sink.on(Operation.COMMIT).fail(broken);
    assertThat(fail(with(mode).build(), new IOException("action"))).isSameAs(broken);
    assertThat(ran).isFalse();
  }

  @Test
  void createOnlyKeepsTheBackupAndRestoresNothing() throws Exception {
    BackupExecutor executor = with(BackupMode.CREATE_ONLY).deleteOnSuccess(true).build();
    IOException error = new IOException("action");
    assertThat(fail(executor, error)).isSameAs(error);
    assertThat(database.contentHashes()).isNotEqualTo(before);
    clock.forward(Duration.ofSeconds(1));
    assertThat(executor.protectValue(() -> 1).backup()).isPresent();
    assertThat(ids(executor)).hasSize(2);
  }

  @Test
  void restoreOnlyChecksTheNamedBackupAndCreatesNothing() throws Exception {
    with(BackupMode.MANUAL).build().createBackup();
    BackupExecutor executor = with(BackupMode.RESTORE_ONLY).existingBackup(ID).build();
    ProtectResult<Integer> result = executor.protectValue(() -> 1);
    assertThat(result.backup()).isEmpty();
    IOException error = new IOException("action");
    assertThat(fail(executor, error)).isSameAs(error).hasNoSuppressedExceptions();
    assertThat(database.contentHashes()).isEqualTo(before);
    assertThat(ids(executor)).as("of its own prefix").containsExactly(ID);
  }

  @Test
  void restoreOnlyNeverRunsTheActionOverABackupThatIsMissingOrDamaged() {
    BackupExecutor executor = with(BackupMode.RESTORE_ONLY).existingBackup(ID).build();
    assertThat(fail(executor, new IOException("action"))).isInstanceOf(StorageException.class);
    with(BackupMode.MANUAL).build().createBackup();
    byte[] bytes = store.bytes(key(ID + ".json.zst")).orElseThrow();
    bytes[bytes.length / 2] ^= 1;
    store.tamper(key(ID + ".json.zst"), bytes);
    assertThat(fail(executor, new IOException("action"))).isInstanceOf(FormatException.class);
    assertThat(ran).isFalse();
  }

  @Test
  void restoreOnlyWithLatestRestoresTheBackupThatWasCheckedNotOneThatCameSince() {
    with(BackupMode.MANUAL).build().createBackup();
    BackupExecutor executor = with(BackupMode.RESTORE_ONLY).existingBackup("latest").build();
    IOException error = new IOException("action");
    Throwable thrown =
        catchThrowable(
            () ->
                executor.protect(
                    () -> {
                      damageDatabase();
                      clock.forward(Duration.ofSeconds(1));
                      with(BackupMode.MANUAL).build().createBackup(); // of what is half done
                      throw error;
                    }));
    assertThat(thrown).isSameAs(error);
    assertThat(database.contentHashes()).isEqualTo(before);
  }

  @Test
  void manualDoesNothingAtAll() {
    IOException error = new IOException("action");
    assertThat(fail(with(BackupMode.MANUAL).build(), error)).isSameAs(error);
    assertThat(database.contentHashes()).isNotEqualTo(before);
    assertThat(keys(store)).isEmpty();
    assertThat(events).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(BackupMode.class)
  void aDryRunDoesNotRunTheAction(BackupMode mode) throws Exception {
    with(BackupMode.MANUAL).build().createBackup();
    clock.forward(Duration.ofSeconds(1));
    List<String> stored = keys(store);
    ProtectResult<Integer> result =
        with(mode)
            .existingBackup(ID)
            .dryRun(true)
            .build()
            .protectValue(
                () -> {
                  damageDatabase();
                  return 1;
                });
    assertThat(result.dryRun()).isTrue();
    assertThat(result.value()).isEmpty();
    assertThat(ran).isFalse();
    assertThat(keys(store)).isEqualTo(stored);
    assertThat(database.contentHashes()).isEqualTo(before);
  }

  @Test
  void fullIsRefusedBeforeTheActionIfItsBackupCouldNotBeOpenedAgain() {
    AgeKeyPair pair = AgeKeyPair.generate();
    BackupExecutor.Builder blind =
        with(BackupMode.FULL).encryption(Encryption.recipients(pair.recipient()));
    assertThatThrownBy(() -> blind.build().protect(this::damageDatabase))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("decryptionKeys");
    assertThat(keys(store)).isEmpty();
    BackupExecutor.Builder wrong =
        blind.decryptionKeys(DecryptionKeys.identities(AgeKeyPair.generate().identity()));
    assertThatThrownBy(() -> wrong.build().protect(this::damageDatabase))
        .isInstanceOf(EncryptionException.class);
    assertThat(ran).isFalse();
    clock.forward(Duration.ofSeconds(1));
    IOException error = new IOException("action");
    BackupExecutor right = blind.decryptionKeys(DecryptionKeys.identities(pair.identity())).build();
    assertThat(fail(right, error)).isSameAs(error).hasNoSuppressedExceptions();
    assertThat(database.contentHashes()).isEqualTo(before);
  }
}

package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.keys;
import static io.holdfast.executor.Bench.shop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.BackupEvent;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.Operation;
import io.holdfast.ProductionTargetException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.BackupHandler;
import io.holdfast.testkit.FaultyHandler;
import io.holdfast.testkit.FaultyHandler.Step;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing is restored into a database that is marked as production by somebody who did not name it.
 */
@Timeout(120)
final class LiveTargetTest {
  private static final RestoreOptions REPLACE =
      RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE).withoutSafetyBackup();

  private final MemorySink sink = new MemorySink();
  private final MemoryDatabase source = shop();
  private final MemoryDatabase live =
      new MemoryDatabase("live").insert("users", "{\"id\":1,\"name\":\"precious\"}");
  private final Map<String, String> before = live.contentHashes();
  private final FaultyHandler unmarked = FaultyHandler.around(MemoryHandler.of(live)).build();
  private final FaultyHandler marked =
      FaultyHandler.around(
              MemoryHandler.builder(live).environment("production").production().build())
          .build();
  private final List<BackupEvent> events = new ArrayList<>();
  private final AtomicBoolean ran = new AtomicBoolean();

  @BeforeEach
  void takeABackup() {
    executor(MemoryHandler.of(source), sink).build().createBackup();
  }

  private BackupExecutor.Builder into(BackupHandler target) {
    return executor(MemoryHandler.of(source), sink).target(target).listener(events::add);
  }

  private void assertUntouched(FaultyHandler target) {
    assertThat(live.contentHashes()).isEqualTo(before);
    assertThat(target.calls(Step.OPEN_RESTORE)).isZero();
    assertThat(target.calls(Step.OPEN_BACKUP)).isZero();
    assertThat(keys(sink)).hasSize(2);
  }

  @Test
  void aDatabaseThatMarksItselfIsRefusedAndTheMessageSaysWhatToWrite() {
    assertThatThrownBy(() -> into(marked).build().restoreFromBackup(ID, REPLACE))
        .isInstanceOfSatisfying(
            ProductionTargetException.class, e -> assertThat(e.target()).isEqualTo("live"))
        .hasMessageContainingAll(
            "memory://live",
            "in the database itself",
            "environment: production",
            "Nothing was changed",
            "intoProduction(\"live\")");
    assertUntouched(marked);
    assertThat(events.get(events.size() - 1))
        .isInstanceOfSatisfying(
            BackupEvent.Failed.class,
            failed -> {
              assertThat(failed.operation()).isEqualTo(Operation.RESTORE);
              assertThat(failed.error()).isInstanceOf(ProductionTargetException.class);
            });
  }

  @Test
  void aTargetMarkedByConfigurationIsRefused() {
    assertThatThrownBy(
            () -> into(unmarked).productionTarget().build().restoreFromBackup(ID, REPLACE))
        .isInstanceOf(ProductionTargetException.class)
        .hasMessageContaining("by the executor's configuration")
        .hasMessageNotContaining("in the database itself");
    assertUntouched(unmarked);
  }

  @Test
  void bothMarksAreTold() {
    assertThatThrownBy(() -> into(marked).productionTarget().build().restoreFromBackup(ID, REPLACE))
        .hasMessageContainingAll("in the database itself", "by the executor's configuration");
  }

  @ParameterizedTest
  @EnumSource(RestoreMode.class)
  void noModeIsExempt(RestoreMode mode) {
    assertThatThrownBy(
            () -> into(marked).build().restoreFromBackup(ID, RestoreOptions.DEFAULT.withMode(mode)))
        .isInstanceOf(ProductionTargetException.class);
    assertUntouched(marked);
  }

  @Test
  void aLabelAloneGuardsNothing() {
    MemoryHandler labelled = MemoryHandler.builder(live).environment("production").build();
    into(labelled).build().restoreFromBackup(ID, REPLACE);
    assertThat(live.contentHashes()).isEqualTo(source.contentHashes());
  }

  @Test
  void aTargetThatIsNamedIsRestoredInto() {
    RestoreOptions named = REPLACE.intoProduction("live");
    into(marked).productionTarget().build().restoreFromBackup(ID, named);
    assertThat(live.contentHashes()).isEqualTo(source.contentHashes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"Live", "live ", "liv", "", "memory://live"})
  void anotherNameIsRefusedWhetherTheTargetIsMarkedOrNot(String name) {
    for (FaultyHandler target : List.of(marked, unmarked)) {
      assertThatThrownBy(
              () -> into(target).build().restoreFromBackup(ID, REPLACE.intoProduction(name)))
          .isInstanceOf(ProductionTargetException.class)
          .hasMessageContainingAll("\"" + name + "\"", "\"live\"", "Nothing was changed");
      assertUntouched(target);
    }
  }

  @Test
  void aDryRunIsRefusedAlike() {
    assertThatThrownBy(() -> into(marked).dryRun(true).build().restoreFromBackup(ID, REPLACE))
        .isInstanceOf(ProductionTargetException.class);
    into(marked).dryRun(true).build().restoreFromBackup(ID, REPLACE.intoProduction("live"));
    assertThat(live.contentHashes()).isEqualTo(before);
  }

  @Test
  void aFileIsRefusedAlikeAndNotEvenRead(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("no.json"), "no document at all");
    assertThatThrownBy(() -> into(marked).build().restoreFromFile(file, REPLACE))
        .isInstanceOf(ProductionTargetException.class);
    assertUntouched(marked);
  }

  @Test
  void aTargetThatCannotBeAskedIsNotRestoredInto() {
    BackupException gone = new BackupException("no answer");
    FaultyHandler silent =
        FaultyHandler.around(MemoryHandler.of(live)).fail(Step.DESCRIBE, 1, () -> gone).build();
    assertThatThrownBy(() -> into(silent).build().restoreFromBackup(ID, REPLACE)).isSameAs(gone);
    assertUntouched(silent);
  }

  @ParameterizedTest
  @EnumSource(
      value = BackupMode.class,
      names = {"FULL", "RESTORE_ONLY"})
  void anActionThatCouldNotBeUndoneIsNotRun(BackupMode mode) {
    for (boolean dryRun : new boolean[] {false, true}) {
      BackupExecutor executor =
          into(marked).source(marked).mode(mode).existingBackup(ID).dryRun(dryRun).build();
      assertThatThrownBy(() -> executor.protect(() -> ran.set(true)))
          .isInstanceOf(ProductionTargetException.class)
          .hasMessageContaining("The action was not run");
      assertThat(ran).isFalse();
      assertUntouched(marked);
      assertThat(events).as("nothing was begun").isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = BackupMode.class,
      names = {"CREATE_ONLY", "MANUAL"})
  void aModeThatRestoresNothingAsksNothing(BackupMode mode) throws Exception {
    into(marked).prefix("other").mode(mode).build().protect(() -> ran.set(true));
    assertThat(ran).isTrue();
    assertThat(marked.calls(Step.DESCRIBE)).isZero();
  }

  @Test
  void anActionOnANamedTargetIsUndone() {
    BackupExecutor executor =
        executor(marked, sink)
            .prefix("live")
            .productionTarget()
            .restoreOptions(RestoreOptions.DEFAULT.intoProduction("live"))
            .build();
    IllegalStateException error = new IllegalStateException("migration");
    Throwable thrown =
        catchThrowable(
            () ->
                executor.protect(
                    () -> {
                      live.insert("users", "{\"id\":2}");
                      throw error;
                    }));
    assertThat(thrown).isSameAs(error).hasNoSuppressedExceptions();
    assertThat(live.contentHashes()).isEqualTo(before);
  }
}

package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupException;
import io.holdfast.RestoreMode;
import io.holdfast.spi.HandlerException;
import io.holdfast.testkit.FaultyHandler.Step;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each fault happens where it was asked for, and nowhere else. */
final class FaultyHandlerTest {
  private final MemoryDatabase database =
      new MemoryDatabase("shop").insert("users", "{\"id\":1}", "{\"id\":2}", "{\"id\":3}");
  private final MemoryHandler healthy = MemoryHandler.of(database);
  private final Pump pump = Pump.create().mode(RestoreMode.REPLACE).batchRecords(1);

  @ParameterizedTest
  @EnumSource(Step.class)
  void everyStepCanFailAndThenPasses(Step step) {
    FaultyHandler faulty =
        FaultyHandler.around(healthy)
            .fail(step, 1, () -> new BackupException("on " + step))
            .build();
    assertThatThrownBy(() -> callEverything(faulty)).hasMessage("on " + step);
    callEverything(faulty);
    assertThat(faulty.calls(step)).isGreaterThan(1);
    assertThat(database.records("users")).hasSize(3);
    assertThat(healthy.openResources()).isZero();
  }

  private void callEverything(FaultyHandler faulty) {
    faulty.describe();
    pump.write(pump.read(faulty), faulty);
  }

  @Test
  void aFaultHappensAtTheCallThatWasNamed() {
    FaultyHandler faulty =
        FaultyHandler.around(healthy).fail(Step.WRITE, 3, () -> new BackupException("3")).build();
    assertThatThrownBy(() -> pump.write(pump.read(healthy), faulty)).hasMessage("3");
    assertThat(faulty.calls(Step.WRITE)).isEqualTo(3);
  }

  @Test
  void recordsAreLostAndDoubledOnRead() {
    FaultyHandler faulty =
        FaultyHandler.around(healthy).loseRecordOnRead(1).duplicateRecordOnRead(3).build();
    assertThat(pump.read(faulty).records())
        .containsEntry("users", List.of("{\"id\":2}", "{\"id\":3}", "{\"id\":3}"));
  }

  @Test
  void aNewlineInARecordIsJsonOnTwoLines() {
    FaultyHandler faulty = FaultyHandler.around(healthy).newlineInRecord(2).build();
    assertThatThrownBy(() -> pump.read(faulty)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRecordLostOnWriteIsMissedUnlessTheCountsLie() {
    MemoryBackup backup = pump.read(healthy);
    assertThatThrownBy(
            () -> pump.write(backup, FaultyHandler.around(healthy).loseRecordOnWrite(2).build()))
        .isInstanceOfSatisfying(
            HandlerException.class,
            e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.INCOMPLETE));
    pump.write(
        backup, FaultyHandler.around(healthy).loseRecordOnWrite(2).countWhatWasGiven().build());
    assertThat(database.records("users")).containsExactly("{\"id\":1}", "{\"id\":3}");
  }

  @Test
  void aFailedWriteCanBeSwallowed() {
    FaultyHandler faulty =
        FaultyHandler.around(healthy)
            .fail(Step.WRITE, 1, () -> new BackupException("swallowed"))
            .swallowFailedWrites()
            .countWhatWasGiven()
            .build();
    pump.write(pump.read(healthy), faulty);
    assertThat(database.records("users")).containsExactly("{\"id\":2}", "{\"id\":3}");
  }

  @Test
  void countsCanBeWrong() {
    FaultyHandler faulty =
        FaultyHandler.around(healthy)
            .reportCounts(
                counts -> {
                  counts.merge("users", -1L, Long::sum);
                  return counts;
                })
            .build();
    assertThatThrownBy(() -> pump.write(pump.read(healthy), faulty)).hasMessageContaining("users");
  }
}

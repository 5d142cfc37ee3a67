package io.holdfast.executor;

import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.keys;
import static io.holdfast.executor.Bench.shop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupExecutor;
import io.holdfast.ConfigurationException;
import io.holdfast.ProductionTargetException;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.spi.HandlerException;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A copy from one database to another by one call. */
@Timeout(120)
final class CopyToTargetTest {
  private final MemorySink sink = new MemorySink();
  private final MemoryDatabase source = shop();
  private final MemoryDatabase target = new MemoryDatabase("copy");

  private BackupExecutor.Builder copying() {
    return executor(MemoryHandler.of(source), sink).target(MemoryHandler.of(target));
  }

  @Test
  void theTargetBecomesTheSourceAndTheBackupStays() {
    try (BackupExecutor executor = copying().build()) {
      RestoreResult copied = executor.copyToTarget(RestoreOptions.DEFAULT);

      assertThat(target.contentHashes()).isEqualTo(source.contentHashes());
      assertThat(executor.list()).hasSize(1);
      assertThat(executor.list().get(0).backupId()).isEqualTo(copied.backupId());
    }
  }

  @Test
  void withoutATargetOfItsOwnNothingIsDone() {
    try (BackupExecutor executor = executor(MemoryHandler.of(source), sink).build()) {
      assertThatThrownBy(() -> executor.copyToTarget(RestoreOptions.DEFAULT))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("target");
    }
    assertThat(keys(sink)).isEmpty();
  }

  @Test
  void aDryRunIsRefusedSinceThereIsNothingToRestoreFrom() {
    try (BackupExecutor executor = copying().dryRun(true).build()) {
      assertThatThrownBy(() -> executor.copyToTarget(RestoreOptions.DEFAULT))
          .isInstanceOf(ConfigurationException.class);
    }
    assertThat(target.contentHashes()).isEmpty();
  }

  @Test
  void aTargetThatIsProductionIsRefusedBeforeTheSourceIsRead() {
    try (BackupExecutor executor = copying().productionTarget().build()) {
      assertThatThrownBy(() -> executor.copyToTarget(RestoreOptions.DEFAULT))
          .isInstanceOf(ProductionTargetException.class);
    }
    assertThat(keys(sink)).isEmpty();
  }

  @Test
  void aTargetThatHoldsDataIsRefusedAndKeepsIt() {
    target.insert("users", "{\"id\":1}");
    var before = target.contentHashes();
    try (BackupExecutor executor = copying().build()) {
      assertThatThrownBy(() -> executor.copyToTarget(RestoreOptions.DEFAULT))
          .isInstanceOfSatisfying(
              HandlerException.class,
              e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.NOT_EMPTY));
    }
    assertThat(target.contentHashes()).isEqualTo(before);
  }
}

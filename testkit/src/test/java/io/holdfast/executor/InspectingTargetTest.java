package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.shop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupExecutor;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.spi.HandlerException;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A target that looks at every record before it takes the first, and reports at the end. */
@Timeout(120)
final class InspectingTargetTest {
  private final MemorySink sink = new MemorySink();
  private final MemoryDatabase source = shop();
  private final MemoryDatabase target = new MemoryDatabase("copy");
  private final List<String> seen = new ArrayList<>();
  private boolean refuse;

  private final MemoryHandler.Inspector inspector =
      new MemoryHandler.Inspector() {
        @Override
        public void inspect(String collection, List<String> records) {
          assertThat(target.contentHashes()).as("nothing was written yet").isEmpty();
          records.forEach(record -> seen.add(collection + record));
        }

        @Override
        public void inspected() {
          seen.add("end");
          if (refuse) {
            throw new HandlerException(
                HandlerException.Kind.CONSTRAINT, "users", "1 and 3 are the same", null);
          }
        }
      };

  private BackupExecutor restoring() {
    return executor(MemoryHandler.of(source), sink)
        .target(
            MemoryHandler.builder(target).inspector(inspector).reporting("2 lost a hat").build())
        .build();
  }

  @BeforeEach
  void backup() {
    executor(MemoryHandler.of(source), sink).build().createBackup();
  }

  @Test
  void itSeesEveryRecordOnceAndThenGetsThem() {
    RestoreResult restored = restoring().restoreFromBackup(ID);

    assertThat(seen)
        .hasSize(6)
        .contains("users{\"id\":1,\"name\":\"Ada\"}", "posts{\"id\":\"p1\"}")
        .endsWith("end");
    assertThat(target.contentHashes()).isEqualTo(source.contentHashes());
    assertThat(restored.warnings()).containsExactly("2 lost a hat");
  }

  @Test
  void itSeesWhatTheFilterLeaves() {
    restoring().restoreFromBackup(ID, RestoreOptions.DEFAULT.including("posts"));
    assertThat(seen)
        .containsExactlyInAnyOrder(
            "posts{\"id\":\"p1\"}", "posts{\"id\":\"p2\",\"text\":\"a\\nb\"}", "end");
  }

  @Test
  void whatItRefusesIsRefusedBeforeAnythingIsChanged() {
    refuse = true;
    assertThatThrownBy(() -> restoring().restoreFromBackup(ID)).hasMessage("1 and 3 are the same");
    assertThat(target.contentHashes()).isEmpty();
  }

  @Test
  void whatItRefusesCostsNoSafetyBackup() {
    refuse = true;
    assertThatThrownBy(
            () ->
                restoring()
                    .restoreFromBackup(ID, RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE)))
        .hasMessage("1 and 3 are the same");
    assertThat(Bench.keys(sink)).hasSize(2);
  }

  @Test
  void aDocumentWithoutAManifestIsShownToo(@TempDir Path folder) throws Exception {
    Path file =
        Files.write(
            folder.resolve("x.json.zst"), sink.bytes(Bench.key(ID + ".json.zst")).orElseThrow());
    restoring().restoreFromFile(file, RestoreOptions.DEFAULT);
    assertThat(seen).hasSize(6);
    assertThat(target.contentHashes()).isEqualTo(source.contentHashes());
  }
}

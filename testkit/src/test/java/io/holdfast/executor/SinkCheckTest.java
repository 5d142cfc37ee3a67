package io.holdfast.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupExecutor;
import io.holdfast.CancelledException;
import io.holdfast.ConfigurationException;
import io.holdfast.FileSink;
import io.holdfast.catalog.SinkCheck;
import io.holdfast.catalog.SinkReport;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.FaultySink.Operation;
import io.holdfast.testkit.ForwardedSink;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A storage is tried out before backups are trusted to it. */
@Timeout(120)
final class SinkCheckTest {
  private final MemorySink storage = new MemorySink();

  @Test
  void aSinkThatKeepsItsPromisesPassesAndNothingIsLeftInIt(@TempDir Path folder) {
    for (var sink : List.of(storage, FileSink.at(folder))) {
      SinkReport report = SinkCheck.run(sink);
      assertThat(report.problems()).isEmpty();
      assertThat(report.passed()).hasSize(8);
      assertThat(report.ok()).isTrue();
      assertThat(Bench.keys(sink)).isEmpty();
      assertThat(sink.leftovers()).isEmpty();
    }
  }

  /** A server that takes the condition and ignores it. */
  private static final class Overwriting extends ForwardedSink {
    private final MemorySink storage;

    Overwriting(MemorySink storage) {
      super(storage);
      this.storage = storage;
    }

    @Override
    public SinkWriter write(ObjectKey key, WriteOptions options) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      return new SinkWriter() {
        @Override
        public void write(ByteBuffer more) {
          byte[] copy = new byte[more.remaining()];
          more.get(copy);
          bytes.writeBytes(copy);
        }

        @Override
        public StoredObject commit(ObjectDigest digest) {
          synchronized (storage) {
            if (storage.stat(key).isPresent()) {
              storage.tamper(key, bytes.toByteArray());
              return storage.stat(key).orElseThrow();
            }
            try (SinkWriter inside = storage.write(key, options)) {
              inside.write(ByteBuffer.wrap(bytes.toByteArray()));
              return inside.commit(digest);
            }
          }
        }

        @Override
        public void close() {}
      };
    }
  }

  @Test
  void oneThatOverwritesIsFoundForSmallAndLargeObjectsAndInARace() {
    SinkReport report = SinkCheck.run(new Overwriting(storage));
    assertThat(report.ok()).isFalse();
    assertThat(report.problems())
        .anyMatch(text -> text.contains("lets an object be overwritten (small)"))
        .anyMatch(text -> text.contains("lets an object be overwritten (large)"))
        .anyMatch(text -> text.startsWith("Of 8 writers of one key 8 were told"));
    assertThat(Bench.keys(storage)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"OPEN", "COMMIT", "READ", "LIST", "DELETE", "LEFTOVERS"})
  void aRightThatIsMissingIsNamedAndTheOthersAreTriedAllTheSame(Operation operation) {
    FaultySink sink = new FaultySink(storage);
    sink.on(operation)
        .fail(new StorageException(Kind.PERMISSION_DENIED, null, "You may not " + operation, null));
    SinkReport report = SinkCheck.run(sink);
    assertThat(report.problems()).contains("You may not " + operation);
    assertThat(report.passed()).isNotEmpty();
    assertThat(report.toString()).contains("You may not " + operation);
  }

  @Test
  void objectsThatAreRetainedAreNamedAndAreNoProblem() {
    FaultySink sink = new FaultySink(storage);
    sink.on(Operation.DELETE).fail(new StorageException(Kind.RETENTION, null, "kept", null));
    SinkReport report = SinkCheck.run(sink);
    assertThat(report.ok()).isTrue();
    assertThat(report.left()).hasSize(3).allMatch(key -> key.startsWith("holdfast-check/"));
  }

  @Test
  void damageOnTheWayIsFound() {
    FaultySink sink = new FaultySink(storage);
    sink.on(Operation.READ).flipBit(3);
    assertThat(SinkCheck.run(sink).problems())
        .anyMatch(text -> text.contains("other bytes than were written"));
  }

  @Test
  void theExecutorChecksEachOfItsSinks() {
    BackupExecutor executor =
        BackupExecutor.builder()
            .source(MemoryHandler.of(new MemoryDatabase("none")))
            .sink("near", storage)
            .sink("bad", new Overwriting(new MemorySink()))
            .build();
    assertThat(executor.checkSinks()).extracting(SinkReport::ok).containsExactly(true, false);
    assertThatThrownBy(
            () ->
                BackupExecutor.builder()
                    .source(MemoryHandler.of(new MemoryDatabase("none")))
                    .sink(storage)
                    .dryRun(true)
                    .build()
                    .checkSinks())
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void aCheckCanBeCancelled() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> SinkCheck.run(storage)).isInstanceOf(CancelledException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(Bench.keys(storage)).isEmpty();
  }
}

package io.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.internal.FilePublication;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.StorageSinkContract;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file sink as it publishes where the file system has no hard links. */
class FileSinkWithoutHardLinksTest extends StorageSinkContract {
  private static final ObjectDigest EMPTY = new ObjectDigest(0, "0".repeat(64));

  @TempDir Path folder;

  @Override
  protected StorageSink openSink() {
    return sink(Duration.ofSeconds(30));
  }

  private FileSink sink(Duration patience) {
    return new FileSink(folder.resolve("backups"), new FilePublication(false, patience));
  }

  @Test
  void aMarkerThatAKilledWriterLeftBarsItsKeyUntilItIsDiscarded() throws IOException {
    FileSink sink = sink(Duration.ZERO);
    ObjectKey key = ObjectKey.of("a");
    try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
      Path marker = leaveMarker();

      StorageException refused =
          catchThrowableOfType(StorageException.class, () -> writer.commit(EMPTY));
      assertThat(refused.kind()).isEqualTo(StorageException.Kind.OTHER);
      assertThat(refused)
          .hasMessageContaining("discard it as a leftover")
          .hasMessageContaining("Nothing was published")
          .hasMessageContaining(marker.toString());
    }
    assertThat(sink.stat(key)).isEmpty();

    commit(sink, ObjectKey.of("b"));
    List<Leftover> leftovers = sink.leftovers();
    assertThat(leftovers).hasSize(1);
    leftovers.forEach(sink::discard);
    commit(sink, key);
    assertThat(sink.leftovers()).isEmpty();
  }

  @Test
  void anInterruptionEndsTheWaitForAMarker() throws IOException {
    FileSink sink = sink(Duration.ofMinutes(10));
    try (SinkWriter writer = sink.write(ObjectKey.of("a"), WriteOptions.NONE)) {
      leaveMarker();
      AtomicBoolean done = new AtomicBoolean();
      Thread waiting = Thread.currentThread();
      Thread interrupter =
          new Thread(
              () -> {
                while (!done.get() && waiting.getState() != Thread.State.TIMED_WAITING) {
                  Thread.onSpinWait();
                }
                if (!done.get()) {
                  waiting.interrupt();
                }
              });
      interrupter.start();
      try {
        assertThatThrownBy(() -> writer.commit(EMPTY)).isInstanceOf(CancelledException.class);
        assertThat(Thread.interrupted()).as("the interrupt flag").isTrue();
      } finally {
        done.set(true);
      }
    }
    assertThat(sink.stat(ObjectKey.of("a"))).isEmpty();
  }

  /** As a writer of the key "a" does that is killed between its marker and its rename. */
  private Path leaveMarker() throws IOException {
    return Files.createFile(
        folder.resolve(
            "backups/.holdfast-tmp/"
                + "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb.publishing"));
  }

  private static void commit(FileSink sink, ObjectKey key) {
    try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
      writer.write(ByteBuffer.allocate(0));
      writer.commit(EMPTY);
    }
  }
}

package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.Compression;
import io.holdfast.Encryption;
import io.holdfast.RestoreOptions;
import io.holdfast.Secret;
import io.holdfast.catalog.Catalog;
import io.holdfast.format.FormatException;
import io.holdfast.format.Manifest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.ForwardedSink;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A restore fetches what it needs, and from a sink that is far away several pieces at a time. */
@Timeout(120)
final class RangedRestoreTest {
  private static final int TABLES = 200;

  private final MemorySink storage = new MemorySink();

  /** Counts what is read, and how many ranges are open at the same time. */
  private static class Counting extends ForwardedSink {
    final AtomicLong bytes = new AtomicLong();
    final AtomicInteger open = new AtomicInteger();
    final AtomicInteger mostOpen = new AtomicInteger();
    final int parallel;

    Counting(StorageSink inside, int parallel) {
      super(inside);
      this.parallel = parallel;
    }

    @Override
    public int parallelReads() {
      return parallel;
    }

    @Override
    public InputStream read(ObjectKey key, long offset, long lengthBytes) {
      InputStream in = super.read(key, offset, lengthBytes);
      mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
      if (parallel > 1 && offset > 0 && !key.value().endsWith(Manifest.KEY_ENDING)) {
        // Whoever fetches one piece after another waits here until the test's time is up.
        Bench.await("another range to be open, too", () -> mostOpen.get() > 1);
      }
      return new FilterInputStream(in) {
        private boolean closed;

        @Override
        public int read(byte[] into, int from, int count) throws IOException {
          int got = super.read(into, from, count);
          bytes.addAndGet(Math.max(0, got));
          return got;
        }

        @Override
        public void close() throws IOException {
          super.close();
          if (!closed) {
            closed = true;
            open.decrementAndGet();
          }
        }
      };
    }
  }

  private Manifest.Document document() {
    return new Catalog(storage).manifest(ID).documents().get(0);
  }

  private long bytesOf(String collection) {
    var frames =
        document().collections().stream()
            .filter(each -> each.name().equals(collection))
            .findFirst()
            .orElseThrow()
            .frames();
    long bytes = 0;
    for (int i = 0; i < frames.size(); i++) {
      bytes += frames.lengthBytes(i);
    }
    return bytes;
  }

  private MemoryDatabase restore(StorageSink sink, RestoreOptions options) {
    MemoryDatabase target = new MemoryDatabase("target");
    executor(MemoryHandler.of(new MemoryDatabase("none")), sink)
        .target(MemoryHandler.of(target))
        .build()
        .restoreFromBackup(ID, options);
    return target;
  }

  @ParameterizedTest
  @ValueSource(strings = {"c0", "c77", "c199"})
  void oneCollectionOfManyIsFetchedWithoutTheOthers(String wanted) {
    MemoryDatabase source = Bench.bulk(1, TABLES, 4, 20_000);
    executor(MemoryHandler.of(source), storage).build().createBackup();
    Counting sink = new Counting(storage, 1);

    MemoryDatabase target = restore(sink, RestoreOptions.DEFAULT.including(wanted));

    assertThat(target.counts()).containsOnlyKeys(wanted);
    assertThat(target.contentHashes().get(wanted)).isEqualTo(source.contentHashes().get(wanted));
    long manifest = storage.stat(Manifest.keyOf(ID)).orElseThrow().lengthBytes();
    long header = document().headerLength();
    // Header and manifest may be read more than once; the frames are read once.
    assertThat(sink.bytes.get())
        .as("bytes read of %d", storage.stat(document().key()).orElseThrow().lengthBytes())
        .isBetween(bytesOf(wanted), bytesOf(wanted) + 3 * (manifest + header) + 2_000);
  }

  @Test
  void severalCollectionsWithOthersAndEmptyOnesBetweenThemComeBackExactly() {
    MemoryDatabase source = Bench.shop();
    source.create("empty1").insert("tail", "{\"id\":1}").create("empty2");
    for (Compression compression :
        List.of(Compression.zstd(1), Compression.gzip(6), Compression.none())) {
      storage.delete(Manifest.keyOf(ID));
      List.of("app-2026-01-09-00-00-00.json", "app-2026-01-09-00-00-00.json.gz")
          .forEach(key -> storage.delete(ObjectKey.of(key)));
      storage.delete(ObjectKey.of(ID + ".json.zst"));
      executor(MemoryHandler.of(source), storage).compression(compression).build().createBackup();
      for (String[] some :
          new String[][] {
            {"users"},
            {"posts"},
            {"tail"},
            {"nothing"},
            {"users", "tail"},
            {"posts", "tail"},
            {"nothing", "posts"},
            {"empty1", "empty2"},
            {"users", "nothing", "posts"}
          }) {
        MemoryDatabase target = restore(storage, RestoreOptions.DEFAULT.including(some));
        assertThat(target.counts().keySet())
            .as("%s of %s", Arrays.toString(some), compression)
            .containsExactlyInAnyOrder(some);
        for (String name : some) {
          assertThat(target.contentHashes().get(name)).isEqualTo(source.contentHashes().get(name));
        }
      }
    }
  }

  @Test
  void anEncryptedDocumentIsReadWholeAndStillRestoredInPart() {
    MemoryDatabase source = Bench.bulk(2, 5, 4, 20_000);
    executor(MemoryHandler.of(source), storage)
        .encryption(Encryption.passphrase(Secret.of("correct horse")))
        .build()
        .createBackup();
    MemoryDatabase target = new MemoryDatabase("target");
    executor(MemoryHandler.of(new MemoryDatabase("none")), new Counting(storage, 1))
        .encryption(Encryption.passphrase(Secret.of("correct horse")))
        .target(MemoryHandler.of(target))
        .build()
        .restoreFromBackup(ID, RestoreOptions.DEFAULT.including("c3"));
    assertThat(target.contentHashes().get("c3")).isEqualTo(source.contentHashes().get("c3"));
    assertThat(target.counts()).containsOnlyKeys("c3");
  }

  @Test
  void damageToTheChosenCollectionIsFoundAndDamageElsewhereDoesNotMatter() {
    MemoryDatabase source = Bench.bulk(3, 5, 4, 20_000);
    executor(MemoryHandler.of(source), storage).build().createBackup();
    Manifest.Document document = document();
    var frames = document.collections().get(3).frames();
    byte[] bytes = storage.bytes(document.key()).orElseThrow();
    bytes[(int) (frames.offset(0) + frames.lengthBytes(0) / 2)] ^= 1;
    storage.tamper(document.key(), bytes);

    assertThat(restore(storage, RestoreOptions.DEFAULT.including("c2")).contentHashes().get("c2"))
        .isEqualTo(source.contentHashes().get("c2"));
    assertThatThrownBy(() -> restore(storage, RestoreOptions.DEFAULT.including("c3")))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("c3");
    assertThatThrownBy(
            () -> restore(storage, RestoreOptions.DEFAULT.including("c2").verifyingFirst()))
        .as("who asks for the whole backup to be checked gets that")
        .isInstanceOf(FormatException.class);
  }

  @Test
  void piecesOfALargeDocumentAreFetchedAtTheSameTime() {
    MemoryDatabase source = Bench.bulk(4, 2, 12, 2_000_000);
    executor(MemoryHandler.of(source), storage).build().createBackup();
    Counting sink = new Counting(storage, 4);

    MemoryDatabase target = restore(sink, RestoreOptions.DEFAULT);

    assertThat(target.contentHashes()).isEqualTo(source.contentHashes());
    assertThat(sink.mostOpen.get()).isBetween(2, 4);
    assertThat(sink.open.get()).as("ranges that were not closed").isZero();
  }

  @Test
  void aPieceThatCannotBeFetchedFailsTheRestoreAndLeavesNothingOpen() {
    MemoryDatabase source = Bench.bulk(4, 2, 12, 2_000_000);
    executor(MemoryHandler.of(source), storage).build().createBackup();
    Counting sink =
        new Counting(storage, 4) {
          @Override
          public InputStream read(ObjectKey key, long offset, long lengthBytes) {
            if (offset > 16_000_000) {
              throw new StorageException(
                  StorageException.Kind.UNAVAILABLE, key.value(), "away", null);
            }
            return super.read(key, offset, lengthBytes);
          }
        };
    assertThatThrownBy(() -> restore(sink, RestoreOptions.DEFAULT))
        .isInstanceOf(StorageException.class)
        .hasMessage("away");
    assertThat(sink.open.get()).isZero();
  }
}

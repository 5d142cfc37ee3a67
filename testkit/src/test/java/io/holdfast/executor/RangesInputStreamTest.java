package io.holdfast.executor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.format.ByteRange;
import io.holdfast.internal.RangesInputStream;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.ForwardedSink;
import io.holdfast.testkit.MemorySink;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of an object as one stream, fetched ahead in as much memory as there is. */
final class RangesInputStreamTest {
  private static final int MEBIBYTE = 1 << 20;
  private static final ObjectKey KEY = ObjectKey.of("backups/a");

  /** Remembers how much was asked for at a time, and allows several at a time. */
  private static final class Far extends ForwardedSink {
    final List<Long> lengths = Collections.synchronizedList(new ArrayList<>());
    private final int parallel;

    Far(StorageSink inside, int parallel) {
      super(inside);
      this.parallel = parallel;
    }

    @Override
    public int parallelReads() {
      return parallel;
    }

    @Override
    public InputStream read(ObjectKey key, long offset, long lengthBytes) {
      lengths.add(lengthBytes);
      return super.read(key, offset, lengthBytes);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // wanted, allowed MiB: at the same time, MiB each
    "4, 1000, 4, 8",
    "4, 42, 4, 8",
    "4, 39, 4, 4",
    "4, 21, 4, 4",
    "4, 10, 4, 2",
    "4, 5, 4, 1",
    "4, 3, 2, 1",
    "4, 1, 1, 8",
    "1, 1000, 1, 8",
    "16, 42, 16, 2",
  })
  void piecesAreAsLargeAsTheMemoryAllows(int wanted, long mebibytes, int parallel, int each) {
    long allowed = mebibytes * MEBIBYTE;
    assertThat(RangesInputStream.parallel(wanted, allowed)).isEqualTo(parallel);
    if (parallel > 1) {
      assertThat(RangesInputStream.pieceBytes(parallel, allowed)).isEqualTo(each * MEBIBYTE);
      assertThat((parallel + 1L) * each).isLessThanOrEqualTo(mebibytes);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void givesTheRangesInTheirOrderHoweverItIsRead(int parallel) throws Exception {
    long seed = System.nanoTime();
    System.out.println("givesTheRangesInTheirOrderHoweverItIsRead: seed " + seed);
    Random random = new Random(seed);
    byte[] object = new byte[11 * MEBIBYTE + 17];
    random.nextBytes(object);
    List<ByteRange> ranges =
        List.of(
            new ByteRange(0, 10),
            new ByteRange(5 * MEBIBYTE - 3, 6 * MEBIBYTE),
            new ByteRange(100, 3 * MEBIBYTE),
            new ByteRange(object.length - 1, 1),
            new ByteRange(0, object.length));
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    for (ByteRange range : ranges) {
      expected.write(object, (int) range.offset(), (int) range.lengthBytes());
    }
    try (Far sink = new Far(holding(object), parallel);
        InputStream in = RangesInputStream.open(sink, KEY, ranges, 4, 4L * MEBIBYTE)) {
      ByteArrayOutputStream read = new ByteArrayOutputStream();
      byte[] buffer = new byte[3 * MEBIBYTE];
      int got = in.read();
      while (got >= 0) {
        read.write(got);
        int count = in.read(buffer, 0, 1 + random.nextInt(buffer.length));
        read.write(buffer, 0, Math.max(0, count));
        got = in.read();
      }
      assertThat(read.toByteArray()).isEqualTo(expected.toByteArray());
      if (parallel > 1) {
        assertThat(sink.lengths).allMatch(length -> length <= MEBIBYTE);
      }
    }
  }

  @Test
  void readsNothingAheadForWhoLooksAtTheBeginningOnly() throws Exception {
    byte[] object = new byte[8 * MEBIBYTE];
    try (Far sink = new Far(holding(object), 4);
        InputStream in =
            RangesInputStream.open(
                sink, KEY, List.of(new ByteRange(0, object.length)), 1000, 100L * MEBIBYTE)) {
      assertThat(in.readNBytes(1000)).hasSize(1000);
      assertThat(sink.lengths).containsExactly(1000L);
    }
  }

  @Test
  void missingObjectIsKnownAtOnce() {
    try (Far sink = new Far(new MemorySink(), 4)) {
      assertThatThrownBy(() -> RangesInputStream.open(sink, KEY, List.of(new ByteRange(0, 10)), 4))
          .isInstanceOf(StorageException.class)
          .matches(e -> ((StorageException) e).kind() == StorageException.Kind.NOT_FOUND);
    }
  }

  @Test
  void rangeThatEndsEarlyIsAnErrorAndNoEnd() throws Exception {
    byte[] object = new byte[5 * MEBIBYTE];
    ForwardedSink torn =
        new ForwardedSink(holding(object)) {
          @Override
          public int parallelReads() {
            return 2;
          }

          @Override
          public InputStream read(ObjectKey key, long offset, long lengthBytes) {
            return offset < 3 * MEBIBYTE
                ? super.read(key, offset, lengthBytes)
                : new ByteArrayInputStream(new byte[(int) lengthBytes - 1]);
          }
        };
    try (torn;
        InputStream in =
            RangesInputStream.open(
                torn, KEY, List.of(new ByteRange(0, object.length)), 10, 3L * MEBIBYTE)) {
      assertThat(in.readNBytes(3 * MEBIBYTE)).hasSize(3 * MEBIBYTE);
      assertThatThrownBy(in::readAllBytes)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("ended early");
    }
  }

  private static MemorySink holding(byte[] object) throws Exception {
    MemorySink sink = new MemorySink();
    try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(object));
      writer.commit(ObjectDigest.of(object));
    }
    return sink;
  }
}

package io.holdfast.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.CancelledException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PieceUploadTest {
  /** A piece as it was stored. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Stored(long offset, byte[] bytes, boolean last) {}

  private final Map<Integer, Stored> stored = new ConcurrentSkipListMap<>();

  private void store(int number, long offset, ByteBuffer piece, boolean last) {
    byte[] bytes = new byte[piece.remaining()];
    piece.duplicate().get(bytes);
    stored.put(number, new Stored(offset, bytes, last));
  }

  private byte[] together() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    stored.values().forEach(piece -> all.writeBytes(piece.bytes()));
    return all.toByteArray();
  }

  private static byte[] noise(Random random, int length) {
    byte[] noise = new byte[length];
    random.nextBytes(noise);
    return noise;
  }

  @Test
  void whatIsWrittenIsStoredInPiecesWhateverTheSizesOfTheWrites() {
    long seed = Long.getLong("holdfast.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      stored.clear();
      int size = 1 + random.nextInt(50);
      byte[] content = noise(random, random.nextInt(400));
      try (PieceUpload upload = new PieceUpload("test", size, 1 + random.nextInt(4), this::store)) {
        for (int at = 0; at < content.length; ) {
          int count = Math.min(content.length - at, random.nextInt(120));
          upload.write(ByteBuffer.wrap(content, at, count));
          at += count;
          assertThat(upload.lengthBytes()).isEqualTo(at);
        }
        int pieces = upload.finish();
        assertThat(pieces).isEqualTo(stored.size());
      }
      assertThat(together()).as("-Dholdfast.seed=%d, round %d", seed, round).isEqualTo(content);
      long offset = 0;
      for (Map.Entry<Integer, Stored> piece : new TreeMap<>(stored).entrySet()) {
        boolean last = piece.getKey() == stored.size() - 1;
        assertThat(piece.getValue().offset()).isEqualTo(offset);
        assertThat(piece.getValue().last()).isEqualTo(last);
        if (!last) {
          assertThat(piece.getValue().bytes()).hasSize(size);
        }
        offset += piece.getValue().bytes().length;
      }
    }
  }

  @Test
  void anEmptyObjectIsOneEmptyPiece() {
    try (PieceUpload upload = new PieceUpload("test", 10, 2, this::store)) {
      assertThat(upload.finish()).isEqualTo(1);
    }
    assertThat(stored.get(0).bytes()).isEmpty();
    assertThat(stored.get(0).last()).isTrue();
  }

  @Test
  void aFullPieceWaitsUntilItIsKnownWhetherItIsTheLast() {
    try (PieceUpload upload = new PieceUpload("test", 10, 2, this::store)) {
      upload.write(ByteBuffer.wrap(new byte[10]));
      assertThat(upload.finish()).isEqualTo(1);
    }
    assertThat(stored.get(0).last()).isTrue();
  }

  @Test
  void aLargePieceIsFilledWhole() {
    byte[] content = noise(new Random(5), 1_000_000);
    try (PieceUpload upload = new PieceUpload("test", 300_000, 2, this::store)) {
      for (int at = 0; at < content.length; at += 1_000) {
        upload.write(ByteBuffer.wrap(content, at, 1_000));
      }
      assertThat(upload.finish()).isEqualTo(4);
    }
    assertThat(stored.get(0).bytes()).hasSize(300_000);
    assertThat(together()).isEqualTo(content);
  }

  @Test
  void piecesMayGrow() {
    try (PieceUpload upload = new PieceUpload("test", number -> 1 + number, 1, this::store)) {
      upload.write(ByteBuffer.wrap(new byte[11]));
      upload.finish();
    }
    assertThat(stored.values())
        .extracting(piece -> piece.bytes().length)
        .containsExactly(1, 2, 3, 4, 1);
  }

  @Test
  void asManyPiecesAsAllowedAreStoredAtTheSameTime() throws Exception {
    CyclicBarrier together = new CyclicBarrier(3);
    try (PieceUpload upload =
        new PieceUpload(
            "test",
            10,
            3,
            (number, offset, piece, last) -> {
              if (!last) {
                try {
                  together.await(30, TimeUnit.SECONDS);
                } catch (Exception e) {
                  throw new IllegalStateException("not three at a time", e);
                }
              }
              store(number, offset, piece, last);
            })) {
      upload.write(ByteBuffer.wrap(new byte[65]));
      upload.finish();
    }
    assertThat(stored).hasSize(7);
  }

  @Test
  void memoryIsBoundedByOnePieceMoreThanAreStored() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger begun = new AtomicInteger();
    List<Throwable> failures = new ArrayList<>();
    PieceUpload upload =
        new PieceUpload(
            "test",
            10,
            2,
            (number, offset, piece, last) -> {
              begun.incrementAndGet();
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new CancelledException("given up", e);
              }
              store(number, offset, piece, last);
            });
    Thread writer =
        new Thread(
            () -> {
              try {
                upload.write(ByteBuffer.wrap(new byte[1_000]));
                upload.finish();
              } catch (RuntimeException e) {
                failures.add(e);
              }
            });
    writer.start();
    while (writer.getState() != Thread.State.WAITING || begun.get() < 2) {
      Thread.onSpinWait();
    }
    assertThat(upload.lengthBytes()).isLessThanOrEqualTo(40);
    release.countDown();
    writer.join();
    upload.close();
    assertThat(failures).isEmpty();
    assertThat(together()).hasSize(1_000);
  }

  @Test
  void theFirstFailureEndsItAndIsThrownToTheWriter() {
    IllegalStateException broken = new IllegalStateException("broken");
    try (PieceUpload upload =
        new PieceUpload(
            "test",
            10,
            2,
            (number, offset, piece, last) -> {
              if (number == 3) {
                throw broken;
              }
              store(number, offset, piece, last);
            })) {
      assertThatThrownBy(
              () -> {
                upload.write(ByteBuffer.wrap(new byte[1_000]));
                upload.finish();
              })
          .isSameAs(broken);
      assertThatThrownBy(() -> upload.write(ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(upload::finish).isInstanceOf(IllegalStateException.class);
    }
    assertThat(stored).doesNotContainKey(99);
  }

  @Test
  void anErrorOfTheJvmReachesTheWriter() {
    try (PieceUpload upload =
        new PieceUpload(
            "test",
            10,
            2,
            (number, offset, piece, last) -> {
              throw new OutOfMemoryError("test");
            })) {
      assertThatThrownBy(() -> upload.write(ByteBuffer.wrap(new byte[1_000])))
          .isInstanceOf(OutOfMemoryError.class);
    }
  }

  @Test
  void closingInterruptsWhatIsUnderWayAndWaitsForIt() throws Exception {
    CountDownLatch begun = new CountDownLatch(2);
    AtomicInteger ended = new AtomicInteger();
    PieceUpload upload =
        new PieceUpload(
            "test",
            10,
            2,
            (number, offset, piece, last) -> {
              begun.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                ended.incrementAndGet();
                throw new CancelledException("given up", e);
              }
            });
    upload.write(ByteBuffer.wrap(new byte[25]));
    begun.await();
    upload.close();
    assertThat(ended.get()).isEqualTo(2);
    upload.close();
    assertThatThrownBy(() -> upload.write(ByteBuffer.allocate(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anInterruptedWriterIsToldAtOnce() {
    try (PieceUpload upload =
        new PieceUpload(
            "test",
            10,
            1,
            (number, offset, piece, last) -> {
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                throw new CancelledException("given up", e);
              }
            })) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> upload.write(ByteBuffer.wrap(new byte[100])))
          .isInstanceOf(CancelledException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}

package io.holdfast.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupException;
import io.holdfast.spi.StorageException.Kind;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class RangeStreamTest {
  private static final byte[] OBJECT = new byte[10_000];

  static {
    new Random(1).nextBytes(OBJECT);
  }

  private final List<Long> opened = new ArrayList<>();
  private final AtomicInteger open = new AtomicInteger();
  private final Retry retry = Retry.of(3, Duration.ZERO, Duration.ZERO);

  private static BackupException translate(Exception e) {
    return new StorageException(Kind.UNAVAILABLE, "key", "broken: " + e.getMessage(), e);
  }

  /** A connection that breaks after that many bytes; ends early instead if there is no error. */
  private InputStream connection(long offset, long length, int breaksAfter, IOException error) {
    opened.add(offset);
    open.incrementAndGet();
    int end = (int) (offset + Math.min(length, breaksAfter));
    return new FilterInputStream(
        new ByteArrayInputStream(Arrays.copyOfRange(OBJECT, (int) offset, end))) {
      @Override
      public int read(byte[] into, int from, int count) throws IOException {
        int got = super.read(into, from, count);
        if (got < 0 && error != null && breaksAfter < length) {
          throw error;
        }
        return got;
      }

      @Override
      public void close() {
        open.decrementAndGet();
      }
    };
  }

  private InputStream stream(long offset, long length, RangeStream.Opener opener) {
    return RangeStream.open("read key", offset, length, retry, opener, RangeStreamTest::translate);
  }

  @Test
  void aBrokenConnectionIsTakenUpAgainWhereItBroke() throws IOException {
    for (IOException error : new IOException[] {new IOException("reset"), null}) {
      opened.clear();
      try (InputStream in =
          stream(100, 5_000, (from, length) -> connection(from, length, 1_500, error))) {
        assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(OBJECT, 100, 5_100));
        assertThat(in.read()).isEqualTo(-1);
      }
      assertThat(opened).containsExactly(100L, 1_600L, 3_100L, 4_600L);
      assertThat(open.get()).isZero();
    }
  }

  @Test
  void oneThatBreaksWithoutProgressFailsOnceTheTriesAreUsedUp() {
    assertThatThrownBy(
            () -> {
              try (InputStream in =
                  stream(
                      0,
                      5_000,
                      (from, length) ->
                          connection(from, length, from == 0 ? 10 : 0, new IOException("reset")))) {
                in.readAllBytes();
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessage("broken: reset")
        .hasCauseInstanceOf(StorageException.class);
    assertThat(opened).containsExactly(0L, 10L, 10L);
    assertThat(open.get()).isZero();
  }

  @Test
  void whatCannotBeOpenedIsKnownAtOnceAndNotTriedAgainUnlessThatMayHelp() {
    StorageException missing = new StorageException(Kind.NOT_FOUND, "key", "missing", null);
    assertThatThrownBy(
            () ->
                stream(
                    0,
                    10,
                    (from, length) -> {
                      opened.add(from);
                      throw missing;
                    }))
        .isSameAs(missing);
    assertThat(opened).hasSize(1);

    try (InputStream in =
        stream(
            0,
            10,
            (from, length) -> {
              if (opened.size() < 3) {
                opened.add(from);
                throw new StorageException(Kind.UNAVAILABLE, "key", "busy", null);
              }
              return connection(from, length, 10, null);
            })) {
      assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOf(OBJECT, 10));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anObjectThatIsGoneWhenItIsTakenUpAgainIsAnErrorAndNoShortRead() {
    assertThatThrownBy(
            () -> {
              try (InputStream in =
                  stream(
                      0,
                      100,
                      (from, length) -> {
                        if (from > 0) {
                          throw new StorageException(Kind.NOT_FOUND, "key", "gone", null);
                        }
                        return connection(from, length, 50, null);
                      })) {
                in.readAllBytes();
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessage("gone");
  }

  @Test
  void moreBytesThanWereAskedForAreNotHandedOn() throws IOException {
    try (InputStream in = stream(0, 10, (from, length) -> connection(from, 5_000, 5_000, null))) {
      assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOf(OBJECT, 10));
    }
  }

  @Test
  void itMayBeClosedEarlyAndTwice() throws IOException {
    InputStream in = stream(0, 1_000, (from, length) -> connection(from, length, 1_000, null));
    assertThat(in.read()).isEqualTo(OBJECT[0] & 0xff);
    in.close();
    in.close();
    assertThat(open.get()).isZero();
    assertThatThrownBy(in::read).isInstanceOf(IOException.class);
  }
}

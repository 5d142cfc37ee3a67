package io.holdfast.postgres;

import io.holdfast.format.FormatException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Where the bytes of a {@code COPY} stream are put together before they are sent. Grows as needed
 * and is reused. Used by one thread at a time.
 */
final class CopyBuffer {
  // One store instead of one for each byte: the JIT does not put them together by itself.
  private static final VarHandle SHORTS =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final int KEEP_BYTES = 8 << 20;
  private static final int MAX_BYTES = Integer.MAX_VALUE - 64;

  private byte[] bytes;
  private int position;

  CopyBuffer(int initialBytes) {
    bytes = new byte[initialBytes];
  }

  /** The array behind the buffer. Any method that appends may replace it. */
  byte[] array() {
    return bytes;
  }

  int position() {
    return position;
  }

  /** Goes back to an earlier position, or forward over bytes written after {@link #ensure}. */
  void position(int newPosition) {
    position = newPosition;
  }

  /** Empties the buffer, and lets go of extraordinary size. */
  void reset() {
    position = 0;
    if (bytes.length > KEEP_BYTES) {
      bytes = new byte[KEEP_BYTES];
    }
  }

  /** Makes room for that many more bytes and returns the array to write into. */
  byte[] ensure(int more) {
    if (more > bytes.length - position) {
      grow(more);
    }
    return bytes;
  }

  void append(int value) {
    ensure(1)[position++] = (byte) value;
  }

  void append(byte[] source, int from, int length) {
    System.arraycopy(source, from, ensure(length), position, length);
    position += length;
  }

  void int16(int value) {
    SHORTS.set(ensure(2), position, (short) value);
    position += 2;
  }

  void int32(int value) {
    INTS.set(ensure(4), position, value);
    position += 4;
  }

  /** Overwrites four bytes that stand there already: a length that was not known before. */
  void int32At(int at, int value) {
    INTS.set(bytes, at, value);
  }

  void int64(long value) {
    LONGS.set(ensure(8), position, value);
    position += 8;
  }

  private void grow(int more) {
    long needed = (long) position + more;
    if (needed > MAX_BYTES) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "A batch of records takes more than 2 GiB in PostgreSQL's COPY form. Use smaller frames.");
    }
    bytes = Arrays.copyOf(bytes, (int) Math.min(MAX_BYTES, Math.max(needed, 2L * bytes.length)));
  }
}

package io.holdfast.format;

import java.util.Arrays;

/**
 * Where the record frames of a collection lie, in the order in which they stand in the document.
 * Offsets count in the bytes after compression and before encryption. Filled by one thread, then
 * safe to share.
 */
public final class FrameIndex {
  /** Numbers kept for a frame: offset, length, raw length, records, CRC-32C or -1. */
  private static final int STRIDE = 5;

  /** Stands for a checksum that is not in the manifest. */
  public static final long NO_CRC = -1;

  private static final long[] NONE = new long[0];

  private long[] numbers = NONE;
  private int size;

  /** Adds a frame behind the ones that are there. */
  public void add(long offset, long lengthBytes, long rawLength, long records, long crc32c) {
    int at = size * STRIDE;
    if (at + STRIDE > numbers.length) {
      numbers = Arrays.copyOf(numbers, Math.max(numbers.length * 2, STRIDE));
    }
    numbers[at] = offset;
    numbers[at + 1] = lengthBytes;
    numbers[at + 2] = rawLength;
    numbers[at + 3] = records;
    numbers[at + 4] = crc32c;
    size++;
  }

  /** How many frames there are. */
  public int size() {
    return size;
  }

  /** Where a frame begins. */
  public long offset(int frame) {
    return number(frame, 0);
  }

  /** How many bytes it takes. */
  public long lengthBytes(int frame) {
    return number(frame, 1);
  }

  /** How many bytes it takes when decompressed. */
  public long rawLength(int frame) {
    return number(frame, 2);
  }

  /** How many records it holds. */
  public long records(int frame) {
    return number(frame, 3);
  }

  /** CRC-32C of its bytes, or {@link #NO_CRC}. */
  public long crc32c(int frame) {
    return number(frame, 4);
  }

  /** How many records all frames hold. */
  public long totalRecords() {
    long total = 0;
    for (int i = 0; i < size; i++) {
      total += records(i);
    }
    return total;
  }

  private long number(int frame, int which) {
    if (frame < 0 || frame >= size) {
      throw new IndexOutOfBoundsException("frame " + frame + " of " + size);
    }
    return numbers[frame * STRIDE + which];
  }
}

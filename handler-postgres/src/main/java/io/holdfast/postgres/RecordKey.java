package io.holdfast.postgres;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A key of a record with the punctuation around it, {@code ,"name":}, to be compared eight bytes at
 * a time: keys are a third of what a restore reads.
 */
final class RecordKey {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final byte[] text;

  /** The text as words; the last one is filled up with zeros. */
  private final long[] words;

  /** The bits of the last word that belong to the text. */
  private final long lastMask;

  RecordKey(String text) {
    this.text = text.getBytes(StandardCharsets.UTF_8);
    int count = (this.text.length + 7) / 8;
    byte[] filled = Arrays.copyOf(this.text, 8 * count);
    words = new long[count];
    for (int i = 0; i < count; i++) {
      words[i] = (long) LONGS.get(filled, 8 * i);
    }
    lastMask = -1L >>> (8 * (filled.length - this.text.length));
  }

  int length() {
    return text.length;
  }

  /** Whether the bytes from there on begin with this key. */
  boolean matches(byte[] bytes, int from, int end) {
    int last = words.length - 1;
    if (end - from < 8 * words.length) {
      return end - from >= text.length
          && Arrays.equals(bytes, from, from + text.length, text, 0, text.length);
    }
    for (int i = 0; i < last; i++) {
      if ((long) LONGS.get(bytes, from + 8 * i) != words[i]) {
        return false;
      }
    }
    return ((long) LONGS.get(bytes, from + 8 * last) & lastMask) == words[last];
  }
}

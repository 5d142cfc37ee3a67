package io.holdfast.postgres;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Hexadecimal digits to bytes, eight digits at once. Refuses whatever is no digit. */
final class HexDigits {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;

  private HexDigits() {}

  /**
   * Writes the bytes that digits stand for.
   *
   * @param length how many bytes; the digits are twice as many
   * @return false, whatever was written, if one of them is no hexadecimal digit
   */
  static boolean decode(byte[] digits, int from, byte[] into, int intoFrom, int length) {
    int at = from;
    int to = intoFrom;
    int end = intoFrom + length;
    long wrong = 0;
    for (; to + 4 <= end; to += 4, at += 8) {
      wrong |= eight((long) LONGS.get(digits, at), into, to);
    }
    for (; to < end; to++, at += 2) {
      int high = JsonCursor.hexDigit(digits[at]);
      int low = JsonCursor.hexDigit(digits[at + 1]);
      wrong |= (high | low) & ~15;
      into[to] = (byte) ((high << 4) | low);
    }
    return wrong == 0;
  }

  /** Writes the 16 bytes of a UUID of 36 characters; otherwise as {@link #decode}. */
  static boolean decodeUuid(byte[] text, int from, byte[] into, int intoFrom) {
    int hyphens = text[from + 8] ^ '-';
    hyphens |= text[from + 13] ^ '-';
    hyphens |= text[from + 18] ^ '-';
    hyphens |= text[from + 23] ^ '-';
    long wrong = eight((long) LONGS.get(text, from), into, intoFrom);
    wrong |= eight(twoGroups(text, from + 9), into, intoFrom + 4);
    wrong |= eight(twoGroups(text, from + 19), into, intoFrom + 8);
    wrong |= eight((long) LONGS.get(text, from + 28), into, intoFrom + 12);
    return (wrong | hyphens) == 0;
  }

  /** Four digits, a hyphen that is left out, four digits. */
  private static long twoGroups(byte[] text, int from) {
    int first = (int) INTS.get(text, from);
    int second = (int) INTS.get(text, from + 5);
    return (first & 0xFFFF_FFFFL) | ((long) second << 32);
  }

  /** Writes four bytes for eight digits; not 0 if one of them is none. */
  private static long eight(long word, byte[] into, int to) {
    long letters = (word >>> 6) & ONES;
    long values = (word & (15 * ONES)) + 9 * letters;
    // Pairs of digits come together in bytes, and these, every other one, at the low end.
    long pairs = ((values << 4) | (values >>> 8)) & 0x00FF_00FF_00FF_00FFL;
    pairs = (pairs | (pairs >>> 8)) & 0x0000_FFFF_0000_FFFFL;
    INTS.set(into, to, (int) (pairs | (pairs >>> 16)));
    return wrong(word, values);
  }

  /** Writes the values back as digits: only right ones come out as they were, but for the case. */
  private static long wrong(long word, long values) {
    long lowerCase = word | ((word & (0x40 * ONES)) >>> 1);
    long lettersAgain = ((values + 6 * ONES) >>> 4) & ONES;
    long digits = values + '0' * ONES + ('a' - '0' - 10) * lettersAgain;
    return (lowerCase ^ digits) | (values & 0xF0F0_F0F0_F0F0_F0F0L);
  }
}

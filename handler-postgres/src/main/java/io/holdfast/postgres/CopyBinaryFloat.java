package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.mismatch;

/** Floating-point numbers as COPY's binary form has them, rounded correctly. */
final class CopyBinaryFloat {
  /** 2^53: up to here every integer is a double. */
  private static final long EXACT_LIMIT = 1L << 53;

  private static final int MAX_DIGITS = 18;

  private static final double[] POWERS_OF_TEN = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private CopyBinaryFloat() {}

  static void float8(byte[] text, int from, int to, CopyBuffer out) {
    long bits = Double.doubleToLongBits(toDouble(text, from, to));
    out.int32(8);
    out.int64(bits);
  }

  static void float4(byte[] text, int from, int to, CopyBuffer out) {
    int bits = Float.floatToIntBits(toFloat(text, from, to));
    out.int32(4);
    out.int32(bits);
  }

  private static double toDouble(byte[] text, int from, int to) {
    double fast = simple(text, from, to);
    if (!Double.isNaN(fast)) {
      return fast;
    }
    if (isWord(text, from, to)) {
      return Double.parseDouble(CopyBinary.ascii(text, from, to));
    }
    checkNumber(text, from, to);
    double value = Double.parseDouble(CopyBinary.ascii(text, from, to));
    if (Double.isInfinite(value) || (value == 0 && hasDigit(text, from, to))) {
      throw mismatch("a number out of the range of double precision");
    }
    return value;
  }

  private static float toFloat(byte[] text, int from, int to) {
    if (isWord(text, from, to)) {
      return Float.parseFloat(CopyBinary.ascii(text, from, to));
    }
    checkNumber(text, from, to);
    // Not by way of a double: that would round twice.
    float value = Float.parseFloat(CopyBinary.ascii(text, from, to));
    if (Float.isInfinite(value) || (value == 0 && hasDigit(text, from, to))) {
      throw mismatch("a number out of the range of real");
    }
    return value;
  }

  /**
   * A number without exponent whose digits make an integer below 2^53 and whose fraction has at
   * most 22 digits: one division of two exact doubles, which IEEE 754 rounds correctly. NaN for any
   * other text.
   */
  private static double simple(byte[] text, int from, int to) {
    int at = from;
    boolean negative = at < to && text[at] == '-';
    if (negative) {
      at++;
    }
    if (to - at > MAX_DIGITS || at == to || text[at] == '.') {
      return Double.NaN;
    }
    long digits = 0;
    int point = -1;
    for (; at < to; at++) {
      byte b = text[at];
      if (b >= '0' && b <= '9') {
        digits = digits * 10 + b - '0';
      } else if (b == '.' && point < 0 && at + 1 < to) {
        point = at;
      } else {
        return Double.NaN;
      }
    }
    if (digits >= EXACT_LIMIT) {
      return Double.NaN;
    }
    double value = point < 0 ? digits : digits / POWERS_OF_TEN[to - point - 1];
    return negative ? -value : value;
  }

  private static boolean isWord(byte[] text, int from, int to) {
    return CopyBinary.is(text, from, to, "NaN")
        || CopyBinary.is(text, from, to, "Infinity")
        || CopyBinary.is(text, from, to, "-Infinity");
  }

  /** Java also reads hexadecimal numbers, white space and suffixes; PostgreSQL writes none. */
  private static void checkNumber(byte[] text, int from, int to) {
    int at = digits(text, from < to && text[from] == '-' ? from + 1 : from, to);
    if (at < to && text[at] == '.') {
      at = digits(text, at + 1, to);
    }
    if (at < to && (text[at] == 'e' || text[at] == 'E')) {
      at++;
      if (at < to && (text[at] == '+' || text[at] == '-')) {
        at++;
      }
      at = digits(text, at, to);
    }
    if (at != to) {
      throw mismatch("a text that is not a floating-point number");
    }
  }

  private static int digits(byte[] text, int from, int to) {
    int at = from;
    while (at < to && text[at] >= '0' && text[at] <= '9') {
      at++;
    }
    if (at == from) {
      throw mismatch("a text that is not a floating-point number");
    }
    return at;
  }

  /** Whether a digit other than zero stands before the exponent: then it is not zero. */
  private static boolean hasDigit(byte[] text, int from, int to) {
    for (int at = from; at < to && text[at] != 'e' && text[at] != 'E'; at++) {
      if (text[at] >= '1' && text[at] <= '9') {
        return true;
      }
    }
    return false;
  }
}

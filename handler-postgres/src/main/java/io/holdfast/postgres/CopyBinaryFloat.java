package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.mismatch;

/** Floating-point numbers as COPY's binary form has them, rounded correctly. */
final class CopyBinaryFloat {
  private CopyBinaryFloat() {}

  static void float8(byte[] text, int from, int to, CopyBuffer out) {
    float8(toDouble(text, from, to), out);
  }

  static void float8(double value, CopyBuffer out) {
    out.int32(8);
    out.int64(Double.doubleToLongBits(value));
  }

  static void float4(byte[] text, int from, int to, CopyBuffer out) {
    int bits = Float.floatToIntBits(toFloat(text, from, to));
    out.int32(4);
    out.int32(bits);
  }

  private static double toDouble(byte[] text, int from, int to) {
    DecimalToDouble fast = new DecimalToDouble();
    if (fast.read(text, from, to) && fast.end() == to) {
      return fast.value();
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

package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.mismatch;

/**
 * Numerics as COPY's binary form has them: digits in base 10000, the weight of the first, sign and
 * display scale ({@code numeric_recv} in {@code numeric.c}).
 */
final class CopyBinaryNumeric {
  private static final int POSITIVE = 0x0000;
  private static final int NEGATIVE = 0x4000;
  private static final int NAN = 0xC000;
  private static final int INFINITY = 0xD000;
  private static final int MINUS_INFINITY = 0xF000;

  private static final int DIGITS_PER_GROUP = 4;

  /** The limits of the type: digits before and after the decimal point. */
  private static final int MAX_INTEGER_DIGITS = 131_072;

  private static final int MAX_SCALE = 16_383;

  private CopyBinaryNumeric() {}

  static void numeric(byte[] text, int from, int to, CopyBuffer out) {
    boolean negative = from < to && text[from] == '-';
    int start = negative ? from + 1 : from;
    int point = digits(text, start, to);
    int end = point;
    if (point < to && text[point] == '.') {
      end = digits(text, point + 1, to);
    }
    int scale = Math.max(0, end - point - 1);
    if (end != to
        || point == start
        || (end > point && scale == 0)
        || point - start > MAX_INTEGER_DIGITS
        || scale > MAX_SCALE) {
      special(text, from, to, out);
      return;
    }
    finite(text, start, point, scale, negative, out);
  }

  private static int digits(byte[] text, int from, int to) {
    int at = from;
    while (at < to && text[at] >= '0' && text[at] <= '9') {
      at++;
    }
    return at;
  }

  private static void special(byte[] text, int from, int to, CopyBuffer out) {
    int sign;
    if (CopyBinary.is(text, from, to, "NaN")) {
      sign = NAN;
    } else if (CopyBinary.is(text, from, to, "Infinity")) {
      sign = INFINITY;
    } else if (CopyBinary.is(text, from, to, "-Infinity")) {
      sign = MINUS_INFINITY;
    } else {
      throw mismatch("a text that is not a number as PostgreSQL writes it");
    }
    header(0, 0, sign, 0, out);
  }

  private static void finite(
      byte[] text, int start, int point, int scale, boolean negative, CopyBuffer out) {
    int first = start;
    while (first < point && text[first] == '0') {
      first++;
    }
    int integerDigits = point - first;
    int integerGroups = (integerDigits + DIGITS_PER_GROUP - 1) / DIGITS_PER_GROUP;
    int fractionGroups = (scale + DIGITS_PER_GROUP - 1) / DIGITS_PER_GROUP;
    int groups = integerGroups + fractionGroups;
    int lengthAt = out.position();
    header(groups, integerGroups - 1, negative ? NEGATIVE : POSITIVE, scale, out);
    out.ensure(2 * groups);
    int at = first;
    // Groups are aligned at the decimal point: the first may be short, the last is filled up.
    for (int group = 0; group < integerGroups; group++) {
      int groupEnd = point - (integerGroups - 1 - group) * DIGITS_PER_GROUP;
      out.int16(group(text, at, groupEnd));
      at = groupEnd;
    }
    at = point + 1;
    int end = at + scale;
    for (int group = 0; group < fractionGroups; group++) {
      int groupEnd = Math.min(end, at + DIGITS_PER_GROUP);
      int value = group(text, at, groupEnd);
      for (int missing = at + DIGITS_PER_GROUP - groupEnd; missing > 0; missing--) {
        value *= 10;
      }
      out.int16(value);
      at = groupEnd;
    }
    out.int32At(lengthAt, out.position() - lengthAt - 4);
  }

  private static int group(byte[] text, int from, int to) {
    int value = 0;
    for (int at = from; at < to; at++) {
      value = value * 10 + text[at] - '0';
    }
    return value;
  }

  private static void header(int groups, int weight, int sign, int scale, CopyBuffer out) {
    out.int32(8 + 2 * groups);
    out.int16(groups);
    out.int16(weight);
    out.int16(sign);
    out.int16(scale);
  }
}

package io.holdfast.postgres;

import java.math.BigInteger;

/**
 * Reads decimal numbers as the nearest double, ties to even, without arithmetic of arbitrary
 * length: by Clinger's fast path, then by the algorithm of Eisel and Lemire (Lemire, "Number
 * Parsing at a Gigabyte per Second", 2021), limited to those powers of ten for which a product of
 * 128 bits is exact enough to be right always. Leaves other numbers to others. Used by one thread
 * at a time.
 */
final class DecimalToDouble {
  /** 5^27 fits into 64 bits, so that a quotient's first 128 bits tell whether it is a tie. */
  private static final int MIN_POWER = -27;

  /** 5^55 fits into 128 bits. */
  private static final int MAX_POWER = 55;

  /** 2^53: up to here every integer is a double. */
  private static final long EXACT_INTEGERS = 1L << 53;

  private static final int FRACTION_BITS = 52;
  private static final int EXPONENT_BIAS = 1023;

  private static final double[] EXACT_POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  /** The first 64 bits, and the next, of 5^power, by power - MIN_POWER. */
  private static final long[] FIVES_HIGH = new long[MAX_POWER - MIN_POWER + 1];

  private static final long[] FIVES_LOW = new long[MAX_POWER - MIN_POWER + 1];

  static {
    for (int power = MIN_POWER; power <= MAX_POWER; power++) {
      BigInteger five = BigInteger.valueOf(5).pow(Math.abs(power));
      // A quotient is rounded up; a power has no digits to round.
      BigInteger bits =
          power < 0
              ? BigInteger.ONE
                  .shiftLeft(five.subtract(BigInteger.ONE).bitLength() + 127)
                  .divide(five)
                  .add(BigInteger.ONE)
              : five.shiftLeft(128 - five.bitLength());
      FIVES_HIGH[power - MIN_POWER] = bits.shiftRight(64).longValue();
      FIVES_LOW[power - MIN_POWER] = bits.longValue();
    }
  }

  /** An unsigned long holds as many, whichever they are. */
  private static final int MAX_DIGITS = 19;

  private long digits;
  private int power;
  private int end;
  private double value;

  /** The number that was read. */
  double value() {
    return value;
  }

  /** Where it ends. */
  int end() {
    return end;
  }

  /**
   * Reads the number that begins there, which may have a sign, a fraction and an exponent.
   *
   * @return false if it is none, or one that needs more digits or another power of ten
   */
  boolean read(byte[] text, int from, int to) {
    boolean negative = from < to && text[from] == '-';
    int first = negative ? from + 1 : from;
    digits = 0;
    int at = readDigits(text, first, to);
    if (at == first) {
      return false;
    }
    int fraction = at;
    if (at < to && text[at] == '.') {
      fraction = at + 1;
      at = readDigits(text, fraction, to);
      if (at == fraction) {
        return false;
      }
    }
    power = fraction - at;
    if (at - first > MAX_DIGITS && significant(text, first, at) > MAX_DIGITS) {
      return false;
    }
    end = at < to && (text[at] | 0x20) == 'e' ? readExponent(text, at + 1, to) : at;
    if (end < 0 || power < MIN_POWER || power > MAX_POWER) {
      return false;
    }
    value = negative ? -convert(digits, power) : convert(digits, power);
    return true;
  }

  private int readDigits(byte[] text, int from, int to) {
    long sum = digits;
    int at = from;
    for (; at < to && text[at] >= '0' && text[at] <= '9'; at++) {
      sum = sum * 10 + text[at] - '0';
    }
    digits = sum;
    return at;
  }

  /** How many digits stand there behind leading zeros; one too many if a point is among them. */
  private static int significant(byte[] text, int from, int to) {
    int at = from;
    while (at < to && (text[at] == '0' || text[at] == '.')) {
      at++;
    }
    return to - at;
  }

  /** Adds an exponent of up to three digits to the power. Returns where it ends, or -1. */
  private int readExponent(byte[] text, int from, int to) {
    boolean negative = from < to && text[from] == '-';
    int first = negative || (from < to && text[from] == '+') ? from + 1 : from;
    int exponent = 0;
    int at = first;
    for (; at < to && text[at] >= '0' && text[at] <= '9' && at - first < 4; at++) {
      exponent = exponent * 10 + text[at] - '0';
    }
    power += negative ? -exponent : exponent;
    return at == first || at - first > 3 ? -1 : at;
  }

  /**
   * The double nearest to {@code digits * 10^power}.
   *
   * @param digits as an unsigned number
   */
  private static double convert(long digits, int power) {
    if (digits >= 0 && digits <= EXACT_INTEGERS && power <= 22 && power >= -22) {
      // One operation on two numbers that are doubles exactly, which IEEE 754 rounds correctly.
      return power < 0 ? digits / EXACT_POWERS[-power] : digits * EXACT_POWERS[power];
    }
    return digits == 0 ? 0 : nearest(digits, power);
  }

  private static double nearest(long digits, int power) {
    int shift = Long.numberOfLeadingZeros(digits);
    long factor = digits << shift;
    long five = FIVES_HIGH[power - MIN_POWER];
    long low = factor * five;
    long high = unsignedHigh(factor, five);
    if ((high & 0x1FF) == 0x1FF) {
      // Only here can the rest of the power change the bits that count.
      long carried = low + unsignedHigh(factor, FIVES_LOW[power - MIN_POWER]);
      high += Long.compareUnsigned(carried, low) < 0 ? 1 : 0;
      low = carried;
    }
    int topBit = (int) (high >>> 63);
    // 53 bits and one more, to round by.
    int dropped = topBit + 64 - FRACTION_BITS - 3;
    long fraction = high >>> dropped;
    if (power >= -4 && power <= 23 && isTieToEven(high, low, fraction, dropped)) {
      fraction &= ~1L;
    }
    fraction = (fraction + (fraction & 1)) >>> 1;
    int exponent = binaryExponent(power) + topBit - shift + EXPONENT_BIAS;
    // Rounding up to 2^53 carries into the exponent by itself, as the number's bits are laid out.
    return Double.longBitsToDouble(((long) (exponent - 1) << FRACTION_BITS) + fraction);
  }

  /** Whether the number lies exactly between two doubles of which the lower one is even. */
  private static boolean isTieToEven(long high, long low, long fraction, int dropped) {
    return Long.compareUnsigned(low, 1) <= 0 && (fraction & 3) == 1 && fraction << dropped == high;
  }

  /** The exponent of 2 that goes with 10^power times a number in 2^63..2^64. */
  private static int binaryExponent(int power) {
    // log2(10) as a fraction of 2^16.
    return ((217706 * power) >> 16) + 63;
  }

  private static long unsignedHigh(long a, long b) {
    return Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
  }
}

package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.mismatch;

/**
 * Reads dates and times as PostgreSQL writes them under {@code DateStyle=ISO}: {@code 2026-01-09
 * 12:34:56.789+00}, years of four or more digits, {@code BC} behind everything. Refuses any other
 * form. Used once.
 */
final class CopyBinaryTime {
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final long MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND;

  /** By the number of digits of a fraction. */
  private static final int[] MICROS_OF_LAST_DIGIT = {0, 100_000, 10_000, 1_000, 100, 10, 1};

  /** The Julian day of 2000-01-01, from which PostgreSQL counts. */
  private static final long EPOCH_JULIAN_DAY = 2_451_545;

  /** A little more than PostgreSQL has, and few enough days to count in an int. */
  private static final int MAX_YEAR = 5_880_000;

  /** What {@link #common} answers for a text that is not in the common form. */
  static final long NOT_COMMON = Long.MIN_VALUE;

  private final byte[] text;
  private final int to;
  private int at;

  CopyBinaryTime(byte[] text, int from, int to) {
    this.text = text;
    this.at = from;
    this.to = to;
  }

  /**
   * Microseconds since 2000-01-01 00:00:00 of a text in the form that nearly all have: {@code
   * 2026-01-09 12:34:56}, a fraction or none, {@code +00} or no zone.
   *
   * @return {@link #NOT_COMMON} for any other text, right or wrong
   */
  static long common(byte[] text, int from, int textEnd, boolean withZone) {
    int to = withZone ? textEnd - 3 : textEnd;
    if (to - from < 19 || (withZone && !isUtc(text, to))) {
      return NOT_COMMON;
    }
    int century = pair(text, from);
    int yearOfCentury = pair(text, from + 2);
    int month = pair(text, from + 5);
    int day = pair(text, from + 8);
    int hour = pair(text, from + 11);
    int minute = pair(text, from + 14);
    int second = pair(text, from + 17);
    int fraction = commonFraction(text, from + 19, to);
    // One look at the sign of all, since each of them is negative if it is not there.
    if ((century | yearOfCentury | month | day | hour | minute | second | fraction) < 0
        || !hasSeparators(text, from)) {
      return NOT_COMMON;
    }
    int year = 100 * century + yearOfCentury;
    if (year == 0 || !isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) {
      return NOT_COMMON;
    }
    return (julianDay(year, month, day) - EPOCH_JULIAN_DAY) * MICROS_PER_DAY
        + (hour * 3600L + minute * 60L + second) * MICROS_PER_SECOND
        + fraction;
  }

  private static boolean isUtc(byte[] text, int at) {
    return text[at] == '+' && text[at + 1] == '0' && text[at + 2] == '0';
  }

  /** Two digits, or something negative. */
  private static int pair(byte[] text, int at) {
    int tens = text[at] - '0';
    int ones = text[at + 1] - '0';
    return (tens | ones | (9 - tens) | (9 - ones)) < 0 ? -1 : 10 * tens + ones;
  }

  private static boolean hasSeparators(byte[] text, int from) {
    return text[from + 4] == '-'
        && text[from + 7] == '-'
        && text[from + 10] == ' '
        && text[from + 13] == ':'
        && text[from + 16] == ':';
  }

  /** The microseconds of a fraction with its point, 0 if there is none, -1 for anything else. */
  private static int commonFraction(byte[] text, int from, int to) {
    int length = to - from;
    if (length == 0) {
      return 0;
    }
    if (text[from] != '.' || length == 1 || length > 7) {
      return -1;
    }
    int micros = 0;
    for (int at = from + 1; at < to; at++) {
      int digit = text[at] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      micros = micros * 10 + digit;
    }
    return micros * MICROS_OF_LAST_DIGIT[length - 1];
  }

  /** Days since 2000-01-01. */
  long date() {
    int year = year();
    expect('-');
    int month = twoDigits();
    expect('-');
    int day = twoDigits();
    boolean beforeChrist = beforeChrist();
    end();
    return days(year, month, day, beforeChrist);
  }

  /** Microseconds since 2000-01-01 00:00:00. */
  long timestamp(boolean withZone) {
    int year = year();
    expect('-');
    int month = twoDigits();
    expect('-');
    int day = twoDigits();
    expect(' ');
    long time = time();
    int east = withZone ? zone() : 0;
    boolean beforeChrist = beforeChrist();
    end();
    try {
      return Math.addExact(
          Math.multiplyExact(days(year, month, day, beforeChrist), MICROS_PER_DAY),
          time - east * MICROS_PER_SECOND);
    } catch (ArithmeticException e) {
      throw mismatch("a timestamp out of range");
    }
  }

  /** Microseconds since midnight, up to and including 24:00:00. */
  long time() {
    int hour = twoDigits();
    expect(':');
    int minute = twoDigits();
    expect(':');
    int second = twoDigits();
    long micros = (hour * 3600L + minute * 60L + second) * MICROS_PER_SECOND + fraction();
    if (minute > 59 || second > 59 || micros > MICROS_PER_DAY) {
      throw notUnderstood();
    }
    return micros;
  }

  /** Seconds east of Greenwich: {@code +00}, {@code -03:30}, {@code +05:53:28}. */
  int zone() {
    boolean west = at < to && text[at] == '-';
    if (!west) {
      expect('+');
    } else {
      at++;
    }
    int seconds = twoDigits() * 3600;
    if (at < to && text[at] == ':') {
      at++;
      seconds += twoDigits() * 60;
      if (at < to && text[at] == ':') {
        at++;
        seconds += twoDigits();
      }
    }
    return west ? -seconds : seconds;
  }

  void end() {
    if (at != to) {
      throw notUnderstood();
    }
  }

  private int year() {
    int start = at;
    int year = 0;
    while (at < to && text[at] >= '0' && text[at] <= '9' && year <= MAX_YEAR) {
      year = year * 10 + text[at++] - '0';
    }
    if (at - start < 4 || year == 0 || year > MAX_YEAR) {
      throw notUnderstood();
    }
    return year;
  }

  private int twoDigits() {
    if (to - at < 2) {
      throw notUnderstood();
    }
    int tens = text[at] - '0';
    int ones = text[at + 1] - '0';
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) {
      throw notUnderstood();
    }
    at += 2;
    return tens * 10 + ones;
  }

  private long fraction() {
    if (at >= to || text[at] != '.') {
      return 0;
    }
    at++;
    int start = at;
    int micros = 0;
    while (at < to && text[at] >= '0' && text[at] <= '9') {
      if (at - start == 6) {
        throw notUnderstood();
      }
      micros = micros * 10 + text[at++] - '0';
    }
    if (at == start) {
      throw notUnderstood();
    }
    for (int digits = at - start; digits < 6; digits++) {
      micros *= 10;
    }
    return micros;
  }

  private boolean beforeChrist() {
    if (to - at != 3 || text[at] != ' ' || text[at + 1] != 'B' || text[at + 2] != 'C') {
      return false;
    }
    at += 3;
    return true;
  }

  private void expect(int expected) {
    if (at >= to || text[at] != expected) {
      throw notUnderstood();
    }
    at++;
  }

  private static long days(int writtenYear, int month, int day, boolean beforeChrist) {
    // There is no year 0: 1 BC is the year before 1 AD.
    long year = beforeChrist ? 1L - writtenYear : writtenYear;
    if (!isDay(year, month, day) || year < -4800) {
      throw notUnderstood();
    }
    return julianDay(year, month, day) - EPOCH_JULIAN_DAY;
  }

  private static boolean isDay(long year, int month, int day) {
    return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  }

  private static int daysIn(long year, int month) {
    return switch (month) {
      case 2 -> year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
      case 4, 6, 9, 11 -> 30;
      default -> 31;
    };
  }

  /** As {@code date2j} of PostgreSQL's {@code datetime.c} computes it. */
  private static long julianDay(long year, int month, int day) {
    long y = month > 2 ? year + 4800 : year + 4799;
    int m = month > 2 ? month + 1 : month + 13;
    long century = y / 100;
    return y * 365 - 32167 + y / 4 - century + century / 4 + 7834L * m / 256 + day;
  }

  private static BadRecordException notUnderstood() {
    return mismatch("a text that is not a date or time as PostgreSQL writes it");
  }
}

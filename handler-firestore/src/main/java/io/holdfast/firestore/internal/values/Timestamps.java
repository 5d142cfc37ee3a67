package io.holdfast.firestore.internal.values;

import com.google.protobuf.Timestamp;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Instants as text, and as the service keeps them: microseconds, in the years 1 to 9999. */
final class Timestamps {
  private static final long FIRST_SECOND = Instant.parse("0001-01-01T00:00:00Z").getEpochSecond();
  private static final long LAST_SECOND = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();
  private static final Pattern POSTGRES =
      Pattern.compile("(\\d{4}-\\d\\d-\\d\\d) (\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,6})?)\\+00(?::00)?");

  private Timestamps() {}

  /**
   * Reads an instant of a backup.
   *
   * @throws BadRecordException if it is none, or one that the service cannot keep
   */
  static Timestamp parse(String text) {
    Timestamp usual = usualForm(text);
    return usual == null ? parseAny(text) : usual;
  }

  private static Timestamp parseAny(String text) {
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      return timestamp(instant.getEpochSecond(), instant.getNano());
    } catch (DateTimeException e) {
      throw new BadRecordException("a $date that is no instant of ISO 8601");
    }
  }

  private static Timestamp timestamp(long seconds, int nanos) {
    if (nanos % 1000 != 0) {
      throw new BadRecordException(
          "an instant with nanoseconds, of which Firestore would keep microseconds only");
    }
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND) {
      throw new BadRecordException("an instant outside of the years 1 to 9999");
    }
    return Timestamp.newBuilder().setSeconds(seconds).setNanos(nanos).build();
  }

  /** {@code 2026-01-09T00:00:00.123Z}, as we write it; null for any other form. */
  private static @Nullable Timestamp usualForm(String text) {
    int length = text.length();
    if (length < 20
        || text.charAt(length - 1) != 'Z'
        || text.charAt(4) != '-'
        || text.charAt(7) != '-'
        || text.charAt(10) != 'T'
        || text.charAt(13) != ':'
        || text.charAt(16) != ':'
        || (length > 20 && (text.charAt(19) != '.' || length == 21 || length > 30))) {
      return null;
    }
    int year = digits(text, 0, 4);
    int month = digits(text, 5, 7);
    int day = digits(text, 8, 10);
    int hour = digits(text, 11, 13);
    int minute = digits(text, 14, 16);
    int second = digits(text, 17, 19);
    int nanos = length == 20 ? 0 : digits(text, 20, length - 1);
    if ((year | month | day | hour | minute | second | nanos) < 0
        || hour > 23
        || minute > 59
        || second > 59) {
      return null;
    }
    for (int i = length - 1; length > 20 && i < 29; i++) {
      nanos *= 10;
    }
    try {
      long days = LocalDate.of(year, month, day).toEpochDay();
      return timestamp(days * 86_400 + hour * 3_600L + minute * 60L + second, nanos);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static int digits(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  /**
   * Reads what PostgreSQL writes for {@code timestamp with time zone} under {@code TimeZone=UTC};
   * empty for what the service cannot keep: infinity, years before 1 and after 9999.
   */
  static Optional<Timestamp> fromPostgres(String text) {
    Matcher matcher = POSTGRES.matcher(text);
    return matcher.matches()
        ? Optional.of(parse(matcher.group(1) + "T" + matcher.group(2) + "Z"))
        : Optional.empty();
  }
}

package io.holdfast.google.internal;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a server asks to wait: by the header {@code Retry-After} (RFC 9110, section 10.2.3), or
 * by google.rpc.RetryInfo among an error's details. What is malformed asks for nothing.
 */
final class RetryAfter {
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");
  // A google.protobuf.Duration as JSON.
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(?:\\.([0-9]{1,9}))?s");

  private RetryAfter() {}

  /**
   * The longer one of both.
   *
   * @param error what stands under {@code error} in the answer, or something that is missing
   * @param now what a date is compared with
   */
  static Optional<Duration> of(HttpHeaders headers, JsonNode error, Instant now) {
    Duration longest =
        headers.firstValue("Retry-After").map(value -> header(value, now)).orElse(Duration.ZERO);
    for (JsonNode detail : error.path("details")) {
      if (detail.path("@type").asText("").endsWith("/google.rpc.RetryInfo")) {
        Duration asked = duration(detail.path("retryDelay").asText(""));
        longest = asked.compareTo(longest) > 0 ? asked : longest;
      }
    }
    return longest.isZero() || longest.isNegative() ? Optional.empty() : Optional.of(longest);
  }

  private static Duration header(String value, Instant now) {
    if (SECONDS.matcher(value).matches()) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      return Duration.between(
          now, DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from));
    } catch (DateTimeException e) {
      return Duration.ZERO;
    }
  }

  private static Duration duration(String value) {
    Matcher parts = DURATION.matcher(value);
    if (!parts.matches()) {
      return Duration.ZERO;
    }
    String fraction = parts.group(2) == null ? "" : parts.group(2);
    return Duration.ofSeconds(
        Long.parseLong(parts.group(1)), Long.parseLong((fraction + "000000000").substring(0, 9)));
  }
}

package io.holdfast.google.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private static HttpHeaders header(String value) {
    return HttpHeaders.of(Map.of("retry-after", List.of(value)), (name, v) -> true);
  }

  private static HttpHeaders none() {
    return HttpHeaders.of(Map.of(), (name, v) -> true);
  }

  private static JsonNode retryInfo(String delay) throws Exception {
    return GoogleRest.JSON.readTree(
        """
        {"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE"},
                    {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"%s"}]}
        """
            .formatted(delay));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "30|PT30S",
        "Fri, 02 Jan 2026 03:05:05 GMT|PT1M",
        "Fri, 2 Jan 2026 03:05:05 GMT|PT1M"
      })
  void theHeaderSaysSecondsOrATime(String value, Duration asked) {
    assertThat(RetryAfter.of(header(value), MissingNode.getInstance(), NOW)).contains(asked);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "-5",
        "soon",
        "99999999999999999999",
        "Fri, 02 Jan 2026 03:04:05 GMT",
        "Thu, 01 Jan 2026 00:00:00 GMT",
        "Fri, 31 Feb 2026 00:00:00 GMT"
      })
  void aHeaderThatIsMalformedOrOverAsksForNothing(String value) {
    assertThat(RetryAfter.of(header(value), MissingNode.getInstance(), NOW)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"7s, PT7S", "3.5s, PT3.5S", "0.000000001s, PT0.000000001S"})
  void aDetailOfTheErrorSaysADuration(String delay, Duration asked) throws Exception {
    assertThat(RetryAfter.of(none(), retryInfo(delay), NOW)).contains(asked);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0s", "-7s", "7", "9999999999s", "1.s"})
  void aDetailThatIsMalformedAsksForNothing(String delay) throws Exception {
    assertThat(RetryAfter.of(none(), retryInfo(delay), NOW)).isEmpty();
  }

  @Test
  void ofBothTheLongerOneIsTaken() throws Exception {
    assertThat(RetryAfter.of(header("3"), retryInfo("7s"), NOW)).contains(Duration.ofSeconds(7));
    assertThat(RetryAfter.of(header("9"), retryInfo("7s"), NOW)).contains(Duration.ofSeconds(9));
    assertThat(RetryAfter.of(none(), MissingNode.getInstance(), NOW)).isEmpty();
  }
}

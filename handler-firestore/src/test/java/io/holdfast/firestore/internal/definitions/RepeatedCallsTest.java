package io.holdfast.firestore.internal.definitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.spi.HandlerException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepeatedCallsTest {
  @ParameterizedTest
  @CsvSource({
    "400, FAILED_PRECONDITION, 1",
    "404, NOT_FOUND, 1",
    "409, ABORTED, 3",
    "429, RESOURCE_EXHAUSTED, 3",
    "503, UNAVAILABLE, 3",
  })
  void aCallIsTriedAgainOnlyIfTheRefusalPasses(int status, String code, int tries) {
    try (FakeGoogle google = new FakeGoogle("p1", "(default)")) {
      google.alwaysFailing("GET /", status, FakeGoogle.error(status, code, "because"));
      FirestoreDefinitions definitions = google.definitions();

      assertThat(catchThrowableOfType(HandlerException.class, definitions::capture))
          .hasMessageContaining(
              "read what kind of database projects/p1/databases/(default) is: HTTP " + status);
      assertThat(google.requests).hasSize(tries);
    }
  }
}

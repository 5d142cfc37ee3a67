package io.holdfast.firestore.internal.definitions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.CancelledException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

class GoogleRestTest {
  private static final String ANY = "GET /";

  private final FakeGoogle google = new FakeGoogle("p1", "(default)");
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Level level = root.getLevel();

  @BeforeEach
  void listen() {
    root.setLevel(Level.TRACE);
    logged.start();
    root.addAppender(logged);
  }

  @AfterEach
  void theTokenIsInNoLog() {
    root.detachAppender(logged);
    root.setLevel(level);
    for (ILoggingEvent event : logged.list) {
      assertThat(event.getFormattedMessage()).doesNotContain("very-secret");
    }
    google.close();
  }

  private HandlerException failure() {
    return failure(google.definitions());
  }

  private static HandlerException failure(FirestoreDefinitions definitions) {
    HandlerException error = catchThrowableOfType(HandlerException.class, definitions::capture);
    StringWriter all = new StringWriter();
    error.printStackTrace(new PrintWriter(all));
    assertThat(all.toString()).doesNotContain("very-secret").doesNotContain("Bearer");
    return error;
  }

  @ParameterizedTest
  @CsvSource({
    "400, FAILED_PRECONDITION, OTHER, false, 1",
    "401, UNAUTHENTICATED, UNAUTHENTICATED, false, 1",
    "404, NOT_FOUND, NOT_FOUND, false, 1",
    "409, ABORTED, OTHER, true, 3",
    "409, ALREADY_EXISTS, OTHER, false, 1",
    "429, RESOURCE_EXHAUSTED, OTHER, true, 3",
    "500, INTERNAL, UNREACHABLE, true, 3",
    "501, UNIMPLEMENTED, UNSUPPORTED, false, 1",
    "503, UNAVAILABLE, UNREACHABLE, true, 3",
    "302, '', OTHER, false, 1",
  })
  void aRefusalHasAKindAndIsTriedAgainOnlyIfItPasses(
      int status, String code, Kind kind, boolean retryable, int tries) {
    google.alwaysFailing(ANY, status, FakeGoogle.error(status, code, "because so\\nand so"));
    HandlerException error = failure();

    assertThat(error.kind()).isEqualTo(kind);
    assertThat(error.retryable()).isEqualTo(retryable);
    assertThat(error)
        .hasMessageContaining(
            "read what kind of database projects/p1/databases/(default) is: HTTP " + status)
        .hasMessageContaining("\"because so and so\"");
    assertThat(google.requests).hasSize(tries);
  }

  @Test
  void aServerThatRepeatsTheTokenDoesNotSpillIt() {
    google.alwaysFailing(
        ANY,
        401,
        FakeGoogle.error(
            401, "UNAUTHENTICATED", "Bearer " + FakeCredentials.TOKEN + " is no good"));

    assertThat(failure()).hasMessageContaining("\"… is no good\"");
  }

  @ParameterizedTest
  @CsvSource({"'{\"name\":', no JSON object", "'[]', no JSON object", "'', no JSON object"})
  void anAnswerThatIsNoJsonObjectIsAnErrorThatDoesNotQuoteIt(String body, String said) {
    google.alwaysFailing(ANY, 200, body);
    HandlerException error = failure();

    assertThat(error.kind()).isEqualTo(Kind.OTHER);
    assertThat(error.retryable()).isFalse();
    assertThat(error).hasMessageContaining(said).hasNoCause();
  }

  @Test
  void anAnswerThatIsTooLongIsNotTakenIn() {
    google.alwaysFailing(ANY, 200, "{\"a\":\"" + "x".repeat(200_000) + "\"}");
    HandlerException error =
        failure(
            google.definitions(
                FakeCredentials.valid(), new GoogleRest.Limits(Duration.ofSeconds(20), 100_000)));

    assertThat(error).hasMessageContaining("more than 100000 bytes");
    assertThat(error.retryable()).isFalse();
  }

  @Test
  void aServerThatDoesNotAnswerIsUnreachable() throws IOException {
    try (ServerSocket silent = new ServerSocket(0)) {
      URI uri = URI.create("http://127.0.0.1:" + silent.getLocalPort());
      HandlerException error =
          failure(at(uri, new GoogleRest.Limits(Duration.ofMillis(200), 1000)));
      assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
      assertThat(error.retryable()).isTrue();
    }
  }

  @Test
  void aServerThatIsNotThereIsUnreachable() throws IOException {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    HandlerException error =
        failure(at(URI.create("http://127.0.0.1:" + port), GoogleRest.Limits.STANDARD));

    assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(error).hasMessageContaining("127.0.0.1 did not answer");
  }

  private static FirestoreDefinitions at(URI uri, GoogleRest.Limits limits) {
    return new FirestoreDefinitions(
        new DatabasePath("p1", "(default)"),
        new GoogleRest(FakeCredentials.valid(), limits),
        new GoogleEndpoints(uri, uri, uri),
        FakeGoogle.retry(),
        pause -> {});
  }

  @Test
  void credentialsThatFailAreNotQuoted() {
    HandlerException error =
        failure(
            google.definitions(
                FakeCredentials.failing(
                    new IOException("400: {\"error\":\"invalid_grant\",\"t\":\"very-secret\"}")),
                GoogleRest.Limits.STANDARD));

    assertThat(error.kind()).isEqualTo(Kind.UNAUTHENTICATED);
    assertThat(error).hasMessageContaining("(IOException, invalid_grant)");
  }

  @Test
  void credentialsThatCannotReachTheirServerAreTriedAgain() {
    HandlerException error =
        failure(
            google.definitions(
                FakeCredentials.failing(
                    new IOException("very-secret", new UnknownHostException("oauth2"))),
                GoogleRest.Limits.STANDARD));

    assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(error.getSuppressed()).hasSize(2);
  }

  @Test
  void aTokenThatIsNoHeaderIsNotQuoted() {
    HandlerException error =
        failure(
            google.definitions(
                FakeCredentials.withToken("very-secret\n"), GoogleRest.Limits.STANDARD));

    assertThat(error.kind()).isEqualTo(Kind.UNAUTHENTICATED);
  }

  @Test
  void whatNestsTooDeeplyIsNotSent() {
    ObjectNode body = Forms.object();
    ArrayNode inner = body.putArray("a");
    for (int i = 0; i < 1_100; i++) {
      inner = inner.addArray();
    }
    GoogleRest rest = new GoogleRest(FakeCredentials.valid(), GoogleRest.Limits.STANDARD);
    RestRequest request =
        new RestRequest(
            "POST",
            google.endpoints().firestore(),
            body,
            Map.of(),
            "p1",
            "send it",
            Right.CREATE_INDEX);

    assertThat(catchThrowableOfType(HandlerException.class, () -> rest.send(request)).kind())
        .isEqualTo(Kind.UNSUPPORTED);
    assertThat(google.requests).isEmpty();
  }

  @Test
  void anInterruptStopsTheCallAndStaysSet() throws Exception {
    GoogleRest rest = new GoogleRest(FakeCredentials.valid(), GoogleRest.Limits.STANDARD);
    RestRequest request =
        new RestRequest(
            "GET",
            google.endpoints().firestore(),
            null,
            Map.of(),
            "p1",
            "wait",
            Right.READ_DATABASE);
    google.alwaysFailing(ANY, 200, "{}");
    Thread.currentThread().interrupt();

    assertThat(catchThrowableOfType(CancelledException.class, () -> rest.send(request)))
        .isNotNull();
    assertThat(Thread.interrupted()).isTrue();
  }
}

package io.holdfast.google.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auth.Credentials;
import io.holdfast.CancelledException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.Retry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class GoogleRestTest {
  private enum Need implements Right {
    READ;

    @Override
    public GoogleApi api() {
      return new GoogleApi("things.googleapis.com", "Cloud Things API");
    }

    @Override
    public String permissions() {
      return "things.get, which is in roles/things.viewer";
    }
  }

  private final FakeApi api = new FakeApi();
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
    api.close();
    for (ILoggingEvent event : logged.list) {
      assertThat(event.getFormattedMessage()).doesNotContain("very-secret");
    }
  }

  private static GoogleRest rest(Credentials credentials) {
    return new GoogleRest(credentials, GoogleRest.Limits.STANDARD);
  }

  private static RestRequest get(URI uri) {
    return new RestRequest("GET", uri, null, Map.of(), "p1", "read the thing", Need.READ);
  }

  private RestRequest get() {
    return get(Uris.of(api.uri(), "v1/things", Map.of()));
  }

  private HandlerException failure() {
    return failure(FakeCredentials.valid());
  }

  private HandlerException failure(Credentials credentials) {
    return failure(rest(credentials), get());
  }

  private static HandlerException failure(GoogleRest rest, RestRequest request) {
    HandlerException error = catchThrowableOfType(HandlerException.class, () -> rest.send(request));
    StringWriter all = new StringWriter();
    error.printStackTrace(new PrintWriter(all));
    assertThat(all.toString()).doesNotContain("very-secret").doesNotContain("Bearer");
    return error;
  }

  @Test
  void aCallTakesAlongWhatTheCredentialsAndTheCallerGive() {
    api.answers(200, "{\"n\":1.50}");
    ObjectNode body = GoogleRest.JSON.createObjectNode().put("a", "é");
    RestRequest request =
        new RestRequest(
            "POST",
            Uris.of(api.uri(), "v1/things", Map.of("q", "x y")),
            body,
            Map.of("x-goog-request-params", "project_id=p1"),
            "p1",
            "change the thing",
            Need.READ);

    assertThat(rest(FakeCredentials.valid()).send(request)).hasToString("{\"n\":1.50}");
    FakeApi.Asked asked = api.asked.get(0);
    assertThat(asked.line()).isEqualTo("POST /v1/things?q=x%20y");
    assertThat(asked.body()).isEqualTo("{\"a\":\"é\"}");
    assertThat(asked.headers().getFirst("Authorization"))
        .isEqualTo("Bearer " + FakeCredentials.TOKEN);
    assertThat(asked.headers().getFirst("x-goog-user-project")).isEqualTo("billed");
    assertThat(asked.headers().getFirst("x-goog-request-params")).isEqualTo("project_id=p1");
    assertThat(asked.headers().getFirst("Content-Type"))
        .isEqualTo("application/json; charset=utf-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\": [1.0,\n 2]}", "[]", "no JSON", ""})
  void theBytesOfAnAnswerComeAsTheyAre(String body) {
    api.answers(200, body);

    assertThat(rest(FakeCredentials.valid()).sendForBytes(get()))
        .isEqualTo(body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aRefusalIsOneForWhoeverWantsBytesToo() {
    api.answers(404, FakeApi.error(404, "NOT_FOUND", "THING_NOT_FOUND : none"));
    RestException error =
        catchThrowableOfType(
            RestException.class, () -> rest(FakeCredentials.valid()).sendForBytes(get()));

    assertThat(error.status()).isEqualTo(404);
    assertThat(error.code()).isEqualTo("NOT_FOUND");
    assertThat(error.said()).isEqualTo("THING_NOT_FOUND : none");
    assertThat(error.isMissing()).isTrue();
    assertThat(error.retryAfter()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "400, FAILED_PRECONDITION, OTHER, false",
    "401, UNAUTHENTICATED, UNAUTHENTICATED, false",
    "403, PERMISSION_DENIED, PERMISSION_DENIED, false",
    "404, NOT_FOUND, NOT_FOUND, false",
    "409, ABORTED, OTHER, true",
    "409, ALREADY_EXISTS, OTHER, false",
    "429, RESOURCE_EXHAUSTED, OTHER, true",
    "500, INTERNAL, UNREACHABLE, true",
    "501, UNIMPLEMENTED, UNSUPPORTED, false",
    "503, UNAVAILABLE, UNREACHABLE, true",
    "302, '', OTHER, false",
  })
  void aRefusalHasAKind(int status, String code, Kind kind, boolean retryable) {
    api.answers(status, FakeApi.error(status, code, "because so\\nand so"));
    HandlerException error = failure();

    assertThat(error.kind()).isEqualTo(kind);
    assertThat(error.retryable()).isEqualTo(retryable);
    assertThat(error)
        .hasMessageContaining("Could not read the thing: HTTP " + status)
        .hasMessageContaining("\"because so and so\"");
    assertThat(api.asked).hasSize(1);
  }

  @Test
  void aRefusalNamesThePermissionAndTheRole() {
    api.answers(403, FakeApi.error(403, "PERMISSION_DENIED", "no"));

    assertThat(failure())
        .hasMessageEndingWith("The caller needs things.get, which is in roles/things.viewer.");
  }

  @Test
  void anApiThatIsNotEnabledIsNamed() {
    api.answers(
        403,
        FakeApi.error(
            403,
            "PERMISSION_DENIED",
            "no",
            "{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"SERVICE_DISABLED\"}"));

    assertThat(failure())
        .hasMessageContaining("The Cloud Things API is not enabled there")
        .hasMessageContaining("gcloud services enable things.googleapis.com --project=p1");
  }

  @Test
  void aServerThatAsksToWaitIsGivenTheTime() {
    List<Duration> waits = new ArrayList<>();
    Retry retry = Retry.of(2, Duration.ZERO, Duration.ZERO).withSleeper(waits::add);
    GoogleRest rest = rest(FakeCredentials.valid());
    api.answers(
        429,
        FakeApi.error(
            429,
            "RESOURCE_EXHAUSTED",
            "slowly",
            "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"1.5s\"}"),
        Map.of("Retry-After", "3"));
    RestException error =
        catchThrowableOfType(RestException.class, () -> retry.call("read", () -> rest.send(get())));

    assertThat(error.retryAfter()).contains(Duration.ofSeconds(3));
    assertThat(waits).containsExactly(Duration.ofSeconds(3));
  }

  @Test
  void aServerThatRepeatsTheTokenDoesNotSpillIt() {
    api.answers(
        401,
        FakeApi.error(401, "UNAUTHENTICATED", "Bearer " + FakeCredentials.TOKEN + " is no good"));

    assertThat(failure()).hasMessageContaining("\"… is no good\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"name\":", "[]", "", "{} {}"})
  void anAnswerThatIsNoJsonObjectIsAnErrorThatDoesNotQuoteIt(String body) {
    api.answers(200, body);
    HandlerException error = failure();

    assertThat(error.kind()).isEqualTo(Kind.OTHER);
    assertThat(error.retryable()).isFalse();
    assertThat(error).hasMessageContaining("no JSON object").hasNoCause();
  }

  @Test
  void anAnswerThatIsTooLongIsNotTakenIn() {
    api.answers(200, "{\"a\":\"" + "x".repeat(200_000) + "\"}");
    GoogleRest.Limits limits = new GoogleRest.Limits(Duration.ofSeconds(20), 100_000);
    HandlerException error = failure(new GoogleRest(FakeCredentials.valid(), limits), get());

    assertThat(error).hasMessageContaining("more than 100000 bytes");
    assertThat(error.retryable()).isFalse();
  }

  @Test
  void aServerThatDoesNotAnswerIsUnreachable() throws IOException {
    try (ServerSocket silent = new ServerSocket(0)) {
      URI uri = URI.create("http://127.0.0.1:" + silent.getLocalPort());
      GoogleRest.Limits limits = new GoogleRest.Limits(Duration.ofMillis(200), 1000);
      HandlerException error = failure(new GoogleRest(FakeCredentials.valid(), limits), get(uri));

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
        failure(rest(FakeCredentials.valid()), get(URI.create("http://127.0.0.1:" + port)));

    assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(error).hasMessageContaining("127.0.0.1 did not answer");
  }

  @Test
  void credentialsThatFailAreNotQuoted() {
    HandlerException error =
        failure(
            FakeCredentials.failing(
                new IOException("400: {\"error\":\"invalid_grant\",\"t\":\"very-secret\"}")));

    assertThat(error.kind()).isEqualTo(Kind.UNAUTHENTICATED);
    assertThat(error).hasMessageContaining("(IOException, invalid_grant)");
  }

  @Test
  void credentialsThatCannotReachTheirServerMayBeTriedAgain() {
    HandlerException error =
        failure(
            FakeCredentials.failing(
                new IOException("very-secret", new UnknownHostException("oauth2"))));

    assertThat(error.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(error.retryable()).isTrue();
  }

  @Test
  void aTokenThatIsNoHeaderIsNotQuoted() {
    assertThat(failure(FakeCredentials.withToken("very-secret\n")).kind())
        .isEqualTo(Kind.UNAUTHENTICATED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://identitytoolkit.googleapis.com/v1/x",
        "HTTP://10.0.0.1/",
        "http://localhost.example.org/",
        "http://127.0.0.1.example.org/",
        "http://127.0.0.1@example.org/"
      })
  void credentialsAreNotSentForEverybodyToRead(String uri) {
    GoogleRest rest =
        rest(FakeCredentials.failing(new IOException("must not even be asked for a token")));
    HandlerException error = failure(rest, get(URI.create(uri)));

    assertThat(error)
        .hasMessageContaining("by https only")
        .hasMessageContaining("Nothing was sent");
    assertThat(error.retryable()).isFalse();
  }

  @Test
  void anEmulatorElsewhereIsSentThatItsOwnerAsks() {
    // By a proxy, so that the emulator needs no other machine.
    HttpClient client =
        HttpClient.newBuilder()
            .proxy(
                ProxySelector.of(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), api.uri().getPort())))
            .build();
    GoogleRest rest = new GoogleRest(new EmulatorCredentials(), GoogleRest.Limits.STANDARD, client);

    assertThat(rest.send(get(URI.create("http://emulator.invalid:9099/v1/x")))).isEmpty();
    FakeApi.Asked asked = api.asked.get(0);
    assertThat(asked.line()).isEqualTo("GET http://emulator.invalid:9099/v1/x");
    assertThat(asked.headers().getFirst("Authorization")).isEqualTo("Bearer owner");
  }

  @Test
  void whatAnEmulatorSaysOfItsOwnerIsNoSecret() {
    api.answers(400, FakeApi.error(400, "INVALID_ARGUMENT", "the owner is wrong"));

    assertThat(failure(new EmulatorCredentials())).hasMessageContaining("\"the owner is wrong\"");
  }

  @Test
  void whatNestsTooDeeplyIsNotSent() {
    ObjectNode body = GoogleRest.JSON.createObjectNode();
    ArrayNode inner = body.putArray("a");
    for (int i = 0; i < 1_100; i++) {
      inner = inner.addArray();
    }
    RestRequest request =
        new RestRequest("POST", api.uri(), body, Map.of(), "p1", "send it", Need.READ);

    assertThat(failure(rest(FakeCredentials.valid()), request).kind()).isEqualTo(Kind.UNSUPPORTED);
    assertThat(api.asked).isEmpty();
  }

  @Test
  void anInterruptStopsTheCallAndStaysSet() {
    GoogleRest rest = rest(FakeCredentials.valid());
    Thread.currentThread().interrupt();

    assertThat(catchThrowableOfType(CancelledException.class, () -> rest.send(get()))).isNotNull();
    assertThat(Thread.interrupted()).isTrue();
  }
}

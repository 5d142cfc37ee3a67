package io.holdfast.examples.daily;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.AgeKeyPair;
import io.holdfast.testkit.FirebaseAuthEmulator;
import io.holdfast.testkit.FirestoreEmulator;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From an emulator into a folder, and into an emulator again. */
@Timeout(180)
final class EndToEndTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final long RUN = ProcessHandle.current().pid();

  @TempDir private Path folder;

  private final AgeKeyPair key = AgeKeyPair.generate();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path identity;

  @BeforeEach
  void writeIdentity() throws Exception {
    identity = Files.writeString(folder.resolve("key.txt"), key.identity().revealString());
  }

  private Path backups() {
    return folder.resolve("backups");
  }

  private static JsonNode call(String method, String url, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Authorization", "Bearer owner")
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    return new ObjectMapper().readTree(answer.body());
  }

  private static String document(String project, String path) {
    return "http://"
        + FirestoreEmulator.shared().hostPort()
        + "/v1/projects/"
        + project
        + "/databases/(default)/documents/"
        + path;
  }

  private static String accounts(String project) {
    return "http://"
        + FirebaseAuthEmulator.shared().hostPort()
        + "/identitytoolkit.googleapis.com/v1/projects/"
        + project
        + "/accounts";
  }

  private JsonNode backUp(String project) throws Exception {
    return backUp(project, "none");
  }

  private JsonNode backUp(String project, String auth) throws Exception {
    return backUp(project, auth, backups().toUri().toString());
  }

  private JsonNode backUp(String project, String auth, String sink) throws Exception {
    call(
        "PATCH",
        document(project, "users/u1"),
        "{\"fields\":{\"name\":{\"stringValue\":\"Ada\"}}}");
    call(
        "PATCH",
        document(project, "users/u1/posts/p1"),
        "{\"fields\":{\"likes\":{\"integerValue\":\"9007199254740993\"}}}");
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    ExitCode code =
        DailySnapshot.run(
            Map.of(
                "HOLDFAST_FIRESTORE",
                "firestore://" + project + "?emulator=" + FirestoreEmulator.shared().hostPort(),
                "HOLDFAST_AUTH",
                auth,
                "HOLDFAST_SINK",
                sink,
                "HOLDFAST_RECIPIENTS",
                key.recipient()),
            new PrintStream(line, true, UTF_8));
    assertThat(code).as(line.toString(UTF_8)).isEqualTo(ExitCode.SUCCESS);
    return new ObjectMapper().readTree(line.toByteArray());
  }

  private int restore(Map<String, String> environment, String... args) {
    return RestoreToEmulators.run(
        environment, new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private static Map<String, String> emulator() {
    return Map.of("FIRESTORE_EMULATOR_HOST", FirestoreEmulator.shared().hostPort());
  }

  @Test
  void whatWasBackedUpComesBack() throws Exception {
    JsonNode line = backUp("demo-daily-a-" + RUN);
    assertThat(line.path("records").asLong()).isEqualTo(2);
    assertThat(line.path("usage").path("document_reads").asLong()).isPositive();

    String copy = "demo-daily-b-" + RUN;
    String[] args = {
      "--from", backups().toString(), "--identity", identity.toString(), "--project", copy
    };
    assertThat(restore(emulator(), args)).as(err.toString()).isZero();
    assertThat(
            call("GET", document(copy, "users/u1/posts/p1"), "").at("/fields/likes/integerValue"))
        .hasToString("\"9007199254740993\"");

    assertThat(restore(emulator(), args)).isEqualTo(ExitCode.SOURCE.number());
    call("PATCH", document(copy, "users/stray"), "{}");
    assertThat(restore(emulator(), append(args, "--replace", "--only", "documents")))
        .as(err.toString())
        .isZero();
    assertThat(call("GET", document(copy, "users/stray"), "").has("error")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3", "gs", "mongodb"})
  void anyStorageTakesItByItsUri(String scheme) throws Exception {
    try (Storage storage = Storage.start(scheme)) {
      backUp("demo-daily-" + scheme + "-" + RUN, "none", storage.uri());
      String copy = "demo-daily-" + scheme + "-copy-" + RUN;
      String[] args = {
        "--from", storage.uri(), "--identity", identity.toString(), "--project", copy
      };
      assertThat(restore(emulator(), args)).as(err.toString()).isZero();
      assertThat(
              call("GET", document(copy, "users/u1/posts/p1"), "").at("/fields/likes/integerValue"))
          .hasToString("\"9007199254740993\"");
    }
  }

  @Test
  void documentsAndAccountsComeBackTogether() throws Exception {
    String project = "demo-daily-e-" + RUN;
    String auth = FirebaseAuthEmulator.shared().hostPort();
    JsonNode made =
        call(
            "POST",
            accounts(project),
            "{\"localId\":\"u1\",\"email\":\"ada@example.org\",\"password\":\"analytical\"}");
    assertThat(made.path("localId").asText()).as(made.toString()).isEqualTo("u1");
    JsonNode line = backUp(project, "firebase-auth://" + project + "?emulator=" + auth);
    assertThat(line.path("sources")).hasSize(2);
    assertThat(line.path("sources").path(1).path("counts").path("users").asLong()).isEqualTo(1);
    assertThat(line.toString()).doesNotContain("ada@example.org", "analytical");

    String copy = "demo-daily-f-" + RUN;
    String[] args = {
      "--from", backups().toString(), "--identity", identity.toString(), "--project", copy
    };
    assertThat(restore(emulator(), args)).isEqualTo(ExitCode.CONFIGURATION.number());
    Map<String, String> both =
        Map.of(
            "HOLDFAST_FIRESTORE_EMULATOR",
            FirestoreEmulator.shared().hostPort(),
            "FIREBASE_AUTH_EMULATOR_HOST",
            auth);
    assertThat(restore(both, args)).as(err.toString()).isZero();
    assertThat(call("GET", document(copy, "users/u1"), "").at("/fields/name/stringValue").asText())
        .isEqualTo("Ada");
    JsonNode users = call("GET", accounts(copy) + ":batchGet?maxResults=10", "").path("users");
    assertThat(users).hasSize(1);
    assertThat(users.path(0).path("localId").asText()).isEqualTo("u1");
    assertThat(users.path(0).path("passwordHash").asText()).contains("analytical");
  }

  @Test
  void aFileIsEnough() throws Exception {
    backUp("demo-daily-c-" + RUN);
    Path file;
    try (Stream<Path> files = Files.list(backups())) {
      file = files.filter(f -> f.toString().endsWith(".age")).findFirst().orElseThrow();
    }
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Path copied = Files.copy(file, elsewhere.resolve(String.valueOf(file.getFileName())));
    String copy = "demo-daily-d-" + RUN;
    assertThat(
            restore(
                emulator(),
                copied.toString(),
                "--from",
                elsewhere.toString(),
                "--only",
                "documents",
                "--identity",
                identity.toString(),
                "--project",
                copy))
        .as(err.toString())
        .isZero();
    assertThat(call("GET", document(copy, "users/u1"), "").at("/fields/name/stringValue").asText())
        .isEqualTo("Ada");
  }

  @Test
  void whatIsNoEmulatorIsRefused() {
    for (String host : List.of("firestore.googleapis.com:443", "none", "localhost", "a:0")) {
      assertThat(
              restore(
                  Map.of("FIRESTORE_EMULATOR_HOST", host),
                  "--from",
                  backups().toString(),
                  "--identity",
                  identity.toString()))
          .isEqualTo(ExitCode.CONFIGURATION.number());
      assertThat(err.toString()).contains("writes to emulators only");
    }
  }

  @Test
  void whatIsMissingIsNamedAtOnce() {
    assertThat(restore(Map.of(), "--identity", folder.resolve("none").toString(), "--only", "x"))
        .isEqualTo(ExitCode.CONFIGURATION.number());
    assertThat(err.toString()).contains("--only takes", "--from", "--identity");
  }

  private static String[] append(String[] args, String... more) {
    return Stream.concat(Stream.of(args), Stream.of(more)).toArray(String[]::new);
  }
}

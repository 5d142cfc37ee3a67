package io.holdfast.firebase.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.holdfast.AgeKeyPair;
import io.holdfast.BackupExecutor;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.testkit.FirebaseAuthEmulator;
import io.holdfast.testkit.MemorySink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files go to and fro between Holdfast and the real {@code firebase} command. */
@Timeout(300)
class FirebaseToolsTest {
  /** What a file of firebase-tools can hold of an account. */
  private static final Set<String> IN_FILE =
      Set.of(
          "localId",
          "email",
          "emailVerified",
          "passwordHash",
          "salt",
          "displayName",
          "photoUrl",
          "createdAt",
          "lastLoginAt",
          "phoneNumber",
          "disabled",
          "customAttributes");

  /** The providers that its import takes. */
  private static final Set<String> PROVIDERS =
      Set.of(
          "google.com",
          "facebook.com",
          "twitter.com",
          "github.com",
          "apple.com",
          "microsoft.com",
          "gc.apple.com",
          "playgames.google.com",
          "linkedin.com",
          "yahoo.com");

  @TempDir Path folder;

  private final FirebaseAuthEmulator emulator = FirebaseAuthEmulator.shared();
  private final String run = "demo-tools-" + System.nanoTime();
  private final MemorySink sink = new MemorySink();
  private HttpServer forwarder;

  /** The command wants a token first, and its paths are under another host's name. */
  @BeforeEach
  void forward() throws IOException {
    forwarder = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    forwarder.setExecutor(
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "forwarder");
              thread.setDaemon(true);
              return thread;
            }));
    forwarder.createContext("/", this::answer);
    forwarder.start();
  }

  @AfterEach
  void stop() {
    forwarder.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (path.endsWith("/token")) {
        FakeAuth.send(
            exchange,
            200,
            "{\"access_token\":\"owner\",\"expires_in\":3600,\"token_type\":\"Bearer\"}");
      } else if (path.startsWith("/identitytoolkit/")) {
        HttpResponse<String> answer =
            HttpClient.newHttpClient()
                .send(
                    HttpRequest.newBuilder(
                            URI.create(
                                "http://" + emulator.hostPort() + "/www.googleapis.com" + path))
                        .header("Authorization", "Bearer owner")
                        .header("Content-Type", "application/json")
                        .POST(
                            HttpRequest.BodyPublishers.ofByteArray(
                                exchange.getRequestBody().readAllBytes()))
                        .build(),
                    HttpResponse.BodyHandlers.ofString());
        FakeAuth.send(exchange, answer.statusCode(), answer.body());
      } else {
        FakeAuth.send(exchange, 404, "{}");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void firebase(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(List.of(FirebaseAuthEmulator.firebaseTools().toString()));
    command.addAll(Arrays.asList(arguments));
    Path log = folder.resolve("firebase.log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("CI", "1");
    builder.environment().put("FIREBASE_TOKEN", "x");
    builder.environment().remove("FIREBASE_AUTH_EMULATOR_HOST");
    for (String origin : List.of("TOKEN", "GOOGLE", "RESOURCEMANAGER", "AUTH", "AUTHPROXY")) {
      builder
          .environment()
          .put(
              "FIREBASE_" + origin + "_URL",
              "http://127.0.0.1:" + forwarder.getAddress().getPort());
    }
    Process process = builder.start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log, StandardCharsets.UTF_8)).isZero();
  }

  private String uri(String project) {
    return "firebase-auth://" + project + "?emulator=" + emulator.hostPort();
  }

  private RestoreResult copy(String from, String into) {
    AgeKeyPair keys = AgeKeyPair.generate();
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(from)
            .target(into)
            .sink(sink)
            .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSSSSS")
            .encryption(Encryption.recipients(keys.recipient()))
            .decryptionKeys(DecryptionKeys.identities(keys.identity()))
            .build()) {
      return executor.copyToTarget(RestoreOptions.DEFAULT);
    }
  }

  /** What a file can hold; the command drops what its import would refuse. */
  private static Map<String, JsonNode> essence(RawAuth raw, boolean factors) {
    Map<String, JsonNode> essence = new TreeMap<>();
    raw.all("")
        .forEach(
            (uid, user) -> {
              ObjectNode kept = ((ObjectNode) user).deepCopy();
              kept.retain(IN_FILE);
              ArrayNode providers = kept.putArray("providers");
              for (JsonNode provider : user.path("providerUserInfo")) {
                if (PROVIDERS.contains(provider.path("providerId").asText())) {
                  providers.add(
                      ((ObjectNode) provider.deepCopy())
                          .retain("providerId", "rawId", "email", "displayName", "photoUrl"));
                }
              }
              if (factors && user.has("mfaInfo")) {
                ArrayNode list = kept.putArray("factors");
                for (JsonNode factor : user.path("mfaInfo")) {
                  list.add(
                      ((ObjectNode) factor.deepCopy())
                          .retain("mfaEnrollmentId", "displayName", "phoneInfo", "enrolledAt"));
                }
              }
              essence.put(uid, kept);
            });
    return essence;
  }

  @Test
  void theCommandImportsOurFile() throws Exception {
    RawAuth raw = new RawAuth(emulator.hostPort(), run + "-a");
    List<ObjectNode> users =
        new GeneratedUsers(11, "f").make(90); // the emulator takes 100 kB of it
    // What the emulator makes itself is no base64, which the command asks for.
    users.stream()
        .filter(user -> user.has("passwordHash"))
        .forEach(user -> user.put("passwordHash", "aGFzaGFzaGFz").put("salt", "c2FsdHNhbHRz"));
    raw.create("", users);
    RestoreResult written =
        copy(uri(run + "-a"), "firebase-auth-file://" + folder.resolve("ours.json"));
    assertThat(written.warnings())
        .as("what its format cannot hold is told")
        .anyMatch(text -> text.contains("oidc.corp"))
        .anyMatch(text -> text.contains("saml.corp"));

    firebase("auth:import", "ours.json", "--project", run + "-b", "--hash-algo=BCRYPT");
    assertThat(essence(new RawAuth(emulator.hostPort(), run + "-b"), true))
        .hasSize(90)
        .isEqualTo(essence(raw, true));
  }

  @Test
  void weImportTheFileOfTheCommand() throws Exception {
    RawAuth raw = new RawAuth(emulator.hostPort(), run + "-c");
    raw.create("", new GeneratedUsers(12, "g").make(400));
    firebase("auth:export", "theirs.json", "--project", run + "-c");
    copy("firebase-auth-file://" + folder.resolve("theirs.json"), uri(run + "-d"));

    Map<String, JsonNode> expected = essence(raw, true);
    // The emulator tells no version, and the command takes that for a foreign hash.
    expected.values().forEach(user -> ((ObjectNode) user).remove(List.of("passwordHash", "salt")));
    assertThat(essence(new RawAuth(emulator.hostPort(), run + "-d"), true))
        .hasSize(400)
        .isEqualTo(expected);
  }

  @Test
  void weImportTheCsvOfTheCommand() throws Exception {
    RawAuth raw = new RawAuth(emulator.hostPort(), run + "-e");
    raw.create("", new GeneratedUsers(13, "h").make(200));
    firebase("auth:export", "theirs.csv", "--project", run + "-e");
    copy("firebase-auth-file://" + folder.resolve("theirs.csv"), uri(run + "-f"));
    assertThat(new RawAuth(emulator.hostPort(), run + "-f").all("").keySet())
        .isEqualTo(raw.all("").keySet());
  }
}

package io.holdfast.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.cloud.NoCredentials;
import com.google.cloud.ServiceOptions;
import com.google.cloud.storage.BlobInfo.Retention.Mode;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import io.holdfast.CancelledException;
import io.holdfast.gcs.ScriptedApi.Request;
import io.holdfast.spi.Location;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is sent to the storage, and what becomes of its answers. */
@Timeout(60)
class GcsRequestsTest {
  private static final ObjectKey KEY = ObjectKey.of("folder/object");
  private static final String TOKEN = "ya29.very-secret";
  private static final String SHA256 = "0".repeat(64);
  private static final int PIECE = 256 * 1024;
  private static final String SESSION = "/session?upload_id=secret-session";

  private ScriptedApi api;
  private Storage client;

  @BeforeEach
  void start() throws Exception {
    api = new ScriptedApi();
    AccessToken token = new AccessToken(TOKEN, Date.from(Instant.now().plus(Duration.ofHours(1))));
    client = client(GoogleCredentials.create(token));
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    api.close();
  }

  private Storage client(GoogleCredentials credentials) {
    return StorageOptions.http()
        .setHost(api.endpoint().toString())
        .setProjectId("test")
        .setCredentials(credentials)
        .setRetrySettings(ServiceOptions.getNoRetrySettings())
        .build()
        .getService();
  }

  private GcsSink.Builder builder() {
    return GcsSink.builder(client, "my-bucket")
        .prefix("backups")
        .pieceBytes(PIECE)
        .retry(Retry.none());
  }

  @Test
  void aSmallObjectIsOneRequest() {
    api.then(200, object("text", "7"));
    try (GcsSink sink =
        builder()
            .storageClass("NEARLINE")
            .kmsKey("projects/p/locations/l/keyRings/r/cryptoKeys/k")
            .temporaryHold(true)
            .eventBasedHold(true)
            .retain(Duration.ofDays(30))
            .retentionMode(Mode.LOCKED)
            .build()) {
      StoredObject stored = put(sink, "text");
      assertThat(stored.lengthBytes()).isEqualTo(4);
    }
    assertThat(api.requests()).hasSize(1);
    Request request = api.requests().get(0);
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.uri().getPath()).isEqualTo("/upload/storage/v1/b/my-bucket/o");
    assertThat(request.query())
        .contains("uploadType=multipart")
        .contains("ifGenerationMatch=0")
        .contains("kmsKeyName=projects/p/locations/l/keyRings/r/cryptoKeys/k");
    assertThat(request.headers()).containsEntry("Authorization", "Bearer " + TOKEN);
    assertThat(request.body())
        .contains("\"name\":\"backups/folder/object\"")
        .contains("\"crc32c\":\"" + crc32c("text") + "\"")
        .contains("\"holdfast-upload\":")
        .contains("\"storageClass\":\"NEARLINE\"")
        .contains("\"temporaryHold\":true")
        .contains("\"eventBasedHold\":true")
        .contains("\"mode\":\"Locked\"")
        .contains("\"retainUntilTime\":\"");
  }

  @Test
  void aLongObjectIsAResumableUpload() {
    String content = "a".repeat(PIECE) + "text";
    api.then(200, Map.of("Location", api.endpoint() + SESSION), "")
        .then(308, Map.of("Range", "bytes=0-" + (PIECE - 1)), "")
        .then(200, object(content, "7"));
    try (GcsSink sink = builder().build()) {
      put(sink, content);
    }
    assertThat(api.requests()).extracting(Request::method).containsExactly("POST", "PUT", "PUT");
    Request start = api.requests().get(0);
    assertThat(start.query())
        .contains("uploadType=resumable")
        .contains("ifGenerationMatch=0")
        .contains("name=backups/folder/object");
    assertThat(start.headers()).containsEntry("X-Upload-Content-Type", "application/octet-stream");
    assertThat(start.body()).contains("\"holdfast-upload\":");
    Request first = api.requests().get(1);
    assertThat(first.headers())
        .containsEntry("Content-Range", "bytes 0-262143/*")
        .doesNotContainKey("X-Goog-Hash");
    assertThat(first.body()).hasSize(PIECE);
    Request last = api.requests().get(2);
    assertThat(last.headers())
        .containsEntry("Content-Range", "bytes 262144-262147/262148")
        .containsEntry("X-Goog-Hash", "crc32c=" + crc32c(content));
    assertThat(last.body()).isEqualTo("text");
  }

  @Test
  void aPieceThatIsTakenInPartIsSentOn() {
    String content = "a".repeat(2 * PIECE) + "text";
    api.then(200, Map.of("Location", api.endpoint() + SESSION), "")
        .then(308, Map.of("Range", "bytes=0-262143"), "")
        .then(308, Map.of("Range", "bytes=0-524287"), "")
        .then(200, object(content, "7"));
    try (GcsSink sink = builder().pieceBytes(2 * PIECE).build()) {
      put(sink, content);
    }
    assertThat(api.requests().get(2).headers())
        .containsEntry("Content-Range", "bytes 262144-524287/*");
  }

  @Test
  void bytesThatTheStorageLostAreNotSentAgain() {
    String content = "a".repeat(3 * PIECE);
    api.then(200, Map.of("Location", api.endpoint() + SESSION), "")
        .then(308, Map.of("Range", "bytes=0-262143"), "")
        .then(503, "")
        .then(308, "") // No range: it has nothing any more.
        .then(499, "");
    Retry retry = Retry.of(3, Duration.ZERO, Duration.ZERO);
    try (GcsSink sink = builder().retry(retry).build()) {
      StorageException failed =
          catchThrowableOfType(StorageException.class, () -> put(sink, content));
      assertThat(failed.kind()).isEqualTo(Kind.OTHER);
      assertThat(failed).hasMessageContaining("0 of 262144 bytes");
    }
  }

  @Test
  void aWriterThatIsClosedCancelsItsUpload() {
    api.then(200, Map.of("Location", api.endpoint() + SESSION), "")
        .then(308, Map.of("Range", "bytes=0-262143"), "")
        .then(308, Map.of("Range", "bytes=0-524287"), "")
        .then(499, "");
    try (GcsSink sink = builder().build()) {
      SinkWriter writer = sink.write(KEY, WriteOptions.NONE);
      writer.write(ByteBuffer.allocate(3 * PIECE)); // Waits until the first one is stored.
      writer.close();
      writer.close();
    }
    assertThat(api.requests().stream().filter(request -> request.method().equals("DELETE")))
        .hasSize(1)
        .allSatisfy(request -> assertThat(request.uri()).hasToString(SESSION));
    assertThat(api.requests())
        .noneMatch(
            request ->
                request.headers().getOrDefault("Content-Range", "").endsWith("/" + 3 * PIECE));
  }

  @Test
  void bytesThatChangedOnTheWayAreDeletedAgain() {
    api.then(200, object("other", "7"));
    String[] uploadId = new String[1];
    try (GcsSink sink = builder().build()) {
      SinkWriter writer = sink.write(KEY, WriteOptions.NONE);
      writer.write(ByteBuffer.wrap("texts".getBytes(StandardCharsets.UTF_8)));
      StorageException failed =
          catchThrowableOfType(
              StorageException.class, () -> writer.commit(new ObjectDigest(5, SHA256)));
      assertThat(failed.kind()).isEqualTo(Kind.CORRUPT);
      String sent = api.requests().get(0).body();
      uploadId[0] = sent.replaceAll("(?s).*\"holdfast-upload\":\"([^\"]+)\".*", "$1");
      api.then(200, object("other", "7", uploadId[0])).then(204, "");
      writer.close();
    }
    Request deletion = api.requests().get(2);
    assertThat(deletion.method()).isEqualTo("DELETE");
    assertThat(deletion.query()).contains("ifGenerationMatch=7");
  }

  @Test
  void aReaderStaysWithTheGenerationThatItBegan() throws Exception {
    Map<String, String> headers =
        Map.of("Content-Range", "bytes 2-5/10", "x-goog-generation", "7", "Content-Type", "a/b");
    api.then(206, headers, "23") // Ends early.
        .then(206, Map.of("Content-Range", "bytes 4-5/10", "x-goog-generation", "7"), "45");
    Retry retry = Retry.of(2, Duration.ZERO, Duration.ZERO);
    try (GcsSink sink = builder().retry(retry).build();
        InputStream in = sink.read(KEY, 2, 4)) {
      assertThat(in.readAllBytes()).asString().isEqualTo("2345");
    }
    Request first = api.requests().get(0);
    assertThat(first.headers())
        .containsEntry("Range", "bytes=2-5")
        .containsEntry("Accept-Encoding", "identity");
    assertThat(first.query()).contains("alt=media").doesNotContain("generation");
    Request second = api.requests().get(1);
    assertThat(second.headers()).containsEntry("Range", "bytes=4-5");
    assertThat(second.query()).contains("generation=7");
  }

  @Test
  void aListingAsksForPagesOfWhatItNeeds() {
    api.then(
            200,
            """
            {"items":[{"name":"backups/a","size":"1","timeCreated":"2026-01-01T00:00:00.000Z"}],
            "nextPageToken":"next"}""")
        .then(
            200,
            """
            {"items":[{"name":"backups/b","size":"2","timeCreated":"2026-01-01T00:00:00.000Z"}]}""");
    try (GcsSink sink = builder().build();
        var objects = sink.list("")) {
      assertThat(objects.map(object -> object.key().value())).containsExactly("a", "b");
    }
    assertThat(api.requests().get(0).query())
        .contains("prefix=backups/")
        .contains("maxResults=1000")
        .contains("fields=items(name,size,timeCreated),nextPageToken");
    assertThat(api.requests().get(1).query()).contains("pageToken=next");
  }

  @Test
  void theProjectIsToldToBeBilled() {
    api.then(200, object("text", "7"));
    String uri = "gs://my-bucket?project=shop&endpoint=" + api.endpoint();
    try (StorageSink sink =
        new GcsSinkProvider()
            .open(Location.parse(uri), new ProviderContext(Retry.none(), Map.of()))) {
      assertThat(sink.stat(KEY)).isPresent();
    }
    assertThat(api.requests().get(0).headers())
        .containsEntry("x-goog-user-project", "shop")
        .doesNotContainKey("Authorization");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "400|invalid|Provided CRC32C does not match|CORRUPT|Nothing was published",
        "400|required|Bucket is a requester pays bucket but no user project provided.|PERMISSION_DENIED|parameter project",
        "400|invalid|Object retention is not enabled|OTHER|Enable object retention on my-bucket",
        "401|authError|Invalid Credentials|UNAUTHENTICATED|expired or revoked",
        "403|forbidden|x does not have storage.objects.create access|PERMISSION_DENIED|storage.objects.create on my-bucket",
        "403|forbidden|x does not have storage.objects.setRetention access|PERMISSION_DENIED|storage.objects.setRetention on my-bucket",
        "403|forbidden|Permission denied on Cloud KMS key|PERMISSION_DENIED|cryptoKeyEncrypterDecrypter",
        "403|vpcServiceControls|Request is prohibited|PERMISSION_DENIED|VPC Service Controls",
        "403|accountDisabled|The account is disabled|NO_SPACE|billing",
        "403|forbidden|The billing account for the owning project is disabled|NO_SPACE|billing",
        "403|quotaExceeded|Quota|NO_SPACE|quota",
        "403|rateLimitExceeded|Slow down|UNAVAILABLE|Try again later",
        "403|retentionPolicyNotMet|kept|RETENTION|unchanged",
        "404|notFound|The specified bucket does not exist.|NOT_FOUND|there is no bucket my-bucket",
        "408|timeout|Timeout|UNAVAILABLE|Try again later",
        "412|conditionNotMet|At least one|ALREADY_EXISTS|key is taken",
        "429|rateLimitExceeded|Too many|UNAVAILABLE|Try again later",
        "500|internalError|Internal|UNAVAILABLE|Try again later",
        "502|badGateway|Gateway|UNAVAILABLE|Try again later",
        "503|backendError|Backend|UNAVAILABLE|Try again later",
      })
  void aRefusedWriteSaysWhatToDo(
      int status, String reason, String message, Kind kind, String words) {
    // What the clean-up asks for is not there; nor is the object that may be in the way.
    api.refuse(status, reason, message);
    if (status == 401) {
      api.refuse(status, reason, message); // The client tries once more, with a new token.
    }
    api.refuse(404, "notFound", "No such object: x").refuse(404, "notFound", "No such object: x");
    Storage renewing = client(renewing());
    try (GcsSink sink =
        GcsSink.builder(renewing, "my-bucket").prefix("backups").retry(Retry.none()).build()) {
      StorageException failed =
          catchThrowableOfType(StorageException.class, () -> put(sink, "text"));
      assertThat(failed.kind()).as(failed.getMessage()).isEqualTo(kind);
      assertThat(failed.key()).contains(KEY.value());
      assertThat(failed)
          .hasMessageContaining(words)
          .hasMessageContaining("gs://my-bucket/backups/folder/object");
      assertThat(failed.retryable()).isEqualTo(kind == Kind.UNAVAILABLE);
    }
  }

  @Test
  void aMissingRightIsNamedForEachOperation() {
    try (GcsSink sink = builder().build()) {
      Map<String, Runnable> calls =
          Map.of(
              "storage.objects.get", () -> sink.stat(KEY),
              "storage.objects.list", () -> sink.list("").forEach(object -> {}));
      calls.forEach(
          (right, call) -> {
            api.refuse(403, "forbidden", "Access denied.");
            StorageException failed = catchThrowableOfType(StorageException.class, call::run);
            assertThat(failed.kind()).isEqualTo(Kind.PERMISSION_DENIED);
            assertThat(failed)
                .hasMessageContaining(right + " on my-bucket")
                .hasMessageContaining("roles/storage.objectViewer");
          });
      api.refuse(403, "forbidden", "x does not have storage.objects.list access");
      StorageException hidden =
          catchThrowableOfType(StorageException.class, () -> sink.read(KEY, 0, 1));
      assertThat(hidden).hasMessageContaining("may also be missing");

      api.then(200, object("text", "7")).refuse(403, "forbidden", "Access denied.");
      StorageException undeletable =
          catchThrowableOfType(StorageException.class, () -> sink.delete(KEY));
      assertThat(undeletable.kind()).isEqualTo(Kind.PERMISSION_DENIED);
      assertThat(undeletable).hasMessageContaining("storage.objects.delete on my-bucket");
    }
  }

  @Test
  void aHoldIsToldFromAMissingRightThoughBothAreForbidden() {
    try (GcsSink sink = builder().build()) {
      api.then(200, object("text", "7"))
          .refuse(403, "forbidden", "Object 'x' is under active Temporary hold and cannot be");
      StorageException held = catchThrowableOfType(StorageException.class, () -> sink.delete(KEY));
      assertThat(held.kind()).isEqualTo(Kind.RETENTION);
    }
  }

  @Test
  void aDeletionSparesWhatWasWrittenMeanwhile() {
    try (GcsSink sink = builder().build()) {
      api.then(200, object("text", "7")).refuse(412, "conditionNotMet", "At least one");
      sink.delete(KEY);
    }
    assertThat(api.requests().get(1).query()).contains("ifGenerationMatch=7");
  }

  @Test
  void theTimeThatTheStorageAsksForIsTold() {
    try (GcsSink sink = builder().build()) {
      api.refuse(503, "backendError", "Busy", Map.of("Retry-After", "17"));
      StorageException failed = catchThrowableOfType(StorageException.class, () -> sink.stat(KEY));
      assertThat(failed.retryAfter()).contains(Duration.ofSeconds(17));
    }
  }

  @Test
  void aPreconditionWithoutTheRightToLookCountsAsSomebodyElses() {
    try (GcsSink sink = builder().build()) {
      api.refuse(412, "conditionNotMet", "At least one")
          .refuse(403, "forbidden", "x does not have storage.objects.get access")
          .refuse(403, "forbidden", "x does not have storage.objects.get access");
      StorageException failed =
          catchThrowableOfType(StorageException.class, () -> put(sink, "text"));
      assertThat(failed.kind()).isEqualTo(Kind.ALREADY_EXISTS);
    }
  }

  @Test
  void aStorageThatDoesNotAnswerIsUnavailable() {
    try (GcsSink sink = builder().timeout(Duration.ofMillis(200)).build()) {
      StorageException failed = catchThrowableOfType(StorageException.class, () -> sink.stat(KEY));
      assertThat(failed.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(failed).hasMessageContaining("did not answer");
    }
    api.close();
    try (GcsSink sink = builder().build()) {
      StorageException failed = catchThrowableOfType(StorageException.class, () -> sink.stat(KEY));
      assertThat(failed.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(failed).hasMessageContaining("could not be reached");
    }
  }

  @Test
  void anInterruptEndsTheWaitForAnAnswer() {
    try (GcsSink sink = builder().build()) {
      Thread waiting = Thread.currentThread();
      Thread interrupter =
          new Thread(
              () -> {
                while (api.requests().isEmpty()) {
                  Thread.onSpinWait();
                }
                waiting.interrupt();
              });
      interrupter.start();
      assertThatThrownBy(() -> sink.stat(KEY)).isInstanceOf(CancelledException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void credentialsThatGiveNoTokenAreTheUsersToMend() throws Exception {
    Map<String, String> words =
        Map.of(
            "Error getting access token for service account: 400 Bad Request invalid_grant: Invalid"
                + " JWT: Token must be a short-lived token",
            "clock",
            "400 Bad Request: invalid_grant, Token has been expired or revoked.",
            "expired or revoked",
            "Error getting access token for service account: 401",
            "no token could be had");
    for (Map.Entry<String, String> one : words.entrySet()) {
      Storage refused = client(failing(one.getKey()));
      try (GcsSink sink = GcsSink.builder(refused, "my-bucket").retry(Retry.none()).build()) {
        StorageException failed =
            catchThrowableOfType(StorageException.class, () -> sink.stat(KEY));
        assertThat(failed.kind()).as(failed.getMessage()).isEqualTo(Kind.UNAUTHENTICATED);
        assertThat(failed).hasMessageContaining(one.getValue());
      }
      refused.close();
    }
    assertThat(api.requests()).isEmpty();
    GcsErrors errors = new GcsErrors("gs://my-bucket", "my-bucket");
    StorageException missing =
        (StorageException)
            errors.translate(
                Operation.WRITE,
                KEY,
                new IOException("Your default credentials were not found. To set up …"));
    assertThat(missing.kind()).isEqualTo(Kind.UNAUTHENTICATED);
    assertThat(missing).hasMessageContaining("there are no credentials");
  }

  @Test
  void aRequestThatNobodyWaitsForSendsNothingMore() throws Exception {
    ByteBuffer piece = ByteBuffer.wrap("0123456789".getBytes(StandardCharsets.UTF_8), 2, 5);
    PieceContent content = new PieceContent(null, piece);
    assertThat(content.getLength()).isEqualTo(5);
    try (InputStream in = content.getInputStream()) {
      assertThat(in.readNBytes(2)).asString().isEqualTo("23");
      Thread.currentThread().interrupt();
      assertThatThrownBy(in::read).isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
    try (InputStream again = content.getInputStream()) {
      assertThat(again.readAllBytes()).asString().isEqualTo("23456");
    }
  }

  @Test
  void missingCredentialsAreNamed() {
    Storage renewing = client(renewing());
    api.refuse(401, "required", "Anonymous caller does not have storage.objects.get access")
        .refuse(401, "required", "Anonymous caller does not have storage.objects.get access");
    try (GcsSink sink = GcsSink.builder(renewing, "my-bucket").retry(Retry.none()).build()) {
      StorageException failed = catchThrowableOfType(StorageException.class, () -> sink.stat(KEY));
      assertThat(failed.kind()).isEqualTo(Kind.UNAUTHENTICATED);
      assertThat(failed).hasMessageContaining("GOOGLE_APPLICATION_CREDENTIALS");
    }
  }

  @Test
  void aTokenThatCannotBeRenewedIsTheUsersToReplace() {
    // The client tries to renew the token that was refused, and throws what is no IOException.
    api.refuse(401, "authError", "Invalid Credentials");
    try (GcsSink sink = builder().build()) {
      StorageException failed = catchThrowableOfType(StorageException.class, () -> sink.stat(KEY));
      assertThat(failed.kind()).isEqualTo(Kind.UNAUTHENTICATED);
      assertThat(failed).hasMessageContaining("no token could be had");
    }
  }

  private static GoogleCredentials renewing() {
    return new GoogleCredentials() {
      private static final long serialVersionUID = 1L;

      @Override
      public AccessToken refreshAccessToken() {
        return new AccessToken(TOKEN, Date.from(Instant.now().plus(Duration.ofHours(1))));
      }
    };
  }

  private static GoogleCredentials failing(String message) {
    return new GoogleCredentials() {
      private static final long serialVersionUID = 1L;

      @Override
      public AccessToken refreshAccessToken() throws IOException {
        throw new IOException(message);
      }
    };
  }

  @Test
  void noSecretIsInAnyError() {
    try (GcsSink sink = builder().build()) {
      api.refuse(403, "forbidden", "Bearer " + TOKEN + " lacks a right");
      assertNoSecret(catchThrowableOfType(StorageException.class, () -> sink.stat(KEY)));

      api.then(200, Map.of("Location", api.endpoint() + SESSION), "")
          .refuse(403, "forbidden", "no " + SESSION)
          .then(499, "");
      StorageException failed =
          catchThrowableOfType(StorageException.class, () -> put(sink, "a".repeat(PIECE) + "text"));
      assertNoSecret(failed);
      assertThat(sink.toString()).isEqualTo("GcsSink[gs://my-bucket/backups]");
    }
  }

  private static void assertNoSecret(Throwable error) {
    StringWriter trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace));
    assertThat(trace.toString())
        .isNotEmpty()
        .doesNotContain("very-secret")
        .doesNotContain("secret-session");
  }

  @Test
  void aClientForGrpcIsRefused() throws Exception {
    Storage grpc =
        StorageOptions.grpc()
            .setProjectId("test")
            .setCredentials(NoCredentials.getInstance())
            .build()
            .getService();
    assertThatThrownBy(() -> GcsSink.builder(grpc, "my-bucket"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HTTP");
    grpc.close();
  }

  @Test
  void aGivenClientStaysOpen() {
    api.then(200, object("text", "7")).then(200, object("text", "7"));
    GcsSink sink = builder().build();
    assertThat(sink.stat(KEY)).isPresent();
    sink.close();
    assertThatThrownBy(() -> sink.stat(KEY)).isInstanceOf(IllegalStateException.class);
    assertThat(client.get("my-bucket", "x")).isNotNull();
    assertThat(List.copyOf(api.requests())).hasSize(2);
  }

  private static StoredObject put(StorageSink sink, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(bytes));
      return writer.commit(new ObjectDigest(bytes.length, SHA256));
    }
  }

  private static String object(String content, String generation) {
    return object(content, generation, "someone's");
  }

  private static String object(String content, String generation, String uploadId) {
    return """
        {"bucket":"my-bucket","name":"backups/folder/object","size":"%d","crc32c":"%s",
        "generation":"%s","timeCreated":"2026-01-01T00:00:00.000Z",
        "metadata":{"holdfast-upload":"%s"}}"""
        .formatted(content.length(), crc32c(content), generation, uploadId);
  }

  private static String crc32c(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}

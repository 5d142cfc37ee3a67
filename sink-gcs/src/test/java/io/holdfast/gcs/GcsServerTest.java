package io.holdfast.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.storage.Storage;
import io.holdfast.testservers.GcsServer;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The test server itself, as the documentation of Google Cloud Storage describes it. */
class GcsServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int UNIT = 256 * 1024;

  private static GcsServer server;
  private static Storage client;

  private final HttpClient http = HttpClient.newHttpClient();
  private final String bucket = TestBuckets.create(client);

  @BeforeAll
  static void startServer() {
    server = GcsServer.start();
    client = TestBuckets.client(server.endpoint());
  }

  @AfterAll
  static void stopServer() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void anUnknownBucketAndAnUnknownObjectAreToldApart() throws Exception {
    HttpResponse<String> noBucket = send("GET", "/storage/v1/b/no-such-bucket/o/x", "");
    assertRefused(noBucket, 404, "notFound");
    assertThat(noBucket.body()).contains("The specified bucket does not exist.");
    HttpResponse<String> noObject = send("GET", objects() + "/x", "");
    assertRefused(noObject, 404, "notFound");
    assertThat(noObject.body()).contains("No such object: " + bucket + "/x");
  }

  @Test
  void aBucketIsMadeOnce() throws Exception {
    assertRefused(
        send("POST", "/storage/v1/b?project=test", "{\"name\":\"" + bucket + "\"}"),
        409,
        "conflict");
    assertRefused(send("POST", "/storage/v1/b", "{\"name\":\"another\"}"), 400, "required");
    assertThat(send("GET", "/storage/v1/b/" + bucket, "").statusCode()).isEqualTo(200);
  }

  @Test
  void whatIsNotDocumentedIsRefused() throws Exception {
    assertRefused(send("GET", objects() + "?colour=red", ""), 400, "invalidParameter");
    assertRefused(send("GET", objects() + "?maxResults=many", ""), 400, "invalidParameter");
    assertRefused(send("GET", objects() + "?pageToken=!", ""), 400, "invalid");
    assertRefused(send("GET", objects() + "?fields=items(", ""), 400, "invalidParameter");
    assertRefused(send("PUT", objects() + "/x", ""), 405, "methodNotAllowed");
    assertRefused(send("POST", upload("uploadType=other&name=x"), "x"), 400, "invalid");
    assertRefused(send("POST", upload("uploadType=media"), "x"), 400, "required");
    put("x", "text");
    assertRefused(
        send("GET", objects() + "/x?alt=media", "", "Range", "bytes=2-1"), 400, "invalid");
    assertRefused(send("GET", objects() + "/x?alt=media", "", "Range", "lines=1"), 400, "invalid");
  }

  @Test
  void anObjectIsDescribed() throws Exception {
    JsonNode object = put("folder/x", "text");
    assertThat(object.path("name").asText()).isEqualTo("folder/x");
    assertThat(object.path("size").asText()).isEqualTo("4");
    assertThat(object.path("crc32c").asText()).isEqualTo(crc32c("text"));
    assertThat(object.path("metageneration").asText()).isEqualTo("1");
    JsonNode again = json(send("GET", objects() + "/folder%2Fx?fields=name,generation", ""));
    assertThat(again.size()).isEqualTo(2);
    assertThat(again.path("generation")).isEqualTo(object.path("generation"));
  }

  @Test
  void preconditionsHold() throws Exception {
    String generation = put("x", "first").path("generation").asText();
    assertRefused(
        send("POST", upload("uploadType=media&name=x&ifGenerationMatch=0"), "second"),
        412,
        "conditionNotMet");
    assertRefused(
        send("POST", upload("uploadType=resumable&name=x&ifGenerationMatch=0"), ""),
        412,
        "conditionNotMet");
    assertThat(send("GET", objects() + "/x?ifGenerationNotMatch=" + generation, "").statusCode())
        .isEqualTo(304);
    assertRefused(
        send("GET", objects() + "/x?ifMetagenerationMatch=7", ""), 412, "conditionNotMet");
    assertRefused(send("DELETE", objects() + "/x?ifGenerationMatch=1", ""), 412, "conditionNotMet");
    assertThat(send("DELETE", objects() + "/x?ifGenerationMatch=" + generation, "").statusCode())
        .isEqualTo(204);
    assertRefused(send("DELETE", objects() + "/x", ""), 404, "notFound");
  }

  @Test
  void checksumsAreCompared() throws Exception {
    String bad = crc32c("other");
    assertRefused(
        send("POST", upload("uploadType=media&name=x"), "text", "X-Goog-Hash", "crc32c=" + bad),
        400,
        "invalid");
    String multipart =
        """
        --b
        Content-Type: application/json

        {"name":"x","crc32c":"%s"}
        --b
        Content-Type: text/plain

        text
        --b--
        """
            .replace("\n", "\r\n");
    assertRefused(
        send(
            "POST",
            upload("uploadType=multipart"),
            multipart.formatted(bad),
            "Content-Type",
            "multipart/related; boundary=b"),
        400,
        "invalid");
    assertRefused(send("GET", objects() + "/x", ""), 404, "notFound");
    HttpResponse<String> good =
        send(
            "POST",
            upload("uploadType=multipart"),
            multipart.formatted(crc32c("text")),
            "Content-Type",
            "multipart/related; boundary=b");
    assertThat(json(good).path("contentType").asText()).isEqualTo("text/plain");
  }

  @Test
  void aResumableUploadGoesInUnitsAndTellsHowFarItIs() throws Exception {
    String session = session("x");
    String chunk = "a".repeat(UNIT);
    assertIncomplete(put(session, "", "bytes */*"), null);
    assertIncomplete(put(session, chunk, "bytes 0-" + (UNIT - 1) + "/*"), "bytes=0-262143");
    assertIncomplete(put(session, "", "bytes */*"), "bytes=0-262143");
    // Fewer than a unit, a gap, a body of another length, nonsense.
    assertRefused(put(session, "ab", "bytes 262144-262145/*"), 400, "invalid");
    assertRefused(put(session, "ab", "bytes 262145-262146/262147"), 400, "invalid");
    assertRefused(put(session, "abc", "bytes 262144-262145/262146"), 400, "invalid");
    assertRefused(put(session, "ab", "bytes 262145-262144/*"), 400, "invalid");
    assertRefused(put(session, "ab", "byte 1"), 400, "invalid");
    assertRefused(put(session, "ab", "bytes */262146"), 400, "invalid");
    // A repeated beginning is skipped.
    HttpResponse<String> last = put(session, "aab", "bytes 262143-262145/262146");
    assertThat(json(last).path("size").asText()).isEqualTo("262146");
    assertThat(json(last).path("crc32c").asText()).isEqualTo(crc32c(chunk + "ab"));
    assertThat(put(session, "", "bytes */*").statusCode()).isEqualTo(200);
  }

  @Test
  void aResumableUploadCanEndWithoutBytes() throws Exception {
    String session = session("x");
    put(session, "a".repeat(UNIT), "bytes 0-" + (UNIT - 1) + "/*");
    assertIncomplete(put(session, "", "bytes */262145"), "bytes=0-262143");
    assertThat(put(session, "", "bytes */262144").statusCode()).isEqualTo(200);
    assertThat(send("GET", objects() + "/x", "").statusCode()).isEqualTo(200);
  }

  @Test
  void aResumableUploadIsCheckedAtItsEnd() throws Exception {
    String wrong = session("x");
    assertRefused(
        send(
            "PUT",
            wrong,
            "text",
            "Content-Range",
            "bytes 0-3/4",
            "X-Goog-Hash",
            "crc32c=" + crc32c("other")),
        400,
        "invalid");
    assertRefused(put(wrong, "", "bytes */*"), 404, "notFound");
    String late = session("x");
    put("x", "first");
    assertRefused(put(late, "text", "bytes 0-3/4"), 412, "conditionNotMet");
    assertThat(send("GET", objects() + "/x?alt=media", "").body()).isEqualTo("first");
  }

  @Test
  void aCancelledUploadNeverPublishes() throws Exception {
    String session = session("x");
    assertThat(send("DELETE", session, "").statusCode()).isEqualTo(499);
    assertThat(put(session, "text", "bytes 0-3/4").statusCode()).isEqualTo(499);
    assertRefused(send("GET", objects() + "/x", ""), 404, "notFound");
    assertRefused(
        put(upload("uploadType=resumable&upload_id=unknown"), "", "bytes */*"), 404, "notFound");
  }

  @Test
  void rangesAreExact() throws Exception {
    JsonNode object = put("x", "0123456789");
    HttpResponse<String> part = send("GET", objects() + "/x?alt=media", "", "Range", "bytes=2-4");
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo("234");
    assertThat(part.headers().firstValue("Content-Range")).contains("bytes 2-4/10");
    assertThat(part.headers().firstValue("x-goog-generation"))
        .contains(object.path("generation").asText());
    assertThat(part.headers().firstValue("x-goog-hash"))
        .hasValueSatisfying(hash -> assertThat(hash).contains("crc32c=" + crc32c("0123456789")));
    assertThat(send("GET", objects() + "/x?alt=media", "", "Range", "bytes=8-99").body())
        .isEqualTo("89");
    assertThat(send("GET", objects() + "/x?alt=media", "", "Range", "bytes=-3").body())
        .isEqualTo("789");
    HttpResponse<String> beyond = send("GET", objects() + "/x?alt=media", "", "Range", "bytes=10-");
    assertThat(beyond.statusCode()).isEqualTo(416);
    assertThat(beyond.headers().firstValue("Content-Range")).contains("bytes */10");
    assertRefused(send("GET", objects() + "/x?alt=media&generation=1", ""), 404, "notFound");
  }

  @Test
  void pagesFollowEachOtherInTheOrderOfBytes() throws Exception {
    // In UTF-16 the second would come after the third.
    for (String name : new String[] {"a", "b/\uffee", "b/\ud83d\ude00", "b/c/d", "c"}) {
      put(name, "x");
    }
    JsonNode first = json(send("GET", objects() + "?maxResults=2", ""));
    assertThat(first.path("items").findValuesAsText("name")).containsExactly("a", "b/c/d");
    String token = first.path("nextPageToken").asText();
    JsonNode second = json(send("GET", objects() + "?maxResults=3&pageToken=" + token, ""));
    assertThat(second.path("items").findValuesAsText("name"))
        .containsExactly("b/\uffee", "b/\ud83d\ude00", "c");
    assertThat(second.has("nextPageToken")).isFalse();
    JsonNode folders = json(send("GET", objects() + "?delimiter=/", ""));
    assertThat(folders.path("items").findValuesAsText("name")).containsExactly("a", "c");
    assertThat(folders.path("prefixes").get(0).asText()).isEqualTo("b/");
    JsonNode fields =
        json(send("GET", objects() + "?prefix=b/c&fields=items(name),nextPageToken", ""));
    assertThat(fields).hasToString("{\"items\":[{\"name\":\"b/c/d\"}]}");
  }

  @Test
  void heldAndRetainedObjectsCannotBeDeletedOrReplaced() throws Exception {
    put("x", "text");
    send("PATCH", objects() + "/x", "{\"temporaryHold\":true}");
    assertRefused(send("DELETE", objects() + "/x", ""), 403, "objectUnderActiveHold");
    assertRefused(
        send("POST", upload("uploadType=media&name=x"), "other"), 403, "objectUnderActiveHold");
    send("PATCH", objects() + "/x", "{\"temporaryHold\":false}");

    String until = Instant.now().plus(Duration.ofDays(1)).toString();
    String retention = "{\"retention\":{\"mode\":\"Locked\",\"retainUntilTime\":\"%s\"}}";
    assertThat(send("PATCH", objects() + "/x", retention.formatted(until)).statusCode())
        .isEqualTo(200);
    assertRefused(send("DELETE", objects() + "/x", ""), 403, "retentionPolicyNotMet");
    String earlier = Instant.now().plus(Duration.ofHours(1)).toString();
    assertRefused(send("PATCH", objects() + "/x", retention.formatted(earlier)), 403, "forbidden");
    assertRefused(
        send("PATCH", objects() + "/x", retention.formatted("2020-01-01T00:00:00Z")),
        400,
        "invalid");
  }

  @Test
  void aBucketsPolicyKeepsItsObjects() throws Exception {
    send("PATCH", "/storage/v1/b/" + bucket, "{\"retentionPolicy\":{\"retentionPeriod\":\"60\"}}");
    JsonNode object = put("x", "text");
    assertThat(object.has("retentionExpirationTime")).isTrue();
    assertRefused(send("DELETE", objects() + "/x", ""), 403, "retentionPolicyNotMet");
  }

  private String objects() {
    return "/storage/v1/b/" + bucket + "/o";
  }

  private String upload(String query) {
    return "/upload/storage/v1/b/" + bucket + "/o?" + query;
  }

  private String session(String name) throws Exception {
    HttpResponse<String> started =
        send("POST", upload("uploadType=resumable&ifGenerationMatch=0&name=" + name), "");
    assertThat(started.statusCode()).isEqualTo(200);
    return started.headers().firstValue("Location").orElseThrow();
  }

  private JsonNode put(String name, String text) throws Exception {
    String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8);
    return json(send("POST", upload("uploadType=media&name=" + encoded), text));
  }

  private HttpResponse<String> put(String session, String text, String range) throws Exception {
    return send("PUT", session, text, "Content-Range", range);
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                path.startsWith("http") ? URI.create(path) : server.endpoint().resolve(path))
            .timeout(Duration.ofSeconds(30))
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static void assertIncomplete(HttpResponse<String> response, String range) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(308);
    assertThat(response.headers().firstValue("Range").orElse(null)).isEqualTo(range);
  }

  private static void assertRefused(HttpResponse<String> response, int status, String reason)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("code").asInt()).isEqualTo(status);
    assertThat(error.path("errors").get(0).path("reason").asText()).isEqualTo(reason);
  }

  private static String crc32c(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}

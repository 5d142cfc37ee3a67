package io.holdfast.testservers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.holdfast.testservers.GcsBuckets.Stored;
import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The JSON API over HTTP: who is asked for what, in which form. */
final class GcsApi implements HttpHandler {
  /** Where faults are ordered. */
  static final String FAULTS = "/__admin/faults";

  static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final Logger log = System.getLogger(GcsApi.class.getName());
  private static final int LARGEST_JSON = 1 << 20;
  private static final Pattern PATH =
      Pattern.compile(
          "/(?<kind>upload/|download/|)storage/v1/b(?:/(?<bucket>[^/]+)(?<o>/o(?:/(?<object>[^/]+))?)?)?");
  private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

  private final GcsBuckets buckets;
  private final GcsSessions sessions;
  private final List<Order> faults = new ArrayList<>();

  /** A fault that was ordered. */
  private static final class Order {
    private final String method;
    private final String containing;
    private final GcsServer.Fault fault;
    private final int status;
    private int times;

    Order(String line) {
      String[] words = line.split(" ", -1);
      method = words[0];
      containing = words[1];
      fault = GcsServer.Fault.valueOf(words[2]);
      status = Integer.parseInt(words[3]);
      times = Integer.parseInt(words[4]);
    }
  }

  GcsApi(GcsBuckets buckets) {
    this.buckets = buckets;
    this.sessions = new GcsSessions(buckets);
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    // Closed without an answer, the connection is closed, too.
    try (exchange) {
      answerOrRefuse(exchange);
    }
  }

  private void answerOrRefuse(HttpExchange exchange) throws IOException {
    try {
      if (exchange.getRequestURI().getPath().equals(FAULTS)) {
        order(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        exchange.sendResponseHeaders(204, -1);
        return;
      }
      Optional<Order> order = ordered(exchange);
      if (order.isPresent() && order.get().fault == GcsServer.Fault.STATUS) {
        exchange.getRequestBody().readAllBytes();
        throw new GcsError(order.get().status, "backendError", "Ordered.");
      }
      GcsBody body = new GcsBody(exchange);
      if (order.isPresent() && order.get().fault == GcsServer.Fault.HALF) {
        body.breakAtHalf();
      }
      GcsAnswer answer = answer(exchange, body);
      if (order.isPresent() && order.get().fault == GcsServer.Fault.LOST_ANSWER) {
        answer.release();
        return;
      }
      body.drain();
      answer.send(exchange);
    } catch (GcsError e) {
      refuse(exchange, e);
    } catch (JsonProcessingException e) {
      refuse(exchange, new GcsError(400, "parseError", "Parse Error"));
    } catch (EOFException e) {
      // The client is gone; so is its connection.
    } catch (RuntimeException | Error e) { // the JDK's server would swallow it
      log.log(Level.ERROR, "A defect of the server", e);
      refuse(exchange, new GcsError(500, "internalError", e.toString()));
    }
  }

  private static void refuse(HttpExchange exchange, GcsError e) throws IOException {
    // What was not read would be taken for the next request.
    exchange.getRequestBody().readAllBytes();
    GcsAnswer.json(e.status(), e.json()).send(exchange);
  }

  private synchronized void order(String line) {
    faults.add(new Order(line));
  }

  private synchronized Optional<Order> ordered(HttpExchange exchange) {
    String range = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Range"));
    for (Order order : faults) {
      if (order.times > 0
          && order.method.equals(exchange.getRequestMethod())
          && (exchange.getRequestURI().toString().contains(order.containing)
              || range.contains(order.containing))) {
        order.times--;
        return Optional.of(order);
      }
    }
    return Optional.empty();
  }

  private GcsAnswer answer(HttpExchange exchange, GcsBody body) throws IOException {
    Matcher path = PATH.matcher(exchange.getRequestURI().getRawPath());
    if (!path.matches()) {
      throw new GcsError(404, "notFound", "Not Found");
    }
    GcsQuery query = new GcsQuery(exchange.getRequestURI().getRawQuery());
    String method = exchange.getRequestMethod();
    String bucket = path.group("bucket") == null ? "" : GcsQuery.decode(path.group("bucket"));
    String object = path.group("object") == null ? "" : GcsQuery.decode(path.group("object"));
    if (path.group("kind").equals("upload/")) {
      if (path.group("o") == null || !object.isEmpty()) {
        throw new GcsError(404, "notFound", "Not Found");
      }
      return upload(exchange, method, bucket, query, body);
    }
    if (!object.isEmpty()) {
      return object(exchange, method, bucket, object, query, body);
    }
    if (path.group("o") != null) {
      requireMethod(method, "GET");
      query.allow(
          false,
          "prefix",
          "delimiter",
          "maxResults",
          "pageToken",
          "startOffset",
          "endOffset",
          "versions",
          "projection");
      return json(buckets.list(bucket, query), query);
    }
    return bucket(method, bucket, query, body);
  }

  private GcsAnswer bucket(String method, String bucket, GcsQuery query, GcsBody body)
      throws IOException {
    if (bucket.isEmpty()) {
      requireMethod(method, "POST");
      query.allow(false, "project", "enableObjectRetention", "projection");
      if (query.text("project").isEmpty()) {
        throw GcsError.required("Required parameter: project");
      }
      return json(
          buckets.createBucket(object(body), query.is("enableObjectRetention", "true")), query);
    }
    switch (method) {
      case "GET" -> {
        query.allow(false, "ifMetagenerationMatch", "ifMetagenerationNotMatch", "projection");
        return json(buckets.bucket(bucket), query);
      }
      case "PATCH" -> {
        query.allow(false, "ifMetagenerationMatch", "ifMetagenerationNotMatch", "projection");
        return json(buckets.patchBucket(bucket, object(body)), query);
      }
      case "DELETE" -> {
        query.allow(false, "ifMetagenerationMatch", "ifMetagenerationNotMatch");
        buckets.deleteBucket(bucket);
        return GcsAnswer.empty(204);
      }
      default -> throw methodNotAllowed();
    }
  }

  private GcsAnswer object(
      HttpExchange exchange,
      String method,
      String bucket,
      String name,
      GcsQuery query,
      GcsBody body)
      throws IOException {
    switch (method) {
      case "GET" -> {
        query.allow(true, "generation", "projection");
        Stored stored = buckets.get(bucket, name, query.number("generation"));
        buckets.checkRead(stored, query);
        return query.is("alt", "media")
            ? media(stored, exchange.getRequestHeaders().getFirst("Range"))
            : json(stored.resource(), query);
      }
      case "DELETE" -> {
        query.allow(true, "generation");
        buckets.delete(bucket, name, query);
        return GcsAnswer.empty(204);
      }
      case "PATCH" -> {
        query.allow(true, "generation", "projection", "overrideUnlockedRetention");
        return json(buckets.patch(bucket, name, object(body), query), query);
      }
      default -> throw methodNotAllowed();
    }
  }

  /** https://cloud.google.com/storage/docs/json_api/v1/objects/get, with alt=media. */
  private static GcsAnswer media(Stored stored, @Nullable String range) throws IOException {
    long size = stored.number("size");
    long from = 0;
    long end = size;
    if (range != null) {
      Matcher parts = RANGE.matcher(range);
      if (!parts.matches() || range.equals("bytes=-")) {
        throw GcsError.invalid("Malformed range: " + range);
      }
      String first = parts.group(1);
      String last = parts.group(2);
      from = first.isEmpty() ? Math.max(0, size - Long.parseLong(last)) : Long.parseLong(first);
      end = first.isEmpty() || last.isEmpty() ? size : Math.min(size, Long.parseLong(last) + 1);
      if (!first.isEmpty() && !last.isEmpty() && Long.parseLong(last) < from) {
        throw GcsError.invalid("Malformed range: " + range);
      }
      if (from >= size) {
        return GcsAnswer.text(416, "The requested range cannot be satisfied.")
            .with("Content-Range", "bytes */" + size);
      }
    }
    ObjectNode resource = stored.resource();
    GcsAnswer answer =
        GcsAnswer.stream(range == null ? 200 : 206, stored.content().open(from), end - from)
            .with("Content-Type", resource.path("contentType").asText())
            .with("Accept-Ranges", "bytes")
            .with("ETag", resource.path("etag").asText())
            .with("x-goog-generation", resource.path("generation").asText())
            .with("x-goog-metageneration", resource.path("metageneration").asText())
            .with("x-goog-storage-class", resource.path("storageClass").asText())
            .with("x-goog-stored-content-length", "" + size)
            .with("x-goog-stored-content-encoding", "identity")
            .with(
                "x-goog-hash",
                "crc32c="
                    + resource.path("crc32c").asText()
                    + ",md5="
                    + resource.path("md5Hash").asText());
    return range == null
        ? answer
        : answer.with("Content-Range", "bytes " + from + "-" + (end - 1) + "/" + size);
  }

  private GcsAnswer upload(
      HttpExchange exchange, String method, String bucket, GcsQuery query, GcsBody body)
      throws IOException {
    query.allow(
        true,
        "uploadType",
        "upload_id",
        "name",
        "kmsKeyName",
        "contentEncoding",
        "predefinedAcl",
        "projection");
    if (query.text("upload_id").isPresent()) {
      return sessions.answer(method, query, exchange.getRequestHeaders(), body);
    }
    requireMethod(method, "POST");
    String contentType =
        Optional.ofNullable(exchange.getRequestHeaders().getFirst("Content-Type")).orElse("");
    switch (query.text("uploadType").orElse("")) {
      case "media" -> {
        ObjectNode described = JsonNodeFactory.instance.objectNode();
        return insert(bucket, described, contentType, query, exchange, body.whole(buckets));
      }
      case "multipart" -> {
        GcsMultipart parts = GcsMultipart.read(contentType, body, buckets);
        return insert(
            bucket, parts.described(), parts.contentType(), query, exchange, parts.content());
      }
      case "resumable" -> {
        JsonNode described =
            body.lengthBytes() == 0 ? JsonNodeFactory.instance.objectNode() : object(body);
        String id =
            sessions.start(bucket, (ObjectNode) described, query, exchange.getRequestHeaders());
        return GcsAnswer.empty(200)
            .with("X-GUploader-UploadID", id)
            .with(
                "Location",
                "http://"
                    + exchange.getRequestHeaders().getFirst("Host")
                    + "/upload/storage/v1/b/"
                    + bucket
                    + "/o?uploadType=resumable&upload_id="
                    + id);
      }
      default -> throw GcsError.invalid("uploadType must be media, multipart or resumable.");
    }
  }

  private GcsAnswer insert(
      String bucket,
      ObjectNode described,
      String contentType,
      GcsQuery query,
      HttpExchange exchange,
      GcsContent content)
      throws IOException {
    boolean published = false;
    try {
      String type = described.path("contentType").asText(contentType);
      ObjectNode resource =
          buckets.insert(
              bucket,
              nameOf(described, query),
              described,
              query,
              type.isEmpty() ? "application/octet-stream" : type,
              content,
              exchange.getRequestHeaders().getFirst("X-Goog-Hash"));
      published = true;
      return json(resource, query);
    } finally {
      if (!published) {
        content.delete();
      }
    }
  }

  /** The parameter wins: https://cloud.google.com/storage/docs/json_api/v1/objects/insert. */
  static String nameOf(JsonNode described, GcsQuery query) {
    String name = query.text("name").orElse(described.path("name").asText(""));
    if (name.isEmpty()) {
      throw GcsError.required("Required object name.");
    }
    return name;
  }

  private static ObjectNode object(GcsBody body) throws IOException {
    JsonNode parsed = JSON.readTree(body.decoded().readNBytes(LARGEST_JSON));
    if (parsed instanceof ObjectNode object) {
      return object;
    }
    throw new GcsError(400, "parseError", "Parse Error");
  }

  private static GcsAnswer json(JsonNode body, GcsQuery query) {
    String fields = query.text("fields").orElse("");
    return GcsAnswer.json(200, fields.isEmpty() ? body : GcsFields.select(body, fields));
  }

  private static void requireMethod(String method, String wanted) {
    if (!method.equals(wanted)) {
      throw methodNotAllowed();
    }
  }

  private static GcsError methodNotAllowed() {
    return new GcsError(405, "methodNotAllowed", "The method is not allowed here.");
  }

  /** Absent where there is none. */
  static OptionalLong number(@Nullable String text) {
    return text == null || !text.matches("[0-9]{1,18}")
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(text));
  }
}

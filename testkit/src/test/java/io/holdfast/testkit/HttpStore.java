package io.holdfast.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A storage behind HTTP, as small as can be: objects are put whole, or begun, stored in pieces and
 * published. {@link HttpSink} is its client.
 */
final class HttpStore implements AutoCloseable {
  static {
    // Or every small answer waits for the client's acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /** An object, or an upload in pieces. */
  private static final class Content {
    private final String id;
    private final Instant modified = Instant.now();
    private final Map<Integer, byte[]> pieces = new TreeMap<>();

    private Content(String id) {
      this.id = id;
    }

    private synchronized void add(int number, byte[] bytes) {
      pieces.put(number, bytes);
    }

    private synchronized byte[] whole() {
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      pieces.values().forEach(whole::writeBytes);
      return whole.toByteArray();
    }

    private synchronized long lengthBytes() {
      return pieces.values().stream().mapToLong(piece -> piece.length).sum();
    }
  }

  private final Map<String, Content> objects = new ConcurrentSkipListMap<>();
  private final Map<String, Content> uploads = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  HttpStore() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
    server.createContext("/objects/", exchange -> serve(exchange, this::object));
    server.createContext("/uploads/", exchange -> serve(exchange, this::upload));
    server.setExecutor(threads);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  /** Answers with a status, after the headers were set. */
  private interface Service {
    Answer serve(HttpExchange exchange, String name, byte[] body);
  }

  private static final class Answer {
    private final int status;
    private final byte[] body;

    private Answer(int status, byte[] body) {
      this.status = status;
      this.body = body;
    }

    private static Answer of(int status) {
      return new Answer(status, new byte[0]);
    }

    private static Answer text(String text) {
      return new Answer(200, text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void serve(HttpExchange exchange, Service service) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String announced = exchange.getRequestHeaders().getFirst("Sha256");
      String path = exchange.getRequestURI().getPath();
      Answer answer =
          announced != null && !announced.equals(sha256(body))
              ? Answer.of(400)
              : service.serve(exchange, path.substring(path.indexOf('/', 1) + 1), body);
      int length = answer.body.length;
      exchange.sendResponseHeaders(answer.status, length == 0 ? -1 : length);
      if (length > 0) {
        exchange.getResponseBody().write(answer.body);
      }
    }
  }

  private Answer object(HttpExchange exchange, String key, byte[] body) {
    Content content = objects.get(key);
    switch (exchange.getRequestMethod()) {
      case "PUT" -> {
        Content whole = new Content(exchange.getRequestHeaders().getFirst("Upload"));
        whole.add(0, body);
        return publish(exchange, key, whole);
      }
      case "DELETE" -> {
        objects.remove(key);
        return Answer.of(204);
      }
      default -> {
        if (key.isEmpty()) {
          return list(exchange);
        }
        if (content == null) {
          return Answer.of(404);
        }
        exchange.getResponseHeaders().add("Upload", content.id);
        exchange.getResponseHeaders().add("Length", Long.toString(content.lengthBytes()));
        exchange.getResponseHeaders().add("Modified", content.modified.toString());
        return exchange.getRequestMethod().equals("HEAD")
            ? Answer.of(200)
            : range(exchange, content.whole());
      }
    }
  }

  private static Answer range(HttpExchange exchange, byte[] whole) {
    String asked = exchange.getRequestHeaders().getFirst("Range");
    if (asked == null) {
      return new Answer(200, whole);
    }
    String[] ends = asked.substring("bytes=".length()).split("-", 2);
    int from = Integer.parseInt(ends[0]);
    int to = Integer.parseInt(ends[1]) + 1;
    byte[] range = new byte[to - from];
    System.arraycopy(whole, from, range, 0, range.length);
    return new Answer(206, range);
  }

  private Answer list(HttpExchange exchange) {
    String prefix = exchange.getRequestURI().getQuery().substring("prefix=".length());
    StringBuilder lines = new StringBuilder();
    objects.forEach(
        (key, content) -> {
          if (key.startsWith(prefix)) {
            lines.append(line(key, content));
          }
        });
    return Answer.text(lines.toString());
  }

  private static String line(String name, Content content) {
    return name + " " + content.lengthBytes() + " " + content.modified + "\n";
  }

  private Answer publish(HttpExchange exchange, String key, Content content) {
    if ("*".equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
      return Answer.of(objects.putIfAbsent(key, content) == null ? 201 : 412);
    }
    objects.put(key, content);
    return Answer.of(201);
  }

  /** Uploads: begun by POST, pieces by PUT, published by POST with a key, given up by DELETE. */
  private Answer upload(HttpExchange exchange, String path, byte[] body) {
    String[] parts = path.split("/", 2);
    Content content = uploads.get(parts[0]);
    switch (exchange.getRequestMethod()) {
      case "GET" -> {
        StringBuilder lines = new StringBuilder();
        uploads.forEach((id, upload) -> lines.append(line(id, upload)));
        return Answer.text(lines.toString());
      }
      case "DELETE" -> {
        uploads.remove(parts[0]);
        return Answer.of(204);
      }
      case "PUT" -> {
        if (content == null) {
          return Answer.of(404);
        }
        content.add(Integer.parseInt(parts[1]), body);
        return Answer.of(200);
      }
      default -> {
        if (path.isEmpty()) {
          String id = UUID.randomUUID().toString();
          uploads.put(id, new Content(id));
          return Answer.text(id);
        }
        if (content == null) {
          return Answer.of(404);
        }
        Answer answer = publish(exchange, parts[1], content);
        if (answer.status == 201) {
          uploads.remove(parts[0]);
        }
        return answer;
      }
    }
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}

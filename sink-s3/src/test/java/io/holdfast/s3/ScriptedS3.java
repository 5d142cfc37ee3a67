package io.holdfast.s3;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * A server that writes down what it is asked, and answers as it is told; what it was told nothing
 * about succeeds, and no object exists.
 */
final class ScriptedS3 implements AutoCloseable {
  enum Op {
    PUT,
    CREATE,
    PART,
    COMPLETE,
    ABORT,
    GET,
    HEAD,
    LIST,
    LIST_UPLOADS,
    DELETE
  }

  /** A request, with the names of its headers in lower case. */
  @SuppressWarnings("ArrayRecordComponent") // It is never compared.
  record Request(
      Op op, String path, Map<String, String> query, Map<String, String> headers, byte[] body) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // It is never compared.
  record Answer(int status, Map<String, String> headers, byte[] body, Optional<Runnable> stall) {
    Answer(int status, Map<String, String> headers, byte[] body) {
      this(status, headers, body, Optional.empty());
    }

    static final Answer OK = of(200, "");

    /** The connection is closed without an answer. */
    static final Answer DROPPED = of(-1, "");

    /** Nothing is answered until the server is closed. */
    static final Answer STALLED = of(-2, "");

    static Answer of(int status, String body) {
      return new Answer(status, Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    static Answer error(int status, String code, String message) {
      return of(
              status,
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>"
                  + code
                  + "</Code><Message>"
                  + message
                  + "</Message><RequestId>R1</RequestId></Error>")
          .with("x-amz-request-id", "R1");
    }

    /** Announces one byte more, which does not come; then runs that. */
    Answer thenStalled(Runnable then) {
      return new Answer(status, headers, body, Optional.of(then));
    }

    Answer with(String header, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(header, value);
      return new Answer(status, more, body, stall);
    }
  }

  static final String UPLOAD_ID = "upload-1";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final List<Request> requests = new ArrayList<>();
  private final Map<Op, Deque<Function<Request, Answer>>> script = new EnumMap<>(Op.class);

  ScriptedS3() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** What the next requests of that kind are answered, in order. */
  void answer(Op op, Answer... answers) {
    Arrays.stream(answers).forEach(answer -> answerBy(op, request -> answer));
  }

  /** How the next request of that kind is answered. */
  synchronized void answerBy(Op op, Function<Request, Answer> answer) {
    script.computeIfAbsent(op, ignored -> new ArrayDeque<>()).add(answer);
  }

  /** The requests of that kind so far. */
  synchronized List<Request> requests(Op op) {
    return requests.stream().filter(request -> request.op() == op).toList();
  }

  /** The kinds of all requests so far. */
  synchronized List<Op> ops() {
    return requests.stream().map(Request::op).toList();
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    Request request = read(exchange);
    Function<Request, Answer> scripted;
    synchronized (this) {
      requests.add(request);
      Deque<Function<Request, Answer>> queue = script.get(request.op());
      scripted = queue == null ? null : queue.poll();
    }
    Answer answer = scripted == null ? usual(request) : scripted.apply(request);
    if (answer.status() == Answer.STALLED.status()) {
      awaitClosing();
      exchange.close();
    } else if (answer.status() == Answer.DROPPED.status()) {
      exchange.close();
    } else {
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      // To a HEAD, a length is a header without a body.
      boolean empty = request.op() == Op.HEAD || answer.body().length == 0;
      int missing = answer.stall().isPresent() ? 1 : 0;
      exchange.sendResponseHeaders(answer.status(), empty ? -1 : answer.body().length + missing);
      if (!empty) {
        exchange.getResponseBody().write(answer.body());
      }
      if (answer.stall().isPresent()) {
        exchange.getResponseBody().flush();
        answer.stall().get().run();
        awaitClosing();
      }
      exchange.close();
    }
  }

  private void awaitClosing() {
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Answer usual(Request request) {
    return switch (request.op()) {
      case PUT, PART -> Answer.OK.with("ETag", "\"e" + request.body().length + "\"");
      case CREATE ->
          Answer.of(
                  200,
                  "<InitiateMultipartUploadResult><UploadId>"
                      + UPLOAD_ID
                      + "</UploadId></InitiateMultipartUploadResult>")
              .with("x-amz-checksum-algorithm", "CRC32C")
              .with("x-amz-checksum-type", "FULL_OBJECT");
      case COMPLETE ->
          Answer.of(
              200,
              "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>");
      case ABORT, DELETE -> Answer.of(204, "");
      case HEAD -> Answer.of(404, "");
      case GET -> Answer.error(404, "NoSuchKey", "The specified key does not exist.");
      case LIST -> Answer.of(200, "<ListBucketResult/>");
      case LIST_UPLOADS -> Answer.of(200, "<ListMultipartUploadsResult/>");
    };
  }

  private static Request read(HttpExchange exchange) throws IOException {
    Map<String, String> query = new TreeMap<>();
    String raw = exchange.getRequestURI().getRawQuery();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        int equals = pair.indexOf('=');
        query.put(
            decode(equals < 0 ? pair : pair.substring(0, equals)),
            equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
    return new Request(
        op(exchange.getRequestMethod(), query),
        exchange.getRequestURI().getPath(),
        query,
        headers,
        exchange.getRequestBody().readAllBytes());
  }

  private static Op op(String method, Map<String, String> query) {
    return switch (method) {
      case "PUT" -> query.containsKey("partNumber") ? Op.PART : Op.PUT;
      case "POST" -> query.containsKey("uploads") ? Op.CREATE : Op.COMPLETE;
      case "DELETE" -> query.containsKey("uploadId") ? Op.ABORT : Op.DELETE;
      case "HEAD" -> Op.HEAD;
      default ->
          query.containsKey("list-type")
              ? Op.LIST
              : query.containsKey("uploads") ? Op.LIST_UPLOADS : Op.GET;
    };
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}

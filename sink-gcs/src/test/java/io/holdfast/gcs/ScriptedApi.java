package io.holdfast.gcs;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Gives the answers that a test wrote down, in their order, and keeps the requests. */
final class ScriptedApi implements AutoCloseable {
  /** A request as it came; the names of headers in lower case. */
  record Request(String method, URI uri, Map<String, String> headers, String body) {
    String query() {
      return String.valueOf(uri.getQuery());
    }
  }

  private record Answer(int status, Map<String, String> headers, String body) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<Answer> script = new ConcurrentLinkedQueue<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch silence = new CountDownLatch(1);

  ScriptedApi() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  ScriptedApi then(int status, Map<String, String> headers, String body) {
    script.add(new Answer(status, headers, body));
    return this;
  }

  ScriptedApi then(int status, String body) {
    return then(status, Map.of(), body);
  }

  /** An error in Google's form. */
  ScriptedApi refuse(int status, String reason, String message) {
    return refuse(status, reason, message, Map.of());
  }

  ScriptedApi refuse(int status, String reason, String message, Map<String, String> headers) {
    String error =
        """
        {"error":{"code":%d,"message":"%s","errors":[
        {"message":"%s","domain":"global","reason":"%s"}]}}
        """
            .formatted(status, message, message, reason);
    return then(status, headers, error);
  }

  List<Request> requests() {
    return requests;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
      byte[] body = exchange.getRequestBody().readAllBytes();
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI(),
              headers,
              new String(body, StandardCharsets.ISO_8859_1)));
      Answer answer = script.poll();
      if (answer == null) {
        silence.await(); // Nothing is written down: it never answers.
        return;
      }
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      if (!answer.headers().containsKey("Content-Type")) {
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
      }
      exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      if (bytes.length > 0) {
        exchange.getResponseBody().write(bytes);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    silence.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}

package io.holdfast.testservers;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Executors;

/**
 * A server that speaks the JSON API of Google Cloud Storage as it is documented, and refuses what
 * is not (https://cloud.google.com/storage/docs/json_api). It asks for no credentials and keeps no
 * versions. Objects lie in a temporary folder, so that their size does not matter.
 */
public final class GcsServer implements AutoCloseable {
  private final ServerProcess process;

  private GcsServer(ServerProcess process) {
    this.process = process;
  }

  /** Starts one in a JVM of its own. */
  public static GcsServer start() {
    return new GcsServer(ServerProcess.start(GcsServer.class, "256m"));
  }

  /** The server's program. */
  public static void main(String[] arguments) throws IOException {
    // Else the JDK's server holds short answers back for 40 ms.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", new GcsApi(new GcsBuckets(ServerProcess.folder())));
    server.start();
    ServerProcess.ready(server.getAddress().getPort());
  }

  /** Where it listens, on the loopback address. */
  public int port() {
    return process.port();
  }

  /** {@code http://127.0.0.1:port}. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port());
  }

  /** What goes wrong with a request. */
  public enum Fault {
    /** It is answered with a status, and not carried out. */
    STATUS,
    /** Half of its body is read, then the connection is closed. */
    HALF,
    /** It is carried out, then the connection is closed without an answer. */
    LOST_ANSWER
  }

  /**
   * Makes the next requests of that kind fail.
   *
   * @param method of HTTP
   * @param containing what stands in the request's address or in its {@code Content-Range}
   * @param fault what happens
   * @param status for {@link Fault#STATUS}
   * @param times how many requests
   */
  public void fail(String method, String containing, Fault fault, int status, int times) {
    String line = String.join(" ", method, containing, fault.name(), "" + status, "" + times);
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(endpoint().resolve(GcsApi.FAULTS))
                      .POST(BodyPublishers.ofString(line))
                      .build(),
                  BodyHandlers.ofString());
      if (answer.statusCode() != 204) {
        throw new IllegalStateException(answer.body());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Stops it and deletes what it stored. May be called twice. */
  @Override
  public void close() {
    process.close();
  }
}

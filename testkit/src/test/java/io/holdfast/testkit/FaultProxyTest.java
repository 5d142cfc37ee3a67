package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class FaultProxyTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Nested
  @DisplayName("HTTP")
  final class Http {
    private final List<String> arrived = new CopyOnWriteArrayList<>();

    /** The bodies that came whole. */
    private final List<byte[]> bodies = new CopyOnWriteArrayList<>();

    private HttpServer server;
    private FaultProxy proxy;
    private Client client;

    @BeforeEach
    void start() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", this::echo);
      server.setExecutor(Executors.newCachedThreadPool());
      server.start();
      proxy = FaultProxy.http(server.getAddress().getPort());
      client = new Client(proxy.port());
    }

    @AfterEach
    void stop() {
      client.close();
      proxy.close();
      proxy.close();
      server.stop(0);
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .noneMatch(name -> name.startsWith("fault-proxy"));
    }

    /** Answers with the body of the request, and tells what came. */
    private void echo(HttpExchange exchange) throws IOException {
      try (exchange) {
        arrived.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
        byte[] body = exchange.getRequestBody().readAllBytes();
        bodies.add(body);
        exchange
            .getResponseHeaders()
            .add("Host-Was", exchange.getRequestHeaders().getFirst("Host"));
        boolean chunked = exchange.getRequestURI().getPath().equals("/chunked");
        exchange.sendResponseHeaders(200, chunked ? 0 : body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
          exchange.getResponseBody().write(body);
        }
      }
    }

    @Test
    void passesEverythingOnUnchangedOverOneConnectionAndCountsIt() throws IOException {
      byte[] body = noise(100_000);
      client.send("PUT", "/a?b=c%20d", body);
      Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(body);
      assertThat(answer.head()).containsIgnoringCase("Host-Was: host.example:99");
      client.send("GET", "/second", new byte[0]);
      assertThat(client.answer().status()).isEqualTo(200);

      assertThat(arrived).containsExactly("PUT /a?b=c%20d", "GET /second");
      assertThat(proxy.connections()).isEqualTo(1);
      assertThat(proxy.bytesToServer()).isEqualTo(client.sent);
      assertThat(proxy.bytesToClient()).isEqualTo(client.received);
      assertThat(proxy.struck()).isZero();
      ProxiedExchange first = proxy.exchanges().get(0);
      assertThat(first.method()).isEqualTo("PUT");
      assertThat(first.path()).isEqualTo("/a");
      assertThat(first.query()).isEqualTo("b=c%20d");
      assertThat(first.header("HOST")).contains("host.example:99");
      assertThat(first.requestBytes()).isEqualTo(100_000);
      assertThat(first.status()).isEqualTo(200);
      assertThat(first.answerBytes()).isEqualTo(100_000);
      assertThat(proxy.exchanges()).extracting(ProxiedExchange::number).containsExactly(1, 2);
    }

    @Test
    void passesChunksAndExpectationsOn() throws Exception {
      byte[] body = noise(200_000);
      HttpClient jdk = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      for (boolean expect : new boolean[] {false, true}) {
        HttpRequest request =
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + "/chunked"))
                .expectContinue(expect)
                .PUT(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                .build();
        HttpResponse<byte[]> response = jdk.send(request, HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.body()).isEqualTo(body);
      }
      assertThat(proxy.exchanges()).extracting(ProxiedExchange::requestBytes).containsOnly(-1L);
    }

    @Test
    void resetsBeforeTheServerSeesAnything() throws IOException {
      proxy.next(NetworkFault.reset());
      client.send("PUT", "/a", noise(10));
      assertReset();
      assertThat(arrived).isEmpty();
      assertThat(proxy.bytesToServer()).isZero();
      assertHealthy();
    }

    @Test
    void resetsInTheMiddleOfTheRequest() throws IOException {
      proxy.next(NetworkFault.resetInRequest());
      client.send("GET", "/without", new byte[0]); // has no body to break in
      assertThat(client.answer().status()).isEqualTo(200);
      long before = proxy.bytesToServer();
      byte[] body = noise(50_000);
      client.send("PUT", "/a", body);
      assertReset();
      assertThat(proxy.bytesToServer() - before).isBetween(25_000L, 25_200L);
      assertThat(bodies).hasSize(1);
      assertHealthy();
    }

    @Test
    void resetsInTheMiddleOfTheAnswer() throws IOException {
      proxy.next(NetworkFault.resetInAnswer());
      client.send("PUT", "/a", noise(50_000));
      assertReset();
      assertThat(bodies).hasSize(1);
      assertThat(proxy.bytesToClient()).isBetween(25_000L, 25_200L);
      assertHealthy();

      client = new Client(proxy.port());
      proxy.next(NetworkFault.resetInAnswer());
      client.send("GET", "/empty", new byte[0]);
      assertReset();
    }

    @Test
    void losesAnAnswerOnceTheServerHasGivenIt() throws IOException {
      proxy.next(NetworkFault.loseAnswer());
      byte[] body = noise(5_000);
      client.send("PUT", "/a", body);
      assertReset();
      assertThat(arrived).containsExactly("PUT /a");
      assertThat(bodies).containsExactly(body);
      assertThat(proxy.bytesToClient()).isZero();
      assertThat(proxy.exchanges().get(0).status()).isEqualTo(200);
      assertHealthy();
    }

    @Test
    void standsStillUntilItIsToldToGoOn() throws Exception {
      proxy.next(NetworkFault.stall());
      client.send("PUT", "/a", noise(10));
      proxy.awaitStanding(PATIENCE);
      assertThat(arrived).isEmpty();
      client.socket.setSoTimeout(1);
      assertThatThrownBy(client::answer).isInstanceOf(SocketTimeoutException.class);
      client.socket.setSoTimeout(0);
      proxy.goOn();
      assertThat(client.answer().body()).isEqualTo(noise(10));
    }

    @Test
    void dropsWhatStandsStillWhenItIsHealedOrClosed() throws Exception {
      proxy.always(NetworkFault.stall());
      client.send("PUT", "/a", noise(10));
      proxy.awaitStanding(PATIENCE);
      proxy.heal();
      assertReset();
      assertThat(arrived).isEmpty();
      assertHealthy();

      proxy.always(NetworkFault.stall());
      client = new Client(proxy.port());
      client.send("PUT", "/b", noise(10));
      proxy.awaitStanding(PATIENCE);
      proxy.close();
      assertReset();
      assertThat(arrived).doesNotContain("PUT /b");
    }

    @Test
    void holdsAnAnswerBack() throws Exception {
      proxy.next(NetworkFault.holdAnswer());
      client.send("PUT", "/a", noise(10));
      proxy.awaitStanding(PATIENCE);
      assertThat(bodies).hasSize(1);
      assertThat(proxy.bytesToClient()).isZero();
      proxy.goOn();
      assertThat(client.answer().body()).isEqualTo(noise(10));
    }

    @Test
    void slowsBothDirectionsAndLosesNothing() throws IOException {
      proxy.always(NetworkFault.slow(7));
      byte[] body = noise(3_000);
      client.send("PUT", "/a", body);
      assertThat(client.answer().body()).isEqualTo(body);
      assertThat(proxy.bytesToServer()).isEqualTo(client.sent);
      assertThat(proxy.bytesToClient()).isEqualTo(client.received);
      assertThat(proxy.struck()).isEqualTo(1);
    }

    @Test
    void damagesOneBitOfARequest() throws IOException {
      proxy.next(NetworkFault.corruptRequest());
      client.send("PUT", "/small", noise(100)); // no payload
      assertThat(client.answer().body()).isEqualTo(noise(100));
      client.send("PUT", "/a", noise(3_000));
      assertThat(client.answer().body()).hasSize(3_000);
      assertThat(bodies.get(0)).isEqualTo(noise(100));
      assertOneBitApart(bodies.get(1), noise(3_000));
    }

    @Test
    void damagesOneBitOfAnAnswer() throws IOException {
      proxy.next(NetworkFault.corruptAnswer());
      client.send("PUT", "/small", noise(100)); // no payload
      assertThat(client.answer().body()).isEqualTo(noise(100));
      client.send("PUT", "/a", noise(3_000));
      assertOneBitApart(client.answer().body(), noise(3_000));
      assertThat(bodies.get(1)).isEqualTo(noise(3_000));
    }

    @Test
    void answersByItself() throws IOException {
      proxy
          .when(exchange -> exchange.method().equals("PUT") && exchange.path().equals("/a"))
          .skip(1)
          .times(2)
          .strike(NetworkFault.answer(503, Map.of("Retry-After", "7"), "busy"));
      for (int i = 0; i < 4; i++) {
        client.send("PUT", "/a", noise(100_000));
        Answer answer = client.answer();
        boolean struck = i == 1 || i == 2;
        assertThat(answer.status()).isEqualTo(struck ? 503 : 200);
        if (struck) {
          assertThat(answer.body()).isEqualTo("busy".getBytes(StandardCharsets.UTF_8));
          assertThat(answer.head()).contains("Retry-After: 7");
        }
        client.send("PUT", "/b", noise(10));
        assertThat(client.answer().status()).isEqualTo(200);
      }
      assertThat(arrived).filteredOn("PUT /a"::equals).hasSize(2);
      assertThat(proxy.connections()).as("the connection goes on").isEqualTo(1);
      assertThat(proxy.struck()).isEqualTo(2);
      assertThat(proxy.bytesToClient()).isEqualTo(client.received);
    }

    @Test
    void answersInsteadOfAskingForABodyThatWaits() throws Exception {
      proxy.next(NetworkFault.comeBack(429, Duration.ofSeconds(3)));
      HttpClient jdk = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + "/a"))
              .expectContinue(true)
              .PUT(HttpRequest.BodyPublishers.ofByteArray(noise(100_000)))
              .build();
      HttpResponse<byte[]> response = jdk.send(request, HttpResponse.BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).isEqualTo(429);
      assertThat(response.headers().firstValue("Retry-After")).contains("3");
      assertThat(arrived).isEmpty();
    }

    @Test
    void faultsOfAnswersMayBeChosenByTheirStatus() throws IOException {
      proxy.when(exchange -> exchange.status() == 404).strike(NetworkFault.loseAnswer());
      proxy.when(exchange -> exchange.status() == 200).strike(NetworkFault.corruptAnswer());
      client.send("PUT", "/a", noise(3_000));
      assertOneBitApart(client.answer().body(), noise(3_000));
    }

    @Test
    void goesDownAndComesUpOnTheSamePort() throws IOException {
      client.send("GET", "/a", new byte[0]);
      client.answer();
      int port = proxy.port();
      proxy.down();
      client.send("GET", "/b", new byte[0]);
      assertReset();
      assertThatThrownBy(() -> new Client(port).close()).isInstanceOf(ConnectException.class);
      proxy.up();
      assertThat(proxy.port()).isEqualTo(port);
      assertHealthy();
    }

    @Test
    void aServerThatIsNotThereLooksLikeAReset() throws IOException {
      server.stop(0);
      try (Client late = new Client(proxy.port())) {
        late.send("GET", "/a", new byte[0]);
        assertThatThrownBy(late::answer).isInstanceOf(SocketException.class);
      }
    }

    private void assertReset() {
      assertThatThrownBy(client::answer)
          .isInstanceOf(SocketException.class)
          .hasMessageMatching("(?i).*(reset|broken pipe|aborted).*");
      client.close();
    }

    private void assertHealthy() throws IOException {
      try (Client another = new Client(proxy.port())) {
        another.send("PUT", "/healthy", noise(2_000));
        assertThat(another.answer().body()).isEqualTo(noise(2_000));
      }
    }
  }

  @Nested
  @DisplayName("Another protocol")
  final class Tcp {
    /** The first bytes of each message that the server got whole. */
    private final BlockingQueue<Integer> arrived = new LinkedBlockingQueue<>();

    private ServerSocket server;
    private FaultProxy proxy;

    @BeforeEach
    void start() throws IOException {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      ProxyConnection.startThread("echo", this::serve);
      proxy = FaultProxy.tcp(server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
      proxy.close();
      server.close();
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .noneMatch(name -> name.startsWith("fault-proxy"));
    }

    private void serve() {
      try {
        while (true) {
          Socket socket = server.accept();
          ProxyConnection.startThread("echo", () -> echo(socket));
        }
      } catch (IOException e) {
        // The end of the test.
      }
    }

    /** A message is its length and so many bytes; the answer is the same again. */
    private void echo(Socket socket) {
      try (socket) {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        while (true) {
          byte[] message = in.readNBytes(in.readInt());
          arrived.add(message.length);
          socket.getOutputStream().write(framed(message));
        }
      } catch (IOException e) {
        // The end of the connection.
      }
    }

    private byte[] ask(Socket socket, byte[] message) throws IOException {
      socket.getOutputStream().write(framed(message));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      return in.readNBytes(in.readInt());
    }

    private Socket connect() throws IOException {
      return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    }

    @Test
    void passesTurnsOnAndCountsThem() throws IOException {
      try (Socket one = connect();
          Socket two = connect()) {
        assertThat(ask(one, noise(300_000))).isEqualTo(noise(300_000));
        assertThat(ask(two, noise(5))).isEqualTo(noise(5));
        assertThat(ask(one, noise(7))).isEqualTo(noise(7));
      }
      assertThat(proxy.exchanges()).extracting(ProxiedExchange::connection).hasSize(3);
      assertThat(proxy.exchanges().get(1).path()).hasSize(9).startsWith("\0\0\0\5");
      assertThat(proxy.bytesToServer()).isEqualTo(300_000 + 5 + 7 + 12);
      assertThat(proxy.bytesToClient()).isEqualTo(300_000 + 5 + 7 + 12);
    }

    @Test
    void strikesTheTurnThatWasChosen() throws Exception {
      for (NetworkFault fault :
          List.of(
              NetworkFault.reset(),
              NetworkFault.resetInRequest(),
              NetworkFault.resetInAnswer(),
              NetworkFault.loseAnswer())) {
        arrived.clear();
        proxy.nth(2, fault);
        try (Socket socket = connect()) {
          assertThat(ask(socket, noise(11))).isEqualTo(noise(11));
          assertThatThrownBy(() -> ask(socket, noise(5_000)))
              .as(fault.toString())
              .isInstanceOf(SocketException.class);
        }
        try (Socket socket = connect()) {
          assertThat(ask(socket, noise(13))).isEqualTo(noise(13));
        }
        boolean served = fault.concernsAnswer();
        assertThat(List.copyOf(arrived))
            .as(fault.toString())
            .isEqualTo(served ? List.of(11, 5_000, 13) : List.of(11, 13));
      }
    }

    @Test
    void standsStillAndGoesOn() throws Exception {
      for (NetworkFault fault : List.of(NetworkFault.stall(), NetworkFault.holdAnswer())) {
        arrived.clear();
        proxy.next(fault);
        try (Socket socket = connect()) {
          socket.getOutputStream().write(framed(noise(20)));
          proxy.awaitStanding(PATIENCE);
          if (fault.concernsAnswer()) {
            assertThat(arrived.poll(30, TimeUnit.SECONDS)).isEqualTo(20);
          } else {
            assertThat(arrived).isEmpty();
          }
          proxy.goOn();
          DataInputStream in = new DataInputStream(socket.getInputStream());
          assertThat(in.readNBytes(in.readInt())).isEqualTo(noise(20));
        }
      }
    }

    @Test
    void slowsAndDamages() throws IOException {
      try (Socket socket = connect()) {
        proxy.next(NetworkFault.slow(3));
        assertThat(ask(socket, noise(2_000))).isEqualTo(noise(2_000));
        proxy.next(NetworkFault.corruptRequest());
        assertThat(ask(socket, noise(100))).isEqualTo(noise(100)); // no payload
        assertOneBitApart(ask(socket, noise(900_000)), noise(900_000));
        assertThat(ask(socket, noise(900_000))).isEqualTo(noise(900_000));
        proxy.next(NetworkFault.corruptAnswer());
        assertOneBitApart(ask(socket, noise(900_000)), noise(900_000));
      }
    }

    @Test
    void cannotAnswerByItself() {
      assertThatThrownBy(() -> proxy.next(NetworkFault.answer(500)))
          .isInstanceOf(IllegalArgumentException.class);
    }

    private byte[] framed(byte[] message) {
      return ByteBuffer.allocate(4 + message.length).putInt(message.length).put(message).array();
    }
  }

  private static final class Answer {
    private final HttpHead head;
    private final byte[] body;

    private Answer(HttpHead head, byte[] body) {
      this.head = head;
      this.body = body;
    }

    private int status() throws IOException {
      return head.status();
    }

    private String head() {
      return new String(head.bytes(), StandardCharsets.US_ASCII);
    }

    private byte[] body() {
      return body;
    }
  }

  /** A client that hides nothing: no retries, no pool. */
  private static final class Client implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private long sent;
    private long received;

    private Client(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      in = new BufferedInputStream(socket.getInputStream());
    }

    /** A connection that is gone already is noticed by {@link #answer}. */
    private void send(String method, String target, byte[] body) {
      String head =
          method
              + " "
              + target
              + " HTTP/1.1\r\nHost: host.example:99\r\nContent-Length: "
              + body.length
              + "\r\n\r\n";
      byte[] start = head.getBytes(StandardCharsets.US_ASCII);
      byte[] request = Arrays.copyOf(start, start.length + body.length);
      System.arraycopy(body, 0, request, start.length, body.length);
      sent += request.length;
      try {
        socket.getOutputStream().write(request);
      } catch (IOException e) {
        // Reading fails, too, and says so.
      }
    }

    private Answer answer() throws IOException {
      HttpHead head = HttpHead.read(in);
      if (head == null) {
        throw new SocketException("ended instead of reset");
      }
      String length = head.headers().getOrDefault("content-length", "0");
      byte[] body = in.readNBytes(Integer.parseInt(length));
      received += head.bytes().length + body.length;
      return new Answer(head, body);
    }

    @Override
    public void close() {
      ProxyConnection.closeQuietly(socket);
    }
  }

  private static byte[] noise(int length) {
    byte[] noise = new byte[length];
    new Random(length).nextBytes(noise);
    return noise;
  }

  private static void assertOneBitApart(byte[] actual, byte[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    int bits = 0;
    for (int i = 0; i < actual.length; i++) {
      bits += Integer.bitCount((actual[i] ^ expected[i]) & 0xff);
    }
    assertThat(bits).as("bits that differ").isEqualTo(1);
  }
}

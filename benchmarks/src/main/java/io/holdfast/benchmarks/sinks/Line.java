package io.holdfast.benchmarks.sinks;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A line to a server on this machine that makes it far away: every byte takes its time, and one
 * connection carries so much and no more. What is on its way takes memory, not time of a processor.
 */
final class Line implements AutoCloseable {
  /**
   * What the line does to each connection.
   *
   * @param roundTrip how much longer an answer takes
   * @param bytesPerSecond how much goes each way at the most
   */
  record Distance(Duration roundTrip, long bytesPerSecond) {
    @Override
    public String toString() {
      return "%d ms away, at most %d MB/s each way for one connection"
          .formatted(roundTrip.toMillis(), bytesPerSecond / 1_000_000);
    }
  }

  private static final int PIECE_BYTES = 64 * 1024;

  /** How many pieces may be on their way in one direction: more than any round trip needs. */
  private static final int MOST_PIECES = 256;

  private final int serverPort;
  private final Distance distance;
  private final ServerSocket listening;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  /** Bytes on their way, or the end of them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Piece(byte[] bytes, int length, long dueNanos) {}

  private Line(int serverPort, Distance distance, ServerSocket listening) {
    this.serverPort = serverPort;
    this.distance = distance;
    this.listening = listening;
  }

  /** Opens a line to a server on the loopback address. */
  static Line to(int serverPort, Distance distance) throws IOException {
    Line line =
        new Line(serverPort, distance, new ServerSocket(0, 100, InetAddress.getLoopbackAddress()));
    start("accept", line::accept);
    return line;
  }

  /** Where the server can be reached through the line. */
  int port() {
    return listening.getLocalPort();
  }

  @Override
  public void close() {
    quietly(listening);
    sockets.forEach(Line::quietly);
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        sockets.add(client);
        Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
        sockets.add(server);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        carry(client, server);
        carry(server, client);
      } catch (IOException e) {
        // The line was closed, or the server is gone: the client notices.
      }
    }
  }

  private void carry(Socket from, Socket to) {
    BlockingQueue<Piece> onTheWay = new ArrayBlockingQueue<>(MOST_PIECES);
    start("take", () -> take(from, onTheWay));
    start("give", () -> give(to, onTheWay));
  }

  private void take(Socket from, BlockingQueue<Piece> onTheWay) {
    long delayNanos = distance.roundTrip().toNanos() / 2;
    long due = System.nanoTime();
    try {
      try {
        InputStream in = from.getInputStream();
        byte[] bytes = new byte[PIECE_BYTES];
        for (int got = in.read(bytes); got >= 0; got = in.read(bytes)) {
          long carried = got * TimeUnit.SECONDS.toNanos(1) / distance.bytesPerSecond();
          due = Math.max(System.nanoTime() + delayNanos, due + carried);
          onTheWay.put(new Piece(bytes, got, due));
          bytes = new byte[PIECE_BYTES];
        }
      } catch (IOException e) {
        // Ends for the other side as well.
      }
      onTheWay.put(new Piece(new byte[0], -1, due));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void give(Socket to, BlockingQueue<Piece> onTheWay) {
    try {
      OutputStream out = to.getOutputStream();
      Piece piece = onTheWay.take();
      while (piece.length() >= 0) {
        TimeUnit.NANOSECONDS.sleep(piece.dueNanos() - System.nanoTime());
        out.write(piece.bytes(), 0, piece.length());
        piece = onTheWay.take();
      }
      to.shutdownOutput();
    } catch (IOException e) {
      quietly(to); // The side that takes notices when it writes or reads.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void start(String what, Runnable work) {
    Thread thread = new Thread(work, "line-" + what);
    thread.setDaemon(true);
    thread.start();
  }

  private static void quietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // It is not used any more.
    }
  }
}

package io.holdfast.postgres;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A pooler that gives each client two server processes in turn: with every transaction, or with
 * every statement. Speaks as much of PostgreSQL's protocol as a backup over a trusted connection
 * needs; rows can be copied out, not in.
 */
final class SwitchingPooler implements AutoCloseable {
  /** When another server process has its turn. */
  enum Mode {
    TRANSACTION,
    STATEMENT
  }

  private static final int SSL_REQUEST = 80877103;
  private static final int GSS_REQUEST = 80877104;

  private final String host;
  private final int port;
  private final Mode mode;
  private final ServerSocket listener;
  private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());

  SwitchingPooler(String server, Mode mode) throws IOException {
    int colon = server.lastIndexOf(':');
    this.host = server.substring(0, colon);
    this.port = Integer.parseInt(server.substring(colon + 1));
    this.mode = mode;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  /** {@code host:port}. */
  String address() {
    return listener.getInetAddress().getHostAddress() + ":" + listener.getLocalPort();
  }

  /** Work that ends when its sockets are closed. */
  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  private static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // The client, the server or the test has hung up.
              }
            },
            "pooler");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = kept(listener.accept());
      start(
          () -> {
            try (client) {
              serve(client);
            }
          });
    }
  }

  private Socket kept(Socket socket) {
    sockets.add(socket);
    return socket;
  }

  private void serve(Socket client) throws IOException {
    DataInputStream in = in(client);
    OutputStream out = out(client);
    byte[] startup = startup(in, out);
    try (Socket first = kept(new Socket(host, port));
        Socket second = kept(new Socket(host, port))) {
      List<DataInputStream> answers = List.of(in(first), in(second));
      List<OutputStream> orders = List.of(out(first), out(second));
      for (int i = 0; i < 2; i++) {
        orders.get(i).write(startup);
        orders.get(i).flush();
        relay(answers.get(i), i == 0 ? out : OutputStream.nullOutputStream());
      }
      int turn = 0;
      while (true) {
        byte[] message = message(in);
        orders.get(turn).write(message);
        if (message[0] == 'X') {
          return;
        }
        if (message[0] == 'S' || message[0] == 'Q') {
          orders.get(turn).flush();
          int status = relay(answers.get(turn), out);
          if (mode == Mode.STATEMENT || status == 'I') {
            turn = 1 - turn;
          }
        }
      }
    }
  }

  private static DataInputStream in(Socket socket) throws IOException {
    return new DataInputStream(new BufferedInputStream(socket.getInputStream()));
  }

  private static OutputStream out(Socket socket) throws IOException {
    return new BufferedOutputStream(socket.getOutputStream());
  }

  /** Refuses encryption until the client begins without. */
  private static byte[] startup(DataInputStream in, OutputStream out) throws IOException {
    while (true) {
      int length = in.readInt();
      int code = in.readInt();
      if (code == SSL_REQUEST || code == GSS_REQUEST) {
        out.write('N');
        out.flush();
        continue;
      }
      byte[] message = new byte[length];
      putInt(message, 0, length);
      putInt(message, 4, code);
      in.readFully(message, 8, length - 8);
      return message;
    }
  }

  private static byte[] message(DataInputStream in) throws IOException {
    byte type = in.readByte();
    int length = in.readInt();
    byte[] message = new byte[length + 1];
    message[0] = type;
    putInt(message, 1, length);
    in.readFully(message, 5, length - 4);
    return message;
  }

  private static void putInt(byte[] into, int at, int value) {
    for (int i = 0; i < 4; i++) {
      into[at + i] = (byte) (value >>> (24 - 8 * i));
    }
  }

  /** Passes answers on until the server is ready; tells the state of its transaction. */
  private static int relay(DataInputStream from, OutputStream to) throws IOException {
    while (true) {
      byte[] message = message(from);
      to.write(message);
      if (message[0] == 'Z') {
        to.flush();
        return message[5];
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : List.copyOf(sockets)) {
      socket.close();
    }
  }
}

package io.holdfast.testkit;

import io.holdfast.testkit.NetworkFault.Kind;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** A connection that carries HTTP/1.1, one exchange after another. */
final class HttpProxyConnection extends ProxyConnection {
  /** One permit for each exchange that was answered. */
  private final Semaphore answered = new Semaphore(0);

  private volatile boolean ending;

  /** The exchange under way; null between two. */
  private volatile @Nullable ProxiedExchange current;

  /** What goes on for the answer, once it struck the request. */
  private volatile @Nullable NetworkFault lasting;

  HttpProxyConnection(FaultProxy proxy, int number, Socket client, Socket server)
      throws SocketException {
    super(proxy, number, client, server);
  }

  @Override
  void wake() {
    ending = true;
    answered.release();
  }

  @Override
  void carryRequests(InputStream fromClient, OutputStream toServer) throws IOException {
    while (!ending) {
      HttpHead head = HttpHead.read(fromClient);
      if (head == null) {
        return;
      }
      String method = head.word(0).toUpperCase(Locale.ROOT);
      ProxiedExchange exchange =
          proxy.begin(number, method, head.word(1), head.headers(), head.requestBytes());
      NetworkFault fault = proxy.strike(exchange, false);
      Kind kind = fault == null ? null : fault.kind();
      if (kind == Kind.RESET || (kind == Kind.STALL && !proxy.stand())) {
        throw new Struck();
      }
      if (fault != null && kind == Kind.ANSWER) {
        if (!answer(fault, head, method, fromClient)) {
          return;
        }
        continue;
      }
      lasting = kind == Kind.SLOW ? fault : null;
      current = exchange;
      if (!pass(head, fault, fromClient, toServer)) {
        return;
      }
      answered.acquireUninterruptibly();
    }
  }

  /** Passes a request on. Returns false if the server took no more of it; it may answer still. */
  private boolean pass(
      HttpHead head, @Nullable NetworkFault fault, InputStream fromClient, OutputStream toServer)
      throws IOException {
    long length = head.requestBytes();
    Passage passage = new Passage(new ServerStream(toServer), proxy::countToServer, fault, length);
    try {
      passage.frame(head.bytes(), head.bytes().length);
      carryBody(fromClient, length, passage);
      return true;
    } catch (ServerGone e) {
      return false;
    }
  }

  /** Answers in the server's place. Returns whether the connection goes on. */
  private boolean answer(NetworkFault fault, HttpHead head, String method, InputStream fromClient)
      throws IOException {
    boolean closes = head.expectsContinue();
    Passage nowhere = new Passage(OutputStream.nullOutputStream(), count -> {}, null, -1);
    if (!closes) {
      carryBody(fromClient, head.requestBytes(), nowhere);
    }
    byte[] answer = fault.answerBytes(!method.equals("HEAD"), closes);
    proxy.countToClient(answer.length);
    toClient().write(answer);
    if (closes) {
      // The body may be on its way; closing without reading it would reset the connection.
      endAnswers();
      fromClient.transferTo(OutputStream.nullOutputStream());
    }
    return !closes;
  }

  @Override
  void carryAnswers(InputStream fromServer, OutputStream toClient) throws IOException {
    while (true) {
      HttpHead head = HttpHead.read(fromServer);
      if (head == null) {
        return;
      }
      ProxiedExchange exchange = current;
      if (exchange == null || head.status() < 200) {
        // Said unasked, or before the answer proper: it is no exchange.
        proxy.countToClient(head.bytes().length);
        toClient.write(head.bytes());
        continue;
      }
      long length = head.answerBytes(exchange.method());
      exchange.answered(head.status(), length < 0 ? -1 : length);
      NetworkFault fault = lasting;
      if (fault == null) {
        fault = proxy.strike(exchange, true);
      }
      carryAnswer(head, length, fault, fromServer, toClient);
      if (length == HttpHead.UNTIL_CLOSE) {
        return;
      }
      current = null;
      answered.release();
    }
  }

  private void carryAnswer(
      HttpHead head,
      long length,
      @Nullable NetworkFault fault,
      InputStream fromServer,
      OutputStream toClient)
      throws IOException {
    Kind kind = fault == null ? null : fault.kind();
    if (kind == Kind.LOSE_ANSWER) {
      carryBody(
          fromServer,
          length,
          new Passage(OutputStream.nullOutputStream(), count -> {}, null, length));
      throw new Struck();
    }
    if (kind == Kind.HOLD_ANSWER && !proxy.stand()) {
      throw new Struck();
    }
    Passage passage = new Passage(toClient, proxy::countToClient, fault, length);
    if (kind == Kind.RESET_IN_ANSWER && length == 0) {
      passage.frame(head.bytes(), head.bytes().length / 2);
      throw new Struck();
    }
    passage.frame(head.bytes(), head.bytes().length);
    carryBody(fromServer, length, passage);
  }

  private static void carryBody(InputStream in, long length, Passage passage) throws IOException {
    if (length == HttpHead.CHUNKED) {
      carryChunks(in, passage);
      return;
    }
    byte[] buffer = new byte[1 << 16];
    long left = length == HttpHead.UNTIL_CLOSE ? Long.MAX_VALUE : length;
    while (left > 0) {
      int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (count < 0) {
        if (length == HttpHead.UNTIL_CLOSE) {
          return;
        }
        throw new EOFException("The connection ended within a body");
      }
      passage.body(buffer, count);
      left -= count;
    }
  }

  private static void carryChunks(InputStream in, Passage passage) throws IOException {
    while (true) {
      String size = frameLine(in, passage);
      int semicolon = size.indexOf(';');
      long length = HttpHead.number(semicolon < 0 ? size : size.substring(0, semicolon), 16);
      if (length == 0) {
        break;
      }
      carryBody(in, length, passage);
      frameLine(in, passage);
    }
    while (!frameLine(in, passage).isEmpty()) {
      // Trailers, up to the empty line.
    }
  }

  private static String frameLine(InputStream in, Passage passage) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    String text = HttpHead.line(in, line);
    if (text == null) {
      throw new EOFException("The connection ended between chunks");
    }
    passage.frame(line.toByteArray(), line.size());
    return text;
  }

  /** The server does not take more. */
  private static final class ServerGone extends IOException {
    private static final long serialVersionUID = 1L;

    private ServerGone(IOException cause) {
      super(cause);
    }
  }

  /** Tells failures to write to the server from failures to read from the client. */
  private static final class ServerStream extends OutputStream {
    private final OutputStream out;

    private ServerStream(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
      try {
        out.write(bytes, from, count);
      } catch (IOException e) {
        throw new ServerGone(e);
      }
    }
  }
}

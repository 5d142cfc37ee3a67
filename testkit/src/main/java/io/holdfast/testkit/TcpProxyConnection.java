package io.holdfast.testkit;

import io.holdfast.testkit.NetworkFault.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A connection of an unknown protocol in which client and server take turns. */
final class TcpProxyConnection extends ProxyConnection {
  private static final int SHOWN_BYTES = 200;

  /** Guards what follows: whose turn it is, and what has struck this turn. */
  private final Object turn = new Object();

  private boolean serverSpoke = true;
  private @Nullable ProxiedExchange current;
  private @Nullable NetworkFault lasting;

  TcpProxyConnection(FaultProxy proxy, int number, Socket client, Socket server)
      throws SocketException {
    super(proxy, number, client, server);
  }

  @Override
  void wake() {
    // No thread waits for the other one.
  }

  @Override
  void carryRequests(InputStream fromClient, OutputStream toServer) throws IOException {
    byte[] buffer = new byte[1 << 16];
    Passage passage = new Passage(toServer, proxy::countToServer, null, -1);
    for (int count = fromClient.read(buffer); count >= 0; count = fromClient.read(buffer)) {
      NetworkFault fault = null;
      synchronized (turn) {
        ProxiedExchange exchange = current;
        if (!serverSpoke && exchange != null) {
          damage(exchange, false, buffer, count);
        } else {
          serverSpoke = false;
          fault = begin(buffer, count);
          lasting = fault != null && fault.kind() == Kind.SLOW ? fault : null;
          passage = new Passage(toServer, proxy::countToServer, fault, -1);
        }
      }
      Kind kind = fault == null ? null : fault.kind();
      if (kind == Kind.RESET || (kind == Kind.STALL && !proxy.stand())) {
        throw new Struck();
      }
      passage.body(buffer, count);
    }
  }

  /** Behind the first bytes of a turn, and in bulk: that is data. */
  private void damage(ProxiedExchange exchange, boolean answered, byte[] bytes, int count) {
    if (count >= NetworkFault.UNKNOWN_PAYLOAD_BYTES && proxy.damages(exchange, answered)) {
      bytes[count / 2] ^= 1;
    }
  }

  private @Nullable NetworkFault begin(byte[] bytes, int count) {
    String opening =
        new String(bytes, 0, Math.min(count, SHOWN_BYTES), StandardCharsets.ISO_8859_1);
    ProxiedExchange exchange = proxy.begin(number, "", opening, Map.of(), count);
    current = exchange;
    return proxy.strike(exchange, false);
  }

  @Override
  void carryAnswers(InputStream fromServer, OutputStream toClient) throws IOException {
    byte[] buffer = new byte[1 << 16];
    Passage passage = new Passage(toClient, proxy::countToClient, null, -1);
    for (int count = fromServer.read(buffer); count >= 0; count = fromServer.read(buffer)) {
      NetworkFault fault = null;
      synchronized (turn) {
        ProxiedExchange exchange = current;
        if (!serverSpoke && exchange != null) {
          serverSpoke = true;
          exchange.answered(0, count);
          fault = lasting == null ? proxy.strike(exchange, true) : lasting;
          passage = new Passage(toClient, proxy::countToClient, fault, -1);
        } else if (exchange != null) {
          damage(exchange, true, buffer, count);
        }
      }
      Kind kind = fault == null ? null : fault.kind();
      if (kind == Kind.LOSE_ANSWER || (kind == Kind.HOLD_ANSWER && !proxy.stand())) {
        throw new Struck();
      }
      passage.body(buffer, count);
    }
  }
}

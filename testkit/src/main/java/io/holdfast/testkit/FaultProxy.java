package io.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A network that fails where a test tells it to: a proxy on a port of 127.0.0.1 in front of a
 * server on another one, which passes on every byte unchanged, counts them, and strikes the
 * exchanges that the test chose.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.http(server.port())) {
 *   proxy.next(NetworkFault.loseAnswer());
 *   proxy.when(exchange -> exchange.method().equals("PUT"))
 *       .skip(2)
 *       .times(1)
 *       .strike(NetworkFault.answer(500));
 * }
 * }</pre>
 *
 * <p>Each exchange is struck by one fault at the most, by the first that fits; an exchange that is
 * already under way when a fault is set may meet it or not. Safe for use by many threads. Whoever
 * opened it closes it: it then closes every connection, and waits until its threads, all of them
 * daemons, have ended.
 */
public final class FaultProxy implements AutoCloseable {
  private final int serverPort;
  private final boolean http;
  private final int port;
  private final List<Rule> rules = new CopyOnWriteArrayList<>();

  /** Also those that have ended, until all are waited for. */
  private final List<ProxyConnection> taken = new CopyOnWriteArrayList<>();

  private final List<ProxiedExchange> exchanges = new ArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger struck = new AtomicInteger();
  private final AtomicLong bytesToServer = new AtomicLong();
  private final AtomicLong bytesToClient = new AtomicLong();

  /** Guards what follows. */
  private final Object lock = new Object();

  private @Nullable ServerSocket listening;
  private @Nullable Thread acceptor;
  private boolean closed;
  private int standing;
  private int passes;
  private int drops;

  /** Which exchanges a fault strikes. Used by one thread, which ends with {@link #strike}. */
  public final class Condition {
    private final Predicate<ProxiedExchange> predicate;
    private int skipped;
    private int times = Integer.MAX_VALUE;

    private Condition(Predicate<ProxiedExchange> predicate) {
      this.predicate = predicate;
    }

    /** Lets the first so many pass that the fault would strike. */
    public Condition skip(int count) {
      skipped = count;
      return this;
    }

    /** Strikes so many and lets the others pass; without this, all of them. */
    public Condition times(int count) {
      times = count;
      return this;
    }

    /** Sets the fault. */
    public void strike(NetworkFault fault) {
      if (fault.kind() == NetworkFault.Kind.ANSWER && !http) {
        throw new IllegalArgumentException("Only a proxy for HTTP can answer by itself.");
      }
      rules.add(new Rule(fault, predicate, skipped, times));
    }
  }

  /** A fault that waits for its exchanges. */
  private static final class Rule {
    private final NetworkFault fault;
    private final Predicate<ProxiedExchange> predicate;
    private int toSkip;
    private int left;

    private Rule(NetworkFault fault, Predicate<ProxiedExchange> predicate, int toSkip, int left) {
      this.fault = fault;
      this.predicate = predicate;
      this.toSkip = toSkip;
      this.left = left;
    }

    private synchronized boolean strikes(ProxiedExchange exchange, boolean answered) {
      if (fault.concernsAnswer() != answered
          || !fault.fits(exchange)
          || !predicate.test(exchange)) {
        return false;
      }
      if (toSkip > 0) {
        toSkip--;
        return false;
      }
      return left-- > 0;
    }
  }

  private FaultProxy(int serverPort, boolean http) {
    this.serverPort = serverPort;
    this.http = http;
    this.port = listen(0);
  }

  /**
   * A proxy that knows HTTP/1.1: an exchange is a request with its answer, over connections that
   * stay open.
   *
   * @param serverPort the server's port on 127.0.0.1
   */
  public static FaultProxy http(int serverPort) {
    return new FaultProxy(serverPort, true);
  }

  /**
   * A proxy for any protocol in which client and server take turns: an exchange is what the client
   * sends, and what the server sends until the client speaks again.
   *
   * @param serverPort the server's port on 127.0.0.1
   */
  public static FaultProxy tcp(int serverPort) {
    return new FaultProxy(serverPort, false);
  }

  /** The port that clients connect to, on 127.0.0.1; stays the same. */
  public int port() {
    return port;
  }

  /** Strikes the next exchange that the fault fits. */
  public void next(NetworkFault fault) {
    nth(1, fault);
  }

  /**
   * Strikes one exchange.
   *
   * @param number which one of those that the fault fits, counted from now on, from 1
   */
  public void nth(int number, NetworkFault fault) {
    when(exchange -> true).skip(number - 1).times(1).strike(fault);
  }

  /** Strikes every exchange that the fault fits. */
  public void always(NetworkFault fault) {
    when(exchange -> true).strike(fault);
  }

  /**
   * Strikes exchanges for which this holds.
   *
   * @param predicate asked by the proxy's threads; faults of the answer ask once its head is there
   */
  public Condition when(Predicate<ProxiedExchange> predicate) {
    return new Condition(predicate);
  }

  /** Takes back all faults, and resets the connections that stand still. */
  public void heal() {
    rules.clear();
    synchronized (lock) {
      drops++;
      lock.notifyAll();
    }
  }

  /** Passes on what stands still. */
  public void goOn() {
    synchronized (lock) {
      passes++;
      lock.notifyAll();
    }
  }

  /**
   * Waits until an exchange stands still.
   *
   * @throws AssertionError if none does in time
   */
  public void awaitStanding(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    synchronized (lock) {
      while (standing == 0) {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (millis <= 0) {
          throw new AssertionError("No exchange stood still within " + patience);
        }
        lock.wait(millis);
      }
    }
  }

  /** Refuses connections from now on, as a machine without the server does; resets the others. */
  public void down() {
    stopListening();
    taken.forEach(ProxyConnection::reset);
  }

  /** Takes connections again, on the same port. */
  public void up() {
    listen(port);
  }

  /** How many connections were taken so far. */
  public int connections() {
    return connections.get();
  }

  /** The requests that came so far, in the order in which they began. */
  public List<ProxiedExchange> exchanges() {
    synchronized (exchanges) {
      return List.copyOf(exchanges);
    }
  }

  /** How many exchanges were struck by a fault so far. */
  public int struck() {
    return struck.get();
  }

  /** How many bytes were passed on to the server so far. */
  public long bytesToServer() {
    return bytesToServer.get();
  }

  /** How many bytes were passed on to clients so far, those of the proxy's own answers included. */
  public long bytesToClient() {
    return bytesToClient.get();
  }

  /** Closes everything. May be called twice. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    rules.clear();
    stopListening();
    taken.forEach(ProxyConnection::reset);
    taken.forEach(ProxyConnection::awaitEnd);
  }

  private int listen(int wanted) {
    synchronized (lock) {
      if (closed || listening != null) {
        throw new IllegalStateException("The proxy is closed, or up already.");
      }
      try {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true); // Connections of before may linger on the port.
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 200);
        listening = socket;
        acceptor = ProxyConnection.startThread("fault-proxy-accept", () -> accept(socket));
        return socket.getLocalPort();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void stopListening() {
    ServerSocket socket;
    Thread thread;
    synchronized (lock) {
      socket = listening;
      thread = acceptor;
      listening = null;
      acceptor = null;
    }
    if (socket != null) {
      ProxyConnection.closeQuietly(socket);
    }
    if (thread != null) {
      ProxyConnection.awaitEnd(thread); // From here on no connection is added.
    }
  }

  private void accept(ServerSocket socket) {
    try {
      while (true) {
        Socket client = socket.accept();
        int number = connections.incrementAndGet();
        try {
          Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
          ProxyConnection connection =
              http
                  ? new HttpProxyConnection(this, number, client, server)
                  : new TcpProxyConnection(this, number, client, server);
          connection.start();
          taken.add(connection);
        } catch (IOException e) {
          ProxyConnection.reset(client); // The server is not there, and neither are we.
        }
      }
    } catch (IOException e) {
      // The listening socket was closed: that is how it ends.
    }
  }

  /** An exchange that begins. */
  ProxiedExchange begin(
      int connection, String method, String target, Map<String, String> headers, long bytes) {
    synchronized (exchanges) {
      ProxiedExchange exchange =
          new ProxiedExchange(exchanges.size() + 1, connection, method, target, headers, bytes);
      exchanges.add(exchange);
      return exchange;
    }
  }

  /** The fault for an exchange that begins, or, once it was answered, for its answer. */
  @Nullable NetworkFault strike(ProxiedExchange exchange, boolean answered) {
    return strike(exchange, answered, fault -> http || !fault.damages());
  }

  /** Whether to damage what goes by, in an exchange of an unknown protocol. */
  boolean damages(ProxiedExchange exchange, boolean answered) {
    return strike(exchange, answered, NetworkFault::damages) != null;
  }

  private @Nullable NetworkFault strike(
      ProxiedExchange exchange, boolean answered, Predicate<NetworkFault> kind) {
    for (Rule rule : rules) {
      if (kind.test(rule.fault) && rule.strikes(exchange, answered)) {
        struck.incrementAndGet();
        return rule.fault;
      }
    }
    return null;
  }

  /** Stands still. Returns whether to go on, and not to reset the connection. */
  boolean stand() {
    synchronized (lock) {
      int passesBefore = passes;
      int dropsBefore = drops;
      standing++;
      lock.notifyAll();
      try {
        while (!closed && passes == passesBefore && drops == dropsBefore) {
          lock.wait();
        }
        return !closed && drops == dropsBefore;
      } catch (InterruptedException e) {
        return false;
      } finally {
        standing--;
      }
    }
  }

  void countToServer(int bytes) {
    bytesToServer.addAndGet(bytes);
  }

  void countToClient(int bytes) {
    bytesToClient.addAndGet(bytes);
  }
}

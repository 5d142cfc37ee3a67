package io.holdfast.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Makes the driver receive through a {@link MessageStream}. Public because the driver, which is
 * given its name, has to be able to make one; not for applications.
 */
public final class TappableSocketFactory extends SocketFactory {
  /** Connections on their way: what stands in the driver's property, and the newest socket. */
  private static final ConcurrentMap<String, Opening> openings = new ConcurrentHashMap<>();

  private final @Nullable Opening opening;

  /** A connection on its way. The driver may try several hosts, and some of them twice. */
  private static final class Opening {
    private volatile @Nullable TappableSocket newest;
  }

  /**
   * Called by the driver.
   *
   * @param ticket what {@link #open} put into the driver's properties
   */
  public TappableSocketFactory(String ticket) {
    this.opening = openings.get(ticket);
  }

  /** Opens a connection whose messages can be looked at, or an ordinary one. */
  static PinnedConnection open(String url, Properties properties) throws SQLException {
    if (!isVisibleToDriver()) {
      return PinnedConnection.of(DriverManager.getConnection(url, properties));
    }
    String ticket = UUID.randomUUID().toString();
    Opening opening = new Opening();
    openings.put(ticket, opening);
    try {
      properties.setProperty("socketFactory", TappableSocketFactory.class.getName());
      properties.setProperty("socketFactoryArg", ticket);
      Connection connection = DriverManager.getConnection(url, properties);
      TappableSocket socket = opening.newest;
      return PinnedConnection.of(connection, socket == null ? null : socket.messages());
    } finally {
      openings.remove(ticket);
    }
  }

  /** An application server may load the driver where it cannot see us. */
  private static boolean isVisibleToDriver() {
    String name = TappableSocketFactory.class.getName();
    try {
      return Class.forName(name, false, PGConnection.class.getClassLoader())
          == TappableSocketFactory.class;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  @Override
  public Socket createSocket() {
    TappableSocket socket = new TappableSocket();
    if (opening != null) {
      opening.newest = socket;
    }
    return socket;
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    throw unconnectedOnly();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    throw unconnectedOnly();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    throw unconnectedOnly();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort)
      throws IOException {
    throw unconnectedOnly();
  }

  private static SocketException unconnectedOnly() {
    return new SocketException("The driver connects its sockets itself");
  }

  /** An ordinary socket but for the stream. */
  private static final class TappableSocket extends Socket {
    private @Nullable MessageStream messages;

    @Override
    public synchronized InputStream getInputStream() throws IOException {
      InputStream plain = super.getInputStream();
      MessageStream stream = messages;
      if (stream == null) {
        stream = new MessageStream(plain);
        messages = stream;
      }
      return stream;
    }

    synchronized @Nullable MessageStream messages() {
      return messages;
    }
  }
}

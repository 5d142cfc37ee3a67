package io.holdfast.testkit;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client's connection and the one to the server that belongs to it: one thread carries requests,
 * another one answers. Ends when the answers do.
 */
abstract class ProxyConnection {
  /** The connection is to be reset: a fault struck. */
  static final class Struck extends IOException {
    private static final long serialVersionUID = 1L;
  }

  final FaultProxy proxy;
  final int number;
  private final Socket client;
  private final Socket server;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicInteger running = new AtomicInteger(2);

  ProxyConnection(FaultProxy proxy, int number, Socket client, Socket server)
      throws SocketException {
    this.proxy = proxy;
    this.number = number;
    this.client = client;
    this.server = server;
    client.setTcpNoDelay(true);
    server.setTcpNoDelay(true);
  }

  /** Carries requests until the client ends. */
  abstract void carryRequests(InputStream fromClient, OutputStream toServer) throws IOException;

  /** Carries answers until the server ends. */
  abstract void carryAnswers(InputStream fromServer, OutputStream toClient) throws IOException;

  /** Wakes threads of this connection that wait for one another. */
  abstract void wake();

  void start() {
    String name = "fault-proxy-" + number;
    threads.add(startThread(name + "-requests", () -> run(this::requests)));
    threads.add(startThread(name + "-answers", () -> run(this::answers)));
  }

  /** One of the two directions. */
  private interface Direction {
    void run() throws IOException;
  }

  private void run(Direction direction) {
    try {
      direction.run();
    } catch (Struck e) {
      reset();
    } catch (IOException e) {
      closeQuietly(client);
      closeQuietly(server);
    } finally {
      wake();
      if (running.decrementAndGet() == 0) {
        closeQuietly(client);
        closeQuietly(server);
      }
    }
  }

  private void requests() throws IOException {
    InputStream in = new BufferedInputStream(client.getInputStream(), 1 << 16);
    carryRequests(in, server.getOutputStream());
    try {
      server.shutdownOutput(); // It may still have an answer to give.
    } catch (IOException e) {
      // It has gone, and its answer may be on the way all the same.
    }
  }

  private void answers() throws IOException {
    InputStream in = new BufferedInputStream(server.getInputStream(), 1 << 16);
    carryAnswers(in, client.getOutputStream());
    closeQuietly(client);
    closeQuietly(server);
  }

  OutputStream toClient() throws IOException {
    return client.getOutputStream();
  }

  void endAnswers() throws IOException {
    client.shutdownOutput();
  }

  /** Resets both connections. */
  void reset() {
    reset(client);
    reset(server);
    wake();
  }

  static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0); // Closing sends a reset then.
    } catch (SocketException e) {
      // It is closed already.
    }
    closeQuietly(socket);
  }

  /** Waits until both threads have ended. */
  void awaitEnd() {
    threads.forEach(ProxyConnection::awaitEnd);
  }

  static void awaitEnd(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  static Thread startThread(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  static void closeQuietly(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // There is nothing more to do with it.
    }
  }
}

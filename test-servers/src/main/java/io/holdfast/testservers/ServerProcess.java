package io.holdfast.testservers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A server in a JVM of its own. It ends with this process, however that ends: it watches its
 * standard input.
 */
public final class ServerProcess implements AutoCloseable {
  private static final String READY = "HOLDFAST-SERVER-READY ";
  private static final int REMEMBERED_LINES = 200;
  private static final long START_SECONDS = 120;
  private static final String FOLDER = "holdfast-server-";

  private final String name;
  private final Process process;
  private final Path folder;
  private final Deque<String> output = new ArrayDeque<>();
  private final CompletableFuture<Integer> port = new CompletableFuture<>();

  private ServerProcess(String name, Process process, Path folder) {
    this.name = name;
    this.process = process;
    this.folder = folder;
    Thread reader = new Thread(this::read, "holdfast-output-of-" + name);
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts a server and waits until it answers.
   *
   * @param main its program, which calls {@link #ready} when it listens
   * @param heap its heap, as {@code -Xmx} takes it
   * @throws IllegalStateException with its last lines, if it does not start
   */
  public static ServerProcess start(Class<?> main, String heap) {
    try {
      Path folder = Files.createTempDirectory(FOLDER);
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx" + heap,
                  "-Duser.language=en",
                  "-Djava.io.tmpdir=" + folder,
                  "-cp",
                  classPath(),
                  main.getName())
              .redirectErrorStream(true)
              .start();
      ServerProcess server = new ServerProcess(main.getSimpleName(), process, folder);
      server.awaitPort();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** To be called by a server's program: says where it listens, and lives until its parent ends. */
  static void ready(int listening) throws IOException {
    PrintStream out = System.out;
    out.println(READY + listening);
    out.flush();
    InputStream parent = System.in;
    while (parent.read() >= 0) {
      // Nothing is said on it; its end is what counts.
    }
    delete(folder());
    Runtime.getRuntime().halt(0);
  }

  /** Where a server's program stores: a temporary folder of its own, which goes when it ends. */
  static Path folder() {
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  /** Does nothing to the folder of a program that was started by other means. */
  private static void delete(Path folder) throws IOException {
    if (!folder.getFileName().toString().startsWith(FOLDER) || !Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** A port that nobody listens on, for servers that cannot choose one themselves. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Where it listens, on the loopback address. */
  public int port() {
    return port.getNow(0);
  }

  /** How much processor time it has used; for benchmarks. */
  public Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** What it printed last. */
  public String lastLines() {
    synchronized (output) {
      return String.join("\n", output);
    }
  }

  /** Stops it at once, waits until it is gone, and deletes what it stored. May be called twice. */
  @Override
  public void close() {
    process.destroyForcibly();
    boolean interrupted = false;
    while (process.isAlive()) {
      try {
        process.waitFor();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    try {
      delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void awaitPort() {
    try {
      port.get(START_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      close();
      throw new IllegalStateException(name + " did not start:\n" + lastLines(), e);
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while " + name + " started.", e);
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(READY)) {
          port.complete(Integer.valueOf(line.substring(READY.length()).strip()));
        }
        remember(line);
      }
      port.completeExceptionally(new IllegalStateException(name + " ended."));
    } catch (IOException e) {
      port.completeExceptionally(e);
    }
  }

  private void remember(String line) {
    synchronized (output) {
      output.addLast(line);
      if (output.size() > REMEMBERED_LINES) {
        output.removeFirst();
      }
    }
  }

  private static String classPath() {
    try (InputStream in = ServerProcess.class.getResourceAsStream("class-path.txt")) {
      if (in == null) {
        throw new IllegalStateException(
            "class-path.txt is missing: Maven writes it when it builds test-servers.");
      }
      Path own =
          Path.of(ServerProcess.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return own
          + System.getProperty("path.separator")
          + new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}

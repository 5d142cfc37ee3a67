package io.holdfast.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A started emulator: a process of its own with its children, what it prints, and the end of both.
 * Safe for use by many threads. Whoever started it closes it.
 */
final class EmulatorProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long POLL_MILLIS = 20;

  private final String name;
  private final Process process;
  private final Path log;

  private EmulatorProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Skips the test that asks, or fails it where {@link FirestoreEmulator#REQUIRED} is set in the
   * environment.
   *
   * @param missing what is missing, and how to install it
   */
  static void skipOrFail(String missing) {
    if (System.getenv(FirestoreEmulator.REQUIRED) != null) {
      throw new IllegalStateException(missing);
    }
    assumeTrue(false, missing);
  }

  /** That many ports of 127.0.0.1 on which nothing listens, each another. */
  static List<Integer> freePorts(int count) throws IOException {
    Set<Integer> ports = new HashSet<>();
    while (ports.size() < count) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        ports.add(socket.getLocalPort());
      }
    }
    return List.copyOf(ports);
  }

  /** Whether a program of that name is on the path. */
  static boolean onPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /**
   * Starts it. Returns at once: {@link #awaitAnswer} waits until it serves.
   *
   * @param name how messages call it: {@code Firestore emulator}
   * @param environment variables beside those of this process
   */
  static EmulatorProcess start(
      String name, Path folder, Map<String, String> environment, List<String> command)
      throws IOException {
    Path log = Files.createTempFile(name.toLowerCase(Locale.ROOT).replace(' ', '-'), ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    return new EmulatorProcess(name, builder.start(), log);
  }

  long pid() {
    return process.pid();
  }

  /**
   * Waits until a GET of that address is answered with 200, at most 90 seconds.
   *
   * @throws IllegalStateException with what it printed, if it ends or the time is over; it is
   *     closed then
   */
  void awaitAnswer(URI uri) throws IOException {
    HttpClient client = HttpClient.newHttpClient();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!answers(client, uri)) {
        boolean ended = process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (ended || System.nanoTime() > deadline) {
          String said = Files.readString(log, StandardCharsets.UTF_8);
          close();
          throw new IllegalStateException("The " + name + " did not start:\n" + said);
        }
      }
    } catch (InterruptedException e) {
      close();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the " + name + " started.", e);
    }
  }

  private static boolean answers(HttpClient client, URI uri) throws InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(5)).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      // Nobody listens yet.
      return false;
    }
  }

  /** Asks it to stop, and its children; whoever still runs after 10 seconds is killed. */
  @Override
  public void close() {
    List<ProcessHandle> all =
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    all.forEach(ProcessHandle::destroy);
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    all.forEach(ProcessHandle::destroyForcibly);
    try {
      Files.deleteIfExists(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

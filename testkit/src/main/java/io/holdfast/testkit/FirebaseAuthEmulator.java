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
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Firebase Auth emulator of firebase-tools as a process of its own. Installs firebase-tools
 * from npm in one version, once for all tests of a user. Every project id is another, empty project
 * there, so one emulator serves many tests. Safe for use by many threads.
 *
 * <p>{@code HOLDFAST_TEST_FIREBASE_AUTH=host:port} names one that runs already, {@code
 * HOLDFAST_FIREBASE_TOOLS} a folder with {@code node_modules/firebase-tools} in it.
 */
public final class FirebaseAuthEmulator implements AutoCloseable {
  /** The version of firebase-tools that is installed. */
  public static final String VERSION = "15.34.2";

  private static final String RUNNING = "HOLDFAST_TEST_FIREBASE_AUTH";
  private static final String FOLDER = "HOLDFAST_FIREBASE_TOOLS";
  private static final String MISSING =
      "Node.js and npm are not installed, which the Firebase Auth emulator takes. Install them"
          + " (apt-get install nodejs npm), or set "
          + RUNNING
          + ".";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int INSTALL_MINUTES = 15;

  private static @Nullable FirebaseAuthEmulator shared;

  private final String hostPort;
  private final Optional<Process> process;
  private final Optional<Path> folder;

  private FirebaseAuthEmulator(String hostPort, Optional<Process> process, Optional<Path> folder) {
    this.hostPort = hostPort;
    this.process = process;
    this.folder = folder;
  }

  /**
   * The emulator that all tests of this JVM share; started when first asked for, stopped with the
   * JVM. Where npm is missing, the test is skipped and told what to install, or fails if {@link
   * FirestoreEmulator#REQUIRED} is set in the environment.
   */
  public static synchronized FirebaseAuthEmulator shared() {
    if (shared == null) {
      boolean found = System.getenv(RUNNING) != null || canInstall();
      if (!found && System.getenv(FirestoreEmulator.REQUIRED) != null) {
        throw new IllegalStateException(MISSING);
      }
      assumeTrue(found, MISSING);
      FirebaseAuthEmulator started = start();
      Runtime.getRuntime().addShutdownHook(new Thread(started::close, "auth-emulator-stop"));
      shared = started;
    }
    return shared;
  }

  /**
   * Starts an emulator on a free port of 127.0.0.1, and waits until it answers.
   *
   * @throws IllegalStateException if it cannot be installed or does not start
   */
  public static FirebaseAuthEmulator start() {
    String running = System.getenv(RUNNING);
    if (running != null) {
      return new FirebaseAuthEmulator(running, Optional.empty(), Optional.empty());
    }
    try {
      Path firebase = firebaseTools();
      Path folder = Files.createTempDirectory("firebase-auth-emulator");
      int port = freePort();
      Files.writeString(folder.resolve("firebase.json"), settings(port));
      Process process =
          process(
                  folder,
                  folder.resolve("emulator.log"),
                  firebase.toString(),
                  "emulators:start",
                  "--only",
                  "auth",
                  "--project",
                  "demo-holdfast")
              .start();
      FirebaseAuthEmulator emulator =
          new FirebaseAuthEmulator("127.0.0.1:" + port, Optional.of(process), Optional.of(folder));
      emulator.awaitAnswer(process, folder);
      return emulator;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String settings(int port) throws IOException {
    return """
        {"emulators":{"singleProjectMode":false,
        "auth":{"host":"127.0.0.1","port":%d},
        "hub":{"host":"127.0.0.1","port":%d},
        "logging":{"host":"127.0.0.1","port":%d},
        "ui":{"enabled":false}}}
        """
        .formatted(port, freePort(), freePort());
  }

  private static ProcessBuilder process(Path folder, Path log, String... command) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("CI", "1");
    builder.environment().remove("FIREBASE_AUTH_EMULATOR_HOST");
    return builder;
  }

  /**
   * The command of firebase-tools, installed if it is not there yet.
   *
   * @throws IllegalStateException if it cannot be installed
   */
  public static Path firebaseTools() {
    String given = System.getenv(FOLDER);
    Path folder =
        given != null
            ? Path.of(given)
            : Path.of(System.getProperty("user.home"), ".cache", "holdfast")
                .resolve("firebase-tools-" + VERSION);
    Path command = folder.resolve("node_modules/.bin/firebase");
    if (given != null && !Files.isExecutable(command)) {
      throw new IllegalStateException(FOLDER + " has no node_modules/.bin/firebase in it.");
    }
    try {
      if (given == null) {
        install(folder, command);
      }
      return command;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One process at a time; the mark is made last, so half an installation is done again. */
  private static void install(Path folder, Path command) throws IOException {
    Path mark = folder.resolve("installed");
    Files.createDirectories(folder);
    try (FileChannel file =
            FileChannel.open(
                folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.lock()) {
      if (lock.isValid() && Files.exists(mark) && Files.isExecutable(command)) {
        return;
      }
      Path log = folder.resolve("install.log");
      Process npm =
          process(
                  folder,
                  log,
                  "npm",
                  "install",
                  "--no-audit",
                  "--no-fund",
                  "--prefix",
                  folder.toString(),
                  "firebase-tools@" + VERSION)
              .start();
      if (!npm.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES) || npm.exitValue() != 0) {
        npm.destroyForcibly();
        throw new IllegalStateException(
            "npm could not install firebase-tools:\n"
                + Files.readString(log, StandardCharsets.UTF_8));
      }
      Files.writeString(mark, VERSION);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while installing firebase-tools.", e);
    }
  }

  private static boolean canInstall() {
    List<String> folders =
        List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator));
    return Stream.of("node", "npm")
        .allMatch(
            tool -> folders.stream().anyMatch(folder -> Files.isExecutable(Path.of(folder, tool))));
  }

  /** Where it listens: {@code 127.0.0.1:9099}. */
  public String hostPort() {
    return hostPort;
  }

  /** Removes all accounts of a project; those of its tenants stay. */
  public void clear(String project) {
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create(
                              "http://"
                                  + hostPort
                                  + "/emulator/v1/projects/"
                                  + project
                                  + "/accounts"))
                      .header("Authorization", "Bearer owner")
                      .DELETE()
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IllegalStateException("Clearing failed: " + answer.body());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while clearing.", e);
    }
  }

  private void awaitAnswer(Process started, Path logs) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!answers()) {
      if (!started.isAlive() || System.nanoTime() > deadline) {
        String said = Files.readString(logs.resolve("emulator.log"), StandardCharsets.UTF_8);
        close();
        throw new IllegalStateException("The Firebase Auth emulator did not start:\n" + said);
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  private boolean answers() {
    try {
      return HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create("http://" + hostPort + "/"))
                      .timeout(Duration.ofSeconds(2))
                      .build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the emulator starts.", e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Stops it; one that ran before goes on. May be called twice. */
  @Override
  public void close() {
    process.ifPresent(FirebaseAuthEmulator::stop);
    folder.ifPresent(FirebaseAuthEmulator::delete);
  }

  /** The command is a script that may have children, which do not end with it. */
  private static void stop(Process running) {
    List<ProcessHandle> children = running.descendants().toList();
    running.destroy();
    try {
      if (!running.waitFor(10, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

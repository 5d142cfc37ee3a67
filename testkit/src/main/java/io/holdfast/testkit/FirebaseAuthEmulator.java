package io.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The official emulator of Firebase Auth as a process of its own, from npm's {@code firebase-tools}
 * at one pinned version, which the first use installs into a cache folder of the user. Every
 * project id is another, empty database there, so one emulator serves many tests. Safe for use by
 * many threads.
 *
 * <p>{@code HOLDFAST_TEST_FIREBASE_AUTH=host:port} names one that runs already, {@code
 * HOLDFAST_FIREBASE_TOOLS} another folder for firebase-tools: one where {@code npm install
 * --prefix} has put it, or is to.
 */
public final class FirebaseAuthEmulator implements AutoCloseable {
  /** The version of firebase-tools that tests run with. */
  public static final String VERSION = "15.34.2";

  private static final String RUNNING = "HOLDFAST_TEST_FIREBASE_AUTH";
  private static final String TOOLS = "HOLDFAST_FIREBASE_TOOLS";
  private static final int OLDEST_NODE = 20;
  private static final long INSTALL_MINUTES = 10;
  private static final String MISSING =
      "The Firebase Auth emulator cannot be started: Node.js "
          + OLDEST_NODE
          + " or later and npm are needed (https://nodejs.org; Debian before 13 has older ones), and"
          + " a network when firebase-tools is installed for the first time. Or set "
          + RUNNING
          + " to the host:port of one that runs.";

  private static @Nullable FirebaseAuthEmulator shared;

  private final String hostPort;
  private final Optional<EmulatorProcess> process;
  private final Optional<Path> folder;

  private FirebaseAuthEmulator(
      String hostPort, Optional<EmulatorProcess> process, Optional<Path> folder) {
    this.hostPort = hostPort;
    this.process = process;
    this.folder = folder;
  }

  /**
   * The emulator that all tests of this JVM share; started when first asked for, stopped with the
   * JVM. Where there can be none, the test is skipped and told what to install, or fails if {@link
   * FirestoreEmulator#REQUIRED} is set in the environment.
   */
  public static synchronized FirebaseAuthEmulator shared() {
    if (shared == null) {
      if (System.getenv(RUNNING) == null) {
        try {
          install();
        } catch (MissingToolException e) {
          EmulatorProcess.skipOrFail(String.valueOf(e.getMessage()));
        }
      }
      FirebaseAuthEmulator started = start();
      Runtime.getRuntime()
          .addShutdownHook(new Thread(started::close, "firebase-auth-emulator-stop"));
      shared = started;
    }
    return shared;
  }

  /**
   * Starts an emulator on free ports of 127.0.0.1, and waits until it answers.
   *
   * @throws IllegalStateException if it cannot be installed or does not start
   */
  public static FirebaseAuthEmulator start() {
    String running = System.getenv(RUNNING);
    if (running != null) {
      return new FirebaseAuthEmulator(running, Optional.empty(), Optional.empty());
    }
    Path cli = install();
    try {
      List<Integer> ports = EmulatorProcess.freePorts(3);
      Path folder = Files.createTempDirectory("firebase-auth-emulator");
      Files.writeString(folder.resolve("firebase.json"), configuration(ports));
      EmulatorProcess process =
          EmulatorProcess.start(
              "Firebase Auth emulator",
              folder,
              Map.of("CI", "1"),
              List.of(
                  cli.toString(),
                  "emulators:start",
                  "--only",
                  "auth",
                  "--project",
                  "demo-holdfast"));
      FirebaseAuthEmulator emulator =
          new FirebaseAuthEmulator(
              "127.0.0.1:" + ports.get(0), Optional.of(process), Optional.of(folder));
      process.awaitAnswer(URI.create("http://" + emulator.hostPort + "/"));
      return emulator;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Free ports for all, and every project served alike. */
  private static String configuration(List<Integer> ports) {
    return """
    {"emulators": {
      "singleProjectMode": false,
      "auth": {"host": "127.0.0.1", "port": %d},
      "hub": {"host": "127.0.0.1", "port": %d},
      "logging": {"host": "127.0.0.1", "port": %d},
      "ui": {"enabled": false}}}
    """
        .formatted(ports.toArray());
  }

  /** Where it listens: {@code 127.0.0.1:9099}. */
  public String hostPort() {
    return hostPort;
  }

  /** The id of its process; empty for one that ran before. */
  public Optional<Long> pid() {
    return process.map(EmulatorProcess::pid);
  }

  /**
   * The {@code firebase} program of the pinned version, installed if it was not yet.
   *
   * @throws IllegalStateException if it cannot be installed
   */
  public static Path firebaseTools() {
    return install();
  }

  /** Removes all users of a project, and not those of its tenants. */
  public void clear(String project) {
    delete("/emulator/v1/projects/" + project + "/accounts");
  }

  /** Removes all users of a tenant. */
  public void clear(String project, String tenant) {
    delete("/emulator/v1/projects/" + project + "/tenants/" + tenant + "/accounts");
  }

  private void delete(String path) {
    URI uri = URI.create("http://" + hostPort + path);
    HttpRequest request =
        HttpRequest.newBuilder(uri).header("Authorization", "Bearer owner").DELETE().build();
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
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

  /** Stops it; one that ran before goes on. May be called twice. */
  @Override
  public void close() {
    process.ifPresent(EmulatorProcess::close);
    folder.filter(Files::isDirectory).ifPresent(FirebaseAuthEmulator::remove);
  }

  /** The folder with what the emulator left in it: plain files only. */
  private static void remove(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The program, installed where it is not; one process at a time installs. */
  private static synchronized Path install() {
    Path prefix =
        Path.of(
                System.getenv()
                    .getOrDefault(
                        TOOLS,
                        System.getProperty("user.home")
                            + "/.cache/holdfast/firebase-tools-"
                            + VERSION))
            .toAbsolutePath();
    if (!nodeIsNew()) {
      throw new MissingToolException(MISSING);
    }
    Path cli = prefix.resolve("node_modules/.bin/firebase");
    // npm writes this file last, so half an installation has none.
    Path complete = prefix.resolve("node_modules/.package-lock.json");
    if (Files.isExecutable(cli) && Files.isRegularFile(complete)) {
      return cli;
    }
    if (!EmulatorProcess.onPath("npm")) {
      throw new MissingToolException(MISSING);
    }
    try {
      Files.createDirectories(prefix);
      try (FileChannel channel =
              FileChannel.open(
                  prefix.resolve("install.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (lock.isValid() && !Files.isRegularFile(complete)) {
          npmInstall(prefix);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cli;
  }

  private static void npmInstall(Path prefix) throws IOException {
    Path log = prefix.resolve("install.log");
    Process npm =
        new ProcessBuilder(
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--prefix",
                prefix.toString(),
                "firebase-tools@" + VERSION)
            .directory(prefix.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!npm.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES)) {
        npm.descendants().forEach(ProcessHandle::destroy);
        npm.destroy();
        throw new MissingToolException(
            MISSING + " npm did not end within " + INSTALL_MINUTES + " minutes.");
      }
    } catch (InterruptedException e) {
      npm.destroy();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while firebase-tools was installed.", e);
    }
    if (npm.exitValue() != 0) {
      throw new MissingToolException(
          MISSING + " npm said:\n" + Files.readString(log, StandardCharsets.UTF_8));
    }
  }

  private static boolean nodeIsNew() {
    if (!EmulatorProcess.onPath("node")) {
      return false;
    }
    try {
      Process asked = new ProcessBuilder("node", "--version").redirectErrorStream(true).start();
      String said = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String major = said.strip().replaceFirst("^v(\\d+)\\..*", "$1");
      return major.matches("\\d+") && Integer.parseInt(major) >= OLDEST_NODE;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Node.js or npm is missing or too old, or npm could not install. */
  private static final class MissingToolException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    private MissingToolException(String message) {
      super(message);
    }
  }
}

package io.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The official Firestore emulator as a process of its own, found where the Google Cloud SDK has it.
 * Every project name is another, empty database there, so one emulator serves many tests. Safe for
 * use by many threads.
 *
 * <p>{@code HOLDFAST_TEST_FIRESTORE=host:port} names one that runs already, {@code
 * HOLDFAST_FIRESTORE_EMULATOR_JAR} the emulator's jar where it lies elsewhere.
 */
public final class FirestoreEmulator implements AutoCloseable {
  /** Set where a missing emulator is to fail the tests instead of skipping them. */
  public static final String REQUIRED = "HOLDFAST_REQUIRE_EMULATORS";

  private static final String RUNNING = "HOLDFAST_TEST_FIRESTORE";
  private static final String JAR = "HOLDFAST_FIRESTORE_EMULATOR_JAR";
  private static final String PLACE =
      "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar";
  private static final String MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";
  private static final String MISSING =
      "The Firestore emulator is not installed. Install the Google Cloud CLI and run 'gcloud"
          + " components install cloud-firestore-emulator' (with Google's Debian packages:"
          + " apt-get install google-cloud-cli-firestore-emulator), or set "
          + JAR
          + ".";

  private static @Nullable FirestoreEmulator shared;

  private final String hostPort;
  private final Optional<EmulatorProcess> process;

  private FirestoreEmulator(String hostPort, Optional<EmulatorProcess> process) {
    this.hostPort = hostPort;
    this.process = process;
  }

  /**
   * The emulator that all tests of this JVM share; started when first asked for, stopped with the
   * JVM. Where there is none, the test is skipped and told what to install, or fails if {@link
   * #REQUIRED} is set in the environment.
   */
  public static synchronized FirestoreEmulator shared() {
    if (shared == null) {
      boolean found = System.getenv(RUNNING) != null || jar().isPresent();
      if (!found) {
        EmulatorProcess.skipOrFail(MISSING);
      }
      FirestoreEmulator started = start("2g");
      Runtime.getRuntime().addShutdownHook(new Thread(started::close, "firestore-emulator-stop"));
      shared = started;
    }
    return shared;
  }

  /**
   * Starts an emulator on a free port of 127.0.0.1, and waits until it answers.
   *
   * @param heap the size of its heap, as for {@code -Xmx}
   * @throws IllegalStateException if it is not installed or does not start
   */
  public static FirestoreEmulator start(String heap) {
    String running = System.getenv(RUNNING);
    if (running != null) {
      return new FirestoreEmulator(running, Optional.empty());
    }
    Path jar = jar().orElseThrow(() -> new IllegalStateException(MISSING));
    try {
      int port = EmulatorProcess.freePorts(1).get(0);
      EmulatorProcess process =
          EmulatorProcess.start(
              "Firestore emulator",
              Path.of(System.getProperty("java.io.tmpdir")),
              Map.of(),
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Duser.language=en",
                  "-Xmx" + heap,
                  "-cp",
                  jar.toString(),
                  MAIN,
                  "--host=127.0.0.1",
                  "--port=" + port));
      String hostPort = "127.0.0.1:" + port;
      process.awaitAnswer(URI.create("http://" + hostPort + "/"));
      return new FirestoreEmulator(hostPort, Optional.of(process));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it listens: {@code 127.0.0.1:8080}. */
  public String hostPort() {
    return hostPort;
  }

  /** The id of its process; empty for one that ran before. */
  public Optional<Long> pid() {
    return process.map(EmulatorProcess::pid);
  }

  /** Removes all documents of a database. */
  public void clear(String project, String database) {
    URI uri =
        URI.create(
            "http://"
                + hostPort
                + "/emulator/v1/projects/"
                + project
                + "/databases/"
                + database
                + "/documents");
    try {
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(uri).DELETE().build(),
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

  /** Stops it; one that ran before goes on. May be called twice. */
  @Override
  public void close() {
    process.ifPresent(EmulatorProcess::close);
  }

  private static Optional<Path> jar() {
    String given = System.getenv(JAR);
    if (given != null) {
      return Optional.of(Path.of(given));
    }
    return Stream.<Supplier<Optional<String>>>of(
            () -> Optional.of("/usr/lib/google-cloud-sdk"),
            () -> Optional.of(System.getProperty("user.home") + "/google-cloud-sdk"),
            FirestoreEmulator::gcloudRoot)
        .flatMap(place -> place.get().stream())
        .map(root -> Path.of(root).resolve(PLACE))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /** What gcloud itself says; asked last, since it takes seconds to answer. */
  private static Optional<String> gcloudRoot() {
    if (!EmulatorProcess.onPath("gcloud")) {
      return Optional.empty();
    }
    try {
      Process asked =
          new ProcessBuilder("gcloud", "info", "--format=value(installation.sdk_root)")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String root = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return root.isBlank() ? Optional.empty() : Optional.of(root.strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.holdfast.examples.daily;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.AgeKeyPair;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.HandlerException;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The nightly job: what it asks for, how it ends, and what it says. */
@Timeout(120)
final class DailySnapshotTest {
  @TempDir private Path folder;

  private final AgeKeyPair key = AgeKeyPair.generate();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final MemoryDatabase documents =
      new MemoryDatabase("shop").insert("users", "{\"id\":\"u1\"}", "{\"id\":\"u2\"}");
  private final MemoryDatabase accounts =
      new MemoryDatabase("accounts").insert("users", "{\"id\":\"u1\",\"passwordHash\":\"s3cret\"}");

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("HOLDFAST_FIRESTORE", "firestore://shop");
    environment.put("HOLDFAST_AUTH", "firebase-auth://shop");
    environment.put("HOLDFAST_SINK", folder.toUri().toString());
    environment.put("HOLDFAST_RECIPIENTS", key.recipient());
    return environment;
  }

  private ExitCode run(Map<String, String> environment, BackupHandler second) {
    Map<String, BackupHandler> handlers =
        Map.of("documents", MemoryHandler.of(documents), "accounts", second);
    return new DailySnapshot(
            (builder, name, uri) -> builder.source(name, handlers.get(name)),
            new PrintStream(out, true, UTF_8))
        .run(environment);
  }

  private ExitCode run(Map<String, String> environment) {
    return run(environment, MemoryHandler.of(accounts));
  }

  private static BackupHandler failing(MemoryDatabase database, RuntimeException error) {
    return MemoryHandler.builder(database)
        .beforeRead(
            (collection, number) -> {
              throw error;
            })
        .build();
  }

  private static HandlerException denied() {
    return new HandlerException(
        HandlerException.Kind.PERMISSION_DENIED, null, "The right x.y.z is missing.", null);
  }

  private JsonNode line() throws IOException {
    List<String> lines = out.toString(UTF_8).lines().toList();
    return new ObjectMapper().readTree(lines.get(lines.size() - 1));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void oneLineTellsOfABackup() throws Exception {
    assertThat(run(environment())).isEqualTo(ExitCode.SUCCESS);

    JsonNode line = line();
    assertThat(out.toString(UTF_8).lines()).hasSize(1);
    assertThat(line.path("severity").asText()).isEqualTo("INFO");
    assertThat(line.path("event").asText()).isEqualTo("holdfast.backup");
    assertThat(line.path("status").asText()).isEqualTo("success");
    assertThat(line.path("backup_id").asText()).startsWith("nightly-");
    assertThat(line.path("records").asLong()).isEqualTo(3);
    assertThat(line.path("stored_bytes").asLong()).isPositive();
    assertThat(line.path("duration_ms").isIntegralNumber()).isTrue();
    assertThat(line.path("time").asText()).endsWith("Z");
    assertThat(line.path("sources")).hasSize(2);
    JsonNode first = line.path("sources").path(0);
    assertThat(first.path("name").asText()).isEqualTo("documents");
    assertThat(first.path("counts").path("users").asLong()).isEqualTo(2);
    assertThat(first.has("skew_ms")).isTrue();
    assertThat(first.path("as_of").asText()).endsWith("Z");
    assertThat(line.has("error")).isFalse();
    assertThat(out.toString(UTF_8)).doesNotContain("s3cret");
  }

  @Test
  void everyDocumentIsEncrypted() throws Exception {
    run(environment());
    assertThat(files()).hasSize(3).allMatch(n -> n.endsWith(".age") || n.endsWith("manifest.json"));
  }

  @Test
  void everyProblemIsInOneMessage() throws Exception {
    Map<String, String> wrong =
        Map.of(
            "HOLDFAST_FIRESTORE", "postgresql://shop",
            "HOLDFAST_SINK", "nowhere://x",
            "HOLDFAST_RECIPIENTS", "age1nonsense",
            "HOLDFAST_PREFIX", "a b",
            "HOLDFAST_BEST_EFFORT", "yes",
            "HOLDFAST_KEEP_LEFTOVERS_HOURS", "0",
            "HOLDFAST_RECIPIENT", "age1x");

    assertThat(run(wrong)).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(line().path("status").asText()).isEqualTo("misconfigured");
    assertThat(line().path("severity").asText()).isEqualTo("ERROR");
    assertThat(line().path("error").asText())
        .contains(
            "HOLDFAST_FIRESTORE must begin with firestore://",
            "HOLDFAST_AUTH is missing",
            "HOLDFAST_SINK: No storage provider",
            "HOLDFAST_RECIPIENTS: Recipient 1",
            "HOLDFAST_PREFIX: ",
            "HOLDFAST_BEST_EFFORT must be true or false",
            "HOLDFAST_KEEP_LEFTOVERS_HOURS must be a number of hours",
            "HOLDFAST_RECIPIENT is not known");
  }

  @Test
  void theLineIsUtf8InAContainerWithoutALocale() throws Exception {
    ProcessBuilder command =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dfile.encoding=US-ASCII",
            "-cp",
            System.getProperty("java.class.path"),
            DailySnapshot.class.getName());
    command.environment().keySet().removeIf(name -> name.startsWith("HOLDFAST_"));
    command.environment().put("LC_ALL", "C");
    command.redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process = command.start();
    out.write(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).isEqualTo(ExitCode.CONFIGURATION.number());
    assertThat(line().path("error").asText()).contains("age1…");
  }

  @Test
  void nothingGivenNamesAllThatIsNeeded() throws Exception {
    assertThat(run(Map.of())).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(line().path("error").asText())
        .contains("HOLDFAST_FIRESTORE", "HOLDFAST_AUTH", "HOLDFAST_SINK", "HOLDFAST_RECIPIENTS");
  }

  @Test
  void bestEffortIsRefusedForOneSource() throws Exception {
    Map<String, String> environment = environment();
    environment.put("HOLDFAST_AUTH", "none");
    environment.put("HOLDFAST_BEST_EFFORT", "true");
    assertThat(run(environment)).isEqualTo(ExitCode.CONFIGURATION);
    assertThat(line().path("error").asText()).contains("HOLDFAST_BEST_EFFORT");
  }

  @Test
  void accountsCanBeLeftOut() throws Exception {
    Map<String, String> environment = environment();
    environment.put("HOLDFAST_AUTH", "none");
    assertThat(run(environment)).isEqualTo(ExitCode.SUCCESS);
    assertThat(line().path("sources")).hasSize(1);
    assertThat(line().path("sources").path(0).path("name").asText()).isEqualTo("documents");
  }

  @Test
  void aSourceThatFailsLeavesNothing() throws Exception {
    assertThat(run(environment(), failing(accounts, denied()))).isEqualTo(ExitCode.SOURCE);
    assertThat(line().path("status").asText()).isEqualTo("source_failed");
    assertThat(line().path("error").asText()).contains("x.y.z");
    assertThat(line().has("backup_id")).isFalse();
    assertThat(files()).isEmpty();
  }

  @Test
  void withBestEffortTheRestIsPublishedAndTheRunIsNoSuccess() throws Exception {
    Map<String, String> environment = environment();
    environment.put("HOLDFAST_BEST_EFFORT", "true");
    assertThat(run(environment, failing(accounts, denied()))).isEqualTo(ExitCode.INCOMPLETE);
    assertThat(line().path("severity").asText()).isEqualTo("ERROR");
    assertThat(line().path("backup_id").asText()).startsWith("nightly-");
    assertThat(line().path("missing").path(0).path("name").asText()).isEqualTo("accounts");
    assertThat(files()).hasSize(2);
  }

  @Test
  void withBestEffortAllSourcesFailingIsAFailureOfTheSources() {
    HandlerException reason = denied();
    BackupException all = new BackupException("Every source failed.");
    all.addSuppressed(reason);
    assertThat(ExitCode.of(all)).isEqualTo(ExitCode.SOURCE);
  }

  @Test
  void aStorageThatFailsIsToldApart() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    Map<String, String> environment = environment();
    environment.put("HOLDFAST_SINK", file.toUri().toString());
    assertThat(run(environment)).isEqualTo(ExitCode.STORAGE);
    assertThat(line().path("status").asText()).isEqualTo("storage_failed");
  }

  @Test
  void whatABugSaysIsNotRepeated() throws Exception {
    RuntimeException bug = new IllegalStateException("s3cret");
    assertThat(run(environment(), failing(accounts, bug))).isIn(ExitCode.OTHER, ExitCode.SOURCE);
    assertThat(out.toString(UTF_8)).doesNotContain("s3cret");
  }

  @Test
  void anInterruptionLeavesNothing() throws Exception {
    Thread running = Thread.currentThread();
    BackupHandler waiting =
        MemoryHandler.builder(accounts)
            .beforeRead(
                (collection, number) -> {
                  running.interrupt();
                  new CountDownLatch(1).await();
                })
            .build();
    assertThat(run(environment(), waiting)).isEqualTo(ExitCode.CANCELLED);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(line().path("status").asText()).isEqualTo("cancelled");
    assertThat(files()).isEmpty();
  }

  @Test
  void leftoversOfInterruptedRunsAreCleared() throws Exception {
    Map<String, String> environment = environment();
    environment.put("HOLDFAST_KEEP_LEFTOVERS_HOURS", "1");
    Path orphan =
        Files.writeString(
            folder.resolve("nightly-2020-01-01-00-00-00.documents.json.zst.age"), "x");
    Files.setLastModifiedTime(orphan, FileTime.from(Instant.EPOCH));
    assertThat(run(environment)).isEqualTo(ExitCode.SUCCESS);
    assertThat(line().path("leftovers_cleared").asInt()).isEqualTo(1);
    assertThat(orphan).doesNotExist();
  }

  @Test
  void aSignalEndsItWithACodeAndNothingHalfDone() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      ProcessBuilder command =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-cp",
              System.getProperty("java.class.path"),
              DailySnapshot.class.getName());
      command.environment().keySet().removeIf(name -> name.startsWith("HOLDFAST_"));
      command.environment().putAll(environment());
      command.environment().put("HOLDFAST_AUTH", "none");
      command
          .environment()
          .put(
              "HOLDFAST_FIRESTORE",
              "firestore://demo-x?emulator=127.0.0.1:" + silent.getLocalPort());
      command.redirectError(ProcessBuilder.Redirect.DISCARD);
      Process process = command.start();
      try {
        silent.accept();
        // Process.destroy would close the stream that the line comes from.
        process.toHandle().destroy();
        out.write(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(ExitCode.CANCELLED.number());
      } finally {
        process.destroyForcibly();
      }
    }
    assertThat(line().path("status").asText()).isEqualTo("cancelled");
    assertThat(files()).isEmpty();
  }

  @Test
  void theExecutorCanBeBuiltFromEverySetting() {
    Map<String, String> environment = environment();
    environment.put("HOLDFAST_ENVIRONMENT", "production");
    environment.put("HOLDFAST_ALLOW_UNCAPTURED", "true");
    SnapshotSettings.Sources memory =
        (builder, name, uri) -> builder.source(name, MemoryHandler.of(documents));
    SnapshotSettings settings = SnapshotSettings.of(environment, memory);
    try (BackupExecutor executor = settings.executor(memory)) {
      assertThat(executor.createBackup().sources())
          .allMatch(source -> source.source().environment().equals("production"));
    }
  }
}

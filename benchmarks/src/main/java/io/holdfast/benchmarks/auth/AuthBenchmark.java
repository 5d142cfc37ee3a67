package io.holdfast.benchmarks.auth;

import io.holdfast.RestoreStrategy;
import io.holdfast.benchmarks.Arm;
import io.holdfast.benchmarks.Benchmark;
import io.holdfast.benchmarks.Commands;
import io.holdfast.benchmarks.Comparison;
import io.holdfast.benchmarks.HoldfastBackup;
import io.holdfast.benchmarks.HoldfastRestore;
import io.holdfast.benchmarks.JavaCommand;
import io.holdfast.benchmarks.Report;
import io.holdfast.benchmarks.Workspace;
import io.holdfast.testkit.FirebaseAuthEmulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures backups and restores of accounts beside {@code firebase auth:export}: from a fast local
 * server and accounts that it makes, in one run. The README of this module explains it.
 */
@Command(
    name = "auth-benchmark",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = "Holdfast beside the Firebase CLI, from the same server in one run.")
final class AuthBenchmark extends Benchmark {
  @Option(names = "--users", defaultValue = "1000000", description = "How many accounts.")
  private long users;

  @Option(names = "--jobs", defaultValue = "2", description = "Holdfast's workers.")
  private int jobs;

  @Option(names = "--heap", defaultValue = "128m", description = "-Xmx of Holdfast's JVM.")
  private String heap = "";

  private AuthBenchmark() {
    super(Duration.ofMinutes(15));
  }

  /** Runs the benchmark; ends with 1 if an arm failed. */
  public static void main(String[] args) {
    main(new AuthBenchmark(), args);
  }

  @Override
  protected Report measure(Workspace workspace) throws Exception {
    Path firebase = FirebaseAuthEmulator.firebaseTools();
    Process server =
        new ProcessBuilder(JavaCommand.of("512m", AccountServer.class, Long.toString(users)))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(server::destroyForcibly));
    try (BufferedReader printed = server.inputReader(StandardCharsets.UTF_8)) {
      String hostPort = "127.0.0.1:" + printed.readLine();
      Report report = new Report("Holdfast beside firebase auth:export", Optional.empty(), facts());
      for (Comparison comparison :
          List.of(backups(hostPort, firebase, workspace), restores(hostPort, workspace))) {
        measure(comparison, () -> {}, OptionalLong.of(server.pid()), workspace, report);
      }
      return report;
    } finally {
      server.destroyForcibly();
    }
  }

  private List<String> facts() {
    return List.of(
        "Accounts of about 800 bytes, pages of 1000, from a server on this machine",
        machine(),
        rounds());
  }

  private Comparison backups(String hostPort, Path firebase, Workspace workspace) {
    Path ours = workspace.resolve("backup-holdfast");
    Path theirs = workspace.resolve("firebase.json");
    List<String> theirCommand = new ArrayList<>(List.of("env", "CI=1", "FIREBASE_TOKEN=x"));
    for (String origin :
        List.of("TOKEN", "GOOGLE", "RESOURCEMANAGER", "IDENTITY", "AUTH", "AUTHPROXY")) {
      theirCommand.add("FIREBASE_" + origin + "_URL=http://" + hostPort);
    }
    theirCommand.addAll(
        List.of(firebase.toString(), "auth:export", theirs.toString(), "--project", "source"));
    return new Comparison(
        "Backup of " + users + " accounts",
        users,
        List.of(
            new Arm(
                "Holdfast, heap " + heap,
                holdfastBackup(hostPort, ours),
                () -> Workspace.delete(ours),
                () -> Arm.Finding.wrote(Workspace.sizeBytes(ours)))),
        List.of(
            new Comparison.Peer(
                new Arm(
                    "firebase auth:export",
                    theirCommand,
                    () -> Workspace.delete(theirs),
                    () -> Arm.Finding.wrote(Workspace.sizeBytes(theirs))),
                1.0)));
  }

  private List<String> holdfastBackup(String hostPort, Path folder) {
    return JavaCommand.of(
        heap,
        HoldfastBackup.class,
        uri("source", hostPort),
        folder.toUri().toString(),
        Integer.toString(jobs),
        Long.toString(users));
  }

  private static String uri(String project, String hostPort) {
    return "firebase-auth://" + project + "?emulator=" + hostPort + "&allowPlaintext=true";
  }

  private Comparison restores(String hostPort, Workspace workspace) {
    Path folder = workspace.resolve("backup-holdfast");
    return new Comparison(
        "Restore of " + users + " accounts into an empty project, read back",
        users,
        List.of(
            new Arm(
                "Holdfast, heap " + heap,
                JavaCommand.of(
                    heap,
                    HoldfastRestore.class,
                    folder.toUri().toString(),
                    uri("target", hostPort),
                    Integer.toString(jobs),
                    RestoreStrategy.IN_PLACE.name(),
                    HoldfastRestore.EVERYTHING),
                () -> {
                  reset(hostPort);
                  if (!Files.exists(folder)) {
                    Commands.run(holdfastBackup(hostPort, folder));
                  }
                },
                () -> Arm.Finding.RIGHT)),
        List.of());
  }

  private static void reset(String hostPort) throws IOException, InterruptedException {
    HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://" + hostPort + "/reset")).build(),
            HttpResponse.BodyHandlers.discarding());
  }
}

package io.holdfast.examples.daily;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.ConfigurationException;
import io.holdfast.DecryptionKeys;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Restores a backup of {@link DailySnapshot} into the emulators on a developer's machine. It has no
 * way to write anywhere else: what it writes to is always named as an emulator.
 */
@Command(
    name = "restore-to-emulators",
    sortOptions = false,
    usageHelpWidth = 110,
    description = "Restores a nightly backup into the emulators of Firestore and Firebase Auth.",
    footer = {
      "",
      "The emulators are found by FIRESTORE_EMULATOR_HOST (or HOLDFAST_FIRESTORE_EMULATOR) and"
          + " FIREBASE_AUTH_EMULATOR_HOST, each host:port."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Everything was restored and compared.",
      "1:Something else failed.",
      "2:The command line or a variable is wrong. Nothing was done.",
      "4:An emulator failed, or is not empty.",
      "5:The backup cannot be read, or the key does not open it.",
      "6:Interrupted."
    })
public final class RestoreToEmulators implements Callable<Integer> {
  static final String FIRESTORE = "HOLDFAST_FIRESTORE_EMULATOR";
  static final String FIRESTORE_OF_GOOGLE = "FIRESTORE_EMULATOR_HOST";
  static final String AUTH = "FIREBASE_AUTH_EMULATOR_HOST";

  private static final Pattern HOST_PORT =
      Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:]+]):([0-9]{1,5})");
  private static final Pattern PROJECT = Pattern.compile("[a-z0-9-]{1,60}");

  private final Map<String, String> environment;
  private final PrintWriter out;
  private final PrintWriter err;

  @Parameters(
      arity = "0..1",
      paramLabel = "BACKUP",
      defaultValue = BackupExecutor.LATEST,
      description = "Its id, or the path of one of its files. Default: ${DEFAULT-VALUE}.")
  private String backup = BackupExecutor.LATEST;

  @Option(
      names = "--from",
      paramLabel = "FOLDER|URI",
      description = "Where the backups are. Default: the variable HOLDFAST_SINK.")
  private @Nullable String from;

  @Option(
      names = "--identity",
      paramLabel = "FILE",
      required = true,
      description = "The age secret key that opens them, as age-keygen writes it.")
  private Path identity = Path.of("");

  @Option(
      names = "--prefix",
      defaultValue = "nightly",
      description = "What the backups' names begin with. Default: ${DEFAULT-VALUE}.")
  private String prefix = "nightly";

  @Option(
      names = "--project",
      defaultValue = "demo-restored",
      description = "The project in the emulators. Default: ${DEFAULT-VALUE}.")
  private String project = "demo-restored";

  @Option(names = "--only", paramLabel = "SOURCE", description = "documents or accounts.")
  private @Nullable String only;

  @Option(names = "--replace", description = "Throw away what the emulators hold.")
  private boolean replace;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this text.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  private RestoreToEmulators(Map<String, String> environment, PrintWriter out, PrintWriter err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /** Restores, and ends the JVM with how that went. */
  public static void main(String[] args) {
    Termination.whileRunning(
        () ->
            run(
                System.getenv(),
                new PrintWriter(System.out, true, UTF_8),
                new PrintWriter(System.err, true, UTF_8),
                args));
  }

  static int run(
      Map<String, String> environment, PrintWriter out, PrintWriter err, String... args) {
    return new CommandLine(new RestoreToEmulators(environment, out, err))
        .setOut(out)
        .setErr(err)
        .execute(args);
  }

  @Override
  public Integer call() {
    try (BackupExecutor executor = executor()) {
      RestoreResult restored = executor.restoreFromBackup(backup, options());
      restored
          .sources()
          .forEach(one -> out.println(one.name() + " → " + one.target() + ": " + one.counts()));
      restored.warnings().forEach(out::println);
      out.println("Restored " + restored.records() + " records of " + restored.backupId() + ".");
      return ExitCode.SUCCESS.number();
    } catch (BackupException e) {
      err.println(e.getMessage());
      for (Throwable also : e.getSuppressed()) {
        err.println(LogLine.text(also));
      }
      return ExitCode.of(e).number();
    }
  }

  private RestoreOptions options() {
    // A safety backup of an emulator would lie among those of production, and not be encrypted.
    RestoreOptions options = RestoreOptions.DEFAULT.withoutSafetyBackup();
    if (replace) {
      options = options.withMode(RestoreMode.REPLACE);
    }
    return only == null ? options : options.fromSources(only);
  }

  private BackupExecutor executor() {
    List<String> problems = new ArrayList<>();
    if (only != null && !only.equals(SnapshotSettings.DOCUMENTS) && !only.equals("accounts")) {
      problems.add("--only takes documents or accounts.");
    }
    if (!PROJECT.matcher(project).matches()) {
      problems.add("--project consists of lower-case letters, digits and hyphens.");
    }
    Map<String, String> targets = targets(problems);
    String sink = sink(problems);
    DecryptionKeys keys = DecryptionKeys.none();
    try {
      keys = DecryptionKeys.identityFile(identity);
    } catch (ConfigurationException e) {
      e.problems().forEach(problem -> problems.add("--identity: " + problem));
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    BackupExecutor.Builder builder =
        BackupExecutor.builder().sink(sink).prefix(prefix).decryptionKeys(keys);
    targets.forEach(builder::source);
    return builder.build();
  }

  private Map<String, String> targets(List<String> problems) {
    Map<String, String> targets = new LinkedHashMap<>();
    if (!SnapshotSettings.ACCOUNTS.equals(only)) {
      emulator(problems, FIRESTORE, FIRESTORE_OF_GOOGLE)
          .ifPresent(host -> targets.put("documents", uri("firestore", host)));
    }
    if (!SnapshotSettings.DOCUMENTS.equals(only)) {
      emulator(problems, AUTH)
          .ifPresent(host -> targets.put("accounts", uri("firebase-auth", host)));
    }
    if (targets.isEmpty() && problems.isEmpty()) {
      problems.add(
          "No emulator is named. Set "
              + FIRESTORE_OF_GOOGLE
              + "=127.0.0.1:8080 for documents, and "
              + AUTH
              + "=127.0.0.1:9099 for accounts.");
    }
    return targets;
  }

  /** Says emulator in so many words, whatever other variables say. */
  private String uri(String scheme, String hostPort) {
    return scheme + "://" + project + "?emulator=" + hostPort;
  }

  private Optional<String> emulator(List<String> problems, String... names) {
    for (String name : names) {
      String hostPort = environment.getOrDefault(name, "").strip();
      if (!hostPort.isEmpty()) {
        if (!isEmulator(hostPort)) {
          problems.add(
              name
                  + " must be host:port of an emulator, such as 127.0.0.1:8080. This program writes"
                  + " to emulators only.");
        }
        return Optional.of(hostPort);
      }
    }
    return Optional.empty();
  }

  private static boolean isEmulator(String hostPort) {
    Matcher parts = HOST_PORT.matcher(hostPort);
    if (!parts.matches()) {
      return false;
    }
    int port = Integer.parseInt(parts.group(2));
    String host = parts.group(1).toLowerCase(Locale.ROOT);
    return port > 0 && port < 65536 && !host.endsWith("googleapis.com") && !host.endsWith(".");
  }

  private String sink(List<String> problems) {
    String given = from != null ? from : environment.getOrDefault(SnapshotSettings.SINK, "");
    if (given.isBlank()) {
      problems.add("Say where the backups are: --from, or the variable HOLDFAST_SINK.");
      return given;
    }
    if (given.contains("://")) {
      return given;
    }
    try {
      return Path.of(given).toAbsolutePath().toUri().toString();
    } catch (InvalidPathException e) {
      problems.add("--from is neither a URI nor a path.");
      return given;
    }
  }
}

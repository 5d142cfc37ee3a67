package io.holdfast.benchmarks.firestore;

import io.holdfast.benchmarks.Commands;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * The npm tools, installed into a folder in the versions that a lock file fixes. Each command is
 * one node process.
 */
final class Peers {
  static final String IMPORT_EXPORT = "node-firestore-import-export 1.1.0";
  static final String EXPORT_IMPORT = "firestore-export-import 1.7.0";

  private static final List<String> FILES =
      List.of("package.json", "package-lock.json", "backup.cjs", "restore.cjs");
  private static final int KEY_BITS = 2048;

  private final Path folder;
  private final String emulator;
  private final String key;

  private Peers(Path folder, String emulator, String key) {
    this.folder = folder;
    this.emulator = emulator;
    this.key = key;
  }

  /** What node says it is. */
  static String nodeVersion() throws IOException, InterruptedException {
    try {
      return Commands.run(List.of("node", "--version"));
    } catch (IOException e) {
      throw missing(e);
    }
  }

  /**
   * Installs them, unless these versions are there.
   *
   * @param folder where to
   * @param emulator host and port of the emulator
   */
  static Peers install(Path folder, String emulator) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    String installed = lock(folder);
    for (String name : FILES) {
      try (InputStream file = Peers.class.getResourceAsStream(name)) {
        if (file == null) {
          throw new IllegalStateException("The resource " + name + " is missing");
        }
        Files.copy(file, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    if (!Files.exists(folder.resolve("node_modules")) || !lock(folder).equals(installed)) {
      install(folder);
    }
    return new Peers(folder, emulator, newKey());
  }

  private static String lock(Path folder) throws IOException {
    Path lock = folder.resolve("package-lock.json");
    return Files.exists(lock) ? Files.readString(lock) : "";
  }

  private static void install(Path folder) throws IOException, InterruptedException {
    try {
      Commands.run(List.of("npm", "--version"));
    } catch (IOException e) {
      throw missing(e);
    }
    // Nothing of theirs runs while it is installed: none of the scripts is needed.
    Commands.run(
        List.of(
            "npm",
            "ci",
            "--prefix",
            folder.toString(),
            "--ignore-scripts",
            "--no-audit",
            "--no-fund"));
  }

  private static IOException missing(IOException cause) {
    return new IOException(
        "The peers run on Node.js: install version 18 or later with npm, and have both on the PATH"
            + " (Debian: apt-get install nodejs npm).",
        cause);
  }

  /** {@code firestore-export}, the peer's own program. */
  List<String> exportCommand(Project source, Path file) throws IOException {
    return node(
        source,
        "node_modules/node-firestore-import-export/dist/bin/firestore-export.js",
        "--accountCredentials",
        account(source),
        "--backupFile",
        file.toString());
  }

  /** {@code firestore-import}, the peer's own program. */
  List<String> importCommand(Project target, Path file) throws IOException {
    return node(
        target,
        "node_modules/node-firestore-import-export/dist/bin/firestore-import.js",
        "--accountCredentials",
        account(target),
        "--backupFile",
        file.toString(),
        "--yes");
  }

  /** The backup of {@code firestore-export-import}, which is called by a script of ours. */
  List<String> backupCommand(Project source, Shape shape, Path file) throws IOException {
    return node(source, "backup.cjs", account(source), file.toString(), references(), shape.name());
  }

  /** The restore of {@code firestore-export-import}, which is called by a script of ours. */
  List<String> restoreCommand(Project target, Path file) throws IOException {
    return node(target, "restore.cjs", account(target), file.toString(), references());
  }

  private static String references() {
    return String.join(",", Generator.REFERENCES);
  }

  private List<String> node(Project project, String script, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "FIRESTORE_EMULATOR_HOST=" + emulator,
                "GOOGLE_CLOUD_PROJECT=" + project.id(),
                "node",
                folder.resolve(script).toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** A service account of nobody: they take no project without one, and the emulator any. */
  private String account(Project project) throws IOException {
    Path file = folder.resolve(project.id() + ".json");
    Files.writeString(
        file,
        """
        {
          "type": "service_account",
          "project_id": "%s",
          "private_key_id": "none",
          "private_key": "%s",
          "client_email": "nobody@%s.iam.gserviceaccount.com",
          "client_id": "1",
          "token_uri": "http://127.0.0.1:1/token"
        }
        """
            .formatted(project.id(), key, project.id()));
    return file.toString();
  }

  /** A key that opens nothing, as a line of JSON: they read it, and never use it. */
  private static String newKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(KEY_BITS);
      byte[] encoded = generator.generateKeyPair().getPrivate().getEncoded();
      String line = "\\n";
      return "-----BEGIN PRIVATE KEY-----"
          + line
          + Base64.getEncoder().encodeToString(encoded).replaceAll("(.{64})", "$1\\\\n")
          + line
          + "-----END PRIVATE KEY-----"
          + line;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JVM has RSA", e);
    }
  }
}

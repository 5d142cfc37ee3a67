package io.holdfast.examples.quickstart;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * A PostgreSQL server of its own in a temporary folder, which goes when it is closed, or when the
 * JVM ends. Listens on this machine only.
 */
final class EmbeddedServer implements AutoCloseable {
  private static final int LOG_LINES = 5;

  private final Path folder;
  private final EmbeddedPostgres server;
  private final Thread atExit;

  /** The server could not start; says what may help. */
  static final class StartException extends Exception {
    private static final long serialVersionUID = 1L;

    StartException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private EmbeddedServer(Path folder, EmbeddedPostgres server) {
    this.folder = folder;
    this.server = server;
    this.atExit = new Thread(this::stop, "stop-postgres");
    Runtime.getRuntime().addShutdownHook(atExit);
  }

  /**
   * Unpacks and starts a server.
   *
   * @throws StartException if it does not start; nothing is left behind
   */
  static EmbeddedServer start() throws IOException, StartException {
    Path folder = Files.createTempDirectory("holdfast-quick-start-");
    File log = folder.resolve("server.log").toFile();
    try {
      return new EmbeddedServer(
          folder,
          EmbeddedPostgres.builder()
              .setOverrideWorkingDirectory(folder.resolve("programs").toFile())
              .setDataDirectory(folder.resolve("data"))
              .setRegisterShutdownHook(false)
              .setOutputRedirector(Redirect.appendTo(log))
              .setErrorRedirector(Redirect.appendTo(log))
              // It is thrown away in the end, so it need not survive a power cut.
              .setServerConfig("fsync", "off")
              .setServerConfig("full_page_writes", "off")
              .start());
    } catch (IOException | RuntimeException e) {
      String said = lastLines(log.toPath());
      delete(folder);
      throw new StartException(
          "The embedded PostgreSQL did not start: "
              + rootMessage(e)
              + (said.isEmpty() ? "" : "\nIt said:\n" + said)
              + "\nIt needs a folder for temporary files in which programs may run (now "
              + System.getProperty("java.io.tmpdir")
              + "; another: -Djava.io.tmpdir=…), and as root the right to create user namespaces:"
              + " try as a normal user. To use a database that is there, give its URI instead.",
          e);
    }
  }

  /** Creates an empty database. */
  void createDatabase(String name) throws SQLException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name + " ENCODING 'UTF8' TEMPLATE template0");
    }
  }

  DataSource database(String name) {
    return server.getDatabase("postgres", name);
  }

  /** Its URI, as libpq has them. */
  String uri(String database) {
    return "postgresql://postgres@localhost:" + server.getPort() + "/" + database;
  }

  /** Stops the server and deletes its folder. May be called twice. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // The JVM is ending, and the hook is at work.
    }
    stop();
  }

  private void stop() {
    try {
      server.close();
      delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> files = Files.walk(folder)) {
      deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : deepestFirst) {
      Files.deleteIfExists(file);
    }
  }

  private static String lastLines(Path log) throws IOException {
    if (Files.notExists(log)) {
      return "";
    }
    List<String> lines =
        new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.toString();
  }
}

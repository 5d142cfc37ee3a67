package io.holdfast.benchmarks.postgres;

import io.holdfast.benchmarks.Commands;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * A PostgreSQL server of our own on 127.0.0.1, from the programs installed on the machine. Closing
 * it stops it and leaves its files.
 *
 * <p>PostgreSQL refuses to run as root: then it runs as the user {@code postgres}.
 */
final class Server implements AutoCloseable {
  /** The same for all arms; the README says why each. */
  static final List<String> SETTINGS =
      List.of(
          "shared_buffers=512MB",
          "max_wal_size=4GB",
          "autovacuum=off",
          "fsync=off",
          "max_locks_per_transaction=1024",
          "listen_addresses=127.0.0.1",
          "unix_socket_directories=");

  private static final String USER = "postgres";

  private final Path bin;
  private final Path data;
  private final int port;

  private Server(Path bin, Path data, int port) {
    this.bin = bin;
    this.data = data;
    this.port = port;
  }

  /**
   * Starts a server.
   *
   * @param bin the folder with {@code initdb}, {@code pg_ctl} and the client programs
   * @param data its files; created where there are none
   * @param log takes what the server prints
   */
  static Server start(Path bin, Path data, Path log) throws IOException, InterruptedException {
    Files.createDirectories(data);
    Server server = new Server(bin, data, freePort());
    if (!Files.exists(data.resolve("PG_VERSION"))) {
      server.giveToServer(data);
      server.run(
          "initdb",
          "-D",
          data.toString(),
          "-U",
          USER,
          "-A",
          "trust",
          "-E",
          "UTF8",
          "--no-locale",
          "--no-sync");
    } else if (Files.exists(data.resolve("postmaster.pid"))) {
      server.stopLeftover();
    }
    List<String> options = new ArrayList<>(List.of("-p", Integer.toString(server.port)));
    for (String setting : SETTINGS) {
      options.add("-c");
      options.add(setting);
    }
    Files.deleteIfExists(log);
    Files.createFile(log);
    server.giveToServer(log);
    server.run(
        "pg_ctl",
        "-D",
        data.toString(),
        "-w",
        "-l",
        log.toString(),
        "-o",
        String.join(" ", options),
        "start");
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private void giveToServer(Path path) throws IOException {
    if (isRoot()) {
      Files.getFileAttributeView(path, PosixFileAttributeView.class)
          .setOwner(
              path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(USER));
    }
  }

  /** A run that was killed may have left its server running. */
  private void stopLeftover() throws InterruptedException {
    try {
      stop();
    } catch (IOException e) {
      // Not running, then; starting says what else is wrong.
    }
  }

  private void stop() throws IOException, InterruptedException {
    run("pg_ctl", "-D", data.toString(), "-m", "fast", "-w", "stop");
  }

  private void run(String program, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("runuser", "-u", USER, "--"));
    }
    command.add(program(program));
    command.addAll(List.of(arguments));
    Commands.run(command);
  }

  /** Where a program of this server's version is. */
  String program(String name) {
    return bin.resolve(name).toString();
  }

  int port() {
    return port;
  }

  /** The process whose children are all others of the server. */
  long pid() throws IOException {
    try (var lines = Files.lines(data.resolve("postmaster.pid"))) {
      return Long.parseLong(lines.findFirst().orElseThrow().trim());
    }
  }

  /** A database as libpq's programs and Holdfast take it. */
  String uri(String database) {
    return "postgresql://" + USER + "@127.0.0.1:" + port + "/" + database;
  }

  /** A connection, in UTC so that dates are the same everywhere. */
  Connection connect(String database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", USER);
    Connection connection =
        DriverManager.getConnection(
            "jdbc:postgresql://127.0.0.1:" + port + "/" + database, properties);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET TimeZone = 'UTC'");
    }
    return connection;
  }

  /** Runs one statement in a database; one connection each, so that none stays open. */
  void execute(String database, String sql) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Makes a database anew as a copy of another, whatever there was before. */
  void recreate(String database, String template) throws SQLException {
    drop(database);
    execute("postgres", "CREATE DATABASE " + database + " TEMPLATE " + template);
  }

  void drop(String database) throws SQLException {
    execute("postgres", "DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
  }

  /** Writes out what earlier work left to be written, so that a measurement does not pay for it. */
  void settle() throws SQLException, IOException, InterruptedException {
    execute("postgres", "CHECKPOINT");
    Commands.run(List.of("sync", "-f", data.toString()));
  }

  /** Stops the server; may be called twice. */
  @Override
  public void close() throws IOException {
    if (!Files.exists(data.resolve("postmaster.pid"))) {
      return;
    }
    try {
      stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package io.holdfast.benchmarks.postgres;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Makes the database that is measured: the same rows for the same scale, on every run. The server
 * makes them, in two lanes, from the SQL files beside this class.
 */
final class Generator {
  /** Raised with every change of the SQL, so that a kept database of before is not taken for it. */
  private static final int VERSION = 1;

  private final Server server;
  private final String database;
  private final double scale;
  private final List<List<String>> steps;

  private Generator(Server server, String database, double scale, List<List<String>> steps) {
    this.server = server;
    this.database = database;
    this.scale = scale;
    this.steps = steps;
  }

  /** The database of a few big tables and some small ones. */
  static Generator ofShop(Server server, String database, double scale) {
    return new Generator(
        server,
        database,
        scale,
        List.of(
            List.of("1-ground.sql"),
            List.of("2-lane-a.sql", "2-lane-b.sql"),
            List.of("3-finish.sql")));
  }

  /** The database of 10,000 tables, the same at every scale. */
  static Generator ofTables(Server server, String database) {
    return new Generator(server, database, 1, List.of(List.of("tables.sql")));
  }

  /** The database of 100 MB that is cloned, the same at every scale. */
  static Generator ofClone(Server server, String database) {
    return new Generator(server, database, 1, List.of(List.of("clone.sql")));
  }

  /** Makes the database, unless it is there, whole and at this scale. */
  void runUnlessDone() throws SQLException, IOException, InterruptedException {
    if (!isDone()) {
      long start = System.nanoTime();
      run();
      System.err.printf("Generated %s in %.0f s%n", database, (System.nanoTime() - start) / 1e9);
    }
  }

  private boolean isDone() throws SQLException {
    try (Connection connection = server.connect("postgres");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '"
                    + database
                    + "'")) {
      return row.next() && label().equals(row.getString(1));
    }
  }

  private String label() {
    return "Holdfast benchmark, version " + VERSION + ", scale " + scale;
  }

  private void run() throws SQLException, IOException, InterruptedException {
    server.recreate(database, "template0");
    for (List<String> files : steps) {
      inParallel(files);
    }
    // Also sets hint bits, which the first to read would otherwise pay for.
    server.execute(database, "VACUUM ANALYZE");
    // Last, so that a database that was left half-made is not taken for a whole one.
    server.execute("postgres", "COMMENT ON DATABASE " + database + " IS '" + label() + "'");
  }

  private void inParallel(List<String> files) throws IOException, InterruptedException {
    ExecutorService executor = Executors.newFixedThreadPool(files.size());
    try {
      for (Future<@Nullable Void> done :
          executor.invokeAll(files.stream().map(this::asTask).toList())) {
        done.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("The database could not be generated: " + e.getMessage(), e.getCause());
    } finally {
      executor.shutdownNow();
    }
  }

  private Callable<@Nullable Void> asTask(String file) {
    return () -> {
      execute(file);
      return null;
    };
  }

  private void execute(String file) throws SQLException, IOException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute("SET bench.scale = '" + scale + "'");
      statement.execute("SET maintenance_work_mem = '256MB'");
      statement.execute(read(file));
    }
  }

  private static String read(String file) throws IOException {
    try (InputStream in = Generator.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new FileNotFoundException(file + " is not on the class path.");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}

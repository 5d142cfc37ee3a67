package io.holdfast.benchmarks.postgres;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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

  Generator(Server server, String database, double scale) {
    this.server = server;
    this.database = database;
    this.scale = scale;
  }

  /** Whether the database is there, whole and at this scale. */
  boolean isDone() throws SQLException {
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

  /** Makes the database anew. */
  void run() throws SQLException, IOException, InterruptedException {
    server.recreate(database, "template0");
    execute("1-ground.sql");
    inParallel("2-lane-a.sql", "2-lane-b.sql");
    execute("3-finish.sql");
    // Also sets hint bits, which the first to read would otherwise pay for.
    server.execute(database, "VACUUM ANALYZE");
    // Last, so that a database that was left half-made is not taken for a whole one.
    server.execute("postgres", "COMMENT ON DATABASE " + database + " IS '" + label() + "'");
  }

  private void inParallel(String lane, String otherLane)
      throws SQLException, IOException, InterruptedException {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try {
      Future<@Nullable Void> first = executor.submit(asTask(lane));
      Future<@Nullable Void> second = executor.submit(asTask(otherLane));
      first.get();
      second.get();
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

package io.holdfast.postgres;

import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.BackupHandler;
import io.holdfast.testkit.BackupHandlerContract;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The contract of all handlers, kept with every type and shape of table that PostgreSQL has. */
class PostgresContractTest extends BackupHandlerContract {
  @Override
  protected HandlerFixture createFixture() {
    return new Fixture();
  }

  /** Something with the database, whose failure is the test's. */
  @FunctionalInterface
  private interface DatabaseCall<T> {
    T run() throws SQLException;
  }

  private static <T> T call(DatabaseCall<T> call) {
    try {
      return call.run();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Fixture implements HandlerFixture {
    private static final String PASSWORD = "hunter2-of-the-contract";

    private final Map<BackupHandler, Database> given = new HashMap<>();
    private final BackupHandler source = give(call(AwkwardDatabase::source));

    /** Counts from before reads were stalled, since those of the test would wait as well. */
    private Optional<Map<String, Long>> counted = Optional.empty();

    /** The server trusts everybody, so the password is there only to be kept secret. */
    private BackupHandler give(Database database) {
      BackupHandler handler = PostgresHandler.at(database.uri("postgres", PASSWORD));
      given.put(handler, database);
      return handler;
    }

    private Database database(BackupHandler handler) {
      Database database = given.get(handler);
      if (database == null) {
        throw new IllegalArgumentException("Not of this fixture: " + handler);
      }
      return database;
    }

    @Override
    public BackupHandler source() {
      return source;
    }

    @Override
    public Optional<BackupHandler> anotherSource() {
      return Optional.of(give(database(source)));
    }

    @Override
    public Map<String, Long> sourceCounts() {
      return counted.orElseGet(() -> call(() -> Contents.counts(database(source))));
    }

    @Override
    public void changeSource() {
      call(
          () -> {
            AwkwardDatabase.change(database(source));
            return true;
          });
    }

    @Override
    public BackupHandler emptyTarget() {
      return give(call(TestPostgres::createDatabase));
    }

    @Override
    public BackupHandler filledTarget() {
      return give(call(AwkwardDatabase::filled));
    }

    @Override
    public Map<String, String> contentHashes(BackupHandler handler) {
      return call(() -> Contents.hashes(database(handler)));
    }

    @Override
    public Set<String> collectionsWithoutKey() {
      return AwkwardDatabase.WITHOUT_KEY;
    }

    @Override
    public Set<String> secrets() {
      return Set.of(PASSWORD);
    }

    /** A TRUNCATE waits for the session's lock, and every reader waits behind it. */
    @Override
    public Optional<AutoCloseable> stallReads() {
      counted = Optional.of(sourceCounts());
      return Optional.of(
          call(() -> new Migration(database(source), "TRUNCATE " + AwkwardDatabase.LARGEST)));
    }

    @Override
    public Optional<AutoCloseable> stallWrites(BackupHandler target) {
      Connection holder = call(() -> database(target).connect());
      return call(
          () -> {
            try (Statement statement = holder.createStatement()) {
              statement.execute("SELECT pg_advisory_lock(" + AwkwardDatabase.GATE + ")");
            }
            return Optional.of(holder);
          });
    }

    @Override
    public void close() {
      given.keySet().forEach(BackupHandler::close);
      Set.copyOf(given.values())
          .forEach(
              database ->
                  call(
                      () -> {
                        database.close();
                        return true;
                      }));
    }
  }

  /** A statement that waits in a line for a lock, until it is closed. */
  private static final class Migration implements AutoCloseable {
    private final Connection connection;
    private final Statement statement;
    private final Thread thread;

    Migration(Database database, String sql) throws SQLException {
      connection = database.connect();
      statement = connection.createStatement();
      thread =
          new Thread(
              () -> {
                try {
                  statement.execute(sql);
                } catch (SQLException expected) {
                  // It is cancelled in the end.
                }
              },
              "migration");
      thread.start();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (database
          .query("SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'")
          .isEmpty()) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("Nothing locks the table, so nothing waits");
        }
        Thread.onSpinWait();
      }
    }

    @Override
    public void close() throws SQLException {
      statement.cancel();
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true; // kept for the test
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      connection.close();
    }
  }
}

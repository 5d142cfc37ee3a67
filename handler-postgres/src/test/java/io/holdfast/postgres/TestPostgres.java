package io.holdfast.postgres;

import io.holdfast.postgres.internal.Sql;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL server for all tests of one JVM, and databases of their own for tests.
 *
 * <p>Set {@code HOLDFAST_TEST_POSTGRES} to {@code host:port} of a server where {@code postgres} is
 * a superuser without a password to run the tests there instead.
 */
public final class TestPostgres {
  private static final AtomicInteger databases = new AtomicInteger();
  private static final String address = start();

  private TestPostgres() {}

  private static String start() {
    String own = System.getenv("HOLDFAST_TEST_POSTGRES");
    if (own != null && !own.isEmpty()) {
      return own;
    }
    try {
      @SuppressWarnings("resource") // It stops with the JVM: it has a shutdown hook of its own.
      EmbeddedPostgres server =
          EmbeddedPostgres.builder()
              .setServerConfig("fsync", "off")
              .setServerConfig("max_connections", "100")
              .setServerConfig("max_locks_per_transaction", "256")
              .setServerConfig("max_prepared_transactions", "4")
              .start();
      return "localhost:" + server.getPort();
    } catch (IOException e) {
      throw new IllegalStateException("The embedded PostgreSQL did not start", e);
    }
  }

  /** A database of its own, dropped when closed. */
  public static final class Database implements AutoCloseable {
    private final String name;

    private Database(String name) {
      this.name = name;
    }

    public String name() {
      return name;
    }

    /** As the superuser. */
    public DataSource dataSource() {
      return dataSource("postgres", "");
    }

    public DataSource dataSource(String user, String password) {
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(url());
      source.setUser(user);
      source.setPassword(password);
      return source;
    }

    public String url() {
      return "jdbc:postgresql://" + address + "/" + name;
    }

    /** {@code postgresql://postgres@host:port/name}. */
    public String uri() {
      return "postgresql://postgres@" + address + "/" + name;
    }

    /** The same with that user and password. */
    public String uri(String user, String password) {
      return "postgresql://" + user + ":" + password + "@" + address + "/" + name;
    }

    public Connection connect() throws SQLException {
      return DriverManager.getConnection(url(), "postgres", "");
    }

    /** Runs statements, each in a transaction of its own if there is one only. */
    public Database execute(String... statements) throws SQLException {
      try (Connection connection = connect();
          Statement statement = connection.createStatement()) {
        for (String sql : statements) {
          statement.execute(sql);
        }
      }
      return this;
    }

    /** The first column of a query's rows as text; null for NULL. */
    public List<String> query(String sql) throws SQLException {
      try (Connection connection = connect();
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(sql)) {
        List<String> values = new ArrayList<>();
        while (row.next()) {
          values.add(row.getString(1));
        }
        return values;
      }
    }

    @Override
    public void close() throws SQLException {
      maintenance("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    }
  }

  /** An empty database. */
  public static Database createDatabase() throws SQLException {
    return createDatabase("");
  }

  /**
   * An empty database.
   *
   * @param options what follows {@code CREATE DATABASE name}: {@code ENCODING 'SQL_ASCII' …}
   */
  public static Database createDatabase(String options) throws SQLException {
    String name = "test_" + ProcessHandle.current().pid() + "_" + databases.incrementAndGet();
    maintenance("CREATE DATABASE " + name + " " + options);
    return new Database(name);
  }

  /** The server, as the superuser. */
  static PostgresServer server() {
    return PostgresServer.at(uri(""));
  }

  /** {@code postgresql://postgres@host:port/name}. */
  static String uri(String database) {
    return "postgresql://postgres@" + address + "/" + database;
  }

  /** Drops a database if it is there, also one that is a template. */
  static void dropDatabase(String name) throws SQLException {
    String quoted = Sql.quoteIdentifier(name);
    if (server().exists(name)) {
      maintenance("ALTER DATABASE " + quoted + " IS_TEMPLATE false");
      maintenance("DROP DATABASE " + quoted + " WITH (FORCE)");
    }
  }

  /** Whether the server is the tests' own, and not one that somebody uses for other things, too. */
  static boolean isEmbedded() {
    String own = System.getenv("HOLDFAST_TEST_POSTGRES");
    return own == null || own.isEmpty();
  }

  /** {@code host:port} of the server. */
  public static String address() {
    return address;
  }

  /** The server's major version. */
  public static int majorVersion() throws SQLException {
    try (Connection connection =
        DriverManager.getConnection("jdbc:postgresql://" + address + "/postgres", "postgres", "")) {
      return connection.getMetaData().getDatabaseMajorVersion();
    }
  }

  /** Runs statements outside of any test's database: roles belong to the whole server. */
  public static void maintenance(String... sql) throws SQLException {
    new Database("postgres").execute(sql);
  }

  /** The first column of a query's rows outside of any test's database. */
  public static List<String> query(String sql) throws SQLException {
    return new Database("postgres").query(sql);
  }
}

package io.holdfast.examples.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.ProductionTargetException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProdToDevSyncTest {
  private static final Sanitizer SANITIZER =
      new Sanitizer(
          List.of("UPDATE customers SET email = 'user' || id || '@example.invalid', phone = NULL"),
          List.of(
              "SELECT count(*) FROM customers"
                  + " WHERE email NOT LIKE '%@example.invalid' OR phone IS NOT NULL"));
  private static final Sanitizer INCOMPLETE =
      new Sanitizer(
          List.of("UPDATE customers SET email = 'x@example.invalid' WHERE id > 1"),
          SANITIZER.leftovers());

  private static EmbeddedPostgres server;
  private static int pairs;

  @TempDir private Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private Database production;
  private Database development;

  @BeforeAll
  static void start() throws Exception {
    server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void makeTwoShops() throws Exception {
    pairs++;
    production = shop("production", "SELECT i, 'c' || i || '@real.example', '+49 ' || i", 2000);
    development = shop("development", "SELECT i, 'dev' || i || '@test.example', NULL", 3);
  }

  private static Database shop(String environment, String customers, int count) throws Exception {
    String name = environment + "_" + pairs;
    execute(server.getJdbcUrl("postgres", "postgres"), "CREATE DATABASE " + name);
    Database shop = new Database(server.getJdbcUrl("postgres", name), environment);
    execute(
        shop.jdbcUrl(),
        "CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL, phone text)",
        "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers)",
        "INSERT INTO customers " + customers + " FROM generate_series(1, " + count + ") AS i",
        "INSERT INTO orders SELECT id * 10, id FROM customers");
    return shop;
  }

  private static void execute(String url, String... statements) throws SQLException {
    try (Connection connection = new Database(url, "").dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static List<String> rows(Database database, String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(query)) {
      while (found.next()) {
        rows.add(found.getString(1));
      }
    }
    return rows;
  }

  /** Every row of both tables. */
  private static List<String> content(Database database) throws SQLException {
    return rows(
        database,
        "SELECT to_jsonb(c)::text FROM customers c UNION ALL SELECT to_jsonb(o)::text FROM orders o"
            + " ORDER BY 1");
  }

  private ProdToDevSync sync(Database from, Database to, Sanitizer sanitizer) {
    return new ProdToDevSync(
        from, to, folder.toUri().toString(), sanitizer, new PrintStream(out, true, UTF_8));
  }

  @Test
  void developmentGetsProductionsRowsWithoutItsCustomers() throws Exception {
    List<String> source = content(production);

    RestoreResult result = sync(production, development, SANITIZER).run();

    assertThat(result.records()).isEqualTo(4000);
    assertThat(rows(development, "SELECT id FROM orders ORDER BY 1"))
        .isEqualTo(rows(production, "SELECT id FROM orders ORDER BY 1"));
    assertThat(content(development)).hasSize(4000).noneMatch(row -> row.contains("real.example"));
    assertThat(content(production)).isEqualTo(source);
    assertThat(out.toString(UTF_8)).contains("4000 records, without personal data");
  }

  @Test
  void whatDevelopmentHeldBeforeCanBeHadBack() throws Exception {
    List<String> before = content(development);
    RestoreResult result = sync(production, development, SANITIZER).run();
    BackupResult safety = result.safetyBackup().orElseThrow();
    assertThat(safety.records()).isEqualTo(6);
    assertThat(safety.source().environment()).isNotEqualTo("production");

    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(development.handler())
            .sink(folder.toUri().toString())
            .build()) {
      executor.restoreFromBackup(
          safety.backupId(), RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE));
    }
    assertThat(content(development)).isEqualTo(before);
  }

  @Test
  void whatCannotBeMadeHarmlessDoesNotStay() throws Exception {
    List<String> before = content(development);

    assertThatThrownBy(() -> sync(production, development, INCOMPLETE).run())
        .isInstanceOf(Sanitizer.NotSanitizedException.class)
        .hasMessageContaining("rows are still as they were")
        .hasNoSuppressedExceptions();

    assertThat(content(development)).isEqualTo(before);
  }

  @Test
  void theWrongWayRoundIsRefusedAndProductionIsUntouched() throws Exception {
    List<String> before = content(production);

    assertThatThrownBy(() -> sync(development, production, SANITIZER).run())
        .isInstanceOf(ProductionTargetException.class)
        .hasMessageContainingAll("marked as production", "intoProduction", "Nothing was changed");

    assertThat(content(production)).isEqualTo(before);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .isNotEmpty()
          .noneMatch(name -> name.contains("-safety-"));
    }
  }
}

package io.holdfast.examples.cirestore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CiRestoreOnFailureTest {
  private static EmbeddedPostgres server;

  @TempDir private Path folder;

  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @BeforeAll
  static void start() throws Exception {
    server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void makeAShop() throws Exception {
    environment.put("DATABASE_URL", server.getJdbcUrl("postgres", "postgres"));
    environment.put("BACKUP_STORAGE", folder.resolve("backups").toUri().toString());
    execute(
        "DROP SCHEMA public CASCADE",
        "CREATE SCHEMA public",
        "CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL)",
        "INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 500) AS i");
  }

  private static void execute(String... statements) throws SQLException {
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** All rows of a table, with all their columns. */
  private static List<String> rows(String table) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery("SELECT to_jsonb(t)::text FROM " + table + " t ORDER BY 1")) {
      while (found.next()) {
        rows.add(found.getString(1));
      }
    }
    return rows;
  }

  private int run(String... args) {
    return CiRestoreOnFailure.run(
        environment, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), args);
  }

  private String backup() {
    assertThat(run("backup")).isZero();
    String printed = out.toString(UTF_8);
    assertThat(printed).as("nothing but the reference").matches("deploy-[0-9-]+\\R");
    return printed.strip();
  }

  private int migrate(String reference, String sql) throws Exception {
    Path script = Files.writeString(folder.resolve("migration.sql"), sql);
    return run("migrate", reference, script.toString());
  }

  private List<String> manifests() throws Exception {
    try (Stream<Path> files = Files.list(folder.resolve("backups"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".manifest.json"))
          .sorted()
          .toList();
    }
  }

  @Test
  void aMigrationThatSucceedsStays() throws Exception {
    String reference = backup();

    assertThat(migrate(reference, "ALTER TABLE users ADD age int; UPDATE users SET age = 7"))
        .isEqualTo(CiRestoreOnFailure.DONE);

    assertThat(rows("users")).hasSize(500).allMatch(row -> row.contains("\"age\": 7"));
    assertThat(manifests()).containsExactly(reference + ".manifest.json");
  }

  @Test
  void aMigrationThatSpoilsRowsIsUndoneAndWhatItLeftIsKept() throws Exception {
    List<String> before = rows("users");
    String reference = backup();

    int code =
        migrate(reference, "DELETE FROM users WHERE id > 100; COMMIT; SELECT 1 / 0 AS no_way");

    assertThat(err.toString(UTF_8)).contains("division by zero", reference + " was restored");
    assertThat(code).isEqualTo(CiRestoreOnFailure.PUT_BACK);
    assertThat(rows("users")).isEqualTo(before);
    assertThat(manifests()).hasSize(2).anyMatch(name -> name.startsWith("deploy-safety-"));
  }

  @Test
  void aMigrationThatSpoilsTablesIsUndone() throws Exception {
    List<String> before = rows("users");
    String reference = backup();

    int code =
        migrate(
            reference,
            "ALTER TABLE users DROP name; CREATE TABLE more (u int REFERENCES users);"
                + " COMMIT; SELECT 1 / 0 AS no_way");

    assertThat(err.toString(UTF_8)).contains("division by zero", reference + " was restored");
    assertThat(code).isEqualTo(CiRestoreOnFailure.PUT_BACK);
    assertThat(rows("users")).isEqualTo(before);
    assertThat(rows("(SELECT tablename FROM pg_tables WHERE schemaname = 'public')")).hasSize(1);
  }

  @Test
  void withoutAnIntactBackupNothingIsMigrated() throws Exception {
    List<String> before = rows("users");
    String reference = backup();
    Path document = folder.resolve("backups").resolve(reference + ".json.zst");
    byte[] bytes = Files.readAllBytes(document);
    bytes[bytes.length / 2] ^= 1;
    Files.write(document, bytes);

    for (String ref : List.of(reference, "deploy-2020-01-01-00-00-00")) {
      assertThat(migrate(ref, "DELETE FROM users")).isEqualTo(CiRestoreOnFailure.NOT_BEGUN);
      assertThat(err.toString(UTF_8)).contains("The migration was not begun.");
    }
    assertThat(rows("users")).isEqualTo(before);
  }

  @Test
  void aTargetOfAnotherNameIsNotMigrated() throws Exception {
    List<String> before = rows("users");
    String reference = backup();
    environment.put("PRODUCTION_DATABASE", "another");

    assertThat(migrate(reference, "DELETE FROM users")).isEqualTo(CiRestoreOnFailure.NOT_BEGUN);

    assertThat(err.toString(UTF_8)).contains("\"another\"");
    assertThat(rows("users")).isEqualTo(before);
  }

  @Test
  void whatIsMissingIsTold() {
    environment.remove("DATABASE_URL");
    assertThat(run("backup")).isEqualTo(CiRestoreOnFailure.USAGE);
    assertThat(err.toString(UTF_8)).contains("DATABASE_URL");
  }

  @Test
  void thePageShowsTheWorkflow() throws Exception {
    Path module = Path.of("").toAbsolutePath();
    while (!Files.exists(module.resolve("migrate.yml"))) {
      module = module.getParent().resolve("examples/ci-restore-on-failure");
    }
    assertThat(Files.readString(module.resolve("README.md")))
        .contains("```yaml\n" + Files.readString(module.resolve("migrate.yml")) + "```\n");
  }
}

package io.holdfast.examples.premigration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreMigrationBackupTest {
  private static EmbeddedPostgres server;
  private static int shops;

  @TempDir private Path folder;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private DataSource database;

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
    String name = "shop_" + ++shops;
    try (Connection connection = server.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    database = server.getDatabase("postgres", name);
    migration("shop.sql").run();
  }

  private Migration migration(String script) throws URISyntaxException {
    URL found = Objects.requireNonNull(getClass().getResource("/" + script), script);
    return new Migration(database, List.of(Path.of(found.toURI())));
  }

  private int migrate(String script) throws Exception {
    return new PreMigrationBackup(database, folder, new PrintStream(output, true, UTF_8))
        .migrate(migration(script));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rows-only.sql", "tables-too.sql"})
  void aMigrationThatFailsHalfwayLeavesSchemaAndDataAsTheyWere(String script) throws Exception {
    DatabaseState before = DatabaseState.of(database);
    assertThat(before.parts()).hasSizeGreaterThan(20);

    int code = migrate(script);

    assertThat(before.differencesTo(DatabaseState.of(database))).isEmpty();
    assertThat(output.toString(UTF_8))
        .contains("The migration failed")
        .contains("Schema and data are as they were before.")
        .doesNotContain("could not be undone");
    assertThat(code).isEqualTo(PreMigrationBackup.PUT_BACK);
  }

  @Test
  void aMigrationThatSucceedsStaysAndSoDoesItsBackup() throws Exception {
    DatabaseState before = DatabaseState.of(database);

    assertThat(migrate("good.sql")).isEqualTo(PreMigrationBackup.MIGRATED);

    assertThat(before.differencesTo(DatabaseState.of(database)))
        .anyMatch(difference -> difference.contains("column public.customers.name is new"));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(name -> name.matches("before-migration-.*\\.manifest\\.json"));
    }
  }

  @Test
  void theStateSeesWhatChanges() throws Exception {
    DatabaseState before = DatabaseState.of(database);
    Migration failing = migration("tables-too.sql");
    assertThatThrownBy(failing::run).isInstanceOf(SQLException.class);

    assertThat(before.differencesTo(DatabaseState.of(database)))
        .anyMatch(line -> line.startsWith("column public.customers.email is gone"))
        .anyMatch(line -> line.startsWith("column public.orders.total was"))
        .anyMatch(line -> line.startsWith("column public.customers.name is new"))
        .anyMatch(line -> line.startsWith("sequence public.customers_id_seq is gone"))
        .anyMatch(line -> line.startsWith("enum public.mood was meh,happy"))
        .anyMatch(line -> line.startsWith("index public.orders_by_day is gone"))
        .anyMatch(line -> line.startsWith("view public.balances is gone"))
        .anyMatch(line -> line.startsWith("rows of public.orders was 3000"));
  }
}

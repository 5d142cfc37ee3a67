package io.holdfast.firestore;

import static io.holdfast.firestore.AwkwardDocuments.integer;
import static io.holdfast.firestore.AwkwardDocuments.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.Value;
import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.postgres.PostgresHandler;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A backup is bound to no kind of database: Firestore into PostgreSQL and back, and others' files.
 */
@Timeout(300)
class ElsewhereAndBackTest {
  private static EmbeddedPostgres postgres;

  @TempDir Path folder;
  private int databases;

  @BeforeAll
  static void startPostgres() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopPostgres() throws IOException {
    postgres.close();
  }

  private DataSource newDatabase() throws SQLException {
    String name = "d" + System.nanoTime() + "_" + databases++;
    execute(postgres.getPostgresDatabase(), "CREATE DATABASE " + name);
    return postgres.getDatabase("postgres", name);
  }

  private static void execute(DataSource database, String... statements) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static List<String> query(DataSource database, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }

  private void copy(BackupHandler from, BackupHandler to) {
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(from)
            .target(to)
            .sink(FileSink.at(folder))
            .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSS")
            .build()) {
      executor.copyToTarget(RestoreOptions.DEFAULT);
    }
  }

  private static BackupHandler handler(RawFirestore database) {
    return FirestoreHandler.at(TestFirestore.uri(database));
  }

  @Test
  void firestoreThroughPostgresIsTheSameDatabase() throws Exception {
    assertSameAfterPostgres(builder -> builder);
  }

  @Test
  void firestoreThroughTypedColumnsOfPostgresIsTheSameDatabase() throws Exception {
    assertSameAfterPostgres(PostgresHandler.Builder::documentColumns);
  }

  private void assertSameAfterPostgres(UnaryOperator<PostgresHandler.Builder> choice)
      throws Exception {
    DataSource tables = newDatabase();
    try (RawFirestore source = TestFirestore.create();
        RawFirestore back = TestFirestore.create();
        BackupHandler first = handler(source);
        BackupHandler last =
            FirestoreHandler.builder(
                    Location.parse(TestFirestore.uri(back)), ProviderContext.system())
                .referencesFrom(source.project(), source.database())
                .build()) {
      GeneratedDatabase.fill(source, 42, 3_000);
      List<Document> alike = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        Map<String, Value> fields =
            Map.of(
                "name", text("n" + i),
                "age", integer(i),
                "score", AwkwardDocuments.number(i / 8.0),
                "at", AwkwardDocuments.instant(1_767_916_800L + i, i * 1000),
                "raw", AwkwardDocuments.bytes(i, 0),
                "tags", AwkwardDocuments.array(text("a"), integer(i)));
        alike.add(source.document("people/p" + i, fields));
      }
      source.put(alike);

      copy(first, choice.apply(PostgresHandler.builder(tables)).build());
      assertThat(query(tables, "SELECT count(*) FROM people")).containsExactly("500");
      copy(PostgresHandler.of(tables), last);

      FirestoreRoundTripTest.assertEqual(back.contents(), source.contents());
    }
  }

  @Test
  void firestoreIsQueriedAsTablesAndTypedColumns() throws Exception {
    DataSource tables = newDatabase();
    try (RawFirestore source = TestFirestore.create();
        BackupHandler handler = handler(source)) {
      source.put("users/u1", Map.of("name", text("Ada"), "born", integer(1815)));
      source.put("users/u1/posts/p1", Map.of("title", text("Notes")));
      copy(handler, PostgresHandler.builder(tables).documentColumns().build());

      assertThat(query(tables, "SELECT name || born FROM users WHERE id = 'u1'"))
          .containsExactly("Ada1815");
      assertThat(query(tables, "SELECT title FROM posts WHERE parent = 'users/u1'"))
          .containsExactly("Notes");
    }
  }

  @Test
  void rowsOfPostgresBecomeDocumentsNamedByTheirKeys() throws Exception {
    DataSource tables = newDatabase();
    execute(
        tables,
        "CREATE TABLE users (id bigint PRIMARY KEY, name text, joined timestamptz, score float8,"
            + " doc jsonb, raw bytea, total numeric)",
        "INSERT INTO users VALUES (7, 'Ada', '2026-01-09 01:02:03.5Z', 1, '{\"a\":[1,2.5]}',"
            + " '\\x00ff', 12.50), (8, NULL, NULL, NULL, NULL, NULL, NULL)",
        "CREATE SCHEMA shop",
        "CREATE TABLE shop.\"Order Items\" (o int, i int, n int, PRIMARY KEY (o, i))",
        "INSERT INTO shop.\"Order Items\" VALUES (1, 2, 3)",
        "CREATE TABLE nothing (n int)");
    try (RawFirestore target = TestFirestore.create();
        BackupHandler handler = handler(target)) {
      copy(PostgresHandler.of(tables), handler);

      Map<String, Document> documents = target.documents(Optional.empty());
      assertThat(documents.keySet())
          .containsExactlyInAnyOrder("users/7", "users/8", "shop.Order Items/1:2");
      assertThat(documents.get("users/7").getFieldsMap())
          .isEqualTo(
              Map.of(
                  "id", integer(7),
                  "name", text("Ada"),
                  "joined", AwkwardDocuments.instant(1767920523L, 500_000_000),
                  "score", AwkwardDocuments.number(1),
                  "doc",
                      AwkwardDocuments.map(
                          Map.of(
                              "a",
                              AwkwardDocuments.array(integer(1), AwkwardDocuments.number(2.5)))),
                  "raw", AwkwardDocuments.bytes(0, 255),
                  "total", text("12.50")));
    }
  }

  @Test
  void tablesWithoutAKeyAreRefusedByNameBeforeAnythingIsWritten() throws Exception {
    DataSource tables = newDatabase();
    execute(tables, "CREATE TABLE keyless (n int)", "INSERT INTO keyless VALUES (1)");
    try (RawFirestore target = TestFirestore.create();
        BackupHandler handler = handler(target)) {
      assertThatThrownBy(() -> copy(PostgresHandler.of(tables), handler))
          .isInstanceOfSatisfying(
              HandlerException.class,
              e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.MISMATCH))
          .hasMessageContaining("public.keyless")
          .hasMessageContaining("primary key");
      assertThat(target.contents()).isEmpty();
    }
  }

  @Test
  void aPlainFileOfDocumentsIsRestored() throws Exception {
    assertRestored(
        """
        {"timestamp":"2026-01-09T00:00:00Z","collections":{
          "users":[{"id":"u1","name":"Ada","born":1815}, {"id":"u2"}],
          "posts":[{"id":"p1","$parent":"users/u1","at":{"$date":"2026-01-09T00:00:00Z"}}]}}
        """,
        Map.of(
            "users/u1", Map.of("name", text("Ada"), "born", integer(1815)),
            "users/u2", Map.of(),
            "users/u1/posts/p1", Map.of("at", AwkwardDocuments.instant(1_767_916_800L, 0))));
  }

  @Test
  void anExportOfNodeFirestoreImportExportIsRestored() throws Exception {
    assertRestored(
        """
        {"__collections__":{"users":{"u1":{"name":"Ada",
          "at":{"__datatype__":"timestamp","value":{"_seconds":1767916800,"_nanoseconds":5000}},
          "where":{"__datatype__":"geopoint","value":{"_latitude":52.5,"_longitude":13}},
          "__collections__":{"posts":{"p1":{"n":1,"__collections__":{}}}}}}}}
        """,
        Map.of(
            "users/u1",
                Map.of(
                    "name", text("Ada"),
                    "at", AwkwardDocuments.instant(1_767_916_800L, 5_000),
                    "where", AwkwardDocuments.point(52.5, 13)),
            "users/u1/posts/p1", Map.of("n", integer(1))));
  }

  @Test
  void anExportOfFirestoreExportImportIsRestored() throws Exception {
    assertRestored(
        """
        {"users":{"u1":{"name":"Ada","at":{"_seconds":1767916800,"_nanoseconds":0},
          "subCollection":{"users/u1/posts":{"p1":{"n":1}}}}}}
        """,
        Map.of(
            "users/u1",
                Map.of("name", text("Ada"), "at", AwkwardDocuments.instant(1_767_916_800L, 0)),
            "users/u1/posts/p1", Map.of("n", integer(1))));
  }

  private void assertRestored(String json, Map<String, Map<String, Value>> expected)
      throws IOException {
    Path file = folder.resolve("export.json");
    Files.writeString(file, json, StandardCharsets.UTF_8);
    try (RawFirestore target = TestFirestore.create();
        BackupHandler handler = handler(target);
        BackupExecutor executor =
            BackupExecutor.builder()
                .source(handler)
                .sink(FileSink.at(folder.resolve("sink")))
                .build()) {
      executor.restoreFromFile(file, RestoreOptions.DEFAULT);
      Map<String, Document> documents = target.documents(Optional.empty());
      assertThat(documents.keySet()).isEqualTo(expected.keySet());
      expected.forEach(
          (path, fields) ->
              assertThat(documents.get(path).getFieldsMap()).as(path).isEqualTo(fields));
    }
  }

  @Test
  void productionGoesIntoAnotherEmulatorDatabaseByOneCall() {
    try (RawFirestore production = TestFirestore.create();
        RawFirestore developers = TestFirestore.create();
        BackupExecutor executor =
            BackupExecutor.builder()
                .source(TestFirestore.uri(production))
                .target(TestFirestore.uri(developers))
                .sink(folder.toUri().toString())
                .build()) {
      production.put("users/u1", Map.of("name", text("Ada")));
      developers.put("users/old", Map.of("name", text("left over")));

      executor.copyToTarget(RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE));

      FirestoreRoundTripTest.assertEqual(developers.contents(), production.contents());
    }
  }
}

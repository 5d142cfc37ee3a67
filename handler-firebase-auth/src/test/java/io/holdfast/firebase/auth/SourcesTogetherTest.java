package io.holdfast.firebase.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.AgeKeyPair;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.RestoreOptions;
import io.holdfast.SourceResult;
import io.holdfast.postgres.PostgresHandler;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.HandlerException;
import io.holdfast.testkit.FaultyHandler;
import io.holdfast.testkit.FirebaseAuthEmulator;
import io.holdfast.testkit.FirestoreEmulator;
import io.holdfast.testkit.MemorySink;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Documents, accounts and rows in one backup, and accounts in other databases. */
@Timeout(300)
class SourcesTogetherTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  private static EmbeddedPostgres postgres;
  private static FirestoreEmulator firestore;
  private static FirebaseAuthEmulator auth;

  private final AgeKeyPair keys = AgeKeyPair.generate();
  private final MemorySink sink = new MemorySink();
  private final int number = NUMBERS.incrementAndGet();
  private final String project = "demo-together-" + number;
  private final String fresh = "demo-fresh-" + number;
  private DataSource rows;
  private DataSource freshRows;

  @BeforeAll
  static void start() throws IOException {
    firestore = FirestoreEmulator.shared();
    auth = FirebaseAuthEmulator.shared();
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  @BeforeEach
  void fill() throws Exception {
    rows = database("rows");
    freshRows = database("fresh");
    execute(
        rows,
        "CREATE TABLE orders (id bigint PRIMARY KEY, item text, price numeric)",
        "INSERT INTO orders SELECT n, 'item ' || n, n * 1.25 FROM generate_series(1, 5000) n");
    for (int i = 0; i < 120; i++) {
      document(project, "posts/p" + i, "{\"fields\":{\"n\":{\"integerValue\":\"" + i + "\"}}}");
    }
    new RawAuth(auth.hostPort(), project).create("", new GeneratedUsers(number, "s").make(500));
  }

  private DataSource database(String name) throws SQLException {
    String unique = name + "_" + number;
    execute(postgres.getPostgresDatabase(), "CREATE DATABASE " + unique);
    return postgres.getDatabase("postgres", unique);
  }

  private static void execute(DataSource database, String... statements) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static String query(DataSource database, String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }

  private static final String SUM_OF_ORDERS =
      "SELECT count(*) || ' ' || sum(hashtextextended(o::text, 0)) FROM orders o";

  private static URI documents(String project, String path) {
    return URI.create(
        "http://"
            + firestore.hostPort()
            + "/v1/projects/"
            + project
            + "/databases/(default)/documents/"
            + path);
  }

  private static void document(String project, String path, String body) throws Exception {
    HttpResponse<String> answer =
        HTTP.send(
            HttpRequest.newBuilder(documents(project, path))
                .header("Authorization", "Bearer owner")
                .method("PATCH", HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  /** The fields of the documents in a collection, by id. */
  private static Map<String, JsonNode> fields(String project, String collection) throws Exception {
    Map<String, JsonNode> found = new TreeMap<>();
    String token = "";
    do {
      HttpResponse<String> answer =
          HTTP.send(
              HttpRequest.newBuilder(
                      documents(
                          project,
                          collection
                              + "?pageSize=300"
                              + (token.isEmpty() ? "" : "&pageToken=" + token)))
                  .header("Authorization", "Bearer owner")
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode page = JSON.readTree(answer.body());
      for (JsonNode document : page.path("documents")) {
        String name = document.path("name").asText();
        found.put(name.substring(name.lastIndexOf('/') + 1), document.path("fields"));
      }
      token = page.path("nextPageToken").asText("");
    } while (!token.isEmpty());
    return found;
  }

  private static String firestoreUri(String project) {
    return "firestore://" + project + "?emulator=" + firestore.hostPort();
  }

  private static String authUri(String project) {
    return "firebase-auth://" + project + "?emulator=" + auth.hostPort();
  }

  private BackupExecutor.Builder three() {
    return BackupExecutor.builder()
        .source("documents", firestoreUri(project))
        .source("accounts", authUri(project))
        .source("orders", PostgresHandler.of(rows))
        .target("documents", firestoreUri(fresh))
        .target("accounts", authUri(fresh))
        .target("orders", PostgresHandler.of(freshRows))
        .sink(sink)
        .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSSSSS")
        .encryption(Encryption.recipients(keys.recipient()))
        .decryptionKeys(DecryptionKeys.identities(keys.identity()));
  }

  private static Map<String, JsonNode> accounts(String project) {
    Map<String, JsonNode> accounts = new RawAuth(auth.hostPort(), project).all("");
    accounts
        .values()
        .forEach(
            user ->
                ((ObjectNode) user)
                    .remove(List.of("validSince", "passwordUpdatedAt", "lastRefreshAt")));
    return accounts;
  }

  @Test
  void documentsAccountsAndRowsComeBackIntoThreeFreshTargets() throws Exception {
    try (BackupExecutor executor = three().build()) {
      BackupResult backup = executor.createBackup();

      assertThat(backup.counts())
          .containsEntry("documents/posts", 120L)
          .containsEntry("accounts/users", 500L)
          .containsEntry("orders/public.orders", 5000L);
      assertThat(executor.list()).hasSize(1);
      Map<String, Duration> skews = new TreeMap<>();
      for (SourceResult source : backup.sources()) {
        skews.put(source.name(), source.skew());
      }
      // Firestore keeps microseconds, so it is read at most one before the cut.
      assertThat(skews.get("documents")).isBetween(Duration.ofNanos(-1000), Duration.ZERO);
      assertThat(skews.get("orders")).isBetween(Duration.ofMinutes(-1), Duration.ofMinutes(1));

      executor.restoreFromBackup(backup.backupId());
      assertThat(fields(fresh, "posts")).hasSize(120).isEqualTo(fields(project, "posts"));
      assertThat(accounts(fresh)).hasSize(500).isEqualTo(accounts(project));
      assertThat(query(freshRows, SUM_OF_ORDERS)).isEqualTo(query(rows, SUM_OF_ORDERS));
    }
  }

  @Test
  void oneThatFailsInTheMiddleLeavesNothingVisible() {
    BackupHandler failing =
        FaultyHandler.around(FirebaseAuthHandler.at(authUri(project)))
            .fail(
                FaultyHandler.Step.READ,
                1,
                () ->
                    new HandlerException(
                        HandlerException.Kind.UNREACHABLE, null, "the line went dead", null))
            .build();
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source("documents", firestoreUri(project))
            .source("accounts", failing)
            .source("orders", PostgresHandler.of(rows))
            .sink(sink)
            .encryption(Encryption.recipients(keys.recipient()))
            .build()) {
      assertThatThrownBy(executor::createBackup).hasMessageContaining("the line went dead");
      assertThat(executor.list()).isEmpty();
      try (var objects = sink.list("")) {
        assertThat(objects).isEmpty();
      }
    }
  }

  @Test
  void accountsBecomeDocumentsOfFirestore() throws Exception {
    String tenant = new RawAuth(auth.hostPort(), project).createTenant("acme");
    new RawAuth(auth.hostPort(), project).create(tenant, new GeneratedUsers(9, "t").make(20));
    accountsInto(BackupExecutor.builder().target(firestoreUri(fresh)));

    Map<String, JsonNode> users = fields(fresh, "users");
    Map<String, JsonNode> accounts = accounts(project);
    assertThat(users).hasSize(500).containsOnlyKeys(accounts.keySet());
    accounts.forEach(
        (uid, account) -> {
          for (String field : List.of("email", "passwordHash", "customAttributes", "createdAt")) {
            assertThat(users.get(uid).path(field).path("stringValue").asText())
                .isEqualTo(account.path(field).asText());
          }
        });
    assertThat(fields(fresh, "tenants/" + tenant + "/users")).hasSize(20);
    assertThat(fields(fresh, "tenants")).containsOnlyKeys(tenant);
  }

  @Test
  void accountsBecomeRowsOfPostgres() throws Exception {
    accountsInto(BackupExecutor.builder().target(PostgresHandler.of(freshRows)));

    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, JsonNode> account : accounts(project).entrySet()) {
      String row =
          query(freshRows, "SELECT data::text FROM users WHERE id = '" + account.getKey() + "'");
      JsonNode data = JSON.readTree(row);
      for (String field : List.of("email", "passwordHash", "customAttributes", "createdAt")) {
        if (!data.path(field).asText().equals(account.getValue().path(field).asText())) {
          problems.add(account.getKey() + " " + field);
        }
      }
    }
    assertThat(problems).isEmpty();
    assertThat(query(freshRows, "SELECT count(*) FROM users")).isEqualTo("500");
  }

  private void accountsInto(BackupExecutor.Builder builder) {
    try (BackupExecutor executor =
        builder
            .source(authUri(project))
            .sink(sink)
            .encryption(Encryption.recipients(keys.recipient()))
            .decryptionKeys(DecryptionKeys.identities(keys.identity()))
            .build()) {
      executor.copyToTarget(RestoreOptions.DEFAULT);
    }
  }
}

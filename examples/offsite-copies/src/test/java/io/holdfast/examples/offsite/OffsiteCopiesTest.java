package io.holdfast.examples.offsite;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.RestoreOptions;
import io.holdfast.catalog.Catalog;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import io.holdfast.testkit.FaultProxy;
import io.holdfast.testservers.GcsServer;
import io.holdfast.testservers.MongoServer;
import io.holdfast.testservers.S3ProxyServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * PostgreSQL into S3, Google Cloud Storage, MongoDB and a folder in one pass, with one of them
 * dead: what is where, how it is healed, and a restore from each alone.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
final class OffsiteCopiesTest {
  private static final List<String> PLACES = List.of("s3", "gcs", "mongo", "folder");

  private EmbeddedPostgres postgres;
  private S3ProxyServer s3;
  private GcsServer gcs;
  private MongoServer mongo;
  private final Map<String, FaultProxy> ways = new LinkedHashMap<>();
  @TempDir Path folder;
  private int number;

  @BeforeAll
  void start() throws Exception {
    postgres = EmbeddedPostgres.start();
    s3 = S3ProxyServer.start();
    gcs = GcsServer.start();
    mongo = MongoServer.start();
    System.setProperty("aws.accessKeyId", S3ProxyServer.ACCESS_KEY);
    System.setProperty("aws.secretAccessKey", S3ProxyServer.SECRET_KEY);
    ways.put("s3", FaultProxy.http(s3.endpoint().getPort()));
    ways.put("gcs", FaultProxy.http(gcs.endpoint().getPort()));
    ways.put("mongo", FaultProxy.tcp(mongo.port()));
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE orders (id int PRIMARY KEY, item text, paid numeric)");
      statement.execute(
          "INSERT INTO orders SELECT i, md5(i::text) || repeat(md5((i * 7)::text), 20), i * 1.10"
              + " FROM generate_series(1, 20000) i");
      statement.execute("CREATE TABLE customers (id uuid PRIMARY KEY, name text UNIQUE)");
      statement.execute(
          "INSERT INTO customers SELECT gen_random_uuid(), 'customer ' || i"
              + " FROM generate_series(1, 500) i");
    }
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable each : ways.values()) {
      each.close();
    }
    s3.close();
    gcs.close();
    mongo.close();
    postgres.close();
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }

  /** A set of places that nobody has used before. */
  private Map<String, String> freshPlaces() throws Exception {
    String name = "copies" + number++;
    createGcsBucket(name);
    createS3Bucket(name);
    Map<String, String> uris = new LinkedHashMap<>();
    uris.put(
        "s3",
        "s3://"
            + name
            + "/backups?region=us-east-1&path-style=true&endpoint=http://127.0.0.1:"
            + ways.get("s3").port());
    uris.put(
        "gcs", "gs://" + name + "/backups?endpoint=http://127.0.0.1:" + ways.get("gcs").port());
    uris.put(
        "mongo",
        "mongodb://127.0.0.1:"
            + ways.get("mongo").port()
            + "/"
            + name
            + "?serverSelectionTimeoutMS=1000&connectTimeoutMS=1000");
    uris.put("folder", folder.resolve(name).toUri().toString());
    return uris;
  }

  private void createGcsBucket(String name) throws Exception {
    send(
        HttpRequest.newBuilder(gcs.endpoint().resolve("/storage/v1/b?project=test"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"" + name + "\"}")));
  }

  private void createS3Bucket(String name) {
    try (var client =
        software.amazon.awssdk.services.s3.S3Client.builder()
            .endpointOverride(s3.endpoint())
            .forcePathStyle(true)
            .region(software.amazon.awssdk.regions.Region.US_EAST_1)
            .build()) {
      client.createBucket(request -> request.bucket(name));
    }
  }

  private static void send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private String database(String name) {
    return "postgresql://postgres@127.0.0.1:" + postgres.getPort() + "/" + name;
  }

  /** What a command printed, and how it ended. */
  private record Outcome(int code, String output) {}

  private Outcome run(Map<String, String> places, String required, String command) {
    List<String> sinks = new ArrayList<>();
    places.forEach((name, uri) -> sinks.add(name + "=" + uri));
    Map<String, String> environment = new HashMap<>();
    environment.put("HOLDFAST_SOURCE", database("postgres"));
    environment.put("HOLDFAST_SINKS", String.join(" ", sinks));
    if (!required.isEmpty()) {
      environment.put("HOLDFAST_REQUIRED_COPIES", required);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    int code = OffsiteCopies.run(List.of(command), environment, out);
    return new Outcome(code, bytes.toString(StandardCharsets.UTF_8));
  }

  private static String backupId(Outcome backup) {
    return backup.output().substring(0, backup.output().indexOf(':'));
  }

  private static StorageSink open(String uri) {
    Location location = Location.parse(uri);
    return ServiceLoader.load(StorageSinkProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.scheme().equals(location.scheme()))
        .findFirst()
        .orElseThrow()
        .open(location, ProviderContext.system());
  }

  /** Restores from one place, with no other at hand, into a new database, and compares. */
  private void assertRestorable(String uri, String backupId) throws Exception {
    String name = "restored" + number++;
    execute("postgres", "CREATE DATABASE " + name);
    try (BackupExecutor alone =
        BackupExecutor.builder()
            .source(database("postgres"))
            .target(database(name))
            .sink(uri)
            .prefix("nightly")
            .build()) {
      alone.restoreFromBackup(backupId, RestoreOptions.DEFAULT);
    }
    String content =
        "SELECT md5(string_agg(o::text, '' ORDER BY id)) || (SELECT md5(string_agg(c::text, ''"
            + " ORDER BY id)) FROM customers c) FROM orders o";
    assertThat(query(name, content)).isEqualTo(query("postgres", content));
    execute("postgres", "DROP DATABASE " + name + " WITH (FORCE)");
  }

  private void execute(String database, String sql) throws Exception {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private String query(String database, String sql) throws Exception {
    try (Connection connection = postgres.getDatabase("postgres", database).getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  @Test
  void everyPlaceHoldsTheBackupAndRestoresItAlone() throws Exception {
    Map<String, String> places = freshPlaces();
    Outcome backup = run(places, "", "backup");
    assertThat(backup.output())
        .contains("  in s3 (", "  in gcs (", "  in mongo (", "  in folder (");
    assertThat(backup.code()).isEqualTo(OffsiteCopies.OK);
    assertThat(run(places, "", "copies").code()).isEqualTo(OffsiteCopies.OK);
    for (String uri : places.values()) {
      assertRestorable(uri, backupId(backup));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3", "gcs", "mongo"})
  void onePlaceIsDeadResultAndManifestSayWhatIsWhereAndItIsHealedLater(String dead)
      throws Exception {
    Map<String, String> places = freshPlaces();
    ways.get(dead).down();
    Outcome backup = run(places, "3", "backup");
    assertThat(backup.code()).as(backup.output()).isEqualTo(OffsiteCopies.COPIES_MISSING);
    String id = backupId(backup);
    for (String place : PLACES) {
      assertThat(backup.output()).contains((place.equals(dead) ? "  NOT in " : "  in ") + place);
    }
    for (String place : PLACES) {
      if (!place.equals(dead)) {
        try (StorageSink sink = open(places.get(place))) {
          assertThat(new Catalog(sink).manifest(id).copies())
              .as("what the manifest in %s says", place)
              .allMatch(copy -> copy.stored() == !copy.sink().equals(dead));
        }
      }
    }

    ways.get(dead).up();
    assertThat(run(places, "3", "copies").code()).isEqualTo(OffsiteCopies.COPIES_MISSING);
    Outcome healed = run(places, "3", "heal");
    assertThat(healed.output()).contains(" to " + dead);
    assertThat(healed.code()).as(healed.output()).isEqualTo(OffsiteCopies.OK);
    assertRestorable(places.get(dead), id);
  }

  @Test
  void aBackupThatMustBeInAllPlacesIsInNoneIfOneIsDead() throws Exception {
    Map<String, String> places = freshPlaces();
    ways.get("gcs").down();
    Outcome backup = run(places, "", "backup");
    ways.get("gcs").up();
    assertThat(backup.code()).isEqualTo(OffsiteCopies.FAILED);
    assertThat(backup.output()).contains("gcs (gs://", "4 are required");
    Outcome copies = run(places, "", "copies");
    assertThat(copies.output()).isEmpty();
  }

  @Test
  void thePlacesKeepTheirPromises() throws Exception {
    Outcome check = run(freshPlaces(), "", "check");
    assertThat(check.code()).as(check.output()).isEqualTo(OffsiteCopies.OK);
    assertThat(check.output().lines()).hasSize(4).allMatch(line -> line.endsWith("ok, 8 checks"));
  }

  @Test
  void wrongSettingsAreExplained() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    assertThat(OffsiteCopies.run(List.of("backup"), Map.of(), out)).isEqualTo(OffsiteCopies.FAILED);
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("HOLDFAST_SOURCE is not set", "Usage: backup | copies | heal | check");
  }
}

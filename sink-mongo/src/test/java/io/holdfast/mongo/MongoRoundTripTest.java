package io.holdfast.mongo;

import static io.holdfast.mongo.Stored.keys;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import io.holdfast.BackupExecutor;
import io.holdfast.Compression;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testservers.MongoServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.bson.BsonDocument;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@DisplayName("A backup in MongoDB")
final class MongoRoundTripTest {
  private static final String ID = "app-2026-01-09-00-00-00";

  private static MongoServer server;
  private static MongoClient client;

  private final String name = "t" + UUID.randomUUID().toString().replace("-", "");

  @BeforeAll
  static void start() {
    server = MongoServer.start();
    client = MongoClients.create(server.uri());
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @AfterEach
  void drop() {
    client.getDatabase(name).drop();
  }

  private String uri(String parameters) {
    return server.uri() + "/" + name + parameters;
  }

  private static BackupExecutor.Builder executor(MemoryDatabase source, String uri) {
    return BackupExecutor.builder()
        .source(MemoryHandler.of(source))
        .sink(uri)
        .prefix("app")
        .clock(Clock.fixed(Instant.parse("2026-01-09T00:00:00Z"), ZoneOffset.UTC));
  }

  private static MemoryDatabase shop(int records) {
    Random random = new Random(1);
    List<String> users = new ArrayList<>();
    for (int i = 0; i < records; i++) {
      users.add(
          "{\"id\":"
              + i
              + ",\"name\":\"Ada\",\"noise\":\""
              + Long.toString(random.nextLong(), 36)
              + "\",\"born\":{\"$date\":\"2000-01-01T00:00:00Z\"}}");
    }
    return new MemoryDatabase("shop").insert("users", users).create("nothing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "?collection=backups"})
  void comesBackFromChunks(String parameters) {
    MemoryDatabase source = shop(50_000);
    MemoryDatabase target = new MemoryDatabase("target");
    try (BackupExecutor executor = executor(source, uri(parameters)).build()) {
      executor.createBackup();
      assertThat(executor.verify(ID).counts()).isEqualTo(source.counts());
    }
    try (BackupExecutor executor =
        executor(source, uri(parameters)).target(MemoryHandler.of(target)).build()) {
      executor.restoreFromBackup(ID);
      assertThat(target.contentHashes()).isEqualTo(source.contentHashes());
      assertThat(executor.list()).extracting(CatalogEntry::backupId).containsExactly(ID);
      executor.delete(ID);
      assertThat(executor.list()).isEmpty();
    }
  }

  @Test
  void comesBackFromDocuments() {
    MemoryDatabase source = shop(1_000);
    MemoryDatabase target = new MemoryDatabase("target");
    try (BackupExecutor executor =
        executor(source, uri("?layout=document"))
            .target(MemoryHandler.of(target))
            .compression(Compression.none())
            .build()) {
      executor.createBackup();
      assertThat(executor.verify(ID).counts()).isEqualTo(source.counts());
      executor.restoreFromBackup(ID);
      assertThat(target.contentHashes()).isEqualTo(source.contentHashes());
    }
    BsonDocument document =
        client.getDatabase(name).getCollection("holdfast", BsonDocument.class).find().first();
    assertThat(document.getDocument("data").getDocument("collections").getArray("users"))
        .hasSize(1_000);
    try (StorageSink sink = MongoSink.builder(client, name).layout(MongoLayout.DOCUMENT).build()) {
      assertThat(keys(sink, "")).containsExactly(ID + ".json", ID + ".manifest.json");
    }
  }

  @Test
  void compressedIsRefusedByDocumentsWithAWordOnWhatToDo() {
    try (BackupExecutor executor = executor(shop(10), uri("?layout=document")).build()) {
      assertThatThrownBy(executor::createBackup)
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.UNSUPPORTED))
          .hasMessageContaining("compression none")
          .hasMessageContaining("layout=chunks");
    }
  }

  @Test
  void aDocumentMadeByHandIsRestored() {
    client
        .getDatabase(name)
        .getCollection("holdfast", BsonDocument.class)
        .insertOne(
            BsonDocument.parse(
                "{_id: 'legacy.json', created_at: ISODate('2025-12-24T18:00:00Z'), data:"
                    + " {collections: {users: [{id: 1, name: 'Ada'}, {id: 2, name: 'Lin'}]}}}"));
    MemoryDatabase target = new MemoryDatabase("target");
    try (BackupExecutor executor =
        executor(shop(1), uri("?layout=document")).target(MemoryHandler.of(target)).build()) {
      executor.restoreFromBackup("legacy.json");
    }
    assertThat(target.records("users"))
        .containsExactlyInAnyOrder("{\"id\":1,\"name\":\"Ada\"}", "{\"id\":2,\"name\":\"Lin\"}");
  }

  @Test
  void whatAnInterruptedRunLeftIsPruned() {
    try (StorageSink sink = MongoSink.builder(client, name).build()) {
      SinkWriter abandoned = sink.write(ObjectKey.of("app-old.json"), WriteOptions.NONE);
      assertThat(sink.leftovers()).hasSize(1);
      Clock later = Clock.offset(Clock.systemUTC(), Duration.ofDays(30));
      try (BackupExecutor executor =
          BackupExecutor.builder()
              .source(MemoryHandler.of(shop(1)))
              .sink(sink)
              .prefix("app")
              .clock(later)
              .build()) {
        executor.prune(Duration.ofDays(7));
      }
      assertThat(sink.leftovers()).isEmpty();
      abandoned.close();
    }
  }
}

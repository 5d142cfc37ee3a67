package io.holdfast.mongo;

import static io.holdfast.mongo.Stored.get;
import static io.holdfast.mongo.Stored.keys;
import static io.holdfast.mongo.Stored.put;
import static io.holdfast.mongo.Stored.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.mongodb.ConnectionString;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testservers.MongoServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.bson.BsonDocument;
import org.bson.BsonDouble;
import org.bson.BsonString;
import org.bson.BsonType;
import org.bson.conversions.Bson;
import org.bson.types.Decimal128;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of sinks, as far as a sink that takes JSON objects alone can be held to it. */
@Timeout(120)
@DisplayName("A MongoDB sink in documents")
final class MongoDocumentTest {
  private static final int RACERS = 16;
  private static final int MIB = 1024 * 1024;

  private static MongoServer server;
  private static MongoClient client;

  private final String database = "t" + UUID.randomUUID().toString().replace("-", "");
  private StorageSink sink;

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

  @BeforeEach
  void open() {
    sink = another();
  }

  @AfterEach
  void drop() {
    sink.close();
    client.getDatabase(database).drop();
  }

  private StorageSink another() {
    return MongoSink.builder(client, database).layout(MongoLayout.DOCUMENT).build();
  }

  private MongoCollection<BsonDocument> snapshots() {
    return client.getDatabase(database).getCollection("holdfast", BsonDocument.class);
  }

  private static byte[] json(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] numbered(int i) {
    return json("{\"collections\":{\"c\":[{\"id\":" + i + "}]}}\n");
  }

  private static ObjectKey key(String text) {
    return ObjectKey.of(text);
  }

  @Nested
  @DisplayName("Publishing")
  class Publishing {
    @Test
    void theExactBytesComeBack() throws IOException {
      byte[] odd =
          json(
              " \n{ \"b\" : 1e2, \"a\":1.10 ,\"a\":[ ],\"é😀\":\"\\u00e9\\ud800\",\"n\":-0.0 } \r\n");
      StoredObject stored = put(sink, "a/b.json", odd);
      assertThat(stored.lengthBytes()).isEqualTo(odd.length);
      assertThat(get(sink, "a/b.json")).isEqualTo(odd);
      assertThat(get(another(), "a/b.json")).isEqualTo(odd);
      assertThat(snapshots().find().first().getDocument("data"))
          .isEqualTo(
              new BsonDocument("b", new BsonDouble(100))
                  .append("a", new BsonDouble(1.1))
                  .append("é😀", new BsonString("é\ufffd"))
                  .append("n", new BsonDouble(-0.0)));
      assertThat(sink.stat(key("a/b.json"))).contains(stored);
    }

    @Test
    void nothingIsThereBeforeTheCommitAndNothingAfterClosingWithoutOne() {
      try (SinkWriter writer = sink.write(key("a"), WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(numbered(1)));
        assertAbsent("a");
      }
      assertAbsent("a");
      assertThat(sink.leftovers()).isEmpty();
    }

    @Test
    void aWriterTakesBuffersOfEveryKindAndNothingAfterwards() throws IOException {
      byte[] content = numbered(7);
      SinkWriter writer = sink.write(key("a"), WriteOptions.NONE);
      ByteBuffer direct = ByteBuffer.allocateDirect(10).put(content, 0, 10).flip();
      writer.write(direct);
      assertThat(direct.hasRemaining()).isFalse();
      writer.write(ByteBuffer.wrap(content, 10, content.length - 10).asReadOnlyBuffer());
      writer.write(ByteBuffer.allocate(0));
      writer.commit(ObjectDigest.of(content));
      assertThatThrownBy(() -> writer.write(ByteBuffer.wrap(content)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> writer.commit(ObjectDigest.of(content)))
          .isInstanceOf(IllegalStateException.class);
      writer.close();
      writer.close();
      assertThat(get(sink, "a")).isEqualTo(content);
    }

    @Test
    void anotherLengthThanAnnouncedIsRefused() {
      try (SinkWriter writer = sink.write(key("a"), WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(numbered(1)));
        ObjectDigest wrong = ObjectDigest.of(numbered(100));
        assertThat(refusal(() -> writer.commit(wrong)).kind()).isEqualTo(Kind.CORRUPT);
      }
      assertAbsent("a");
    }

    @Test
    void retentionIsRefusedAndMetadataKept() {
      Instant until = Instant.now().plus(Duration.ofDays(1));
      assertThat(
              refusal(() -> sink.write(key("a"), new WriteOptions(Map.of(), Optional.of(until))))
                  .kind())
          .isEqualTo(Kind.UNSUPPORTED);
      WriteOptions labelled = new WriteOptions(Map.of("$or.igin", "test"), Optional.empty());
      try (SinkWriter writer = sink.write(key("a"), labelled)) {
        writer.write(ByteBuffer.wrap(numbered(1)));
        writer.commit(ObjectDigest.of(numbered(1)));
      }
      BsonDocument label = snapshots().find().first().getArray("metadata").get(0).asDocument();
      assertThat(label)
          .isEqualTo(
              new BsonDocument("name", new BsonString("$or.igin"))
                  .append("value", new BsonString("test")));
    }
  }

  @Nested
  @DisplayName("What cannot be a document")
  class Refusals {
    @ParameterizedTest
    @ValueSource(strings = {"[1]", "\"text\"", "1", "(\u00b5/\u00fd", "age-encryption.org/v1\n"})
    void whatDoesNotBeginAsAnObjectIsRefusedAtOnce(String text) {
      try (SinkWriter writer = sink.write(key("a"), WriteOptions.NONE)) {
        assertUnsupported(refusal(() -> writer.write(ByteBuffer.wrap(json(text)))));
      }
      assertAbsent("a");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          " ",
          "{",
          "{\"a\":1",
          "{\"a\":1}}",
          "{\"a\":1} {}",
          "{\"a\":01}",
          "{\"a\":NaN}",
          "{'a':1}",
          "{\"a\\u0000\":1}"
        })
    void whatIsNoJsonObjectIsRefusedAtCommit(String text) {
      assertUnsupported(refusal(() -> put(sink, "a", json(text))));
      assertAbsent("a");
    }

    @Test
    void malformedUtf8IsRefused() {
      byte[] content = json("{\"a\":\"xx\"}");
      content[6] = (byte) 0xff;
      assertUnsupported(refusal(() -> put(sink, "a", content)));
    }

    @Test
    void aRefusalShowsNothingOfTheData() {
      StorageException refused = refusal(() -> put(sink, "a", json("{\"a\":\"confidential\" x}")));
      assertUnsupported(refused);
      assertThat(refused.getMessage()).doesNotContain("confidential");
      assertThat(refused).hasNoCause();
    }

    @Test
    void moreThanSixteenMebibytesAreRefusedAsSoonAsTheyAreThere() {
      byte[] piece = new byte[MIB];
      Arrays.fill(piece, (byte) ' ');
      piece[0] = '{';
      try (SinkWriter writer = sink.write(key("a"), WriteOptions.NONE)) {
        for (int i = 0; i < 16; i++) {
          writer.write(ByteBuffer.wrap(piece));
          piece[0] = ' ';
        }
        assertUnsupported(refusal(() -> writer.write(ByteBuffer.wrap(new byte[] {' '}))));
      }
      assertAbsent("a");
    }

    @Test
    void aDocumentThatWouldBecomeTooLargeIsRefused() {
      // As text it would fit, but every number takes more as BSON.
      StringBuilder text = new StringBuilder("{\"a\":[0");
      while (text.length() < 8 * MIB) {
        text.append(",1");
      }
      assertUnsupported(refusal(() -> put(sink, "a", json(text + "]}"))));
      assertAbsent("a");
    }

    @Test
    void oneThatJustFitsIsStored() throws IOException {
      byte[] content = json("{\"a\":\"" + "x".repeat(15 * MIB) + "\"}");
      put(sink, "a", content);
      assertThat(get(sink, "a")).isEqualTo(content);
    }

    @Test
    void nestingHasTheLimitOfMongoDb() throws IOException {
      byte[] deep = json("{\"a\":" + "[".repeat(98) + "]".repeat(98) + "}");
      put(sink, "deep", deep);
      assertThat(get(sink, "deep")).isEqualTo(deep);
      assertUnsupported(
          refusal(() -> put(sink, "a", json("{\"a\":" + "[".repeat(99) + "]".repeat(99) + "}"))));
      assertUnsupported(
          refusal(() -> put(sink, "a", json("{\"$date\":".repeat(500) + "1" + "}".repeat(500)))));
    }

    private void assertUnsupported(StorageException refused) {
      assertThat(refused.kind()).isEqualTo(Kind.UNSUPPORTED);
      assertThat(refused.key()).contains("a");
      assertThat(refused).hasMessageContaining("layout=chunks");
    }
  }

  @Nested
  @DisplayName("Create-only")
  class CreateOnly {
    @Test
    void aSecondObjectIsRefusedAndTheFirstUnchanged() throws IOException {
      put(sink, "a", numbered(1));
      assertThat(refusal(() -> put(another(), "a", numbered(2))).kind())
          .isEqualTo(Kind.ALREADY_EXISTS);
      try (SinkWriter slow = sink.write(key("b"), WriteOptions.NONE)) {
        slow.write(ByteBuffer.wrap(numbered(3)));
        put(another(), "b", numbered(4));
        assertThat(refusal(() -> slow.commit(ObjectDigest.of(numbered(3)))).kind())
            .isEqualTo(Kind.ALREADY_EXISTS);
      }
      assertThat(get(sink, "a")).isEqualTo(numbered(1));
      assertThat(get(sink, "b")).isEqualTo(numbered(4));
    }

    @Test
    void ofManyWritersInARaceExactlyOneWins() throws Exception {
      List<Boolean> won = race(i -> numbered(i));
      assertThat(won.stream().filter(success -> success)).hasSize(1);
      assertThat(get(sink, "race")).isEqualTo(numbered(won.indexOf(true)));
    }

    @Test
    void writersOfTheSameBytesAllSucceed() throws Exception {
      assertThat(race(i -> numbered(1))).containsOnly(true);
      assertThat(snapshots().countDocuments()).isEqualTo(1);
    }

    private List<Boolean> race(IntFunction<byte[]> contents) throws Exception {
      CyclicBarrier start = new CyclicBarrier(RACERS);
      ExecutorService threads = Executors.newFixedThreadPool(RACERS);
      try {
        List<Future<Boolean>> racers = new ArrayList<>();
        for (int i = 0; i < RACERS; i++) {
          byte[] content = contents.apply(i);
          Callable<Boolean> racer =
              () -> {
                try (SinkWriter writer = another().write(key("race"), WriteOptions.NONE)) {
                  writer.write(ByteBuffer.wrap(content));
                  start.await(60, TimeUnit.SECONDS);
                  writer.commit(ObjectDigest.of(content));
                  return true;
                } catch (StorageException e) {
                  assertThat(e.kind()).isEqualTo(Kind.ALREADY_EXISTS);
                  return false;
                }
              };
          racers.add(threads.submit(racer));
        }
        List<Boolean> won = new ArrayList<>();
        for (Future<Boolean> racer : racers) {
          won.add(racer.get(60, TimeUnit.SECONDS));
        }
        return won;
      } finally {
        threads.shutdownNow();
      }
    }

    @Test
    void aLostAnswerIsNoFailure() throws IOException {
      try (MongoProxy proxy = new MongoProxy(server.port());
          MongoClient through =
              MongoClients.create(MongoUri.settings(new ConnectionString(proxy.uri())))) {
        proxy.loseAnswer(MongoProxy.command("insert", "holdfast"), 1);
        StorageSink shaky =
            MongoSink.builder(through, database)
                .layout(MongoLayout.DOCUMENT)
                .retry(Retry.of(3, Duration.ZERO, Duration.ZERO))
                .build();
        put(shaky, "a", numbered(1));
        assertThat(proxy.seen(MongoProxy.command("insert", "holdfast"))).hasSize(2);
      }
      assertThat(get(sink, "a")).isEqualTo(numbered(1));
    }
  }

  @Nested
  @DisplayName("Reading, listing, deleting")
  class Reading {
    @Test
    void rangesAreExact() throws IOException {
      byte[] content = numbered(12345);
      put(sink, "a", content);
      for (int offset : new int[] {0, 1, 5, content.length - 1, content.length}) {
        for (int length : new int[] {0, 1, content.length - offset}) {
          if (offset + length <= content.length) {
            try (InputStream in = sink.read(key("a"), offset, length)) {
              assertThat(in.readAllBytes())
                  .isEqualTo(Arrays.copyOfRange(content, offset, offset + length));
            }
          }
        }
      }
      assertThat(refusal(() -> sink.read(key("a"), content.length, 1)).kind())
          .isEqualTo(Kind.OUT_OF_RANGE);
      assertThat(refusal(() -> sink.read(key("a"), Long.MAX_VALUE, 1)).kind())
          .isEqualTo(Kind.OUT_OF_RANGE);
      assertThat(refusal(() -> sink.read(key("a"), 1, Long.MAX_VALUE)).kind())
          .isEqualTo(Kind.OUT_OF_RANGE);
      assertThat(refusal(() -> sink.read(key("b"), 0, 0)).kind()).isEqualTo(Kind.NOT_FOUND);
      assertThatThrownBy(() -> sink.read(key("a"), -1, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void objectsAreListedInKeyOrderManifestsAmongThem() {
      List<String> sorted =
          List.of(
              "Z",
              "a-b",
              "a.json",
              "a.manifest.json",
              "a/b.manifest.json",
              "a/c",
              "b",
              "b/1",
              "b/10",
              "b/2");
      for (int i = sorted.size() - 1; i >= 0; i--) {
        put(sink, sorted.get(i), numbered(i));
      }
      assertThat(keys(sink, "")).isEqualTo(sorted);
      for (String prefix : List.of("a", "a.", "a/", "b/1", "nothing", "..")) {
        assertThat(keys(sink, prefix))
            .as(prefix)
            .isEqualTo(sorted.stream().filter(key -> key.startsWith(prefix)).toList());
      }
      assertThat(snapshots().countDocuments()).as("one document per snapshot").isEqualTo(8);
    }

    @Test
    void manyObjectsAreListedWhole() {
      List<String> expected =
          IntStream.range(0, 1_100).mapToObj(i -> "many/k" + i * 7919).sorted().toList();
      expected.forEach(key -> put(sink, key, numbered(1)));
      assertThat(keys(sink, "many/")).isEqualTo(expected);
    }

    @Test
    void aDeletedObjectIsGoneAndItsKeyFree() throws IOException {
      put(sink, "a", numbered(1));
      put(sink, "a.manifest.json", numbered(2));
      sink.delete(key("a"));
      sink.delete(key("a"));
      sink.delete(key("never"));
      assertAbsent("a");
      assertThat(keys(sink, "")).containsExactly("a.manifest.json");
      put(sink, "a", numbered(3));
      assertThat(get(sink, "a")).isEqualTo(numbered(3));
      assertThatThrownBy(() -> sink.discard(new Leftover("a", 1, Instant.EPOCH)))
          .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void damageIsFound() {
      put(sink, "a", numbered(1));
      BsonDocument other = new BsonDocument();
      put(sink, "b", numbered(2));
      other.put("content", snapshots().find(Filters.eq("_id", "b")).first().get("content"));
      snapshots().updateOne(Filters.eq("_id", "a"), new BsonDocument("$set", other));
      assertThat(refusal(() -> sink.read(key("a"), 0, 1)).kind()).isEqualTo(Kind.CORRUPT);

      snapshots().updateOne(Filters.eq("_id", "b"), Updates.set("length", 1L));
      assertThat(refusal(() -> sink.read(key("b"), 0, 1)).kind()).isEqualTo(Kind.CORRUPT);
    }
  }

  @Nested
  @DisplayName("Querying")
  class Querying {
    @Test
    void aSnapshotIsOneDocumentInTheNaturalShape() {
      Instant before = Instant.now().minusMillis(1);
      byte[] content = numbered(5);
      put(sink, "app-2026.json", content);
      BsonDocument document = snapshots().find().first();
      assertThat(document.keySet())
          .containsExactly("_id", "created_at", "checksum", "length", "data", "content");
      assertThat(document.getString("_id").getValue()).isEqualTo("app-2026.json");
      assertThat(document.getString("checksum").getValue())
          .isEqualTo("sha256:" + ObjectDigest.of(content).sha256());
      assertThat(document.getInt64("length").getValue()).isEqualTo(content.length);
      assertThat(Instant.ofEpochMilli(document.getDateTime("created_at").getValue()))
          .isBetween(before, Instant.now());
      assertThat(document.getDocument("data").toJson())
          .isEqualTo("{\"collections\": {\"c\": [{\"id\": 5}]}}");
    }

    @Test
    void valuesHaveTheTypesOfMongoDb() {
      put(
          sink,
          "a",
          json(
              "{\"i\":1,\"l\":12345678901,\"big\":123456789012345678901,\"huge\":"
                  + "1234567890123456789012345678901234567890,\"d\":1.5,\"e\":1e400,\"t\":true,"
                  + "\"n\":null,\"s\":\"x\",\"nan\":{\"$numberDouble\":\"NaN\"},"
                  + "\"dec\":{\"$numberDecimal\":\"12.50\"},"
                  + "\"at\":{\"$date\":\"2026-01-09T00:00:00.123456Z\"},"
                  + "\"bin\":{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"00\"}}}"));
      BsonDocument data = snapshots().find().first().getDocument("data");
      assertThat(data.getInt32("i").getValue()).isEqualTo(1);
      assertThat(data.getInt64("l").getValue()).isEqualTo(12345678901L);
      assertThat(data.getDecimal128("big").getValue())
          .isEqualTo(Decimal128.parse("123456789012345678901"));
      assertThat(data.getString("huge").getValue())
          .isEqualTo("1234567890123456789012345678901234567890");
      assertThat(data.getDouble("d").getValue()).isEqualTo(1.5);
      assertThat(data.getDecimal128("e").getValue()).isEqualTo(Decimal128.parse("1E400"));
      assertThat(data.getBoolean("t").getValue()).isTrue();
      assertThat(data.get("n").getBsonType()).isEqualTo(BsonType.NULL);
      assertThat(data.getDouble("nan").getValue()).isNaN();
      assertThat(data.getDecimal128("dec").getValue()).isEqualTo(Decimal128.parse("12.50"));
      assertThat(Instant.ofEpochMilli(data.getDateTime("at").getValue()))
          .isEqualTo("2026-01-09T00:00:00.123Z");
      assertThat(data.getBinary("bin").getData()).containsExactly(0, 1, 2);
    }

    @Test
    void namesThatOldServersRefuseAreEscaped() {
      put(
          sink,
          "a",
          json(
              "{\"$ref\":\"users/u1\",\"$$x\":1,\"_$y\":2,\"a$\":3,\"dotted.name\":4,"
                  + "\"not\":{\"$date\":\"yesterday\"},\"nor\":{\"$date\":1,\"x\":{\"$binary\":0}},"
                  + "\"no\":{\"$numberDecimal\":\"1.2.3\"},\"geo\":{\"$geo\":[1.0,2.0]}}"));
      assertThat(snapshots().find().first().getDocument("data").toJson())
          .isEqualTo(
              "{\"_$ref\": \"users/u1\", \"_$$x\": 1, \"__$y\": 2, \"a$\": 3, \"dotted.name\": 4,"
                  + " \"not\": {\"_$date\": \"yesterday\"},"
                  + " \"nor\": {\"_$date\": 1, \"x\": {\"_$binary\": 0}},"
                  + " \"no\": {\"_$numberDecimal\": \"1.2.3\"}, \"geo\": {\"_$geo\": [1.0, 2.0]}}");
    }

    @Test
    void theDriverFindsRecordsInSnapshots() {
      put(sink, "a", json("{\"collections\":{\"users\":[{\"id\":1,\"name\":\"Ada\"}]}}"));
      put(
          sink,
          "b",
          json(
              "{\"collections\":{\"users\":[{\"id\":1,\"name\":\"Ada\"},{\"id\":2,\"name\":\"Lin\","
                  + "\"born\":{\"$date\":\"2000-01-01T00:00:00Z\"}}]}}"));
      assertThat(ids(Filters.eq("data.collections.users.name", "Ada"))).containsExactly("a", "b");
      assertThat(ids(Filters.eq("data.collections.users.name", "Lin"))).containsExactly("b");
      assertThat(
              ids(
                  Filters.lt(
                      "data.collections.users.born",
                      Date.from(Instant.parse("2001-01-01T00:00:00Z")))))
          .containsExactly("b");
    }

    private List<String> ids(Bson filter) {
      return snapshots()
          .find(filter)
          .map(document -> document.getString("_id").getValue())
          .into(new ArrayList<>())
          .stream()
          .sorted()
          .toList();
    }
  }

  @Nested
  @DisplayName("Documents made by hand")
  class HandMade {
    private void insert(String document) {
      snapshots().insertOne(BsonDocument.parse(document));
    }

    @Test
    void areObjectsWhoseBytesAreTheirDataAsJson() throws IOException {
      insert(
          "{_id: 'old.json', created_at: ISODate('2025-12-24T18:00:00Z'), data: {timestamp:"
              + " ISODate('2025-12-24T18:00:00Z'), collections: {users: [{id: 1, born:"
              + " ISODate('2000-01-01T00:00:00Z'), photo: BinData(0, 'AAEC'), balance:"
              + " NumberDecimal('12.50'), big: NumberLong('12345678901'), rate: 1.0, none: null,"
              + " no: NaN, oid: ObjectId('507f1f77bcf86cd799439011'), '_$ref': 'é'}]}}}");
      String expected =
          "{\"timestamp\":\"2025-12-24T18:00:00Z\",\"collections\":{\"users\":[{\"id\":1,\"born\":"
              + "{\"$date\":\"2000-01-01T00:00:00Z\"},\"photo\":{\"$binary\":{\"base64\":\"AAEC\","
              + "\"subType\":\"00\"}},\"balance\":{\"$numberDecimal\":\"12.50\"},\"big\":12345678901"
              + ",\"rate\":1.0,\"none\":null,\"no\":{\"$numberDouble\":\"NaN\"},\"oid\":"
              + "\"507f1f77bcf86cd799439011\",\"$ref\":\"é\"}]}}\n";
      assertThat(new String(get(sink, "old.json"), StandardCharsets.UTF_8)).isEqualTo(expected);

      StoredObject stored =
          new StoredObject(
              key("old.json"), json(expected).length, Instant.parse("2025-12-24T18:00:00Z"));
      assertThat(sink.stat(key("old.json"))).contains(stored);
      assertThat(sink.list("")).containsExactly(stored);
      assertThat(refusal(() -> put(sink, "old.json", numbered(1))).kind())
          .isEqualTo(Kind.ALREADY_EXISTS);
    }

    @Test
    void ofOursWithoutItsContentGivesTheSameJson() throws IOException {
      byte[] content =
          json(
              "{\"collections\":{\"c\":[{\"$parent\":\"a/b\",\"_$x\":1,\"d\":{\"$date\":"
                  + "\"2026-01-09T00:00:00.120Z\"},\"g\":{\"$geo\":[1.0,-0.0]},\"e\":\"\"}]}}\n");
      put(sink, "a", content);
      snapshots()
          .updateOne(
              Filters.eq("_id", "a"),
              Updates.combine(Updates.unset("content"), Updates.unset("checksum")));
      assertThat(new String(get(sink, "a"), StandardCharsets.UTF_8))
          .isEqualTo(new String(content, StandardCharsets.UTF_8));
    }

    @Test
    void whatIsNoSnapshotIsPassedOverOrRefused() {
      insert("{_id: ObjectId('507f1f77bcf86cd799439011'), data: {}}");
      insert("{_id: '../escape', length: 1}");
      insert("{_id: 'x.manifest.json', length: 1}");
      assertThat(keys(sink, "")).isEmpty();

      insert("{_id: 'without'}");
      insert("{_id: 'regex', data: {a: /x/}}");
      for (String id : List.of("without", "regex")) {
        StorageException refused = refusal(() -> sink.read(key(id), 0, 1));
        assertThat(refused.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(refused).hasMessageContaining(id);
      }
    }
  }

  private void assertAbsent(String key) {
    assertThat(sink.stat(key(key))).isEmpty();
    assertThat(keys(sink, "")).doesNotContain(key);
    assertThat(refusal(() -> sink.read(key(key), 0, 0)).kind()).isEqualTo(Kind.NOT_FOUND);
  }
}

package io.holdfast.mongo;

import static io.holdfast.mongo.MongoProxy.command;
import static io.holdfast.mongo.Stored.get;
import static io.holdfast.mongo.Stored.keys;
import static io.holdfast.mongo.Stored.noise;
import static io.holdfast.mongo.Stored.put;
import static io.holdfast.mongo.Stored.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.mongodb.ConnectionString;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoDatabase;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Updates;
import io.holdfast.CancelledException;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.Location;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testservers.MongoServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the sink does when the server refuses, falls silent, or loses what was agreed. */
@Timeout(120)
@DisplayName("A MongoDB sink in trouble")
final class MongoFaultTest {
  private static final String DATABASE = "shop";
  private static final String OBJECTS = "holdfast.objects";
  private static final String CHUNKS = "holdfast.chunks";
  private static final int CHUNK = 1_000;
  private static final int ALWAYS = Integer.MAX_VALUE;
  private static final int NOT_PRIMARY = 10107;
  private static final int UNAUTHORIZED = 13;
  private static final String KEY = "backups/one.json";

  private static MongoServer server;

  private final HandClock clock = new HandClock();
  private MongoProxy proxy;
  private MongoClient client;
  private MongoClient direct;
  private StorageSink sink;

  /** A clock that stands until it is moved. */
  private static final class HandClock extends Clock {
    private volatile Instant now = Instant.parse("2026-01-09T00:00:00Z");

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  @BeforeAll
  static void start() {
    server = MongoServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void open() throws IOException {
    proxy = new MongoProxy(server.port());
    client = MongoClients.create(MongoUri.settings(new ConnectionString(proxy.uri())));
    direct = MongoClients.create(server.uri());
    sink = sink(client, 3);
  }

  @AfterEach
  void close() throws IOException {
    sink.close();
    client.close();
    database().drop();
    direct.close();
    proxy.close();
  }

  private StorageSink sink(MongoClient through, int attempts) {
    return sink(through, attempts, CHUNK);
  }

  private StorageSink sink(MongoClient through, int attempts, int chunkBytes) {
    return MongoSink.builder(through, DATABASE)
        .chunkBytes(chunkBytes)
        .clock(clock)
        .retry(Retry.of(attempts, Duration.ZERO, Duration.ZERO))
        .build();
  }

  private MongoDatabase database() {
    return direct.getDatabase(DATABASE);
  }

  private MongoCollection<BsonDocument> objects() {
    return database().getCollection(OBJECTS, BsonDocument.class);
  }

  private MongoCollection<BsonDocument> chunks() {
    return database().getCollection(CHUNKS, BsonDocument.class);
  }

  @Nested
  @DisplayName("Lost answers")
  class LostAnswers {
    private final byte[] content = noise(10 * CHUNK + 1, 1);

    @ParameterizedTest
    @CsvSource({
      "insert, holdfast.objects",
      "insert, holdfast.chunks",
      "update, holdfast.objects",
      "aggregate, holdfast.chunks",
      "find, holdfast.objects",
      "createIndexes, holdfast.objects"
    })
    void aWriteWhoseAnswerIsLostIsDoneOnce(String command, String collection) throws IOException {
      proxy.loseAnswer(command(command, collection), 1);
      put(sink, KEY, content);

      assertThat(proxy.seen(command(command, collection))).hasSizeGreaterThan(1);
      assertThat(get(sink, KEY)).isEqualTo(content);
      assertThat(keys(sink, "")).containsExactly(KEY);
      assertThat(sink.leftovers()).isEmpty();
      assertThat(chunks().countDocuments()).isEqualTo(11);
    }

    @ParameterizedTest
    @CsvSource({
      "update, holdfast.objects",
      "delete, holdfast.chunks",
      "delete, holdfast.objects",
      "find, holdfast.chunks"
    })
    void aDeleteWhoseAnswerIsLostLeavesNothing(String command, String collection) {
      put(sink, KEY, content);
      proxy.loseAnswer(command(command, collection), 1);
      sink.delete(ObjectKey.of(KEY));

      assertThat(sink.stat(ObjectKey.of(KEY))).isEmpty();
      assertThat(sink.leftovers()).isEmpty();
      assertThat(objects().countDocuments()).isZero();
      assertThat(chunks().countDocuments()).isZero();
    }

    @Test
    void aPublishThatIsNeverAnsweredSaysThatItMayHaveHappenedAndStays() throws IOException {
      proxy.loseAnswer(command("update", OBJECTS), 3);
      StorageException lost = refusal(() -> put(sink, KEY, content));

      assertThat(lost.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(lost).hasMessageContaining("It may have been published").hasMessageContaining(KEY);
      proxy.heal();
      // Closing the writer did not take away what had been published.
      assertThat(get(sink, KEY)).isEqualTo(content);
      assertThat(sink.leftovers()).isEmpty();
    }

    @Test
    void aReadGoesOnWhereTheConnectionBroke() throws IOException {
      byte[] large = noise(10_000_000, 2); // More than one batch.
      put(sink(client, 3, 100_000), KEY, large);
      proxy.loseAnswer(command -> command.getFirstKey().equals("getMore"), 2);
      assertThat(get(sink, KEY)).isEqualTo(large);
    }

    @Test
    void aListingGoesOnWhereTheConnectionBroke() {
      put(sink, "a", content);
      put(sink, "b", content);
      proxy.loseAnswer(command("find", OBJECTS), 2);
      assertThat(keys(sink, "")).containsExactly("a", "b");
    }
  }

  @Nested
  @DisplayName("Refusals")
  class Refusals {
    @ParameterizedTest
    @CsvSource({
      "10107, not primary, UNAVAILABLE",
      "189, primary stepped down, UNAVAILABLE",
      "11600, interrupted at shutdown, UNAVAILABLE",
      "50, operation exceeded time limit, UNAVAILABLE",
      "13, not authorized on shop to execute command, PERMISSION_DENIED",
      "13, command insert requires authentication, UNAUTHENTICATED",
      "18, Authentication failed., UNAUTHENTICATED",
      "8000, user is not allowed to do action [insert] on [shop.x], PERMISSION_DENIED",
      "8000, bad auth : authentication failed, UNAUTHENTICATED",
      "8000, 'you are over your space quota, using 512 MB of 512 MB', NO_SPACE",
      "14031, No space left, NO_SPACE",
      "10334, BSONObj size is invalid, UNSUPPORTED",
      "148, majority read concern not enabled, UNSUPPORTED",
      "96, operation failed, OTHER"
    })
    void theServersCodesBecomeKinds(int code, String text, Kind kind) {
      proxy.refuse(command("insert", OBJECTS), ALWAYS, code, text);
      StorageException refused = refusal(() -> put(sink, KEY, noise(10, 1)));
      assertThat(refused.kind()).as(refused.getMessage()).isEqualTo(kind);
      assertThat(refused.key()).contains(KEY);
      assertThat(refused).hasMessageContaining("begin to write the object " + KEY);
    }

    @ParameterizedTest
    @CsvSource({
      "find, holdfast.objects, find, Nothing was changed",
      "createIndexes, holdfast.objects, createIndex, Nothing was written",
      "createIndexes, holdfast.chunks, createIndex, Nothing was written",
      "insert, holdfast.objects, insert, Nothing was changed",
      "insert, holdfast.chunks, insert, Nothing was published",
      "aggregate, holdfast.chunks, find, Nothing was changed",
      "update, holdfast.objects, update, Nothing was published"
    })
    void aMissingPrivilegeIsNamedWithItsCollection(
        String command, String collection, String privilege, String unchanged) {
      proxy.refuse(command("listIndexes", collection), ALWAYS, UNAUTHORIZED, "not authorized");
      proxy.refuse(command(command, collection), ALWAYS, UNAUTHORIZED, "not authorized on shop");
      StorageException refused = refusal(() -> put(sink, KEY, noise(10, 1)));
      assertThat(refused.kind()).isEqualTo(Kind.PERMISSION_DENIED);
      assertThat(refused)
          .hasMessageContaining("lacks the privilege " + privilege + " on shop." + collection)
          .hasMessageContaining(unchanged);
      // Closing the writer is the second update.
      assertThat(proxy.seen(command(command, collection)))
          .as("it is not tried again")
          .hasSize(command.equals("update") ? 2 : 1);
    }

    @Test
    void anElectionIsWaitedFor() throws IOException {
      for (String step : List.of("insert", "update", "aggregate", "find")) {
        proxy.refuse(command -> command.getFirstKey().equals(step), 2, NOT_PRIMARY, "not primary");
      }
      put(sink, KEY, noise(10, 1));
      assertThat(get(sink, KEY)).isEqualTo(noise(10, 1));
    }

    @Test
    void whoMayNotRemoveCannotHideAnObjectEither() throws IOException {
      put(sink, KEY, noise(5 * CHUNK, 1));
      proxy.refuse(command("delete", CHUNKS), ALWAYS, UNAUTHORIZED, "not authorized on shop");
      StorageException refused = refusal(() -> sink.delete(ObjectKey.of(KEY)));

      assertThat(refused.kind()).isEqualTo(Kind.PERMISSION_DENIED);
      assertThat(refused)
          .hasMessageContaining("remove on shop." + CHUNKS)
          .hasMessageContaining("still there");
      assertThat(get(sink, KEY)).isEqualTo(noise(5 * CHUNK, 1));
      assertThat(keys(sink, "")).containsExactly(KEY);
      assertThat(sink.leftovers()).isEmpty();
    }

    @Test
    void indexesThatAreThereNeedNoRightToCreateThem() throws IOException {
      objects().createIndex(Indexes.ascending("key"), new IndexOptions().unique(true).sparse(true));
      chunks().createIndex(Indexes.ascending("upload", "n"), new IndexOptions().unique(true));
      proxy.refuse(
          command -> command.getFirstKey().equals("createIndexes"), ALWAYS, UNAUTHORIZED, "no");
      put(sink, KEY, noise(10, 1));
      assertThat(get(sink, KEY)).isEqualTo(noise(10, 1));
    }

    @Test
    void anIndexThatDoesNotKeepKeysApartIsNotTakenForOne() {
      objects().createIndex(Indexes.ascending("key"));
      proxy.refuse(
          command -> command.getFirstKey().equals("createIndexes"), ALWAYS, UNAUTHORIZED, "no");
      assertThat(refusal(() -> put(sink, KEY, noise(10, 1))).kind())
          .isEqualTo(Kind.PERMISSION_DENIED);
    }

    @Test
    void readingCreatesNeitherIndexesNorCollections() {
      assertThat(keys(sink, "")).isEmpty();
      assertThat(sink.stat(ObjectKey.of(KEY))).isEmpty();
      assertThat(sink.leftovers()).isEmpty();
      assertThat(refusal(() -> sink.read(ObjectKey.of(KEY), 0, 1)).kind())
          .isEqualTo(Kind.NOT_FOUND);
      sink.delete(ObjectKey.of(KEY));
      assertThat(database().listCollectionNames()).isEmpty();
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() throws IOException {
      proxy.close();
      try (StorageSink absent =
          MongoSink.open(
              Location.parse(proxy.uri() + "/shop?serverSelectionTimeoutMS=100"), context())) {
        StorageException refused = refusal(() -> absent.stat(ObjectKey.of(KEY)));
        assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
      }
    }

    @Test
    void aServerThatFallsSilentIsUnavailable() {
      proxy.stall(command("find", OBJECTS), ALWAYS);
      try (StorageSink silent =
          MongoSink.open(Location.parse(proxy.uri() + "/shop?socketTimeoutMS=200"), context())) {
        StorageException refused = refusal(() -> silent.stat(ObjectKey.of(KEY)));
        assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
      }
    }

    private ProviderContext context() {
      return new ProviderContext(Retry.none(), Map.of());
    }
  }

  @Nested
  @DisplayName("Majorities")
  class Majorities {
    private final byte[] content = noise(2 * CHUNK, 1);

    @Test
    void everyWriteAsksForAMajoritysJournalAndEveryReadForWhatAMajorityHas() throws IOException {
      put(sink, KEY, content);
      get(sink, KEY);
      sink.delete(ObjectKey.of(KEY));

      Predicate<BsonDocument> writes =
          command -> List.of("insert", "update", "delete").contains(command.getFirstKey());
      assertThat(proxy.seen(writes))
          .isNotEmpty()
          .allSatisfy(
              command -> {
                BsonDocument concern = command.getDocument("writeConcern");
                assertThat(concern.getString("w").getValue()).isEqualTo("majority");
                assertThat(concern.getBoolean("j").getValue()).isTrue();
                assertThat(concern.getNumber("wtimeout").longValue()).isPositive();
              });
      Predicate<BsonDocument> reads =
          command -> List.of("find", "aggregate").contains(command.getFirstKey());
      assertThat(proxy.seen(reads))
          .isNotEmpty()
          .allSatisfy(
              command ->
                  assertThat(command.getDocument("readConcern").getString("level").getValue())
                      .isEqualTo("majority"));
    }

    @Test
    void aPublishThatAMajorityConfirmsLateIsASuccess() throws IOException {
      proxy.change(command("update", OBJECTS), 1, MongoFaultTest::unconfirmed);
      put(sink, KEY, content);
      assertThat(get(sink, KEY)).isEqualTo(content);
      assertThat(sink.leftovers()).isEmpty();
    }

    @Test
    void aPublishThatAMajorityNeverConfirmsSaysThatItMayBeUndone() {
      proxy.change(command("update", OBJECTS), ALWAYS, MongoFaultTest::unconfirmed);
      // A majority still has the state of before.
      proxy.change(
          command("find", OBJECTS),
          ALWAYS,
          answer -> {
            answer
                .getDocument("cursor")
                .getArray("firstBatch")
                .forEach(found -> found.asDocument().put("state", new BsonString("writing")));
            return answer;
          });
      StorageException refused = refusal(() -> put(sink, KEY, content));
      assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(refused).hasMessageContaining("majority");
    }

    @Test
    void chunksThatAMajorityDoesNotHaveArePublishedNever() {
      proxy.change(
          command("aggregate", CHUNKS),
          ALWAYS,
          answer -> {
            answer
                .getDocument("cursor")
                .getArray("firstBatch")
                .forEach(group -> group.asDocument().put("n", new BsonInt32(1)));
            return answer;
          });
      StorageException refused = refusal(() -> put(sink, KEY, content));
      assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(refused).hasMessageContaining("Of 2 parts").hasMessageContaining("1 are");
      proxy.heal();
      assertThat(keys(sink, "")).isEmpty();
    }
  }

  private static BsonDocument unconfirmed(BsonDocument answer) {
    return answer.append(
        "writeConcernError",
        new BsonDocument("code", new BsonInt32(64))
            .append("errmsg", new BsonString("waiting for replication timed out")));
  }

  @Nested
  @DisplayName("Leftovers")
  class Leftovers {
    private final byte[] content = noise(5 * CHUNK + 1, 1);
    private final ObjectKey key = ObjectKey.of(KEY);

    @Test
    void aWriterWhoseLeftoverWasDiscardedFailsAtCommit() {
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(content));
        discardAll();
        StorageException refused = refusal(() -> writer.commit(ObjectDigest.of(content)));
        assertThat(refused.kind()).isEqualTo(Kind.OTHER);
        assertThat(refused).hasMessageContaining("discarded as a leftover");
      }
      assertEmpty();
    }

    @Test
    void aDiscardBetweenTheCountAndThePublishPublishesNothing() {
      proxy.before(command("update", OBJECTS), 1, this::discardAllDirectly);
      StorageException refused = refusal(() -> put(sink, KEY, content));
      assertThat(refused.kind()).isEqualTo(Kind.OTHER);
      assertThat(keys(sink, "")).isEmpty();
      assertEmpty();
    }

    @Test
    void aDiscardThatMeetsAPublishLeavesTheObject() throws IOException {
      Leftover leftover;
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(content));
        leftover = sink.leftovers().get(0);
        writer.commit(ObjectDigest.of(content));
      }
      sink.discard(leftover);
      assertThat(get(sink, KEY)).isEqualTo(content);
    }

    @Test
    void aLongWriteRenewsItsTimeAndNoticesThatItWasDiscarded() {
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        clock.now = clock.now.plus(Duration.ofHours(30));
        writer.write(ByteBuffer.wrap(content));
        awaitChunks(1);
        assertThat(sink.leftovers()).extracting(Leftover::modified).containsExactly(clock.now);

        discardAll();
        clock.now = clock.now.plus(Duration.ofHours(30));
        StorageException refused =
            refusal(
                () -> {
                  while (true) { // Nothing is published: the error comes while writing.
                    writer.write(ByteBuffer.wrap(content));
                  }
                });
        assertThat(refused.kind()).isEqualTo(Kind.OTHER);
        assertThat(refused).hasMessageContaining("discarded as a leftover");
      }
      assertEmpty();
    }

    /** Looks until that many are there: they are stored by other threads. */
    private void awaitChunks(int count) {
      while (chunks().countDocuments() < count) {
        Thread.onSpinWait();
      }
    }

    @Test
    void aLeftoverTellsItsSize() {
      try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(content));
        awaitChunks(5);
        assertThat(sink.leftovers()).extracting(Leftover::lengthBytes).containsExactly(5L * CHUNK);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {CHUNKS, OBJECTS})
    void aDeleteThatIsCutOffLeavesALeftoverThatCanBeDiscarded(String collection) {
      put(sink, KEY, content);
      proxy.refuse(command("delete", collection), ALWAYS, NOT_PRIMARY, "not primary");
      assertThat(refusal(() -> sink.delete(key)).kind()).isEqualTo(Kind.UNAVAILABLE);
      proxy.heal();

      assertThat(sink.stat(key)).isEmpty();
      assertThat(keys(sink, "")).isEmpty();
      assertThat(sink.leftovers()).hasSize(1);
      put(sink, KEY, noise(10, 2)); // The key is free.
      discardAll();
      assertThat(sink.leftovers()).isEmpty();
      assertThat(objects().countDocuments()).isEqualTo(1);
      assertThat(chunks().countDocuments()).isEqualTo(1);
    }

    @Test
    void chunksOfNoUploadAreFoundAndSwept() {
      put(sink, KEY, content);
      String upload = UUID.randomUUID().toString();
      for (int n = 0; n < 600; n++) { // More than one command removes.
        chunks().insertOne(chunk(upload, n));
      }
      List<Leftover> leftovers = sink.leftovers();
      assertThat(leftovers).extracting(Leftover::id).containsExactly(upload);
      assertThat(Duration.between(leftovers.get(0).modified(), Instant.now()).abs())
          .isLessThan(Duration.ofMinutes(15));

      discardAll();
      assertThat(sink.leftovers()).isEmpty();
      assertThat(chunks().countDocuments()).isEqualTo(6);
      assertThat(keys(sink, "")).containsExactly(KEY);
    }

    private static BsonDocument chunk(String upload, int n) {
      return new BsonDocument("upload", new BsonString(upload))
          .append("n", new BsonInt32(n))
          .append("data", new BsonBinary(new byte[10]));
    }

    @Test
    void whatSomebodyElseKeepsThereIsLeftAlone() {
      objects().insertOne(new BsonDocument("_id", new BsonString("mine")));
      objects().insertOne(new BsonDocument("key", new BsonString("../escape")));
      chunks().insertOne(chunk("mine", 0));
      put(sink, KEY, content);

      assertThat(keys(sink, "")).containsExactly(KEY);
      assertThat(sink.leftovers()).isEmpty();
      assertThatThrownBy(() -> sink.discard(new Leftover("mine", 0, Instant.EPOCH)))
          .isInstanceOf(IllegalArgumentException.class);
    }

    private void discardAll() {
      sink.leftovers().forEach(sink::discard);
    }

    /** Not through the proxy, which waits for this. */
    private void discardAllDirectly() {
      StorageSink other = sink(direct, 1);
      other.leftovers().forEach(other::discard);
    }

    private void assertEmpty() {
      assertThat(objects().countDocuments()).isZero();
      assertThat(chunks().countDocuments()).isZero();
    }
  }

  @Nested
  @DisplayName("Damage")
  class Damage {
    private final byte[] content = noise(10 * CHUNK + 7, 1);
    private final ObjectKey key = ObjectKey.of(KEY);

    @BeforeEach
    void write() {
      put(sink, KEY, content);
    }

    @Test
    void aChangedByteIsFoundAndTheOthersCanBeRead() throws IOException {
      byte[] changed = Arrays.copyOfRange(content, 3 * CHUNK, 4 * CHUNK);
      changed[5] ^= 1;
      chunks().updateOne(Filters.eq("n", 3), Updates.set("data", new BsonBinary(changed)));
      assertDamaged("part 3 has changed");
      try (InputStream in = sink.read(key, 4 * CHUNK, 6 * CHUNK + 7)) {
        assertThat(in.readAllBytes())
            .isEqualTo(Arrays.copyOfRange(content, 4 * CHUNK, content.length));
      }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 10})
    void aMissingChunkIsFound(int n) {
      chunks().deleteOne(Filters.eq("n", n));
      assertDamaged("part " + n + " is missing");
    }

    @Test
    void aShortenedChunkIsFound() {
      byte[] last = Arrays.copyOfRange(content, 10 * CHUNK, content.length - 1);
      CRC32C crc = new CRC32C();
      crc.update(last);
      chunks()
          .updateOne(
              Filters.eq("n", 10),
              Updates.combine(
                  Updates.set("data", new BsonBinary(last)),
                  Updates.set("crc32c", crc.getValue())));
      assertDamaged("part 10 has changed");
    }

    private void assertDamaged(String how) {
      Throwable error = catchThrowable(() -> get(sink, KEY));
      StorageException damage =
          (StorageException) (error instanceof StorageException ? error : error.getCause());
      assertThat(damage.kind()).isEqualTo(Kind.CORRUPT);
      assertThat(damage).hasMessageContaining(how).hasMessageContaining(KEY);
    }

    @Test
    void aDocumentThatSomebodyChangedIsCorruptAndNotListed() {
      objects().updateOne(Filters.eq("key", KEY), Updates.set("length", "long"));
      assertThat(refusal(() -> sink.stat(key)).kind()).isEqualTo(Kind.CORRUPT);
      assertThat(keys(sink, "")).isEmpty();
    }

    @Test
    void anObjectDeletedWhileItIsReadIsAnErrorAndNotAShortRead() {
      byte[] large = noise(10_000_000, 2); // More than one batch.
      StorageSink coarse = sink(client, 3, 100_000);
      put(coarse, "large", large);
      proxy.refuse(command -> command.getFirstKey().equals("getMore"), 1, 43, "cursor not found");
      assertThatThrownBy(
              () -> {
                try (InputStream in = sink.read(ObjectKey.of("large"), 0, large.length)) {
                  in.readNBytes(CHUNK);
                  sink.delete(ObjectKey.of("large"));
                  put(coarse, "large", noise(10_000_000, 3));
                  in.readAllBytes();
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("was deleted while it was read");
    }

    @Test
    void aRangeFetchesOnlyTheChunksItNeeds() throws IOException {
      proxy.forget();
      try (InputStream in = sink.read(key, 2 * CHUNK - 1, 2)) {
        assertThat(in.readAllBytes())
            .isEqualTo(Arrays.copyOfRange(content, 2 * CHUNK - 1, 2 * CHUNK + 1));
      }
      List<BsonDocument> finds = proxy.seen(command("find", CHUNKS));
      assertThat(finds).hasSize(1);
      BsonArray conditions = finds.get(0).getDocument("filter").getArray("$and", new BsonArray());
      assertThat(finds.get(0).getDocument("filter").toJson() + conditions)
          .contains("\"$gte\": 1")
          .contains("\"$lte\": 2");
    }
  }

  @Nested
  @DisplayName("Interruption and closing")
  class Stopping {
    @Test
    void anInterruptedThreadIsToldAndKeepsItsFlag() {
      Thread.currentThread().interrupt();
      try {
        assertThatThrownBy(() -> sink.stat(ObjectKey.of(KEY)))
            .isInstanceOf(CancelledException.class);
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }
    }

    @Test
    void aWriterThatIsClosedByAnInterruptedThreadLeavesNothing() {
      byte[] content = noise(5 * CHUNK, 1);
      SinkWriter writer = sink.write(ObjectKey.of(KEY), WriteOptions.NONE);
      writer.write(ByteBuffer.wrap(content));
      Thread.currentThread().interrupt();
      try {
        assertThatThrownBy(() -> writer.commit(ObjectDigest.of(content)))
            .isInstanceOf(CancelledException.class);
        writer.close();
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }
      assertThat(objects().countDocuments()).isZero();
      assertThat(chunks().countDocuments()).isZero();
    }

    @Test
    void aClientThatWasGivenStaysOpen() {
      sink.close();
      assertThat(client.getDatabase(DATABASE).listCollectionNames()).isEmpty();
      assertThatThrownBy(() -> sink.stat(ObjectKey.of(KEY)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
  }
}

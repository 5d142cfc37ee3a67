package io.holdfast.mongo;

import com.mongodb.client.AggregateIterable;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import com.mongodb.client.model.Aggregates;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.Indexes;
import com.mongodb.client.model.Projections;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.holdfast.BackupException;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.RangeStream;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bson.BsonArray;
import org.bson.BsonBinary;
import org.bson.BsonDateTime;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonInvalidOperationException;
import org.bson.BsonObjectId;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;
import org.bson.types.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * Objects of any size. One document holds an object's whole life, so every step of it is one atomic
 * change of one document, and takes no transaction:
 *
 * <pre>
 * writing ──publish──▶ published ──delete──▶ deleted ──▶ (chunks removed, then the document)
 *    └──────────────────discard──────────────────▲
 * </pre>
 *
 * <p>Only a published document has the field {@code key}, on which there is a unique sparse index:
 * that makes publishing create-only, whoever else publishes. Safe for use by many threads.
 */
final class ChunkLayout implements ObjectLayout {
  static final String ID = "_id";
  static final String STATE = "state";
  static final String WRITING = "writing";
  static final String PUBLISHED = "published";
  static final String DELETED = "deleted";
  static final String KEY = "key";
  static final String PENDING_KEY = "pending_key";
  static final String DELETED_KEY = "deleted_key";
  static final String STARTED = "started";
  static final String TOUCHED = "touched";
  static final String PUBLISHED_AT = "published_at";
  static final String CHUNK_BYTES = "chunk_bytes";
  static final String CHUNKS = "chunks";
  static final String LENGTH = "length";
  static final String SHA256 = "sha256";
  static final String METADATA = "metadata";
  static final String UPLOAD = "upload";
  static final String NUMBER = "n";
  static final String CRC32C = "crc32c";
  static final String DATA = "data";

  private static final Pattern UPLOAD_ID =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  /** How many chunks one command removes: it must end before the connection is thought dead. */
  private static final int REMOVED_AT_ONCE = 256;

  private static final int UPLOADS_AT_ONCE = 500;
  private static final String NOTHING_PUBLISHED = "Nothing was published.";

  private final MongoStore store;
  private final String objectsName;
  private final String chunksName;
  private final int chunkBytes;
  private final Clock clock;
  private final AtomicBoolean indexed = new AtomicBoolean();
  private final ChunkBuffers buffers = new ChunkBuffers();

  ChunkLayout(MongoStore store, String collection, int chunkBytes, Clock clock) {
    this.store = store;
    this.objectsName = collection + ".objects";
    this.chunksName = collection + ".chunks";
    this.chunkBytes = chunkBytes;
    this.clock = clock;
  }

  /** A published object, as its document tells it. */
  record Published(
      String upload,
      ObjectKey key,
      long lengthBytes,
      String sha256,
      int chunkBytes,
      Instant published) {

    /**
     * @throws BsonInvalidOperationException if something is missing or of another type
     * @throws IllegalArgumentException if something makes no sense
     */
    static Published of(BsonDocument document) {
      Published object =
          new Published(
              document.getString(ID).getValue(),
              ObjectKey.of(document.getString(KEY).getValue()),
              document.getNumber(LENGTH).longValue(),
              document.getString(SHA256).getValue(),
              document.getNumber(CHUNK_BYTES).intValue(),
              Instant.ofEpochMilli(document.getDateTime(PUBLISHED_AT).getValue()));
      if (object.lengthBytes < 0 || object.chunkBytes < 1) {
        throw new IllegalArgumentException("A length is negative.");
      }
      return object;
    }

    StoredObject stored() {
      return new StoredObject(key, lengthBytes, published);
    }

    int chunks() {
      return Math.toIntExact((lengthBytes + chunkBytes - 1) / chunkBytes);
    }

    /** How many bytes the chunk of that number has. */
    int lengthOfChunk(int number) {
      return (int) Math.min(chunkBytes, lengthBytes - (long) number * chunkBytes);
    }
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    if (document(key).isPresent()) {
      throw taken(key, null);
    }
    createIndexes();
    String upload = UUID.randomUUID().toString();
    BsonDateTime now = new BsonDateTime(clock.millis());
    BsonDocument document =
        new BsonDocument(ID, new BsonString(upload))
            .append(STATE, new BsonString(WRITING))
            .append(PENDING_KEY, new BsonString(key.value()))
            .append(STARTED, now)
            .append(TOUCHED, now)
            .append(CHUNK_BYTES, new BsonInt32(chunkBytes));
    if (!options.metadata().isEmpty()) {
      document.append(METADATA, metadata(options.metadata()));
    }
    Step step =
        new Step(
            "insert",
            objectsName,
            key.value(),
            "begin to write the object " + key,
            "Nothing was changed.",
            "A leftover may remain.");
    create(step, objects(), document);
    return new ChunkWriter(this, key, upload, chunkBytes);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    Published object = find(key).orElseThrow(() -> missing(key));
    if (offset > object.lengthBytes() || lengthBytes > object.lengthBytes() - offset) {
      throw outOfRange(key, object.lengthBytes(), offset, lengthBytes, store.location());
    }
    if (lengthBytes == 0) {
      return InputStream.nullInputStream();
    }
    Step step = Step.find(chunksName, key.value(), "read the object " + key);
    return RangeStream.open(
        step.what() + " in " + store.location(),
        offset,
        lengthBytes,
        store.retry(),
        (from, count) ->
            store.once(
                step, () -> ChunkStream.open(this, readChunks(), buffers, object, from, count)),
        e -> translated(e, step));
  }

  /** Also an early end of a stream, which {@link ChunkStream} never has. */
  private BackupException translated(Exception e, Step step) {
    return e instanceof BackupException known
        ? known
        : store.translate(
            e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e),
            step);
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return find(key).map(Published::stored);
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    KeyListing listing =
        new KeyListing(
            store,
            Step.find(objectsName, null, "list the objects"),
            KEY,
            prefix,
            Projections.include(KEY, LENGTH, SHA256, CHUNK_BYTES, PUBLISHED_AT),
            ChunkLayout::listed);
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            listing, Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL),
        false);
  }

  /** What somebody else put there, and is no object of ours, is passed over. */
  private static Optional<StoredObject> listed(BsonDocument document) {
    try {
      return Optional.of(Published.of(document).stored());
    } catch (BsonInvalidOperationException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Override
  public void delete(ObjectKey key) {
    Optional<BsonDocument> found = document(key);
    if (found.isEmpty()) {
      return;
    }
    String upload = found.get().getString(ID).getValue();
    Step step =
        new Step(
            "update",
            objectsName,
            key.value(),
            "delete the object " + key,
            "It is still there.",
            "It may still be there.");
    Bson whilePublished =
        Filters.and(
            Filters.eq(ID, upload), Filters.eq(STATE, PUBLISHED), Filters.eq(KEY, key.value()));
    Bson asDeleted =
        Updates.combine(
            Updates.set(STATE, DELETED),
            Updates.set(DELETED_KEY, key.value()),
            Updates.set(TOUCHED, new BsonDateTime(clock.millis())),
            Updates.unset(KEY));
    store.call(step, () -> objects().updateOne(whilePublished, asDeleted));
    try {
      removeChunks(upload, step);
    } catch (StorageException e) {
      if (e.kind() == Kind.PERMISSION_DENIED) {
        undelete(upload, key, step);
      }
      throw e;
    }
    removeDocument(upload, step);
  }

  /** Whoever may not remove must not be able to hide an object either; no chunk is gone yet. */
  private void undelete(String upload, ObjectKey key, Step step) {
    Bson whileDeleted = Filters.and(Filters.eq(ID, upload), Filters.eq(STATE, DELETED));
    Bson asPublished =
        Updates.combine(
            Updates.set(STATE, PUBLISHED),
            Updates.set(KEY, key.value()),
            Updates.unset(DELETED_KEY),
            Updates.unset(TOUCHED));
    store.call(step, () -> objects().updateOne(whileDeleted, asPublished));
  }

  @Override
  public List<Leftover> leftovers() {
    Step step = Step.find(objectsName, null, "list the leftovers");
    List<BsonDocument> documents =
        store.call(
            step, () -> objects().find(Filters.ne(STATE, PUBLISHED)).into(new ArrayList<>()));
    List<Leftover> leftovers = new ArrayList<>();
    for (BsonDocument document : documents) {
      leftover(document).ifPresent(leftovers::add);
    }
    for (String upload : orphans()) {
      orphan(upload).ifPresent(leftovers::add);
    }
    return List.copyOf(leftovers);
  }

  private Optional<Leftover> leftover(BsonDocument document) {
    BsonValue id = document.get(ID);
    if (id == null || !id.isString() || !UPLOAD_ID.matcher(id.asString().getValue()).matches()) {
      return Optional.empty(); // Not ours.
    }
    String upload = id.asString().getValue();
    Step step = Step.find(chunksName, null, "measure the leftover " + upload);
    long count = store.call(step, () -> chunks().countDocuments(Filters.eq(UPLOAD, upload)));
    return Optional.of(new Leftover(upload, count * chunkBytesOf(document), lastTouched(document)));
  }

  private static long chunkBytesOf(BsonDocument document) {
    BsonValue size = document.get(CHUNK_BYTES);
    return size != null && size.isNumber() ? size.asNumber().longValue() : 0;
  }

  private static Instant lastTouched(BsonDocument document) {
    BsonValue touched = document.get(TOUCHED);
    return touched != null && touched.isDateTime()
        ? Instant.ofEpochMilli(touched.asDateTime().getValue())
        : Instant.EPOCH;
  }

  /**
   * Uploads that have chunks and no document: a writer went on after its leftover was discarded,
   * and was then cut off. The memory it takes is that of what is found.
   */
  private Set<String> orphans() {
    Step step = Step.find(chunksName, null, "look for chunks without an object");
    return store.call(
        step,
        () -> {
          Set<String> orphans = new HashSet<>();
          // In the order of the index, which makes it a walk over the index alone.
          AggregateIterable<BsonDocument> uploads =
              chunks()
                  .aggregate(
                      List.of(
                          Aggregates.sort(Sorts.ascending(UPLOAD, NUMBER)),
                          Aggregates.group("$" + UPLOAD)))
                  .allowDiskUse(true)
                  .batchSize(UPLOADS_AT_ONCE);
          Set<String> some = new HashSet<>();
          try (MongoCursor<BsonDocument> cursor = uploads.iterator()) {
            while (cursor.hasNext()) {
              BsonValue upload = cursor.next().get(ID);
              if (upload != null && upload.isString()) {
                some.add(upload.asString().getValue());
              }
              if (some.size() == UPLOADS_AT_ONCE || !cursor.hasNext()) {
                orphans.addAll(unknown(some));
                some.clear();
              }
            }
          }
          return orphans;
        });
  }

  /** Those of the uploads that have no document. */
  private Set<String> unknown(Set<String> uploads) {
    Set<String> unknown = new HashSet<>(uploads);
    objects()
        .find(Filters.in(ID, uploads))
        .projection(Projections.include(ID))
        .forEach(document -> unknown.remove(document.getString(ID).getValue()));
    unknown.removeIf(upload -> !UPLOAD_ID.matcher(upload).matches());
    return unknown;
  }

  /** Empty if its chunks are gone: it was an object that was deleted meanwhile. */
  private Optional<Leftover> orphan(String upload) {
    Step step = Step.find(chunksName, null, "look at the chunks of " + upload);
    return lastChunk(upload, step)
        .map(
            chunk -> {
              Instant written =
                  Instant.ofEpochSecond(chunk.getObjectId(ID).getValue().getTimestamp());
              return new Leftover(upload, -1, written);
            });
  }

  private Optional<BsonDocument> lastChunk(String upload, Step step) {
    return store.call(
        step,
        () ->
            Optional.ofNullable(
                chunks()
                    .find(Filters.eq(UPLOAD, upload))
                    .projection(Projections.include(ID, NUMBER))
                    .sort(Sorts.descending(NUMBER))
                    .first()));
  }

  @Override
  public void discard(Leftover leftover) {
    if (!UPLOAD_ID.matcher(leftover.id()).matches()) {
      throw new IllegalArgumentException("Not a leftover of this sink: " + leftover.id());
    }
    discard(leftover.id());
  }

  /** Removes an upload unless it is published. */
  void discard(String upload) {
    Step step =
        new Step(
            "update",
            objectsName,
            null,
            "discard the leftover " + upload,
            "It is still there.",
            "It may still be there.");
    Bson whileWriting = Filters.and(Filters.eq(ID, upload), Filters.eq(STATE, WRITING));
    store.call(step, () -> objects().updateOne(whileWriting, Updates.set(STATE, DELETED)));
    Optional<BsonDocument> document = byUpload(upload);
    if (document.isPresent() && !DELETED.equals(state(document.get()))) {
      return; // Published meanwhile.
    }
    removeChunks(upload, step);
    removeDocument(upload, step);
  }

  private void removeChunks(String upload, Step of) {
    Step step = removing(of, chunksName);
    int last = lastChunk(upload, step).map(chunk -> chunk.getInt32(NUMBER).getValue()).orElse(0);
    // At least one command, also for an object without chunks: it shows whether one may.
    for (long from = 0; from <= last; from += REMOVED_AT_ONCE) {
      Bson some =
          Filters.and(
              Filters.eq(UPLOAD, upload),
              Filters.gte(NUMBER, new BsonInt32((int) from)),
              Filters.lt(NUMBER, new BsonInt64(from + REMOVED_AT_ONCE)));
      store.call(step, () -> chunks().deleteMany(some));
    }
  }

  private void removeDocument(String upload, Step of) {
    store.call(
        removing(of, objectsName),
        () -> objects().deleteOne(Filters.and(Filters.eq(ID, upload), Filters.eq(STATE, DELETED))));
  }

  private static Step removing(Step of, String collection) {
    return new Step("remove", collection, of.key(), of.what(), of.refused(), of.lost());
  }

  // What a writer does.

  /** Stores one chunk. A repeated insert that meets its own earlier success has succeeded. */
  void insertChunk(ObjectKey key, String upload, int number, byte[] data, long crc32c) {
    BsonDocument chunk =
        new BsonDocument(ID, new BsonObjectId(new ObjectId()))
            .append(UPLOAD, new BsonString(upload))
            .append(NUMBER, new BsonInt32(number))
            .append(CRC32C, new BsonInt64(crc32c))
            .append(DATA, new BsonBinary(data));
    create(
        new Step(
            "insert",
            chunksName,
            key.value(),
            "write a part of the object " + key,
            NOTHING_PUBLISHED,
            NOTHING_PUBLISHED),
        chunks(),
        chunk);
  }

  private void create(Step step, MongoCollection<BsonDocument> into, BsonDocument document) {
    try {
      store.call(step, () -> into.insertOne(document));
    } catch (StorageException e) {
      // The id of an upload is random: what is there under it is what was just sent.
      if (e.kind() != Kind.ALREADY_EXISTS) {
        throw e;
      }
    }
  }

  /** Says that a write is still going on, so that nobody takes it for a leftover. */
  void touch(ObjectKey key, String upload) {
    Step step =
        new Step(
            "update",
            objectsName,
            key.value(),
            "go on writing the object " + key,
            NOTHING_PUBLISHED,
            NOTHING_PUBLISHED);
    Bson whileWriting = Filters.and(Filters.eq(ID, upload), Filters.eq(STATE, WRITING));
    Bson now = Updates.set(TOUCHED, new BsonDateTime(clock.millis()));
    if (store.call(step, () -> objects().updateOne(whileWriting, now).getMatchedCount()) == 0) {
      throw discarded(key);
    }
  }

  /**
   * Publishes what was written.
   *
   * @param chunks how many chunks there must be
   * @throws StorageException of kind {@code ALREADY_EXISTS} if the key is taken
   */
  StoredObject publish(ObjectKey key, String upload, ObjectDigest digest, int chunks) {
    requireChunks(key, upload, chunks);
    Step step =
        new Step(
            "update",
            objectsName,
            key.value(),
            "publish the object " + key,
            NOTHING_PUBLISHED,
            "It may have been published: look for it before you write it again.");
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    Bson whileWriting = Filters.and(Filters.eq(ID, upload), Filters.eq(STATE, WRITING));
    Bson asPublished =
        Updates.combine(
            Updates.set(STATE, PUBLISHED),
            Updates.set(KEY, key.value()),
            Updates.set(LENGTH, digest.lengthBytes()),
            Updates.set(SHA256, digest.sha256()),
            Updates.set(CHUNKS, chunks),
            Updates.set(PUBLISHED_AT, new BsonDateTime(now.toEpochMilli())),
            Updates.unset(PENDING_KEY),
            Updates.unset(TOUCHED));
    store.call(
        step,
        () ->
            objects().updateOne(whileWriting, asPublished).getMatchedCount() == 1
                || isPublished(key, upload));
    return new StoredObject(key, digest.lengthBytes(), now);
  }

  /**
   * The object of that key, if it has the same bytes.
   *
   * @throws StorageException of kind {@code ALREADY_EXISTS} if it has others
   */
  StoredObject sameAs(ObjectKey key, ObjectDigest digest, StorageException refused) {
    return find(key)
        .filter(
            other ->
                other.lengthBytes() == digest.lengthBytes()
                    && other.sha256().equals(digest.sha256()))
        .map(Published::stored)
        .orElseThrow(() -> taken(key, refused));
  }

  /** Whether an earlier try, whose answer was lost, has published it, and a majority knows. */
  private boolean isPublished(ObjectKey key, String upload) {
    Optional<BsonDocument> document = byUploadOnce(upload, key);
    if (document.isEmpty() || DELETED.equals(state(document.get()))) {
      throw discarded(key);
    }
    if (PUBLISHED.equals(state(document.get()))) {
      return true;
    }
    throw new StorageException(
        Kind.UNAVAILABLE,
        key.value(),
        "The object "
            + key
            + " was published in "
            + store.location()
            + ", but not yet on a majority of the members. It may still be undone: look for it"
            + " before you write it again.",
        null);
  }

  /** As a majority knows them: what an election could undo does not count. */
  private void requireChunks(ObjectKey key, String upload, int chunks) {
    Step step = Step.find(chunksName, key.value(), "count the parts of the object " + key);
    store.call(
        step,
        () -> {
          long there = chunks().countDocuments(Filters.eq(UPLOAD, upload));
          if (there == chunks) {
            return true;
          }
          if (!byUploadOnce(upload, key).map(ChunkLayout::state).equals(Optional.of(WRITING))) {
            throw discarded(key);
          }
          throw new StorageException(
              Kind.UNAVAILABLE,
              key.value(),
              "Of "
                  + chunks
                  + " parts of the object "
                  + key
                  + ", "
                  + there
                  + " are on a majority of the members of "
                  + store.location()
                  + ". Nothing was published.",
              null);
        });
  }

  /** Whether the object that is being read is still there. */
  boolean isStillThere(Published object) {
    return byUploadOnce(object.upload(), object.key())
        .map(ChunkLayout::state)
        .equals(Optional.of(PUBLISHED));
  }

  String location() {
    return store.location();
  }

  Instant now() {
    return clock.instant();
  }

  private MongoCollection<BsonDocument> objects() {
    return store.collection(objectsName);
  }

  private MongoCollection<BsonDocument> chunks() {
    return store.collection(chunksName);
  }

  private MongoCollection<Chunk> readChunks() {
    return store.collection(chunksName, new ChunkCodec(buffers));
  }

  private static @Nullable String state(BsonDocument document) {
    BsonValue state = document.get(STATE);
    return state != null && state.isString() ? state.asString().getValue() : null;
  }

  private Optional<BsonDocument> byUpload(String upload) {
    Step step = Step.find(objectsName, null, "look at the upload " + upload);
    return store.call(
        step, () -> Optional.ofNullable(objects().find(Filters.eq(ID, upload)).first()));
  }

  private Optional<BsonDocument> byUploadOnce(String upload, ObjectKey key) {
    Step step = Step.find(objectsName, key.value(), "look at the upload of the object " + key);
    return store.once(
        step, () -> Optional.ofNullable(objects().find(Filters.eq(ID, upload)).first()));
  }

  private Optional<BsonDocument> document(ObjectKey key) {
    Step step = Step.find(objectsName, key.value(), "look for the object " + key);
    return store.call(
        step, () -> Optional.ofNullable(objects().find(Filters.eq(KEY, key.value())).first()));
  }

  private Optional<Published> find(ObjectKey key) {
    return document(key)
        .map(
            document -> {
              try {
                return Published.of(document);
              } catch (BsonInvalidOperationException | IllegalArgumentException e) {
                throw new StorageException(
                    Kind.CORRUPT,
                    key.value(),
                    "The document of the object "
                        + key
                        + " in "
                        + store.location()
                        + " lacks fields, or has some that make no sense. Somebody has changed it;"
                        + " restore from another backup.",
                    e);
              }
            });
  }

  /** Once for each sink; what is there already stays as it is. */
  private void createIndexes() {
    if (indexed.get()) {
      return;
    }
    createIndex(objectsName, Indexes.ascending(KEY), new IndexOptions().unique(true).sparse(true));
    createIndex(chunksName, Indexes.ascending(UPLOAD, NUMBER), new IndexOptions().unique(true));
    indexed.set(true);
  }

  private void createIndex(String collection, Bson keys, IndexOptions options) {
    Step step =
        new Step(
            "createIndex",
            collection,
            null,
            "create the index of the collection " + collection,
            "Nothing was written.",
            "Nothing was written.");
    try {
      store.call(step, () -> store.collection(collection).createIndex(keys, options));
    } catch (StorageException e) {
      if (e.kind() != Kind.PERMISSION_DENIED || !hasIndex(collection, keys, options)) {
        throw e;
      }
    }
  }

  /** Whoever may not create indexes may still write where somebody else has done it. */
  private boolean hasIndex(String collection, Bson keys, IndexOptions options) {
    Step step =
        new Step(
            "listIndexes",
            collection,
            null,
            "list the indexes of the collection " + collection,
            "Nothing was written.",
            "Nothing was written.");
    BsonDocument wanted = keys.toBsonDocument();
    List<BsonDocument> indexes;
    try {
      indexes =
          store.call(
              step,
              () ->
                  store
                      .collection(collection)
                      .listIndexes(BsonDocument.class)
                      .into(new ArrayList<>()));
    } catch (StorageException e) {
      if (e.kind() == Kind.PERMISSION_DENIED) {
        return false; // Then the right to create them is the one to ask for.
      }
      throw e;
    }
    return indexes.stream()
        .anyMatch(
            index ->
                isSameKeys(index.getDocument(KEY, new BsonDocument()), wanted)
                    && isTrue(index.get("unique"))
                    && isTrue(index.get("sparse")) == options.isSparse()
                    && !index.containsKey("partialFilterExpression"));
  }

  private static boolean isSameKeys(BsonDocument index, BsonDocument wanted) {
    return List.copyOf(index.keySet()).equals(List.copyOf(wanted.keySet()));
  }

  private static boolean isTrue(@Nullable BsonValue value) {
    return value != null && value.isBoolean() && value.asBoolean().getValue();
  }

  /** Names may hold what names of fields may not, so both are values. */
  static BsonArray metadata(Map<String, String> labels) {
    BsonArray array = new BsonArray();
    labels.forEach(
        (name, value) ->
            array.add(
                new BsonDocument("name", new BsonString(name))
                    .append("value", new BsonString(value))));
    return array;
  }

  private StorageException discarded(ObjectKey key) {
    return new StorageException(
        Kind.OTHER,
        key.value(),
        "What was written for the object "
            + key
            + " in "
            + store.location()
            + " was discarded as a leftover. Nothing was published. Write it again, and prune"
            + " leftovers only when they are older than any backup takes.",
        null);
  }

  private StorageException taken(ObjectKey key, @Nullable Throwable cause) {
    return taken(key, store.location(), cause);
  }

  static StorageException taken(ObjectKey key, String location, @Nullable Throwable cause) {
    return new StorageException(
        Kind.ALREADY_EXISTS,
        key.value(),
        "There is an object "
            + key
            + " in "
            + location
            + " already. It was left unchanged. Choose another key, or delete it first.",
        cause);
  }

  private StorageException missing(ObjectKey key) {
    return missing(key, store.location());
  }

  static StorageException missing(ObjectKey key, String location) {
    return new StorageException(
        Kind.NOT_FOUND,
        key.value(),
        "There is no object "
            + key
            + " in "
            + location
            + ". Check the key, the database, the collection and the layout.",
        null);
  }

  static StorageException outOfRange(
      ObjectKey key, long has, long offset, long lengthBytes, String location) {
    return new StorageException(
        Kind.OUT_OF_RANGE,
        key.value(),
        "The object "
            + key
            + " in "
            + location
            + " has "
            + has
            + " bytes; asked for were "
            + lengthBytes
            + " from "
            + offset
            + " on. It is shorter than expected: verify the backup.",
        null);
  }
}

package io.holdfast.mongo;

import com.mongodb.client.MongoCollection;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Projections;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.RawBsonDocument;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/**
 * One document per object: {@code {_id: <key>, created_at, checksum, length, data, content}}.
 * {@code data} is the object's JSON as BSON, to be queried; {@code content} are its exact bytes, to
 * be restored. Documents with {@code data} alone, made by hand, are objects, too: their bytes are
 * {@code data} as JSON. Safe for use by many threads.
 */
final class DocumentLayout implements ObjectLayout {
  static final String ID = "_id";
  static final String CREATED_AT = "created_at";
  static final String CHECKSUM = "checksum";
  static final String LENGTH = "length";
  static final String METADATA = "metadata";
  static final String DATA = "data";
  static final String CONTENT = "content";
  static final String SHA256 = "sha256:";

  /** What MongoDB allows for a document. */
  static final int LARGEST_DOCUMENT = 16 * 1024 * 1024;

  private static final String MANIFEST = ".manifest.json";

  private final MongoStore store;
  private final String snapshots;
  private final String manifests;
  private final Clock clock;

  DocumentLayout(MongoStore store, String collection, Clock clock) {
    this.store = store;
    this.snapshots = collection;
    this.manifests = collection + ".manifests";
    this.clock = clock;
  }

  /** Manifests stand apart, so that the other collection has one document per snapshot. */
  private String collectionOf(String key) {
    return key.endsWith(MANIFEST) ? manifests : snapshots;
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    if (head(key).isPresent()) {
      throw ChunkLayout.taken(key, store.location(), null);
    }
    return new DocumentWriter(this, key, options);
  }

  /** Inserts an object's document, if there is none of that key. */
  StoredObject publish(ObjectKey key, ObjectDigest digest, Instant created, RawBsonDocument whole) {
    Step step =
        new Step(
            "insert",
            collectionOf(key.value()),
            key.value(),
            "publish the object " + key,
            "Nothing was published.",
            "It may have been published: look for it before you write it again.");
    try {
      store.call(step, () -> collection(key).insertOne(whole));
      return new StoredObject(key, digest.lengthBytes(), created);
    } catch (StorageException e) {
      if (e.kind() != Kind.ALREADY_EXISTS) {
        throw e;
      }
      // Perhaps by an earlier try whose answer was lost.
      return head(key)
          .filter(other -> isSame(other, digest))
          .map(other -> new StoredObject(key, digest.lengthBytes(), created(other)))
          .orElseThrow(() -> ChunkLayout.taken(key, store.location(), e));
    }
  }

  private static boolean isSame(BsonDocument other, ObjectDigest digest) {
    BsonValue length = other.get(LENGTH);
    return length != null
        && length.isNumber()
        && length.asNumber().longValue() == digest.lengthBytes()
        && new BsonString(SHA256 + digest.sha256()).equals(other.get(CHECKSUM));
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    byte[] bytes = bytes(key).orElseThrow(() -> ChunkLayout.missing(key, store.location()));
    if (offset > bytes.length || lengthBytes > bytes.length - offset) {
      throw ChunkLayout.outOfRange(key, bytes.length, offset, lengthBytes, store.location());
    }
    return new ByteArrayInputStream(bytes, (int) offset, (int) lengthBytes);
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return head(key).flatMap(head -> stored(key, head));
  }

  /** Empty if it was deleted since its head was read. */
  private Optional<StoredObject> stored(ObjectKey key, BsonDocument head) {
    BsonValue length = head.get(LENGTH);
    Optional<Long> known =
        length != null && length.isNumber()
            ? Optional.of(length.asNumber().longValue())
            : bytes(key).map(bytes -> (long) bytes.length);
    return known.map(lengthBytes -> new StoredObject(key, lengthBytes, created(head)));
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    Iterator<StoredObject> merged =
        new MergedObjects(listing(snapshots, prefix), listing(manifests, prefix));
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            merged, Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL),
        false);
  }

  private KeyListing listing(String collection, String prefix) {
    return new KeyListing(
        store,
        Step.find(collection, null, "list the objects"),
        ID,
        prefix,
        Projections.include(ID, CREATED_AT, LENGTH),
        head -> listed(collection, head));
  }

  private Optional<StoredObject> listed(String collection, BsonDocument head) {
    String id = head.getString(ID).getValue();
    return ObjectKey.isSafe(id) && collectionOf(id).equals(collection)
        ? stored(ObjectKey.of(id), head)
        : Optional.empty();
  }

  @Override
  public void delete(ObjectKey key) {
    Step step =
        new Step(
            "remove",
            collectionOf(key.value()),
            key.value(),
            "delete the object " + key,
            "It is still there.",
            "It may still be there.");
    store.call(step, () -> collection(key).deleteOne(Filters.eq(ID, key.value())));
  }

  /** A document is there or not: nothing is ever left behind. */
  @Override
  public List<Leftover> leftovers() {
    return List.of();
  }

  @Override
  public void discard(Leftover leftover) {
    throw new IllegalArgumentException("Not a leftover of this sink: " + leftover.id());
  }

  Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  String location() {
    return store.location();
  }

  private MongoCollection<RawBsonDocument> collection(ObjectKey key) {
    return store.collection(collectionOf(key.value()), RawBsonDocument.class);
  }

  private Optional<RawBsonDocument> head(ObjectKey key) {
    return find(key, Projections.include(ID, CREATED_AT, CHECKSUM, LENGTH));
  }

  private Optional<RawBsonDocument> find(ObjectKey key, Bson fields) {
    Step step = Step.find(collectionOf(key.value()), key.value(), "look for the object " + key);
    return store.call(
        step,
        () ->
            Optional.ofNullable(
                collection(key).find(Filters.eq(ID, key.value())).projection(fields).first()));
  }

  /** An object's bytes, checked as far as its document allows. Empty if there is none. */
  private Optional<byte[]> bytes(ObjectKey key) {
    Optional<RawBsonDocument> exact = find(key, Projections.include(ID, CHECKSUM, LENGTH, CONTENT));
    if (exact.isPresent() && exact.get().get(CONTENT) instanceof BsonBinary content) {
      byte[] bytes = unzipped(key, content.getData());
      requireLength(key, exact.get().get(LENGTH), bytes.length);
      requireChecksum(key, exact.get().get(CHECKSUM), bytes);
      return Optional.of(bytes);
    }
    // A checksum in a document made by hand is of bytes that nobody knows.
    return find(key, Projections.include(ID, LENGTH, DATA))
        .map(
            document -> {
              byte[] bytes = rendered(key, document);
              requireLength(key, document.get(LENGTH), bytes.length);
              return bytes;
            });
  }

  private byte[] rendered(ObjectKey key, RawBsonDocument document) {
    try {
      return BsonToJson.render(document.getDocument(DATA));
    } catch (RuntimeException e) {
      throw new StorageException(
          Kind.CORRUPT,
          key.value(),
          "The document "
              + key
              + " in "
              + store.location()
              + " is no snapshot: it needs a field content, or an object as data that holds only"
              + " types with a form in JSON. "
              + (e instanceof BsonToJson.UnfitException ? e.getMessage() : ""),
          e);
    }
  }

  private byte[] unzipped(ObjectKey key, byte[] zipped) {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(zipped))) {
      byte[] bytes = in.readNBytes(LARGEST_DOCUMENT + 1);
      if (bytes.length > LARGEST_DOCUMENT) {
        throw corrupt(key, "its content is larger than any that Holdfast writes", null);
      }
      return bytes;
    } catch (IOException e) {
      throw corrupt(key, "its content is no gzip, or damaged", e);
    }
  }

  private void requireLength(ObjectKey key, @Nullable BsonValue length, int has) {
    if (length != null && length.isNumber() && length.asNumber().longValue() != has) {
      throw corrupt(
          key, "it says length " + length.asNumber().longValue() + " and has " + has, null);
    }
  }

  private void requireChecksum(ObjectKey key, @Nullable BsonValue checksum, byte[] bytes) {
    if (checksum == null || !checksum.isString()) {
      return;
    }
    String said = checksum.asString().getValue();
    if (said.startsWith(SHA256) && !said.equals(SHA256 + ObjectDigest.of(bytes).sha256())) {
      throw corrupt(key, "its content does not have its checksum", null);
    }
  }

  private StorageException corrupt(ObjectKey key, String what, @Nullable Throwable cause) {
    return new StorageException(
        Kind.CORRUPT,
        key.value(),
        "The object "
            + key
            + " in "
            + store.location()
            + " is damaged: "
            + what
            + ". Restore from another backup.",
        cause);
  }

  private static Instant created(BsonDocument head) {
    BsonValue created = head.get(CREATED_AT);
    if (created != null && created.isDateTime()) {
      return Instant.ofEpochMilli(created.asDateTime().getValue());
    }
    try {
      return created != null && created.isString()
          ? Instant.parse(created.asString().getValue())
          : Instant.EPOCH;
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }
}

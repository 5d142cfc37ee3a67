package io.holdfast.gcs;

import com.google.api.client.http.HttpResponse;
import com.google.api.services.storage.model.Objects;
import com.google.api.services.storage.model.StorageObject;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.RangeStream;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Stores backups in a bucket of Google Cloud Storage.
 *
 * <p>Objects are published atomically and only under free names ({@code ifGenerationMatch=0}), and
 * checked by CRC32C: by the storage before it publishes, and against its answer. An object that
 * does not fit into one piece goes by a resumable upload, so memory is bounded by two pieces for
 * each writer.
 *
 * <p>There are no leftovers: the storage lists no unfinished uploads, and drops them after a week.
 *
 * <p>Safe for use by many threads. A client that was given is never closed; one that was made from
 * a URI is.
 */
public final class GcsSink implements StorageSink {
  /** One connection does not fill a line to a storage that is far away. */
  private static final int PARALLEL_READS = 4;

  private static final int PAGE = 1000;

  /** RFC 9110, section 14.4. */
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes (?<from>[0-9]{1,18})-[0-9]{1,18}/(?<size>[0-9]{1,18})");

  private static final Pattern GENERATION = Pattern.compile("[0-9]{1,18}");

  private final String bucketName;
  private final String prefix;
  private final Retry retry;
  private final int pieceBytes;
  private final ObjectSettings settings;
  private final boolean ownsClient;
  private final GcsErrors errors;
  private final Calls calls;
  private final Supplier<Storage> opener;

  private @Nullable Storage client;
  private @Nullable Bucket bucket;
  private boolean closed;

  private GcsSink(Builder builder, Supplier<Storage> opener, boolean ownsClient) {
    this.bucketName = builder.bucket;
    this.prefix = builder.prefix;
    this.retry = builder.retry;
    this.pieceBytes = builder.pieceBytes;
    this.settings = builder.settings();
    this.ownsClient = ownsClient;
    this.errors = new GcsErrors(location(), bucketName);
    this.calls = new Calls(builder.timeout);
    this.opener = opener;
  }

  /**
   * Begins to describe a sink that uses the given client.
   *
   * @param client speaks HTTP; stays open
   * @param bucket the bucket's name
   * @throws IllegalArgumentException if the client speaks gRPC
   */
  public static Builder builder(Storage client, String bucket) {
    if (!(client.getOptions().getTransportOptions() instanceof HttpTransportOptions)) {
      throw new IllegalArgumentException(
          "The sink needs a client for HTTP: StorageOptions.http(), not StorageOptions.grpc().");
    }
    return new Builder(client, bucket);
  }

  /** A sink that makes its client at the first use, since that asks the network for credentials. */
  static GcsSink owning(Supplier<Storage> opener, Builder described) {
    return new GcsSink(described, opener, true);
  }

  static Builder described(String bucket) {
    return new Builder(null, bucket);
  }

  @Override
  public String location() {
    return "gs://" + bucketName + (prefix.isEmpty() ? "" : "/" + prefix);
  }

  @Override
  public Set<SinkCapability> capabilities() {
    Set<SinkCapability> capabilities = EnumSet.of(SinkCapability.METADATA);
    if (settings.retention()) {
      capabilities.add(SinkCapability.RETENTION);
    }
    return capabilities;
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    if (options.retainUntil().isPresent() && !settings.retention()) {
      throw new StorageException(
          Kind.UNSUPPORTED,
          key.value(),
          "Could not write "
              + errors.name(key)
              + ": a retention is asked for, but the sink was not told that the bucket has it."
              + " Enable object retention on the bucket and give retention-mode or retain.",
          null);
    }
    if (options.metadata().containsKey(ObjectSettings.UPLOAD_ID)) {
      throw new StorageException(
          Kind.UNSUPPORTED,
          key.value(),
          "The label " + ObjectSettings.UPLOAD_ID + " is the sink's own. Choose another.",
          null);
    }
    return new GcsWriter(
        bucket(Operation.WRITE, key), errors, retry, key, name(key), settings, options, pieceBytes);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    if (offset < 0 || lengthBytes < 0) {
      throw new IllegalArgumentException("offset and lengthBytes must be ≥ 0");
    }
    if (lengthBytes == 0 || offset > Long.MAX_VALUE - lengthBytes) {
      // No range in HTTP says that.
      StoredObject object = stat(key).orElseThrow(() -> notFound(key));
      if (lengthBytes > 0 || offset > object.lengthBytes()) {
        throw outOfRange(key, offset, lengthBytes, object.lengthBytes());
      }
      return InputStream.nullInputStream();
    }
    Bucket objects = bucket(Operation.READ, key);
    return RangeStream.open(
        "read " + errors.name(key),
        offset,
        lengthBytes,
        retry,
        new RangeStream.Opener() {
          /** The generation that was opened first; the others must be the same. */
          private @Nullable Long pinned;

          @Override
          public InputStream open(long from, long count) {
            try {
              HttpResponse response = objects.open(name(key), pinned, from, count);
              boolean good = false;
              try {
                requireRange(key, response, from, count);
                pinned = generation(response);
                good = true;
              } finally {
                if (!good) {
                  calls.later(() -> disconnected(response));
                }
              }
              return new ResponseStream(calls, response);
            } catch (IOException e) {
              throw refusedRead(key, e, from, count, pinned != null);
            }
          }
        },
        e -> errors.translate(Operation.READ, key, e));
  }

  @Override
  public int parallelReads() {
    return PARALLEL_READS;
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return current(Operation.READ, key).map(object -> stored(key, object));
  }

  @Override
  public Stream<StoredObject> list(String keyPrefix) {
    Bucket objects = bucket(Operation.LIST, null);
    String root = prefix.isEmpty() ? "" : prefix + "/";
    return StreamSupport.stream(
        new Spliterators.AbstractSpliterator<StoredObject>(
            Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL | Spliterator.DISTINCT) {
          private List<StorageObject> page = List.of();
          private int next;
          private @Nullable String token;
          private boolean last;

          @Override
          public boolean tryAdvance(Consumer<? super StoredObject> action) {
            while (true) {
              while (next < page.size()) {
                StorageObject object = page.get(next++);
                String name = object.getName();
                // Others may store there, too; their names are no keys.
                if (name.startsWith(root) && ObjectKey.isSafe(name.substring(root.length()))) {
                  action.accept(stored(ObjectKey.of(name.substring(root.length())), object));
                  return true;
                }
              }
              if (last) {
                return false;
              }
              fetch();
            }
          }

          private void fetch() {
            Objects fetched =
                retry.call(
                    "list " + errors.name(null),
                    () -> {
                      try {
                        return objects.list(root + keyPrefix, PAGE, token);
                      } catch (IOException e) {
                        throw errors.translate(Operation.LIST, null, e);
                      }
                    });
            page = fetched.getItems() == null ? List.of() : fetched.getItems();
            next = 0;
            token = fetched.getNextPageToken();
            last = token == null;
          }
        },
        false);
  }

  @Override
  public void delete(ObjectKey key) {
    Optional<StorageObject> found = current(Operation.DELETE, key);
    if (found.isEmpty()) {
      return;
    }
    StorageObject object = found.get();
    Bucket objects = bucket(Operation.DELETE, key);
    retry.call(
        "delete " + errors.name(key),
        () -> {
          try {
            // The generation makes a repeated deletion spare what was written in between.
            objects.delete(name(key), object.getGeneration());
          } catch (IOException e) {
            int status = GcsErrors.status(e);
            if (status == 412 || (status == 404 && !GcsErrors.isBucketMissing(e))) {
              return key; // It is gone.
            }
            throw refusedDeletion(key, object, e);
          }
          return key;
        });
  }

  /**
   * None: the storage lists no unfinished resumable uploads, charges nothing for them, and drops
   * them after a week (https://cloud.google.com/storage/docs/resumable-uploads).
   */
  @Override
  public List<Leftover> leftovers() {
    return List.of();
  }

  @Override
  public void discard(Leftover leftover) {
    // There are none.
  }

  @Override
  public void close() {
    Storage own;
    synchronized (this) {
      closed = true;
      own = ownsClient ? client : null;
      client = null;
      bucket = null;
    }
    calls.close();
    if (own != null) {
      try {
        own.close();
      } catch (Exception e) {
        throw errors.translate(Operation.READ, null, e);
      }
    }
  }

  static StoredObject stored(ObjectKey key, StorageObject object) {
    return new StoredObject(
        key,
        object.getSize().longValueExact(),
        Instant.ofEpochMilli(object.getTimeCreated().getValue()));
  }

  private String name(ObjectKey key) {
    return prefix.isEmpty() ? key.value() : prefix + "/" + key.value();
  }

  private synchronized Bucket bucket(Operation operation, @Nullable ObjectKey key) {
    if (closed) {
      throw new IllegalStateException("The sink was closed.");
    }
    Bucket opened = bucket;
    if (opened == null) {
      try {
        Storage storage = opener.get();
        client = storage;
        opened = new Bucket(bucketName, storage.getOptions(), settings.kmsKey(), calls);
      } catch (RuntimeException e) {
        throw errors.translate(
            operation, key, e.getCause() instanceof IOException cause ? cause : e);
      }
      bucket = opened;
    }
    return opened;
  }

  private Optional<StorageObject> current(Operation operation, ObjectKey key) {
    Bucket objects = bucket(operation, key);
    return retry.call(
        "look for " + errors.name(key),
        () -> {
          try {
            return Optional.of(objects.get(name(key)));
          } catch (IOException e) {
            if (GcsErrors.status(e) == 404 && !GcsErrors.isBucketMissing(e)) {
              return Optional.empty();
            }
            throw errors.translate(Operation.READ, key, e);
          }
        });
  }

  private static Optional<Void> disconnected(HttpResponse response) throws IOException {
    response.disconnect();
    return Optional.empty();
  }

  private void requireRange(ObjectKey key, HttpResponse response, long from, long count)
      throws IOException {
    Matcher range = CONTENT_RANGE.matcher(String.valueOf(response.getHeaders().getContentRange()));
    long end = from + count;
    if (response.getStatusCode() != 206
        || !range.matches()
        || Long.parseLong(range.group("from")) != from) {
      throw new IOException("the storage answered another range than was asked for");
    }
    long lengthBytes = Long.parseLong(range.group("size"));
    if (lengthBytes < end) {
      throw outOfRange(key, from, count, lengthBytes);
    }
  }

  private static @Nullable Long generation(HttpResponse response) throws IOException {
    String generation = response.getHeaders().getFirstHeaderStringValue("x-goog-generation");
    if (generation == null || !GENERATION.matcher(generation).matches()) {
      throw new IOException("the storage did not tell the object's generation");
    }
    return Long.valueOf(generation);
  }

  private RuntimeException refusedRead(
      ObjectKey key, IOException e, long from, long count, boolean opened) {
    if (GcsErrors.status(e) == 416) {
      return outOfRange(key, from, count, -1);
    }
    if (opened && GcsErrors.status(e) == 404) {
      return new StorageException(
          Kind.NOT_FOUND,
          key.value(),
          "Could not read on in " + errors.name(key) + ": it was deleted or replaced meanwhile.",
          null);
    }
    return errors.translate(Operation.READ, key, e);
  }

  private RuntimeException refusedDeletion(ObjectKey key, StorageObject object, IOException e) {
    boolean held =
        Boolean.TRUE.equals(object.getTemporaryHold())
            || Boolean.TRUE.equals(object.getEventBasedHold());
    Optional<Instant> until = retainedUntil(object).filter(Instant.now()::isBefore);
    if (GcsErrors.status(e) != 403 || (!held && until.isEmpty() && !GcsErrors.isKept(e))) {
      return errors.translate(Operation.DELETE, key, e);
    }
    List<String> reasons = new ArrayList<>();
    until.ifPresent(instant -> reasons.add("it is under retention until " + instant));
    if (Boolean.TRUE.equals(object.getTemporaryHold())) {
      reasons.add("it has a temporary hold, which must be released first");
    }
    if (Boolean.TRUE.equals(object.getEventBasedHold())) {
      reasons.add("it has an event-based hold, which must be released first");
    }
    if (reasons.isEmpty()) {
      reasons.add("it is under retention or hold");
    }
    return new StorageException(
        Kind.RETENTION,
        key.value(),
        "Could not delete "
            + errors.name(key)
            + ": "
            + String.join(", and ", reasons)
            + ". The object is unchanged.",
        errors.translate(Operation.DELETE, key, e));
  }

  /** The later one of the bucket's policy and the object's own retention. */
  private static Optional<Instant> retainedUntil(StorageObject object) {
    return Stream.of(
            Optional.ofNullable(object.getRetentionExpirationTime()),
            Optional.ofNullable(object.getRetention())
                .map(StorageObject.Retention::getRetainUntilTime))
        .flatMap(Optional::stream)
        .map(time -> Instant.ofEpochMilli(time.getValue()))
        .max(Instant::compareTo);
  }

  private StorageException notFound(ObjectKey key) {
    return new StorageException(
        Kind.NOT_FOUND,
        key.value(),
        "Could not read " + errors.name(key) + ": there is no such object.",
        null);
  }

  private StorageException outOfRange(
      ObjectKey key, long offset, long lengthBytes, long objectBytes) {
    return new StorageException(
        Kind.OUT_OF_RANGE,
        key.value(),
        "Could not read "
            + lengthBytes
            + " bytes from "
            + offset
            + " of "
            + errors.name(key)
            + ": it "
            + (objectBytes < 0 ? "is shorter." : "has " + objectBytes + " bytes."),
        null);
  }

  @Override
  public String toString() {
    return "GcsSink[" + location() + "]";
  }

  /** Describes a sink. Used by one thread. */
  public static final class Builder {
    private static final int PIECE_UNIT = 256 * 1024;

    private final @Nullable Storage client;
    private final String bucket;
    private String prefix = "";
    private Retry retry = Retry.standard();
    private Duration timeout = Duration.ofMinutes(3);
    private int pieceBytes = standardPieceBytes();
    private @Nullable String storageClass;
    private @Nullable String kmsKey;
    private @Nullable Duration retain;
    private BlobInfo.Retention.@Nullable Mode retentionMode;
    private boolean temporaryHold;
    private boolean eventBasedHold;

    private Builder(@Nullable Storage client, String bucket) {
      this.client = client;
      this.bucket = bucket;
    }

    /** What the names of all objects begin with, without a slash at its ends; empty for nothing. */
    public Builder prefix(String value) {
      List<String> problems = GcsUri.problemsOfPrefix(value);
      if (!problems.isEmpty()) {
        throw new IllegalArgumentException(String.join(" ", problems));
      }
      prefix = value;
      return this;
    }

    /** How single requests are repeated; five tries unless given. */
    public Builder retry(Retry value) {
      retry = value;
      return this;
    }

    /**
     * How long to wait for one request, the sending of a piece included; three minutes unless
     * given.
     */
    public Builder timeout(Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException("timeout must be positive");
      }
      timeout = value;
      return this;
    }

    /**
     * How much is sent by one request, in bytes: a multiple of 256 KiB. Unless given, 16 MiB as
     * Google's own client has it, or 8 MiB in a heap below 256 MiB. A writer holds two of them in
     * memory.
     */
    public Builder pieceBytes(int value) {
      // https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
      if (value < PIECE_UNIT || value % PIECE_UNIT != 0) {
        throw new IllegalArgumentException("pieceBytes must be a multiple of 256 KiB");
      }
      pieceBytes = value;
      return this;
    }

    /** The storage takes its time after each piece, so that larger ones are faster. */
    private static int standardPieceBytes() {
      long mebibytes = Runtime.getRuntime().maxMemory() >= 256 << 20 ? 16 : 8;
      return Math.toIntExact(mebibytes << 20);
    }

    /** The storage class, such as {@code NEARLINE}; the bucket's default unless given. */
    public Builder storageClass(String value) {
      storageClass = value;
      return this;
    }

    /**
     * The key to encrypt with, {@code projects/P/locations/L/keyRings/R/cryptoKeys/K}; the bucket's
     * default unless given.
     */
    public Builder kmsKey(String value) {
      kmsKey = value;
      return this;
    }

    /**
     * For how long from the beginning of its writing the storage refuses to delete an object. The
     * bucket must have object retention enabled.
     */
    public Builder retain(Duration value) {
      if (value.isNegative() || value.isZero()) {
        throw new IllegalArgumentException("retain must be positive");
      }
      retain = value;
      return this;
    }

    /**
     * Whether a retention can be shortened by those with the right to do so; {@code UNLOCKED}
     * unless given. Given alone, it says that the bucket has object retention enabled, so that
     * {@link WriteOptions#retainUntil} can be used.
     */
    public Builder retentionMode(BlobInfo.Retention.Mode value) {
      retentionMode = value;
      return this;
    }

    /** Whether new objects get a temporary hold. */
    public Builder temporaryHold(boolean value) {
      temporaryHold = value;
      return this;
    }

    /** Whether new objects get an event-based hold. */
    public Builder eventBasedHold(boolean value) {
      eventBasedHold = value;
      return this;
    }

    /** The sink. Contacts nothing. */
    public GcsSink build() {
      Storage given = client;
      if (given == null) {
        throw new IllegalStateException("There is no client.");
      }
      return new GcsSink(this, () -> given, false);
    }

    private ObjectSettings settings() {
      return new ObjectSettings(
          Optional.ofNullable(storageClass),
          Optional.ofNullable(kmsKey),
          Optional.ofNullable(retain),
          Optional.ofNullable(retentionMode),
          temporaryHold,
          eventBasedHold);
    }
  }
}

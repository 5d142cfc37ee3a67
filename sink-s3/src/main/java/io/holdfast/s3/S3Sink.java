package io.holdfast.s3;

import io.holdfast.ConfigurationException;
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
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;
import software.amazon.awssdk.services.s3.model.StorageClass;

/**
 * Keeps backups in a bucket of Amazon S3, or of a server that speaks its protocol: the object
 * {@code a/b} is the object {@code prefix/a/b} of the bucket. Safe for use by many threads and
 * processes.
 *
 * <ul>
 *   <li><b>Publishing.</b> An object that fits into one part of 8 MiB is stored by one request; a
 *       larger one by a multipart upload, whose parts grow with the object up to 5 TiB. Either is
 *       sent with {@code If-None-Match: *}, so that the server itself refuses to replace an object.
 *       A server that does not know this condition is not fit for backups.
 *   <li><b>Lost answers.</b> Every object has the metadata {@code holdfast-upload}, a random id. A
 *       writer whose answer was lost looks for its own id, and then reports success.
 *   <li><b>Checksums.</b> A CRC32C of every part, and of the whole object where the server takes
 *       one, is sent along and compared with what the server answers. Without checksums, the server
 *       still checks a Content-MD5 of every part; that the parts were put together right is then
 *       seen by the SHA-256 of a verify only.
 *   <li><b>Retention.</b> Needs a bucket with Object Lock. It begins when the writing begins, and
 *       applies to the version that was written; a legal hold is set alike.
 *   <li><b>Memory.</b> A writer takes 8 MiB for a small object and 40 MiB for one up to 6 GB; parts
 *       grow until it takes half of the heap.
 *   <li><b>What is no object.</b> Objects in the bucket whose names are no keys are passed over.
 *       Unfinished uploads of other programs below the prefix count as leftovers.
 *   <li><b>Interruption.</b> An interrupted write or read throws {@link
 *       io.holdfast.CancelledException}. Once a commit has published, it goes on to success, and
 *       the flag stays set.
 * </ul>
 *
 * <p>Directory buckets (S3 Express One Zone) list in no order, and are refused.
 */
public final class S3Sink implements StorageSink {
  /** One connection does not fill a line to a storage that is far away. */
  private static final int PARALLEL_READS = 4;

  /** Metadata travels in headers. */
  private static final Pattern METADATA_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private static final Pattern METADATA_VALUE =
      Pattern.compile("[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?|");

  /** S3 takes 2 KB of names and values; our own id is among them. */
  private static final int MOST_METADATA = 1_900;

  /** Between the key and the id of an upload; stands in no key. */
  private static final char LEFTOVER_SEPARATOR = ' ';

  private final S3Settings settings;
  private final S3Calls calls;
  private final S3Requests requests;
  private final S3Lookup lookup;
  private final PieceSizes sizes;
  private final @Nullable OwnClient own;

  private S3Sink(Builder builder, S3Settings settings) {
    this.settings = settings;
    this.own = builder.own;
    OwnClient opened = builder.own;
    S3Errors errors =
        new S3Errors(settings, opened == null ? Optional.empty() : opened.connection().endpoint());
    S3Client given = builder.client;
    this.calls =
        new S3Calls(
            () -> opened != null ? opened.client() : Objects.requireNonNull(given),
            builder.retry,
            errors);
    this.requests =
        new S3Requests(
            settings, Optional.ofNullable(opened).map(OwnClient::patience), builder.clock);
    this.lookup = new S3Lookup(calls, settings);
    this.sizes = builder.sizes;
  }

  /**
   * Begins to describe a sink.
   *
   * @param client speaks to the server; stays open when the sink is closed. Its timeouts and its
   *     retries are its own
   * @param bucket the bucket, which has to exist
   */
  public static Builder builder(S3Client client, String bucket) {
    return new Builder(client, null, bucket);
  }

  /** A sink that opens a client itself, and closes it. */
  static Builder builder(OwnClient own, String bucket) {
    return new Builder(null, own, bucket);
  }

  @Override
  public String location() {
    OwnClient opened = own;
    Optional<String> endpoint = opened == null ? Optional.empty() : opened.connection().endpoint();
    return settings.location() + endpoint.map(url -> "?endpoint=" + url).orElse("");
  }

  @Override
  public Set<SinkCapability> capabilities() {
    return settings.lock().isPresent()
        ? EnumSet.of(SinkCapability.METADATA, SinkCapability.RETENTION)
        : EnumSet.of(SinkCapability.METADATA);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Sends nothing: whether the key is taken is seen by the commit.
   *
   * @throws IllegalArgumentException if the metadata cannot be sent in headers: names are letters,
   *     digits, dots, underscores and hyphens, values printable ASCII, all of it at most 1,900
   *     characters
   */
  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    if (options.retainUntil().isPresent() && settings.lock().isEmpty()) {
      throw calls
          .errors()
          .error(
              Kind.UNSUPPORTED,
              S3Operation.WRITE,
              key.value(),
              "it is to be kept until a date, but this sink was given no Object Lock mode.",
              "Add object-lock=governance or object-lock=compliance to the location, for a bucket"
                  + " that has Object Lock, or leave the retention out.",
              null);
    }
    requireSendable(options.metadata());
    return new S3Writer(calls, requests, lookup, sizes, key, options);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    if (offset < 0 || lengthBytes < 0) {
      throw new IllegalArgumentException(
          "A range cannot be negative: " + lengthBytes + " bytes from " + offset);
    }
    // HTTP has no empty ranges, and none that end after the last number there is.
    if (lengthBytes == 0 || lengthBytes > Long.MAX_VALUE - offset) {
      long size = lookup.find(key).orElseThrow(() -> missing(key)).object().lengthBytes();
      if (offset > size || lengthBytes > size - offset) {
        throw S3Range.tooShort(calls.errors(), key, size, offset, lengthBytes);
      }
      return InputStream.nullInputStream();
    }
    return RangeStream.open(
        "read " + key + " from " + location(),
        offset,
        lengthBytes,
        calls.retry(),
        new S3Range(calls, settings, key),
        e -> calls.errors().translate(S3Operation.READ, key.value(), e));
  }

  @Override
  public int parallelReads() {
    return PARALLEL_READS;
  }

  /**
   * {@inheritDoc}
   *
   * <p>A bucket that does not exist has no objects: the answer to this request does not tell the
   * difference.
   */
  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    return lookup.find(key).map(S3Lookup.Found::object);
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            new S3Listing(calls, settings, prefix),
            Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL),
        false);
  }

  /**
   * {@inheritDoc}
   *
   * <p>In a bucket with versions, an object without a lock gets a delete marker, and its bytes stay
   * until a lifecycle rule removes them. One under retention or legal hold is deleted as the
   * version that it is, which the server refuses.
   */
  @Override
  public void delete(ObjectKey key) {
    lookup.delete(key, requests.clock().instant());
  }

  /**
   * {@inheritDoc}
   *
   * <p>Lengths are not told, since S3 does not list them. Some servers (MinIO) list unfinished
   * uploads for whole names only, and show none here.
   */
  @Override
  public List<Leftover> leftovers() {
    List<Leftover> leftovers = new ArrayList<>();
    String afterKey = null;
    String afterUpload = null;
    do {
      String key = afterKey;
      String upload = afterUpload;
      ListMultipartUploadsResponse page =
          calls.repeated(
              S3Operation.LIST_UPLOADS,
              null,
              client ->
                  client.listMultipartUploads(
                      request -> {
                        request.bucket(settings.bucket()).keyMarker(key).uploadIdMarker(upload);
                        if (!settings.prefix().isEmpty()) {
                          request.prefix(settings.prefix());
                        }
                      }));
      page.uploads().forEach(one -> leftover(one).ifPresent(leftovers::add));
      boolean more = Boolean.TRUE.equals(page.isTruncated());
      afterKey = more ? page.nextKeyMarker() : null;
      afterUpload = more ? page.nextUploadIdMarker() : null;
    } while (afterKey != null);
    return List.copyOf(leftovers);
  }

  private Optional<Leftover> leftover(MultipartUpload upload) {
    if (!upload.key().startsWith(settings.prefix())) {
      return Optional.empty();
    }
    String key = upload.key().substring(settings.prefix().length());
    return ObjectKey.isSafe(key)
        ? Optional.of(
            new Leftover(key + LEFTOVER_SEPARATOR + upload.uploadId(), -1, upload.initiated()))
        : Optional.empty();
  }

  @Override
  public void discard(Leftover leftover) {
    int separator = leftover.id().indexOf(LEFTOVER_SEPARATOR);
    if (separator < 0 || !ObjectKey.isSafe(leftover.id().substring(0, separator))) {
      throw new IllegalArgumentException("Not a leftover of an S3 sink: " + leftover.id());
    }
    lookup.abort(leftover.id().substring(0, separator), leftover.id().substring(separator + 1));
  }

  @Override
  public void close() {
    OwnClient opened = own;
    if (opened != null) {
      opened.close();
    }
  }

  @Override
  public String toString() {
    return location();
  }

  private StorageException missing(ObjectKey key) {
    return calls
        .errors()
        .error(
            Kind.NOT_FOUND,
            S3Operation.READ,
            key.value(),
            "there is no such object.",
            "Check the key and the prefix.",
            null);
  }

  private static void requireSendable(Map<String, String> metadata) {
    int size = 0;
    for (Map.Entry<String, String> one : metadata.entrySet()) {
      size += one.getKey().length() + one.getValue().length();
      if (!METADATA_NAME.matcher(one.getKey()).matches()
          || !METADATA_VALUE.matcher(one.getValue()).matches()
          || one.getKey().equalsIgnoreCase(S3Requests.UPLOAD)) {
        throw new IllegalArgumentException(
            "Metadata is sent in headers: the name or the value of \""
                + one.getKey()
                + "\" is empty, not printable ASCII, or taken by the sink itself.");
      }
    }
    if (size > MOST_METADATA) {
      throw new IllegalArgumentException(
          "S3 keeps " + MOST_METADATA + " characters of metadata, not " + size + ".");
    }
  }

  /** Describes a sink. Used by one thread. */
  public static final class Builder {
    private final @Nullable S3Client client;
    private final @Nullable OwnClient own;
    private final String bucket;
    private final Map<String, String> tags = new LinkedHashMap<>();
    private String prefix = "";
    private Optional<StorageClass> storageClass = Optional.empty();
    private Optional<ServerSideEncryption> encryption = Optional.empty();
    private Optional<String> kmsKey = Optional.empty();
    private Optional<ObjectLockMode> lock = Optional.empty();
    private Optional<Duration> retain = Optional.empty();
    private boolean legalHold;
    private boolean checksums = true;
    private Retry retry = Retry.standard();
    private Clock clock = Clock.systemUTC();
    private PieceSizes sizes = PieceSizes.standard();

    private Builder(@Nullable S3Client client, @Nullable OwnClient own, String bucket) {
      this.client = client;
      this.own = own;
      this.bucket = bucket;
    }

    /** Where in the bucket: {@code backups/production}. Empty, the default, for all of it. */
    public Builder prefix(String folder) {
      String trimmed = folder.endsWith("/") ? folder.substring(0, folder.length() - 1) : folder;
      this.prefix = trimmed.isEmpty() ? "" : trimmed + "/";
      return this;
    }

    /** The class of what is written; without it the bucket's default. */
    public Builder storageClass(StorageClass chosen) {
      this.storageClass = Optional.of(chosen);
      return this;
    }

    /** How the server encrypts what is written; without it the bucket's default. */
    public Builder encryption(ServerSideEncryption chosen) {
      this.encryption = Optional.of(chosen);
      return this;
    }

    /** The KMS key's id or ARN, for the encryption {@code aws:kms}. */
    public Builder kmsKey(String key) {
      this.kmsKey = Optional.of(key);
      return this;
    }

    /** How Object Lock keeps what is to be retained; the bucket must have Object Lock. */
    public Builder objectLock(ObjectLockMode mode) {
      this.lock = Optional.of(mode);
      return this;
    }

    /**
     * How long what is written is kept if its writer names no date, from the beginning of the
     * writing on. Needs an Object Lock mode.
     */
    public Builder retain(Duration period) {
      this.retain = Optional.of(period);
      return this;
    }

    /** Whether what is written gets a legal hold, which lasts until somebody lifts it. */
    public Builder legalHold(boolean hold) {
      this.legalHold = hold;
      return this;
    }

    /** Adds a tag to what is written; up to ten. */
    public Builder tag(String name, String value) {
      tags.put(name, value);
      return this;
    }

    /**
     * Whether to send CRC32C checksums; true by default. False is for servers that do not know
     * them: Content-MD5 is sent instead. The client must then be one that calculates no checksums
     * of its own ({@code RequestChecksumCalculation.WHEN_REQUIRED}).
     */
    public Builder checksums(boolean send) {
      this.checksums = send;
      return this;
    }

    /** How to repeat requests that may be repeated; {@link Retry#standard()} by default. */
    public Builder retry(Retry policy) {
      this.retry = policy;
      return this;
    }

    Builder clock(Clock other) {
      this.clock = other;
      return this;
    }

    Builder sizes(PieceSizes other) {
      this.sizes = other;
      return this;
    }

    /** Everything that is wrong with it; empty if nothing is. */
    List<String> problems() {
      return settings().problems();
    }

    /**
     * The sink. Contacts nothing.
     *
     * @throws ConfigurationException with every problem
     */
    public S3Sink build() {
      S3Settings settings = settings();
      List<String> problems = settings.problems();
      if (!problems.isEmpty()) {
        throw new ConfigurationException(problems);
      }
      return new S3Sink(this, settings);
    }

    private S3Settings settings() {
      return new S3Settings(
          bucket,
          prefix,
          storageClass,
          encryption,
          kmsKey,
          lock,
          retain,
          legalHold,
          tags,
          checksums);
    }
  }
}

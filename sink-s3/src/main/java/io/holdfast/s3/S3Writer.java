package io.holdfast.s3;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.PieceUpload;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * Writes one object: by one request if it fits into one part, else by a multipart upload that is
 * begun when there is more than one part. Either is published only if the key is free.
 */
final class S3Writer implements SinkWriter {
  private static final Logger log = LoggerFactory.getLogger(S3Writer.class);

  private final S3Calls calls;
  private final S3Requests requests;
  private final S3Lookup lookup;
  private final ObjectKey key;
  private final WriteOptions options;
  private final PieceSizes sizes;
  private final PieceUpload pieces;

  /** By which this writer knows its own object again when an answer was lost. */
  private final String upload = UUID.randomUUID().toString();

  private final CRC32C whole = new CRC32C();
  private final SortedMap<Integer, CompletedPart> parts = new ConcurrentSkipListMap<>();

  /** Set before the first part is handed to a thread. */
  private @Nullable Multipart multipart;

  private @Nullable StoredObject published;
  private boolean ended;

  /**
   * A multipart upload on the server.
   *
   * @param id its id
   * @param checksumOfWhole whether the server takes the checksum of the whole object; those that
   *     know none of it make one of the parts' checksums
   */
  private record Multipart(String id, boolean checksumOfWhole) {}

  S3Writer(
      S3Calls calls,
      S3Requests requests,
      S3Lookup lookup,
      PieceSizes sizes,
      ObjectKey key,
      WriteOptions options) {
    this.calls = calls;
    this.requests = requests;
    this.lookup = lookup;
    this.key = key;
    this.options = options;
    this.sizes = sizes;
    this.pieces = new PieceUpload("s3-upload", sizes::of, sizes.parallel(), this::store);
  }

  @Override
  public void write(ByteBuffer bytes) {
    requireOpen();
    try {
      if (multipart == null && pieces.lengthBytes() + bytes.remaining() > sizes.of(0)) {
        multipart = begin();
      }
      whole.update(bytes.duplicate());
      pieces.write(bytes);
    } catch (RuntimeException e) {
      ended = true; // Bytes are missing now: nothing may follow them.
      throw e;
    }
  }

  @Override
  public StoredObject commit(ObjectDigest digest) {
    requireOpen();
    ended = true;
    if (pieces.lengthBytes() != digest.lengthBytes()) {
      throw calls
          .errors()
          .error(
              Kind.CORRUPT,
              S3Operation.WRITE,
              key.value(),
              pieces.lengthBytes()
                  + " bytes were written, but "
                  + digest.lengthBytes()
                  + " were announced.",
              "",
              null);
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException(
          "Interrupted before the object " + key + " was published. Nothing was published.", null);
    }
    int count = pieces.finish();
    StoredObject result = published;
    if (result == null) {
      result = complete(count);
      published = result;
    }
    return result;
  }

  @Override
  public void close() {
    ended = true;
    // What is under way must end first, or the server would keep a part of an upload that is gone.
    pieces.close();
    Multipart begun = multipart;
    multipart = null;
    if (begun != null && published == null) {
      boolean interrupted = Thread.interrupted();
      try {
        (interrupted ? lookup.inAHurry() : lookup).abort(key.value(), begun.id());
      } catch (BackupException e) {
        log.warn("An unfinished upload is left behind, to be pruned later: {}", e.getMessage());
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  private void requireOpen() {
    if (ended) {
      throw new IllegalStateException("The writer of " + key + " was committed or closed.");
    }
  }

  // ----- pieces

  private void store(int number, long offset, ByteBuffer piece, boolean last) {
    if (last && number == 0) {
      published = putWhole(piece);
    } else {
      storePart(number, piece);
    }
  }

  private StoredObject putWhole(ByteBuffer bytes) {
    PutObjectRequest request = requests.put(key, options, upload, bytes);
    return publish(
        () -> {
          PutObjectResponse answer =
              undamaged(
                  () ->
                      calls.once(
                          S3Operation.WRITE,
                          key.value(),
                          client -> client.putObject(request, body(bytes))));
          requireSame(
              request.checksumCRC32C(),
              answer.checksumCRC32C(),
              Optional.ofNullable(answer.versionId()));
          return new StoredObject(key, bytes.remaining(), S3Lookup.answeredAt(answer));
        });
  }

  private void storePart(int number, ByteBuffer bytes) {
    if (number >= sizes.most()) {
      throw calls
          .errors()
          .error(
              Kind.UNSUPPORTED,
              S3Operation.WRITE,
              key.value(),
              "it needs more than the "
                  + sizes.most()
                  + " parts that S3 allows, as large as this heap lets them be.",
              "Give the program more heap, or make the object smaller.",
              null);
    }
    UploadPartRequest request = requests.part(key, begun().id(), number, bytes);
    UploadPartResponse answer =
        mended(
            () ->
                calls
                    .retry()
                    .call(
                        "write part " + (number + 1) + " of " + key,
                        () -> undamaged(() -> sendPart(request, bytes))));
    parts.put(
        number,
        CompletedPart.builder()
            .partNumber(number + 1)
            .eTag(answer.eTag())
            .checksumCRC32C(request.checksumCRC32C())
            .build());
  }

  private UploadPartResponse sendPart(UploadPartRequest request, ByteBuffer bytes) {
    UploadPartResponse answer =
        calls.once(
            S3Operation.WRITE, key.value(), client -> client.uploadPart(request, body(bytes)));
    if (differ(request.checksumCRC32C(), answer.checksumCRC32C())) {
      throw calls
          .errors()
          .error(
              Kind.CORRUPT,
              S3Operation.WRITE,
              key.value(),
              "the server has stored other bytes of part "
                  + request.partNumber()
                  + " than were sent: its CRC32C is "
                  + answer.checksumCRC32C()
                  + ", not "
                  + request.checksumCRC32C()
                  + ".",
              "The network or a proxy changes what passes through it; try again.",
              null);
    }
    return answer;
  }

  private Multipart begin() {
    CreateMultipartUploadRequest request = requests.create(key, options, upload);
    CreateMultipartUploadResponse answer =
        calls.repeated(
            S3Operation.WRITE, key.value(), client -> client.createMultipartUpload(request));
    return new Multipart(
        answer.uploadId(),
        requests.settings().checksums() && answer.checksumType() == ChecksumType.FULL_OBJECT);
  }

  private Multipart begun() {
    return Objects.requireNonNull(multipart, "an object of several parts has an upload");
  }

  private StoredObject complete(int count) {
    if (parts.size() != count) {
      throw new IllegalStateException(count + " parts were cut, " + parts.size() + " stored");
    }
    Multipart begun = begun();
    long length = pieces.lengthBytes();
    List<CompletedPart> stored = List.copyOf(parts.values());
    String crc32c = Checksums.crc32c(whole);
    CompleteMultipartUploadRequest request =
        requests.complete(
            key,
            begun.id(),
            stored,
            begun.checksumOfWhole() ? Optional.of(crc32c) : Optional.empty());
    return publish(
        () -> {
          CompleteMultipartUploadResponse answer =
              undamaged(
                  () ->
                      calls.once(
                          S3Operation.PUBLISH,
                          key.value(),
                          client -> client.completeMultipartUpload(request)));
          String theirs = answer.checksumCRC32C();
          if (requests.settings().checksums() && theirs != null) {
            String ours =
                theirs.contains("-")
                    ? Checksums.composite(
                        stored.stream().map(CompletedPart::checksumCRC32C).toList())
                    : crc32c;
            requireSame(ours, theirs, Optional.ofNullable(answer.versionId()));
          }
          return new StoredObject(key, length, S3Lookup.answeredAt(answer));
        });
  }

  // ----- publishing

  /**
   * Publishes, and finds out what became of it where no answer says so: the answer may have been
   * lost, and the object be there.
   */
  private StoredObject publish(Supplier<StoredObject> step) {
    try {
      return mended(() -> calls.retry().call("publish " + key, step));
    } catch (CancelledException e) {
      return afterInterruption(e);
    } catch (StorageException e) {
      return ownObject(e);
    }
  }

  private StoredObject ownObject(StorageException e) {
    boolean gone = S3Errors.isNoSuchUpload(e.getCause());
    if (!gone && e.kind() != Kind.ALREADY_EXISTS && e.kind() != Kind.UNAVAILABLE) {
      throw e;
    }
    Optional<S3Lookup.Found> found;
    try {
      found = lookup.find(key);
    } catch (BackupException unknown) {
      e.addSuppressed(unknown);
      if (e.kind() == Kind.ALREADY_EXISTS) {
        throw e;
      }
      throw new StorageException(
          e.kind(),
          key.value(),
          "Could not find out whether the object "
              + key
              + " was published: "
              + e.getMessage()
              + " It may be there all the same; look for it before you write it again.",
          e,
          e.retryAfter().orElse(null));
    }
    if (found.filter(object -> object.isOf(upload)).isPresent()) {
      return found.get().object();
    }
    if (gone && found.isPresent()) {
      throw calls
          .errors()
          .error(
              Kind.ALREADY_EXISTS,
              S3Operation.PUBLISH,
              key.value(),
              "the key is taken by another object, which was left unchanged.",
              "Write under another key.",
              e);
    }
    throw e;
  }

  /** Once it is published it stays so: the interruption is left to whoever comes next. */
  private StoredObject afterInterruption(CancelledException e) {
    boolean interrupted = Thread.interrupted();
    try {
      return lookup
          .inAHurry()
          .find(key)
          .filter(object -> object.isOf(upload))
          .map(S3Lookup.Found::object)
          .orElseThrow(() -> e);
    } catch (StorageException unknown) {
      e.addSuppressed(unknown);
      throw e;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Lets what was damaged on its way be sent again: it is still in memory. */
  private <T> T undamaged(Supplier<T> step) {
    try {
      return step.get();
    } catch (StorageException e) {
      if (e.kind() == Kind.CORRUPT) {
        throw new StorageException(
            Kind.UNAVAILABLE, key.value(), String.valueOf(e.getMessage()), e);
      }
      throw e;
    }
  }

  /** Says that it was damaged, if that is how the last try ended, too. */
  private static <T> T mended(Supplier<T> steps) {
    try {
      return steps.get();
    } catch (StorageException e) {
      if (e.getCause() instanceof StorageException damage && damage.kind() == Kind.CORRUPT) {
        throw damage;
      }
      throw e;
    }
  }

  private void requireSame(
      @Nullable String ours, @Nullable String theirs, Optional<String> version) {
    if (!differ(ours, theirs)) {
      return;
    }
    String left;
    try {
      lookup.remove(key, version);
      left = "It was removed again.";
    } catch (BackupException e) {
      left = "It could not be removed: " + e.getMessage();
    }
    throw new StorageException(
        Kind.CORRUPT,
        key.value(),
        "The server stored other bytes of the object "
            + key
            + " than were sent: its CRC32C is "
            + theirs
            + ", not "
            + ours
            + ". "
            + left,
        null);
  }

  private static boolean differ(@Nullable String ours, @Nullable String theirs) {
    return ours != null && theirs != null && !ours.equals(theirs);
  }

  private static RequestBody body(ByteBuffer bytes) {
    // The SDK's own methods for buffers copy them.
    return RequestBody.fromContentProvider(
        () ->
            new ByteArrayInputStream(
                bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining()),
        bytes.remaining(),
        "application/octet-stream");
  }
}

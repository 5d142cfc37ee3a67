package io.holdfast.gcs;

import com.google.api.services.storage.model.StorageObject;
import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.gcs.ResumableSession.LostBytesException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.PieceUpload;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one object: by one request if it fits into one piece, else by a resumable upload, whose
 * pieces are sent while the next one fills.
 */
final class GcsWriter implements SinkWriter {
  private static final Logger log = LoggerFactory.getLogger(GcsWriter.class);

  private static final long GRACE_SECONDS = 10;

  private final Bucket bucket;
  private final GcsErrors errors;
  private final Retry retry;
  private final ObjectKey key;
  private final StorageObject described;
  private final String uploadId = UUID.randomUUID().toString();
  private final PieceUpload pieces;
  private final CRC32C crc = new CRC32C();

  // Touched by the thread of the pieces, and by the writer's own when that one rests.
  private volatile @Nullable ResumableSession session;
  private volatile @Nullable StorageObject published;
  private volatile boolean publishing;
  private volatile @Nullable CountDownLatch inserting;

  private boolean finished;
  private boolean closed;

  GcsWriter(
      Bucket bucket,
      GcsErrors errors,
      Retry retry,
      ObjectKey key,
      String name,
      ObjectSettings settings,
      WriteOptions options,
      int pieceBytes) {
    this.bucket = bucket;
    this.errors = errors;
    this.retry = retry;
    this.key = key;
    this.described = settings.describe(name, options, uploadId, Clock.systemUTC().instant());
    this.pieces = new PieceUpload("gcs-upload", pieceBytes, 1, this::store);
  }

  @Override
  public void write(ByteBuffer bytes) {
    requireOpen();
    // Here, and not before each piece is sent, when the line would wait for it.
    crc.update(bytes.duplicate());
    pieces.write(bytes);
  }

  @Override
  public StoredObject commit(ObjectDigest digest) {
    requireOpen();
    finished = true;
    if (digest.lengthBytes() != pieces.lengthBytes()) {
      throw new StorageException(
          Kind.CORRUPT,
          key.value(),
          "Could not write "
              + errors.name(key)
              + ": "
              + pieces.lengthBytes()
              + " bytes were written, "
              + digest.lengthBytes()
              + " announced. Nothing was published.",
          null);
    }
    pieces.finish();
    StorageObject object = published;
    if (object == null) {
      throw new IllegalStateException("The last piece was stored without publishing.");
    }
    requireIntact(object, digest.lengthBytes());
    publishing = false;
    session = null;
    return GcsSink.stored(key, object);
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    finished = true;
    // The clean-up sends requests, which an interrupted thread does not.
    boolean interrupted = Thread.interrupted();
    try {
      pieces.close();
      discard();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void requireOpen() {
    if (finished) {
      throw new IllegalStateException("The writer was committed or closed.");
    }
  }

  private void store(int number, long offset, ByteBuffer piece, boolean last) {
    if (last && number == 0) {
      insert(piece);
      return;
    }
    ResumableSession upload = session;
    if (upload == null) {
      upload = attempt(() -> new ResumableSession(bucket, bucket.startSession(described)));
      session = upload;
    }
    send(upload, offset, piece, last);
  }

  private void insert(ByteBuffer piece) {
    described.setCrc32c(base64());
    published =
        attempt(
            () -> {
              Calls.requireNotInterrupted();
              publishing = true;
              CountDownLatch ended = new CountDownLatch(1);
              inserting = ended;
              return orOwn(() -> Optional.of(bucket.insert(described, piece, ended)));
            });
  }

  private void send(ResumableSession upload, long offset, ByteBuffer piece, boolean last) {
    long totalBytes = last ? offset + piece.remaining() : -1;
    String crc32c = last ? base64() : "";
    publishing = last;
    Calls.Call<Optional<StorageObject>> sending =
        new Calls.Call<>() {
          private boolean resumed;

          @Override
          public Optional<StorageObject> run() throws IOException {
            boolean again = resumed;
            resumed = true;
            return upload.put(offset, piece, again, totalBytes, crc32c);
          }
        };
    if (last) {
      published = attempt(() -> orOwn(sending));
    } else {
      attempt(sending);
    }
  }

  /** Tries until it succeeds or there is no hope. */
  private <T> T attempt(Calls.Call<T> step) {
    return retry.call(
        "write " + errors.name(key),
        () -> {
          try {
            return step.run();
          } catch (LostBytesException e) {
            throw new StorageException(
                Kind.OTHER,
                key.value(),
                "Could not write "
                    + errors.name(key)
                    + ": "
                    + e.getMessage()
                    + ". Nothing was published; write it again.",
                e);
          } catch (IOException e) {
            throw translated(e);
          }
        });
  }

  private BackupException translated(IOException e) {
    int status = GcsErrors.status(e);
    if (session != null && (status == 404 || status == 410 || status == 499)) {
      return new StorageException(
          Kind.OTHER,
          key.value(),
          "Could not write "
              + errors.name(key)
              + ": the storage does not know the upload any more ("
              + status
              + "). It may have been cancelled, or have lasted longer than a week. Nothing was"
              + " published; write it again.",
          null);
    }
    return errors.translate(Operation.WRITE, key, e);
  }

  /**
   * The object that the request published; or, if it is refused since the key is taken or its
   * session is gone, the object that an earlier try published whose answer was lost.
   */
  private StorageObject orOwn(Calls.Call<Optional<StorageObject>> request) throws IOException {
    try {
      return request
          .run()
          .orElseThrow(
              () -> new IOException("the storage did not describe the object that it published"));
    } catch (IOException e) {
      int status = GcsErrors.status(e);
      if (status == 412 || status == 404 || status == 410) {
        StorageObject own = own(e);
        if (own != null) {
          return own;
        }
      }
      throw e;
    }
  }

  /** The object under the key, if this writer wrote it. */
  private @Nullable StorageObject own(IOException reason) throws IOException {
    try {
      StorageObject there = bucket.get(described.getName());
      return isOwn(there) ? there : null;
    } catch (IOException e) {
      int status = GcsErrors.status(e);
      if (status == 404 || status == 403) {
        // Gone again, or not for us to see: then it counts as somebody else's.
        reason.addSuppressed(errors.translate(Operation.READ, key, e));
        return null;
      }
      throw e;
    }
  }

  private boolean isOwn(StorageObject object) {
    return object.getMetadata() != null
        && uploadId.equals(object.getMetadata().get(ObjectSettings.UPLOAD_ID));
  }

  private void requireIntact(StorageObject object, long lengthBytes) {
    boolean sameLength =
        object.getSize() != null
            && object.getSize().bitLength() < 64
            && object.getSize().longValue() == lengthBytes;
    if (sameLength && base64().equals(object.getCrc32c())) {
      return;
    }
    throw new StorageException(
        Kind.CORRUPT,
        key.value(),
        "Could not write "
            + errors.name(key)
            + ": the storage has other bytes ("
            + object.getSize()
            + ", CRC32C "
            + object.getCrc32c()
            + ") than were sent ("
            + lengthBytes
            + ", CRC32C "
            + base64()
            + "). The object is deleted again unless a retention keeps it; write it again.",
        null);
  }

  /** CRC32C of all bytes so far, as the storage writes it: big endian, in base64. */
  private String base64() {
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array());
  }

  /** Best effort: what remains of a session publishes nothing, and ends after a week. */
  private void discard() {
    ResumableSession upload = session;
    session = null;
    if (upload != null) {
      tryTo("cancel the upload", upload::cancel);
    }
    if (publishing) {
      publishing = false;
      // Its answer was lost or wrong, so it may have published all the same.
      tryTo("delete what a failed commit may have published", this::deleteOwn);
    }
  }

  private void deleteOwn() throws IOException {
    awaitInsertion();
    StorageObject there = bucket.get(described.getName());
    if (isOwn(there)) {
      bucket.delete(described.getName(), there.getGeneration());
    }
  }

  /** An interrupt ended the wait for the request, but not the request, which may still publish. */
  private void awaitInsertion() {
    CountDownLatch ended = inserting;
    try {
      if (ended != null && !ended.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
        log.warn("The request that writes {} has not ended yet.", errors.name(key));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A step of the clean-up. */
  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }

  private void tryTo(String what, Step step) {
    try {
      step.run();
    } catch (IOException e) {
      int status = GcsErrors.status(e);
      if (status != 404 && status != 410) {
        log.warn(
            "Could not {} of {}: {}",
            what,
            errors.name(key),
            errors.translate(Operation.DELETE, key, e).getMessage());
      }
    } catch (CancelledException | IllegalStateException e) {
      log.warn("Could not {} of {}: {}", what, errors.name(key), e.getMessage());
    }
  }
}

package io.holdfast.mongo;

import io.holdfast.BackupException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.PieceUpload;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes an object in chunks, several at the same time. */
final class ChunkWriter implements SinkWriter {
  private static final Logger log = LoggerFactory.getLogger(ChunkWriter.class);

  /** How many chunks are stored at the same time. */
  private static final int PARALLEL = 4;

  /** How often a long write says that it is still going on. */
  private static final Duration TOUCH_EVERY = Duration.ofMinutes(1);

  private final ChunkLayout layout;
  private final ObjectKey key;
  private final String upload;
  private final PieceUpload pieces;
  private final AtomicReference<Instant> touched;
  private boolean ended;
  private boolean published;
  private boolean closed;

  ChunkWriter(ChunkLayout layout, ObjectKey key, String upload, int chunkBytes) {
    this.layout = layout;
    this.key = key;
    this.upload = upload;
    this.touched = new AtomicReference<>(layout.now());
    this.pieces = new PieceUpload("mongo-upload", chunkBytes, PARALLEL, this::store);
  }

  @Override
  public void write(ByteBuffer bytes) {
    requireUsable();
    pieces.write(bytes);
  }

  @Override
  public StoredObject commit(ObjectDigest digest) {
    requireUsable();
    ended = true;
    long written = pieces.lengthBytes();
    if (digest.lengthBytes() != written) {
      throw wrongLength(key, digest, written, layout.location());
    }
    int chunks = pieces.finish();
    try {
      StoredObject stored = layout.publish(key, upload, digest, written == 0 ? 0 : chunks);
      published = true;
      return stored;
    } catch (StorageException e) {
      if (e.kind() != Kind.ALREADY_EXISTS) {
        throw e;
      }
      // What this writer stored is not needed then, and goes when it is closed.
      return layout.sameAs(key, digest, e);
    }
  }

  @Override
  public void close() {
    ended = true;
    if (closed) {
      return;
    }
    closed = true;
    pieces.close();
    if (published) {
      return;
    }
    // The driver refuses to work for an interrupted thread, and what was written must go.
    boolean interrupted = Thread.interrupted();
    try {
      layout.discard(upload);
    } catch (BackupException e) {
      log.warn("What was written for {} remains as a leftover: {}", key, e.getMessage());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void store(int number, long offset, ByteBuffer piece, boolean last) {
    if (!piece.hasRemaining()) {
      return; // An empty object has no chunks.
    }
    touchIfDue();
    int from = piece.arrayOffset();
    byte[] array = piece.array();
    // A full piece is sent as it is; it is not used again before this returns.
    byte[] data =
        piece.limit() == array.length
            ? array
            : Arrays.copyOfRange(array, from, from + piece.limit());
    CRC32C crc = new CRC32C();
    crc.update(data);
    layout.insertChunk(key, upload, number, data, crc.getValue());
  }

  private void touchIfDue() {
    Instant before = touched.get();
    Instant now = layout.now();
    if (Duration.between(before, now).compareTo(TOUCH_EVERY) >= 0
        && touched.compareAndSet(before, now)) {
      layout.touch(key, upload);
    }
  }

  private void requireUsable() {
    if (ended) {
      throw new IllegalStateException("The writer of " + key + " was committed or closed.");
    }
  }

  static StorageException wrongLength(
      ObjectKey key, ObjectDigest digest, long written, String location) {
    return new StorageException(
        Kind.CORRUPT,
        key.value(),
        "For the object "
            + key
            + " in "
            + location
            + " "
            + digest.lengthBytes()
            + " bytes were announced and "
            + written
            + " written. Nothing was published.",
        null);
  }
}

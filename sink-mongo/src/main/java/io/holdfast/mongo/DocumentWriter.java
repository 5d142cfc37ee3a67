package io.holdfast.mongo;

import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import org.bson.RawBsonDocument;

/**
 * Collects an object that is to become one document. Refuses what cannot be one as soon as it is
 * seen.
 */
final class DocumentWriter implements SinkWriter {
  private final DocumentLayout layout;
  private final ObjectKey key;
  private final WriteOptions options;
  private byte[] collected = new byte[1 << 13];
  private int size;
  private boolean begun;
  private boolean ended;

  DocumentWriter(DocumentLayout layout, ObjectKey key, WriteOptions options) {
    this.layout = layout;
    this.key = key;
    this.options = options;
  }

  @Override
  public void write(ByteBuffer bytes) {
    requireUsable();
    if (bytes.remaining() > DocumentLayout.LARGEST_DOCUMENT - size) {
      ended = true;
      throw refused("it has more than 16 MiB, which is the largest document of MongoDB");
    }
    int start = size;
    int count = bytes.remaining();
    if (collected.length < size + count) {
      collected = Arrays.copyOf(collected, Math.max(size + count, 2 * collected.length));
    }
    bytes.get(collected, size, count);
    size += count;
    if (!begun) {
      requireObject(start);
    }
  }

  /** Compressed and encrypted bytes show at once. */
  private void requireObject(int start) {
    for (int i = start; i < size; i++) {
      byte b = collected[i];
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        begun = true;
        if (b != '{') {
          ended = true;
          throw refused(
              "it does not begin as a JSON object, perhaps being compressed or encrypted");
        }
        return;
      }
    }
  }

  @Override
  public StoredObject commit(ObjectDigest digest) {
    requireUsable();
    ended = true;
    if (digest.lengthBytes() != size) {
      throw ChunkWriter.wrongLength(key, digest, size, layout.location());
    }
    Instant created = layout.now();
    RawBsonDocument whole;
    try {
      whole =
          new JsonToBson(collected, size)
              .document(key, digest.sha256(), created, options.metadata());
    } catch (JsonToBson.UnfitException e) {
      throw refused(e.getMessage());
    }
    return layout.publish(key, digest, created, whole);
  }

  @Override
  public void close() {
    ended = true;
    collected = new byte[0];
  }

  private void requireUsable() {
    if (ended) {
      throw new IllegalStateException("The writer of " + key + " was committed or closed.");
    }
  }

  private StorageException refused(String why) {
    return new StorageException(
        Kind.UNSUPPORTED,
        key.value(),
        "The object "
            + key
            + " cannot become a document of "
            + layout.location()
            + ": "
            + why
            + ". Nothing was published. Use layout=chunks; layout=document is for small backups"
            + " with compression none and no encryption.",
        null);
  }
}

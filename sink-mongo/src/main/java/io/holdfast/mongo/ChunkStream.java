package io.holdfast.mongo;

import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import io.holdfast.mongo.ChunkLayout.Published;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * A range of one upload: reads the chunks that it needs and no others, a few at a time, each
 * checked. A chunk that is missing or damaged is an error, never an early end. Used by one thread.
 */
final class ChunkStream extends InputStream {
  /**
   * How much one answer of the server holds at the most: the driver receives each in a buffer of
   * the next power of two, for which 4 MiB and their fields take 8.
   */
  private static final int BATCH_BYTES = 4 * 1024 * 1024;

  private final ChunkLayout layout;
  private final Published object;
  private final MongoCursor<Chunk> cursor;
  private final ChunkBuffers buffers;
  private int number;
  private byte[] chunk = {};
  private int limit;
  private int position;
  private long remaining;

  private ChunkStream(
      ChunkLayout layout,
      Published object,
      MongoCursor<Chunk> cursor,
      ChunkBuffers buffers,
      int number,
      long remaining) {
    this.layout = layout;
    this.object = object;
    this.cursor = cursor;
    this.buffers = buffers;
    this.number = number;
    this.remaining = remaining;
  }

  /** Opens a range; its first bytes have been read and checked then. */
  static ChunkStream open(
      ChunkLayout layout,
      MongoCollection<Chunk> chunks,
      ChunkBuffers buffers,
      Published object,
      long offset,
      long lengthBytes) {
    int first = Math.toIntExact(offset / object.chunkBytes());
    int last = Math.toIntExact((offset + lengthBytes - 1) / object.chunkBytes());
    MongoCursor<Chunk> cursor =
        chunks
            .find(
                Filters.and(
                    Filters.eq(ChunkLayout.UPLOAD, object.upload()),
                    Filters.gte(ChunkLayout.NUMBER, first),
                    Filters.lte(ChunkLayout.NUMBER, last)))
            .sort(Sorts.ascending(ChunkLayout.NUMBER))
            .batchSize(Math.max(1, BATCH_BYTES / object.chunkBytes()))
            .iterator();
    ChunkStream stream = new ChunkStream(layout, object, cursor, buffers, first, lengthBytes);
    try {
      stream.nextChunk();
      stream.position = (int) (offset % object.chunkBytes());
      return stream;
    } catch (RuntimeException e) {
      cursor.close();
      throw e;
    }
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int from, int count) {
    Objects.checkFromIndexSize(from, count, bytes.length);
    if (count == 0) {
      return 0;
    }
    if (remaining == 0) {
      return -1;
    }
    if (position == limit) {
      nextChunk();
    }
    int got = (int) Math.min(Math.min(count, limit - position), remaining);
    System.arraycopy(chunk, position, bytes, from, got);
    position += got;
    remaining -= got;
    return got;
  }

  @Override
  public int available() {
    return (int) Math.min(remaining, limit - position);
  }

  @Override
  public void close() {
    recycle();
    cursor.close();
  }

  private void recycle() {
    if (chunk.length > 0) {
      buffers.giveBack(chunk);
    }
    chunk = new byte[0];
    limit = 0;
    position = 0;
  }

  private void nextChunk() {
    recycle();
    if (!cursor.hasNext()) {
      throw missing();
    }
    Chunk found = cursor.next();
    if (found.number() < 0 || found.crc32c() < 0 || found.lengthBytes() < 0) {
      throw corrupt("part " + number + " lacks fields");
    }
    if (found.number() != number) {
      throw missing();
    }
    CRC32C crc = new CRC32C();
    crc.update(found.buffer(), 0, found.lengthBytes());
    if (found.lengthBytes() != object.lengthOfChunk(number) || crc.getValue() != found.crc32c()) {
      throw corrupt("part " + number + " has changed since it was written");
    }
    chunk = found.buffer();
    limit = found.lengthBytes();
    number++;
  }

  private StorageException missing() {
    if (layout.isStillThere(object)) {
      return corrupt("part " + number + " is missing");
    }
    return new StorageException(
        Kind.NOT_FOUND,
        object.key().value(),
        "The object "
            + object.key()
            + " in "
            + layout.location()
            + " was deleted while it was read.",
        null);
  }

  private StorageException corrupt(String what) {
    return new StorageException(
        Kind.CORRUPT,
        object.key().value(),
        "The object "
            + object.key()
            + " in "
            + layout.location()
            + " is damaged: "
            + what
            + ". Restore from another backup.",
        null);
  }
}

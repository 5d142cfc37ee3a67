package io.holdfast.format;

import io.holdfast.spi.StorageException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes records of many collections in any order and gives them back as frames, one collection
 * after another. What does not fit into some megabytes of memory waits in a {@link SpoolFile}.
 * Memory grows with the number of collections, and not with that of their records. Used by one
 * thread, which closes it.
 */
final class CollectionSpool implements AutoCloseable {
  /** How frames are compressed. */
  static final Codec CODEC = Codec.ZSTD;

  /** How many bytes of records wait in memory. */
  static final int MEMORY_BYTES = 8 << 20;

  private static final byte[] BETWEEN = DocumentText.utf8(DocumentText.BETWEEN_RECORDS);
  private static final byte[] NOTHING = new byte[0];

  private final Map<String, Pending> collections = new LinkedHashMap<>();
  private final FrameCompressor compressor = CODEC.compressor(CODEC.minLevel());
  private @Nullable SpoolFile file;
  private long held;

  /** Set once frames are taken. */
  private @Nullable Iterator<Pending> order;

  private @Nullable Pending current;
  private boolean closed;

  /** A collection: its records in memory, and its chain in the file. */
  private static final class Pending {
    final String name;
    byte[] bytes = NOTHING;
    int size;
    int count;
    long records;
    long first = SpoolFile.NONE;
    long last = SpoolFile.NONE;

    Pending(String name) {
      this.name = name;
    }

    void append(byte[] from, int start, int length) {
      if (bytes.length - size < length) {
        bytes = Arrays.copyOf(bytes, Math.max(size + length, Math.min(2 * size, 1 << 20)));
      }
      System.arraycopy(from, start, bytes, size, length);
      size += length;
    }

    void drop() {
      bytes = NOTHING;
      size = 0;
      count = 0;
    }
  }

  /**
   * Begins a collection, which may stay empty, if it was not begun before.
   *
   * @throws FormatException of kind {@code TOO_LARGE} if there are too many
   */
  void begin(String collection) {
    if (!collections.containsKey(collection)) {
      if (collections.size() >= Limits.COLLECTIONS) {
        throw new FormatException(
            FormatException.Kind.TOO_LARGE,
            "The document has more than " + Limits.COLLECTIONS + " collections.");
      }
      collections.put(collection, new Pending(collection));
    }
  }

  /** Adds a record to a collection that was begun. */
  void add(String collection, byte[] bytes, int start, int length) throws IOException {
    Pending pending = collections.get(collection);
    if (pending == null) {
      throw new IllegalStateException("The collection " + collection + " was not begun.");
    }
    pending.records++;
    if (pending.count > 0
        && (long) pending.size + BETWEEN.length + length > Limits.FRAME_TARGET_BYTES) {
      spill(pending);
    }
    if (length >= Limits.FRAME_TARGET_BYTES) {
      store(pending, compressor.compress(bytes, start, length), length, 1);
      return;
    }
    held -= pending.bytes.length;
    if (pending.count > 0) {
      pending.append(BETWEEN, 0, BETWEEN.length);
    }
    pending.append(bytes, start, length);
    pending.count++;
    held += pending.bytes.length;
    if (held > MEMORY_BYTES) {
      for (Pending one : collections.values()) {
        spill(one);
      }
    }
  }

  private void spill(Pending pending) throws IOException {
    if (pending.count > 0) {
      byte[] frame = compressor.compress(pending.bytes, 0, pending.size);
      store(pending, frame, pending.size, pending.count);
      held -= pending.bytes.length;
      pending.drop();
    }
  }

  private void store(Pending pending, byte[] frame, int rawLength, int records) throws IOException {
    try {
      SpoolFile to = file;
      if (to == null) {
        to = SpoolFile.create();
        file = to;
      }
      pending.last = to.append(frame, rawLength, records, pending.last);
      if (pending.first == SpoolFile.NONE) {
        pending.first = pending.last;
      }
    } catch (ClosedByInterruptException e) {
      throw e; // a cancellation, which the caller knows
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** How many records each collection has, in the order in which they were begun. */
  Map<String, Long> counts() {
    Map<String, Long> counts = new LinkedHashMap<>();
    collections.forEach((name, pending) -> counts.put(name, pending.records));
    return counts;
  }

  /** The next frame; empty after the last one. Nothing can be added any more. */
  Optional<Frame> next() throws IOException {
    Iterator<Pending> left = order == null ? collections.values().iterator() : order;
    order = left;
    while (true) {
      Pending pending = current;
      if (pending != null && pending.first != SpoolFile.NONE) {
        return Optional.of(stored(pending));
      }
      if (pending != null && pending.count > 0) {
        return Optional.of(inMemory(pending));
      }
      if (!left.hasNext()) {
        return Optional.empty();
      }
      current = left.next();
    }
  }

  private Frame stored(Pending pending) throws IOException {
    SpoolFile from = file;
    if (from == null) {
      throw new IllegalStateException("There is no file, but something in it.");
    }
    try {
      SpoolFile.Piece piece = from.read(pending.first);
      pending.first = piece.next();
      return new Frame(
          pending.name, piece.bytes(), piece.rawLength(), piece.records(), FrameIndex.NO_CRC);
    } catch (ClosedByInterruptException e) {
      throw e; // a cancellation, which the caller knows
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private Frame inMemory(Pending pending) {
    byte[] frame = compressor.compress(pending.bytes, 0, pending.size);
    Frame made = new Frame(pending.name, frame, pending.size, pending.count, FrameIndex.NO_CRC);
    pending.drop();
    return made;
  }

  private static StorageException failed(IOException e) {
    return new StorageException(
        StorageException.Kind.OTHER,
        null,
        "The document's records could not be sorted by collection in a temp file in "
            + System.getProperty("java.io.tmpdir")
            + ": "
            + e.getMessage()
            + ". It takes less room than the document has without compression; the system property"
            + " java.io.tmpdir chooses another folder.",
        e);
  }

  /** May be called twice; counts stay. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    compressor.close();
    collections.values().forEach(Pending::drop);
    SpoolFile opened = file;
    try {
      if (opened != null) {
        opened.close();
      }
    } catch (IOException e) {
      throw new IllegalStateException("A temp file failed to close.", e);
    }
  }
}

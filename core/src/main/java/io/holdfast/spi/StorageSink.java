package io.holdfast.spi;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A storage for backups: named objects made of bytes, each written once.
 *
 * <p>Safe for use by many threads and by several processes on the same storage. Every method throws
 * {@link StorageException} for what the storage refuses or cannot do, and honours interruption by
 * throwing {@link io.holdfast.CancelledException} promptly where it waits.
 *
 * <p>A sink made from a URI closes what it opened; a sink given a client leaves it open. The
 * contract is executable: {@code StorageSinkContract} in {@code holdfast-testkit}.
 */
public interface StorageSink extends AutoCloseable {
  /** Where it stores, for people: {@code file:///var/backups}. Holds no secret. */
  String location();

  /** What this sink can do beyond the basics. */
  Set<SinkCapability> capabilities();

  /**
   * Begins to write an object whose length need not be known.
   *
   * @throws StorageException of kind {@code ALREADY_EXISTS} if the key is seen to be taken (it is
   *     checked again at commit), {@code UNSUPPORTED} if the options ask for a capability that is
   *     missing
   */
  SinkWriter write(ObjectKey key, WriteOptions options);

  /**
   * Reads exactly the given range: the stream ends after {@code lengthBytes} bytes, and throws an
   * {@link java.io.IOException} rather than end early. The caller closes it. One thread reads a
   * stream; any number of streams may be open.
   *
   * @param offset where to start, in bytes from the beginning, ≥ 0
   * @param lengthBytes how many bytes to read, ≥ 0
   * @throws StorageException of kind {@code NOT_FOUND}, or {@code OUT_OF_RANGE} if the object has
   *     fewer than {@code offset + lengthBytes} bytes
   * @throws IllegalArgumentException if one of them is negative
   */
  InputStream read(ObjectKey key, long offset, long lengthBytes);

  /**
   * How many ranges of one object are worth reading at the same time: 1 where the bytes are near,
   * several where each request has to travel.
   */
  default int parallelReads() {
    return 1;
  }

  /** The object of that key, or empty if there is none. */
  Optional<StoredObject> stat(ObjectKey key);

  /**
   * Every published object whose key begins with the prefix, in key order, lazily. The caller
   * closes the stream. An object published or deleted meanwhile may or may not be in it.
   *
   * @param prefix the beginning of the keys, empty for all; need not end at a segment
   */
  Stream<StoredObject> list(String prefix);

  /**
   * Removes the object, durably. Succeeds if there is none.
   *
   * @throws StorageException of kind {@code RETENTION} or {@code PERMISSION_DENIED} if the storage
   *     refuses; the object is then still there
   */
  void delete(ObjectKey key);

  /**
   * What interrupted writes left behind, including what a writer that is still at work has written
   * so far: judge by age.
   */
  List<Leftover> leftovers();

  /** Removes a leftover. Succeeds if it is gone. */
  void discard(Leftover leftover);

  /** Releases what the sink itself opened. May be called twice. */
  @Override
  void close();
}

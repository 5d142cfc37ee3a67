package io.holdfast.spi;

import java.nio.ByteBuffer;

/**
 * An object being written. Nothing of it is visible until {@link #commit}; closing without a commit
 * discards it. Used by one thread at a time.
 */
public interface SinkWriter extends AutoCloseable {
  /**
   * Takes all remaining bytes of the buffer, which the caller may reuse afterwards. The bytes need
   * not be stored yet when this returns; a failure may surface at a later call.
   *
   * @throws StorageException if the storage failed; the writer can then only be closed
   * @throws IllegalStateException after {@link #commit} or {@link #close}
   */
  void write(ByteBuffer bytes);

  /**
   * Publishes the object under its key, atomically and only if the key is free. When this returns,
   * the object is durable, readable and listed.
   *
   * <p>If the key is taken by an object of the same length and SHA-256, a retry may have met its
   * own earlier success: that is a success where the sink can tell, and {@code ALREADY_EXISTS}
   * where it cannot.
   *
   * @param digest length and SHA-256 of what was written
   * @return the object as published
   * @throws StorageException of kind {@code ALREADY_EXISTS} if the key is taken, leaving that
   *     object unchanged; of kind {@code CORRUPT} if the length differs from what was written; of
   *     another kind if the storage failed. Nothing is published then
   * @throws IllegalStateException after {@link #commit} or {@link #close}
   */
  StoredObject commit(ObjectDigest digest);

  /**
   * Discards the object unless it was committed. May be called twice. Does not throw for what it
   * could not clear: that remains as a leftover.
   */
  @Override
  void close();
}

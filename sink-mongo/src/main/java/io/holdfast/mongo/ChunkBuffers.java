package io.holdfast.mongo;

import java.lang.ref.SoftReference;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * Buffers for the bytes of chunks, to be filled again: new ones are as large as old garbage, and
 * cost a collection each. What nobody uses goes when memory is short. Safe to share.
 */
final class ChunkBuffers {
  /** As many as the ranges of one restore may have decoded. */
  private static final int KEPT = 16;

  private final ConcurrentLinkedDeque<SoftReference<byte[]>> spare = new ConcurrentLinkedDeque<>();

  /** A buffer of at least that many bytes, whatever is in them. */
  byte[] take(int bytes) {
    for (SoftReference<byte[]> one = spare.poll(); one != null; one = spare.poll()) {
      byte @Nullable [] buffer = one.get();
      if (buffer != null && buffer.length >= bytes) {
        return buffer;
      }
    }
    return new byte[bytes];
  }

  /** Takes a buffer back that its user will not touch again. */
  void giveBack(byte[] buffer) {
    if (spare.size() < KEPT) {
      spare.push(new SoftReference<>(buffer));
    }
  }
}

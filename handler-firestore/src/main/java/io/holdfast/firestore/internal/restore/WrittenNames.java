package io.holdfast.firestore.internal.restore;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Remembers which documents a restore wrote, by 8 bytes of a keyed hash of each name: another name
 * passes for one of 100 million with a chance of 1 in 10^11, and nobody can choose one that does.
 * Names are added by many threads; once it is {@link #seal sealed}, many may ask.
 */
public final class WrittenNames {
  private static final int SHARDS = 256;
  private static final int FIRST_SIZE = 64;

  private final byte[] key = new byte[16];
  private final Shard[] shards = new Shard[SHARDS];
  private volatile boolean sealed;

  private static final class Shard {
    long[] hashes = new long[FIRST_SIZE];
    int size;

    synchronized void add(long hash) {
      if (size == hashes.length) {
        hashes = Arrays.copyOf(hashes, size + size / 2);
      }
      hashes[size++] = hash;
    }

    synchronized void sort() {
      Arrays.sort(hashes, 0, size);
    }

    long repeated() {
      return IntStream.range(1, size).filter(i -> hashes[i] == hashes[i - 1]).count();
    }

    boolean contains(long hash) {
      return Arrays.binarySearch(hashes, 0, size, hash) >= 0;
    }
  }

  /** No names. */
  public WrittenNames() {
    new SecureRandom().nextBytes(key);
    for (int i = 0; i < SHARDS; i++) {
      shards[i] = new Shard();
    }
  }

  /**
   * Adds a name.
   *
   * @param digest SHA-256, the thread's own
   */
  public void add(MessageDigest digest, String name) {
    if (sealed) {
      throw new IllegalStateException("Names come before they are asked for.");
    }
    long hash = hash(digest, name);
    shards[shard(hash)].add(hash);
  }

  /** Ends the adding. */
  public void seal() {
    for (Shard shard : shards) {
      shard.sort();
    }
    sealed = true;
  }

  /**
   * Whether a name was added.
   *
   * @param digest SHA-256, the thread's own
   */
  public boolean contains(MessageDigest digest, String name) {
    if (!sealed) {
      throw new IllegalStateException("seal comes before contains.");
    }
    long hash = hash(digest, name);
    return shards[shard(hash)].contains(hash);
  }

  /** How many names were added although they were there already. */
  public long repeated() {
    if (!sealed) {
      throw new IllegalStateException("seal comes before repeated.");
    }
    long repeated = 0;
    for (Shard shard : shards) {
      repeated += shard.repeated();
    }
    return repeated;
  }

  private static int shard(long hash) {
    return (int) (hash >>> 56);
  }

  private long hash(MessageDigest digest, String name) {
    digest.update(key);
    digest.update(name.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(digest.digest()).getLong();
  }
}

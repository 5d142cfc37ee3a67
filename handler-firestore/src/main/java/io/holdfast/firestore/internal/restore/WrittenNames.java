package io.holdfast.firestore.internal.restore;

import io.holdfast.spi.HandlerException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Remembers which documents a restore wrote, by 8 bytes of a keyed hash of each name: another name
 * passes for one of 100 million with a chance of 1 in 10^11, and nobody can choose one that does.
 * About a million are kept in memory, more go to a temp file; the key never does, so that the file
 * tells nobody a name. Names are added by many threads; once it is {@link #seal sealed}, many may
 * ask. Whoever created it closes it.
 */
public final class WrittenNames implements AutoCloseable {
  static final int SHARDS = 1 << 10;
  private static final int IN_MEMORY = 1 << 20;

  private enum State {
    ADDING,
    /** Stays so if it fails: the file may be half sorted then. */
    SEALING,
    SEALED,
    CLOSED
  }

  private final byte[] key = new byte[16];
  private final HashFile file;
  private final HashShard[] shards = new HashShard[SHARDS];
  private long repeated;
  private final AtomicReference<State> state = new AtomicReference<>(State.ADDING);

  /** No names. */
  public WrittenNames() {
    this(HashFile.in(Path.of(System.getProperty("java.io.tmpdir")), IN_MEMORY / SHARDS));
  }

  /**
   * No names.
   *
   * @param file for what is more than a block in each of the {@link #SHARDS}; closed with this
   */
  WrittenNames(HashFile file) {
    this.file = file;
    new SecureRandom().nextBytes(key);
    for (int i = 0; i < SHARDS; i++) {
      shards[i] = new HashShard(file);
    }
  }

  /**
   * Adds a name.
   *
   * @param digest SHA-256, the thread's own
   * @throws HandlerException of kind {@code OTHER} if the temp file takes no more
   */
  public void add(MessageDigest digest, String name) {
    require(State.ADDING, "Names come before they are asked for.");
    long hash = hash(digest, name);
    shards[shard(hash)].add(hash);
  }

  /**
   * Ends the adding. May be called twice.
   *
   * @throws HandlerException of kind {@code OTHER} if the temp file fails; nothing can be asked
   *     then
   */
  public synchronized void seal() {
    if (state.get() == State.SEALED) {
      return;
    }
    require(State.ADDING, "Sealing failed before.");
    state.compareAndSet(State.ADDING, State.SEALING);
    long[] room = new long[0];
    long found = 0;
    for (HashShard shard : shards) {
      if (shard.size() > room.length) {
        room = new long[shard.size() + shard.size() / 16]; // they are of about the same size
      }
      found += shard.sort(room);
    }
    repeated = found;
    state.compareAndSet(State.SEALING, State.SEALED); // if it was closed meanwhile, it stays so
  }

  /**
   * Whether a name was added.
   *
   * @param digest SHA-256, the thread's own
   * @throws HandlerException of kind {@code OTHER} if the temp file fails
   */
  public boolean contains(MessageDigest digest, String name) {
    require(State.SEALED, "seal comes before contains.");
    long hash = hash(digest, name);
    return shards[shard(hash)].contains(hash);
  }

  /** How many names were added although they were there already. */
  public long repeated() {
    require(State.SEALED, "seal comes before repeated.");
    return repeated;
  }

  private void require(State wanted, String orElse) {
    State now = state.get();
    if (now != wanted) {
      throw new IllegalStateException(now == State.CLOSED ? "The names were closed." : orElse);
    }
  }

  private static int shard(long hash) {
    return (int) (hash >>> (Long.SIZE - 10));
  }

  private long hash(MessageDigest digest, String name) {
    digest.update(key);
    digest.update(name.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  /** Forgets the names and takes the temp file away. May be called twice. */
  @Override
  public void close() {
    state.set(State.CLOSED);
    file.close();
  }
}

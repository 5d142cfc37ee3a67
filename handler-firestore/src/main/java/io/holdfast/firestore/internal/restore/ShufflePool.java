package io.holdfast.firestore.internal.restore;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Mixes records on their way: a backup is sorted by name, and writing in that order would always
 * strike the same place of the database. Holds a few megabytes and gives batches of what it holds
 * at random. Safe for use by many threads.
 */
final class ShufflePool {
  /** How many bytes of records wait here. */
  static final int CAPACITY_BYTES = 4 << 20;

  /** The service takes 500 writes and 10 MiB in a request; JSON may be a third of that. */
  static final int BATCH_RECORDS = 500;

  static final int BATCH_BYTES = 1 << 20;

  private final RandomGenerator random;
  private final List<PooledRecord> records = new ArrayList<>();
  private long bytes;

  ShufflePool(RandomGenerator random) {
    this.random = random;
  }

  synchronized void add(PooledRecord record) {
    records.add(record);
    bytes += record.json().length;
  }

  /** A batch, if more is held than should be. */
  synchronized Optional<List<PooledRecord>> surplus() {
    return bytes > CAPACITY_BYTES ? Optional.of(draw()) : Optional.empty();
  }

  /** A batch of what is left; empty if nothing is. */
  synchronized Optional<List<PooledRecord>> rest() {
    return records.isEmpty() ? Optional.empty() : Optional.of(draw());
  }

  private List<PooledRecord> draw() {
    List<PooledRecord> batch = new ArrayList<>();
    long size = 0;
    while (!records.isEmpty() && batch.size() < BATCH_RECORDS && size < BATCH_BYTES) {
      int chosen = random.nextInt(records.size());
      PooledRecord last = records.remove(records.size() - 1);
      PooledRecord record = chosen == records.size() ? last : records.set(chosen, last);
      batch.add(record);
      size += record.json().length;
    }
    bytes -= size;
    return batch;
  }
}

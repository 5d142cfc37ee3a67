package io.holdfast.firestore.internal.restore;

import java.util.Arrays;

/**
 * Hashes of which a block at most is in memory, and the others in a file. What comes back from
 * there is compared with a sum: documents whose names got lost would be deleted as not of the
 * backup. Hashes are added by many threads; once it is sorted, many may ask.
 */
final class HashShard {
  private static final int FIRST_SIZE = 16;

  private final HashFile file;
  private long[] tail;
  private int tailSize;
  private boolean sorted;

  /** Numbers of the blocks in the file, their sums, and once it is sorted their first hashes. */
  private int[] blocks = new int[0];

  private long[] sums = new long[0];
  private long[] firsts = new long[0];
  private int blockCount;

  HashShard(HashFile file) {
    this.file = file;
    this.tail = new long[Math.min(FIRST_SIZE, file.blockSize())];
  }

  synchronized void add(long hash) {
    if (sorted) {
      throw new IllegalStateException("Names come before they are asked for.");
    }
    if (tailSize == tail.length) {
      makeRoom();
    }
    tail[tailSize++] = hash;
  }

  private void makeRoom() {
    if (tailSize < file.blockSize()) {
      tail = Arrays.copyOf(tail, Math.min(file.blockSize(), 1 + tailSize + tailSize / 2));
      return;
    }
    if (blockCount == blocks.length) {
      int room = 4 + blockCount + blockCount / 2;
      blocks = Arrays.copyOf(blocks, room);
      sums = Arrays.copyOf(sums, room);
    }
    blocks[blockCount] = file.append(tail); // if it throws, everything is as before
    sums[blockCount] = sum(tail, 0, tailSize);
    blockCount++;
    tailSize = 0;
  }

  /** How many hashes there are. */
  synchronized int size() {
    return blockCount * file.blockSize() + tailSize;
  }

  /**
   * Sorts; the smallest hashes are in the first block then, the largest in memory.
   *
   * @param room for {@link #size} hashes at least, overwritten
   * @return how many were there already
   */
  synchronized long sort(long[] room) {
    sorted = true;
    int size = size();
    for (int i = 0; i < blockCount; i++) {
      read(i, room, i * file.blockSize());
    }
    System.arraycopy(tail, 0, room, size - tailSize, tailSize);
    Arrays.sort(room, 0, size);
    firsts = new long[blockCount];
    for (int i = 0; i < blockCount; i++) {
      int from = i * file.blockSize();
      firsts[i] = room[from];
      sums[i] = sum(room, from, file.blockSize());
      file.write(blocks[i], room, from); // where others of this shard were: no more disk is needed
    }
    System.arraycopy(room, size - tailSize, tail, 0, tailSize);
    return repeated(room, size);
  }

  private static long repeated(long[] hashes, int size) {
    long repeated = 0;
    for (int i = 1; i < size; i++) {
      repeated += hashes[i] == hashes[i - 1] ? 1 : 0;
    }
    return repeated;
  }

  /** Whether a hash was added; for after it was sorted. */
  boolean contains(long hash) {
    if (tailSize > 0 && hash >= tail[0]) {
      return Arrays.binarySearch(tail, 0, tailSize, hash) >= 0;
    }
    int found = Arrays.binarySearch(firsts, hash);
    if (found >= 0) {
      return true;
    }
    int block = -found - 2; // the last one that begins before the hash
    if (block < 0) {
      return false;
    }
    long[] hashes = new long[file.blockSize()];
    read(block, hashes, 0);
    return Arrays.binarySearch(hashes, hash) >= 0;
  }

  private void read(int block, long[] into, int from) {
    file.read(blocks[block], into, from);
    if (sum(into, from, file.blockSize()) != sums[block]) {
      throw file.damaged();
    }
  }

  private static long sum(long[] hashes, int from, int count) {
    long sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += hashes[i];
    }
    return sum;
  }
}

package io.holdfast.firestore.internal.values;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * How many documents there are and a hash of their content that does not depend on their order: the
 * sum, in two lanes of 64 bits, of the first half of each one's SHA-256. Two sets of documents with
 * equal count and sums are equal, but by an accident of one in 2^128. Safe for use by many threads.
 */
public final class ContentHash {
  /**
   * What was added up.
   *
   * @param documents how many
   * @param high the sum of the first 8 bytes of each hash
   * @param low the sum of the next 8
   */
  public record Sum(long documents, long high, long low) {
    /** Nothing. */
    public static final Sum NONE = new Sum(0, 0, 0);
  }

  private Sum sum = Sum.NONE;

  /** A hash of nothing. */
  public ContentHash() {}

  /** A digest for one thread, for {@link #of}. */
  public static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }

  /** The sum of one document, as a record. */
  public static Sum of(MessageDigest digest, byte[] record, int offset, int length) {
    digest.update(record, offset, length);
    ByteBuffer hash = ByteBuffer.wrap(digest.digest());
    return new Sum(1, hash.getLong(), hash.getLong());
  }

  /** Adds documents. */
  public synchronized void add(Sum other) {
    sum = new Sum(sum.documents + other.documents, sum.high + other.high, sum.low + other.low);
  }

  /** What was added so far. */
  public synchronized Sum sum() {
    return sum;
  }
}

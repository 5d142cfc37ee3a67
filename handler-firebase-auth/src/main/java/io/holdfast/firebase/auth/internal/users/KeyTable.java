package io.holdfast.firebase.auth.internal.users;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A map from texts to numbers that keeps 128 bits of a text's SHA-256 in place of the text: 24
 * bytes an entry, at most 48 with free places. Two texts of the same bits do not occur. Used by one
 * thread at a time.
 */
public final class KeyTable {
  /** What {@link #get} and {@link #put} tell where there is nothing. */
  public static final long NONE = 0;

  private static final int FIRST = 1 << 10;

  private final MessageDigest digest;
  private long[] slots = new long[3 * FIRST];
  private int size;
  private long high;
  private long low;

  /** An empty one. */
  public KeyTable() {
    digest = sha256();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java has SHA-256", e);
    }
  }

  /** A number made of a text, never {@link #NONE}. */
  public static long fingerprint(String text) {
    long number = number(sha256().digest(text.getBytes(StandardCharsets.UTF_8)), 0);
    return number == NONE ? 1 : number;
  }

  /** How many texts it holds. */
  public int size() {
    return size;
  }

  /** The number of a text; {@link #NONE} if it is not there. */
  public long get(String key) {
    hash(key);
    return slots[slot(slots) + 2];
  }

  /**
   * Puts a number for a text that has none yet.
   *
   * @param value any but {@link #NONE}
   * @return the number that is there already, and stays; {@link #NONE} if there was none
   */
  public long put(String key, long value) {
    if (value == NONE) {
      throw new IllegalArgumentException("A value is not 0");
    }
    if (3L * size >= slots.length / 3 * 2L) {
      grow();
    }
    hash(key);
    int at = slot(slots);
    long there = slots[at + 2];
    if (there == NONE) {
      slots[at] = high;
      slots[at + 1] = low;
      slots[at + 2] = value;
      size++;
    }
    return there;
  }

  private void hash(String key) {
    byte[] bytes = digest.digest(key.getBytes(StandardCharsets.UTF_8));
    high = number(bytes, 0);
    low = number(bytes, 8);
  }

  private static long number(byte[] bytes, int from) {
    long number = 0;
    for (int i = from; i < from + 8; i++) {
      number = number << 8 | (bytes[i] & 0xff);
    }
    return number;
  }

  /** Where the text that was hashed last is, or would be. */
  private int slot(long[] in) {
    int places = in.length / 3;
    int place = (int) Long.remainderUnsigned(low, places);
    while (in[3 * place + 2] != NONE && (in[3 * place] != high || in[3 * place + 1] != low)) {
      place = place + 1 == places ? 0 : place + 1;
    }
    return 3 * place;
  }

  private void grow() {
    long[] larger = new long[slots.length * 2];
    for (int i = 0; i < slots.length; i += 3) {
      if (slots[i + 2] != NONE) {
        high = slots[i];
        low = slots[i + 1];
        int at = slot(larger);
        larger[at] = high;
        larger[at + 1] = low;
        larger[at + 2] = slots[i + 2];
      }
    }
    slots = larger;
  }
}

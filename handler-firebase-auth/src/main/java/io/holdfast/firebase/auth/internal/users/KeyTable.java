package io.holdfast.firebase.auth.internal.users;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A map from texts to numbers, or a set of texts, that keeps 128 bits of a text's SHA-256 in place
 * of the text: 24 bytes an entry, or 16, and at most twice that with free places. Grows in small
 * parts, so that it never takes much more for a while. Two texts of the same bits do not occur.
 * Used by one thread at a time.
 */
public final class KeyTable {
  /** What {@link #get} and {@link #put} tell where there is nothing. */
  public static final long NONE = 0;

  /** What a set tells of a text that it has. */
  private static final long THERE = 1;

  private static final int PARTS = 64;
  private static final int FIRST = 16;

  private final MessageDigest digest = sha256();
  private final int width;
  private final long[][] parts = new long[PARTS][];
  private final int[] sizes = new int[PARTS];
  private int size;
  private long high;
  private long low;

  private KeyTable(int width) {
    this.width = width;
    for (int i = 0; i < PARTS; i++) {
      parts[i] = new long[width * FIRST];
    }
  }

  /** An empty map. */
  public static KeyTable map() {
    return new KeyTable(3);
  }

  /** An empty set, which takes and tells 1 for what it has. */
  public static KeyTable set() {
    return new KeyTable(2);
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
    long[] part = parts[part()];
    return value(part, slot(part));
  }

  /** Puts a text into a set; tells whether it was not there. */
  public boolean add(String key) {
    return put(key, THERE) == NONE;
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
    hash(key);
    int number = part();
    if (5L * sizes[number] >= 4L * (parts[number].length / width)) {
      grow(number);
    }
    long[] part = parts[number];
    int at = slot(part);
    long there = value(part, at);
    if (there == NONE) {
      write(part, at, value);
      sizes[number]++;
      size++;
    }
    return there;
  }

  /**
   * Puts another number in place of the one that a text has.
   *
   * @throws IllegalArgumentException if the text has none, or the value is {@link #NONE}
   */
  public void replace(String key, long value) {
    hash(key);
    long[] part = parts[part()];
    int at = slot(part);
    if (value(part, at) == NONE || value == NONE) {
      throw new IllegalArgumentException("Only what is there is replaced, and not by 0");
    }
    write(part, at, value);
  }

  private void write(long[] part, int at, long value) {
    part[at] = high;
    part[at + 1] = low;
    if (width == 3) {
      part[at + 2] = value;
    }
  }

  private long value(long[] part, int at) {
    boolean empty = part[at] == 0 && part[at + 1] == 0;
    return empty ? NONE : width == 3 ? part[at + 2] : THERE;
  }

  private void hash(String key) {
    byte[] bytes = digest.digest(key.getBytes(StandardCharsets.UTF_8));
    high = number(bytes, 0);
    low = number(bytes, 8);
    if (high == 0 && low == 0) {
      low = 1; // nothing is what a free place has
    }
  }

  private static long number(byte[] bytes, int from) {
    long number = 0;
    for (int i = from; i < from + 8; i++) {
      number = (number << 8) | (bytes[i] & 0xff);
    }
    return number;
  }

  private int part() {
    return (int) (high & (PARTS - 1));
  }

  /** Where the text that was hashed last is, or would be. */
  private int slot(long[] part) {
    int places = part.length / width;
    int place = (int) Long.remainderUnsigned(low, places);
    while (true) {
      int at = width * place;
      boolean free = part[at] == 0 && part[at + 1] == 0;
      if (free || (part[at] == high && part[at + 1] == low)) {
        return at;
      }
      place = place + 1 == places ? 0 : place + 1;
    }
  }

  /** Half as large again. */
  private void grow(int number) {
    long keptHigh = high;
    long keptLow = low;
    long[] old = parts[number];
    int places = old.length / width;
    long[] larger = new long[width * (places + places / 2)];
    for (int i = 0; i < old.length; i += width) {
      high = old[i];
      low = old[i + 1];
      if (high != 0 || low != 0) {
        write(larger, slot(larger), value(old, i));
      }
    }
    parts[number] = larger;
    high = keptHigh;
    low = keptLow;
  }
}

package io.holdfast.spi;

import java.util.regex.Pattern;

/**
 * The name of an object in a sink, from an alphabet that every storage takes as it is: segments of
 * {@code A-Z a-z 0-9 . _ -} joined by {@code /}. A segment does not begin with a dot or a hyphen,
 * so that no key names a hidden file, a parent folder or a command's option. At most 512
 * characters, at most 200 in a segment.
 *
 * @param value the key's text
 */
public record ObjectKey(String value) implements Comparable<ObjectKey> {
  /** Keys sort by their bytes, as in {@code list}. */
  private static final Pattern SAFE =
      Pattern.compile(
          "[A-Za-z0-9_][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,199}){0,15}");

  /**
   * @throws IllegalArgumentException if the text is no safe key
   */
  public ObjectKey {
    if (!isSafe(value)) {
      throw new IllegalArgumentException(
          "Not a safe object key: \""
              + (value.length() > 80 ? value.substring(0, 80) + "…" : value)
              + "\". Allowed are letters, digits, '.', '_' and '-' in segments joined by '/'.");
    }
  }

  /** A key of that text. */
  public static ObjectKey of(String value) {
    return new ObjectKey(value);
  }

  /** Whether the text could be a key. */
  public static boolean isSafe(String value) {
    return value.length() <= 512 && SAFE.matcher(value).matches();
  }

  @Override
  public int compareTo(ObjectKey other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}

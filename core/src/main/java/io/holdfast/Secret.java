package io.holdfast;

import java.util.Arrays;

/**
 * A password, passphrase or key that prints as {@code ***}. Immutable and safe to share. It is not
 * serialisable, and two secrets are compared by {@link #matches}, in constant time.
 */
public final class Secret {
  private final char[] value;

  private Secret(char[] value) {
    this.value = value;
  }

  /**
   * A secret of that text.
   *
   * @param value the secret's text; empty is allowed here and refused where it makes no sense
   */
  public static Secret of(CharSequence value) {
    return new Secret(value.toString().toCharArray());
  }

  /**
   * A secret of those characters.
   *
   * @param value the secret's characters; copied, so the caller may clear them
   */
  public static Secret of(char[] value) {
    return new Secret(value.clone());
  }

  /** The secret itself, as a copy. Do not log it. */
  public char[] reveal() {
    return value.clone();
  }

  /** The secret itself, as a string, for interfaces that take nothing else. Do not log it. */
  public String revealString() {
    return new String(value);
  }

  /** Whether there is nothing in it. */
  public boolean isEmpty() {
    return value.length == 0;
  }

  /** Whether both hold the same characters; takes the same time wherever they differ. */
  public boolean matches(Secret other) {
    int difference = value.length ^ other.value.length;
    for (int i = 0; i < value.length; i++) {
      difference |= value[i] ^ (i < other.value.length ? other.value[i] : 0);
    }
    return difference == 0;
  }

  /** Overwrites a copy that {@link #reveal} returned. */
  public static void clear(char[] revealed) {
    Arrays.fill(revealed, '\0');
  }

  @Override
  public String toString() {
    return "***";
  }
}

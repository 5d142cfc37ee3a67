package io.holdfast.spi;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What identifies an object's bytes.
 *
 * @param lengthBytes how many bytes it has
 * @param sha256 SHA-256 of all of them, 64 lower-case hexadecimal digits
 */
public record ObjectDigest(long lengthBytes, String sha256) {
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  /**
   * @throws IllegalArgumentException if the length is negative or the digest not 64 hexadecimal
   *     digits
   */
  public ObjectDigest {
    sha256 = sha256.toLowerCase(Locale.ROOT);
    if (lengthBytes < 0 || !HEX.matcher(sha256).matches()) {
      throw new IllegalArgumentException(
          "Not a length and SHA-256: " + lengthBytes + ", " + sha256);
    }
  }
}

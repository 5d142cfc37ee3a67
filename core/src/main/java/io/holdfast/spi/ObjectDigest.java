package io.holdfast.spi;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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

  /** The digest of these bytes. For what is written piece by piece, compute it on the way. */
  public static ObjectDigest of(byte[] bytes) {
    try {
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(bytes);
      return new ObjectDigest(bytes.length, HexFormat.of().formatHex(sha256));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}

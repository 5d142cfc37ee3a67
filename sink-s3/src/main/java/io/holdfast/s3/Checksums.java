package io.holdfast.s3;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32C;

/** Checksums in the form in which S3 sends them: big-endian, in Base64. */
final class Checksums {
  private Checksums() {}

  /** The CRC32C of the buffer's remaining bytes; leaves the buffer as it is. */
  static String crc32c(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return crc32c(crc);
  }

  /** A CRC32C, written down. */
  static String crc32c(CRC32C crc) {
    return base64(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }

  /**
   * The composite checksum of an object in parts: the CRC32C of the parts' checksums, and their
   * number.
   *
   * @param parts the parts' checksums, in Base64
   */
  static String composite(List<String> parts) {
    CRC32C crc = new CRC32C();
    parts.forEach(part -> crc.update(Base64.getDecoder().decode(part)));
    return crc32c(crc) + "-" + parts.size();
  }

  /** The MD5 of the buffer's remaining bytes, which every server checks; leaves the buffer. */
  static String md5(ByteBuffer bytes) {
    try {
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      md5.update(bytes.duplicate());
      return base64(md5.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has MD5", e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}

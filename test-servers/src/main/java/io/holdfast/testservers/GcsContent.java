package io.holdfast.testservers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32C;

/** Bytes in a file, with their checksums, which grow at their end only. Used under a lock. */
final class GcsContent {
  private final Path file;
  private final CRC32C crc32c = new CRC32C();
  private final MessageDigest md5;
  private long lengthBytes;

  GcsContent(Path file) throws IOException {
    this.file = file;
    try {
      md5 = MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has MD5", e);
    }
    Files.createFile(file);
  }

  void append(byte[] bytes, int from, int count) throws IOException {
    try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
      out.write(bytes, from, count);
    }
    crc32c.update(bytes, from, count);
    md5.update(bytes, from, count);
    lengthBytes += count;
  }

  long lengthBytes() {
    return lengthBytes;
  }

  /** Big endian, in base64: https://cloud.google.com/storage/docs/json_api/v1/objects#resource. */
  String crc32c() {
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(4).putInt((int) crc32c.getValue()).array());
  }

  /** Of all bytes so far; more may follow. */
  String md5() {
    try {
      return Base64.getEncoder().encodeToString(((MessageDigest) md5.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("The JDK's MD5 can be cloned", e);
    }
  }

  /** A stream of its own, which goes on when the file is deleted meanwhile. */
  InputStream open(long offset) throws IOException {
    InputStream in = Files.newInputStream(file);
    in.skipNBytes(offset);
    return in;
  }

  void delete() throws IOException {
    Files.deleteIfExists(file);
  }
}

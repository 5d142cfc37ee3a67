package io.holdfast.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Chains of pieces in a temp file of a random name, which is gone with the process at the latest.
 * Since it may hold what somebody had encrypted, it is encrypted itself, by a key that is never
 * written. Used by one thread, which closes it.
 */
final class SpoolFile implements AutoCloseable {
  /** Where a chain ends. */
  static final long NONE = -1;

  private static final int HEADER_BYTES = Long.BYTES + 3 * Integer.BYTES;

  /** The JDK copies heap buffers into a direct one of the same size, and keeps that one. */
  private static final int TRANSFER_BYTES = 256 * 1024;

  private final FileChannel channel;
  private final Cipher cipher;
  private final SecretKeySpec key;
  private long end;

  private SpoolFile(FileChannel channel) {
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.key = new SecretKeySpec(random, "AES");
    this.channel = channel;
    try {
      this.cipher = Cipher.getInstance("AES/CTR/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has AES", e);
    }
  }

  /**
   * A piece of a chain.
   *
   * @param next where the next one is, or {@link #NONE}
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Piece(byte[] bytes, int rawLength, int records, long next) {}

  /** Creates a file that only this user may read. */
  static SpoolFile create() throws IOException {
    Path file = Files.createTempFile("holdfast-", ".spool"); // 0600 where there are such
    try {
      // On POSIX systems the name is taken away at once; elsewhere the system does when it closes.
      return new SpoolFile(
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE,
              LinkOption.NOFOLLOW_LINKS));
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * Adds a piece at the end of a chain.
   *
   * @param bytes what it holds; overwritten
   * @param last the piece before it, or {@link #NONE}
   * @return where it is
   */
  long append(byte[] bytes, int rawLength, int records, long last) throws IOException {
    long at = end;
    crypt(bytes, at);
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    header.putLong(NONE).putInt(bytes.length).putInt(rawLength).putInt(records).flip();
    write(header, at);
    write(ByteBuffer.wrap(bytes), at + HEADER_BYTES);
    end = at + HEADER_BYTES + bytes.length;
    if (last != NONE) {
      write(ByteBuffer.allocate(Long.BYTES).putLong(0, at), last);
    }
    return at;
  }

  Piece read(long at) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    read(header, at);
    header.flip();
    long next = header.getLong();
    byte[] bytes = new byte[header.getInt()];
    int rawLength = header.getInt();
    int records = header.getInt();
    read(ByteBuffer.wrap(bytes), at + HEADER_BYTES);
    crypt(bytes, at);
    return new Piece(bytes, rawLength, records, next);
  }

  /** Both ways. A place is written once, so no part of the key stream is used twice. */
  private void crypt(byte[] bytes, long at) {
    byte[] counter = ByteBuffer.allocate(16).putLong(at).array();
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(counter));
      cipher.doFinal(bytes, 0, bytes.length, bytes, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES in counter mode takes any bytes", e);
    }
  }

  private void write(ByteBuffer bytes, long position) throws IOException {
    int limit = bytes.limit();
    long at = position;
    while (bytes.position() < limit) {
      bytes.limit(Math.min(limit, bytes.position() + TRANSFER_BYTES));
      at += channel.write(bytes, at);
    }
  }

  private void read(ByteBuffer into, long position) throws IOException {
    int limit = into.limit();
    long at = position;
    while (into.position() < limit) {
      into.limit(Math.min(limit, into.position() + TRANSFER_BYTES));
      int count = channel.read(into, at);
      if (count < 0) {
        throw new IOException("it was cut by somebody else");
      }
      at += count;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

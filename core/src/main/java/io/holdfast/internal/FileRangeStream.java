package io.holdfast.internal;

import io.holdfast.CancelledException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Objects;

/** Exactly a range of a file: ends after its last byte, and throws rather than end before it. */
public final class FileRangeStream extends InputStream {
  private static final int PIECE_BYTES = 256 * 1024;

  private final Path path;
  private final FileChannel channel;
  private long position;
  private long remaining;

  /**
   * @param path for messages
   * @param channel the file; closed with this stream
   * @param offset where to start, in bytes
   * @param lengthBytes how many bytes there must be
   */
  public FileRangeStream(Path path, FileChannel channel, long offset, long lengthBytes) {
    this.path = path;
    this.channel = channel;
    this.position = offset;
    this.remaining = lengthBytes;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length == 0) {
      return 0;
    }
    if (remaining == 0) {
      return -1;
    }
    int wanted = (int) Math.min(Math.min(length, PIECE_BYTES), remaining);
    int count;
    try {
      count = channel.read(ByteBuffer.wrap(bytes, offset, wanted), position);
    } catch (ClosedByInterruptException e) {
      throw new CancelledException("Interrupted while reading " + path + ".", e);
    }
    if (count < 0) {
      throw new EOFException(
          path
              + " ended at byte "
              + position
              + ", "
              + remaining
              + " bytes too early: it was cut short while it was read. Take it as damaged.");
    }
    position += count;
    remaining -= count;
    return count;
  }

  @Override
  public long skip(long count) {
    long skipped = Math.max(0, Math.min(count, remaining));
    position += skipped;
    remaining -= skipped;
    return skipped;
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, remaining);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

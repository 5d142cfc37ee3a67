package io.holdfast.internal;

import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.SinkWriter;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * A sink's writer as a stream that gathers small writes, counts and digests. Closing it neither
 * commits nor discards.
 */
final class SinkOutputStream extends OutputStream {
  private static final int BUFFER_BYTES = 1 << 18;

  private final SinkWriter writer;
  private final MessageDigest sha256 = Digesting.sha256();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int filled;
  private long length;

  SinkOutputStream(SinkWriter writer) {
    this.writer = writer;
  }

  @Override
  public void write(int b) {
    if (filled == buffer.length) {
      drain();
    }
    buffer[filled++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int offset, int count) {
    if (count > buffer.length - filled) {
      drain();
    }
    if (count >= buffer.length) {
      pass(bytes, offset, count);
    } else {
      System.arraycopy(bytes, offset, buffer, filled, count);
      filled += count;
    }
  }

  private void drain() {
    if (filled > 0) {
      pass(buffer, 0, filled);
      filled = 0;
    }
  }

  private void pass(byte[] bytes, int offset, int count) {
    sha256.update(bytes, offset, count);
    length += count;
    writer.write(ByteBuffer.wrap(bytes, offset, count));
  }

  /** Hands on what is left and tells what was written. To be called once, at the end. */
  ObjectDigest finish() {
    drain();
    return new ObjectDigest(length, HexFormat.of().formatHex(sha256.digest()));
  }
}

package io.holdfast.internal.age;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * The header that was already read, then the rest of the source, as the channel that jagged reads.
 * Closing it leaves the source open. It fills the caller's array without a copy, and an interrupt
 * does not close it.
 */
final class SourceChannel implements ReadableByteChannel {
  private final ByteBuffer header;
  private final InputStream rest;

  SourceChannel(byte[] header, InputStream rest) {
    this.header = ByteBuffer.wrap(header);
    this.rest = rest;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    if (header.hasRemaining()) {
      int length = Math.min(header.remaining(), into.remaining());
      into.put(header.slice(header.position(), length));
      header.position(header.position() + length);
      return length;
    }
    int read = rest.read(into.array(), into.arrayOffset() + into.position(), into.remaining());
    if (read > 0) {
      into.position(into.position() + read);
    }
    return read;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}

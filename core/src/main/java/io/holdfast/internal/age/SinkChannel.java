package io.holdfast.internal.age;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * An output stream as the channel that jagged writes to. Closing it leaves the stream open. Unlike
 * {@code Channels.newChannel}, it hands over whole chunks without a copy in pieces of 8 KiB, and an
 * interrupt does not close it.
 */
final class SinkChannel implements WritableByteChannel {
  private final OutputStream sink;

  SinkChannel(OutputStream sink) {
    this.sink = sink;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    sink.write(bytes.array(), bytes.arrayOffset() + bytes.position(), length);
    bytes.position(bytes.limit());
    return length;
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}

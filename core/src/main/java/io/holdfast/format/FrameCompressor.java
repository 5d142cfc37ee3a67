package io.holdfast.format;

/** Makes frames. Belongs to one thread, which closes it. */
public interface FrameCompressor extends AutoCloseable {
  /** The frame of those bytes, in an array of just its size. */
  byte[] compress(byte[] raw, int offset, int lengthBytes);

  @Override
  void close();
}

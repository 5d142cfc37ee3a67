package io.holdfast.format;

import java.util.Arrays;

/** Frames as they are. */
final class StoredFrames implements FrameCompressor, FrameDecompressor {
  @Override
  public byte[] compress(byte[] raw, int offset, int lengthBytes) {
    return Arrays.copyOfRange(raw, offset, offset + lengthBytes);
  }

  @Override
  public void decompress(byte[] frames, int offset, int lengthBytes, byte[] into, int rawLength) {
    if (lengthBytes != rawLength) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "A frame has " + lengthBytes + " bytes where " + rawLength + " were expected.");
    }
    System.arraycopy(frames, offset, into, 0, rawLength);
  }

  @Override
  public void close() {
    // Nothing is held.
  }
}

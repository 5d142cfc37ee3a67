package io.holdfast.format;

/** Opens frames, and checks their checksums. Belongs to one thread, which closes it. */
public interface FrameDecompressor extends AutoCloseable {
  /**
   * Decompresses one or more frames that stand side by side.
   *
   * @param frames the array that holds them
   * @param offset where the first begins
   * @param lengthBytes how long they are together
   * @param into where the raw bytes go, from its beginning
   * @param rawLength how many raw bytes there must be; at most {@code into.length}
   * @throws FormatException of kind {@code CORRUPT} if the frames do not hold exactly that many
   *     bytes or a checksum differs
   */
  void decompress(byte[] frames, int offset, int lengthBytes, byte[] into, int rawLength);

  @Override
  void close();
}

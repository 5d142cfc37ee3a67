package io.holdfast.format;

import io.holdfast.spi.RecordBatch;

/**
 * Opens record frames and checks them. Belongs to one thread, which closes it; the batch it returns
 * is valid until the next call.
 */
public final class FrameDecoder implements AutoCloseable {
  private final FrameDecompressor decompressor;
  private byte[] raw = new byte[0];

  /** A decoder for frames of that codec. */
  public FrameDecoder(Codec codec) {
    this.decompressor = codec.decompressor();
  }

  /**
   * Decompresses a frame and checks its checksums and its form.
   *
   * @throws FormatException of kind {@code CORRUPT}, naming the collection
   */
  public RecordBatch decode(Frame frame) {
    byte[] bytes = frame.bytes();
    try {
      if (frame.crc32c() != FrameIndex.NO_CRC
          && frame.crc32c() != Digests.crc32c(bytes, 0, bytes.length)) {
        throw new FormatException(FormatException.Kind.CORRUPT, "The checksum of a frame differs.");
      }
      byte[] into = room(frame.rawLength());
      decompressor.decompress(bytes, 0, bytes.length, into, frame.rawLength());
      RecordFrame.checkForm(into, 0, frame.rawLength(), frame.records());
      return new RecordBatch(into, 0, frame.rawLength(), frame.records());
    } catch (FormatException e) {
      throw new FormatException(
          e.kind(), "Collection " + frame.collection() + " is damaged: " + e.getMessage(), e);
    }
  }

  /** An array that fits; one that was extraordinarily large is let go again. */
  private byte[] room(int length) {
    if (raw.length < length || raw.length > 8L * Math.max(length, Limits.FRAME_TARGET_BYTES)) {
      raw = new byte[length + length / 8];
    }
    return raw;
  }

  @Override
  public void close() {
    decompressor.close();
  }
}

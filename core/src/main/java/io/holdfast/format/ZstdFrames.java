package io.holdfast.format;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.Arrays;

/** Frames as Zstandard frames, by the native library. */
final class ZstdFrames {
  private ZstdFrames() {}

  /** Keeps its native context and a scratch array from frame to frame. */
  static final class Compressor implements FrameCompressor {
    private final ZstdCompressCtx context = new ZstdCompressCtx();
    private byte[] scratch = new byte[0];

    Compressor(int level) {
      context.setLevel(level).setChecksum(true).setContentSize(true);
    }

    @Override
    public byte[] compress(byte[] raw, int offset, int lengthBytes) {
      long bound = Zstd.compressBound(lengthBytes);
      if (bound > Integer.MAX_VALUE - 8) {
        throw new FormatException(
            FormatException.Kind.TOO_LARGE, "A frame of " + lengthBytes + " bytes is too large.");
      }
      if (scratch.length < bound || scratch.length > 4 * bound + (1 << 22)) {
        scratch = new byte[(int) bound];
      }
      int length = context.compressByteArray(scratch, 0, scratch.length, raw, offset, lengthBytes);
      return Arrays.copyOf(scratch, length);
    }

    @Override
    public void close() {
      context.close();
    }
  }

  /** Keeps its native context from frame to frame. */
  static final class Decompressor implements FrameDecompressor {
    private final ZstdDecompressCtx context = new ZstdDecompressCtx();

    @Override
    public void decompress(byte[] frames, int offset, int lengthBytes, byte[] into, int rawLength) {
      int length;
      try {
        length = context.decompressByteArray(into, 0, rawLength, frames, offset, lengthBytes);
      } catch (ZstdException e) {
        throw new FormatException(
            FormatException.Kind.CORRUPT,
            "A zstd frame cannot be decompressed or fails its checksum (" + e.getMessage() + ").",
            e);
      }
      if (length != rawLength) {
        throw new FormatException(
            FormatException.Kind.CORRUPT,
            "A zstd frame holds " + length + " bytes where " + rawLength + " were expected.");
      }
    }

    @Override
    public void close() {
      context.close();
    }
  }
}

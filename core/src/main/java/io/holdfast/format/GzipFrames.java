package io.holdfast.format;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/** Frames as gzip members, by the JDK. */
final class GzipFrames {
  private GzipFrames() {}

  /** Writes one member per frame. */
  static final class Compressor implements FrameCompressor {
    private final int level;

    Compressor(int level) {
      this.level = level;
    }

    @Override
    public byte[] compress(byte[] raw, int offset, int lengthBytes) {
      ByteArrayOutputStream frame = new ByteArrayOutputStream(lengthBytes / 4 + 64);
      try (OutputStream gzip = new LeveledGzip(frame, level)) {
        gzip.write(raw, offset, lengthBytes);
      } catch (IOException e) {
        throw new UncheckedIOException("Writing to memory failed.", e);
      }
      return frame.toByteArray();
    }

    @Override
    public void close() {
      // Each frame's deflater ended with its stream.
    }
  }

  /** The JDK's stream, with its level opened up. */
  private static final class LeveledGzip extends GZIPOutputStream {
    LeveledGzip(OutputStream out, int level) throws IOException {
      super(out, 1 << 16);
      def.setLevel(level);
    }
  }

  /** Reads one or more members. */
  static final class Decompressor implements FrameDecompressor {
    @Override
    public void decompress(byte[] frames, int offset, int lengthBytes, byte[] into, int rawLength) {
      int bufferBytes = Math.max(512, Math.min(lengthBytes, 1 << 16));
      try (InputStream gzip =
          new GzipMembers(new ByteArrayInputStream(frames, offset, lengthBytes), bufferBytes)) {
        int length = gzip.readNBytes(into, 0, rawLength);
        if (length != rawLength || gzip.read() >= 0) {
          throw new FormatException(
              FormatException.Kind.CORRUPT,
              "A gzip frame does not hold the " + rawLength + " bytes that were expected.");
        }
      } catch (IOException e) {
        throw new FormatException(
            FormatException.Kind.CORRUPT,
            "A gzip frame cannot be decompressed or fails its checksum (" + e.getMessage() + ").",
            e);
      }
    }

    @Override
    public void close() {
      // Nothing is kept between frames.
    }
  }
}

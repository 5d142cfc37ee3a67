package io.holdfast.format;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/**
 * Opens documents that have no manifest, front to back: compressed with zstd or gzip or not at all,
 * of the exact form or of a form found in the wild. FORMAT.md, section 8.
 */
public final class PlainDocuments {
  private static final int LOOK_BYTES = 1 << 16;

  private PlainDocuments() {}

  /**
   * Opens a document.
   *
   * @param in the object after decryption; closed by the caller
   * @param maxRecordBytes how large a record may be
   * @throws FormatException of kind {@code NOT_A_BACKUP} if it is no form that is known
   */
  public static DocumentReader open(InputStream in, int maxRecordBytes) throws IOException {
    BufferedInputStream text = decompressed(in);
    text.mark(LOOK_BYTES);
    byte[] look = text.readNBytes(LOOK_BYTES);
    text.reset();
    String start = new String(look, StandardCharsets.UTF_8);
    int newline = start.indexOf('\n');
    return newline > 0 && DocumentHeaders.isFirstLine(start.substring(0, newline))
        ? new LineDocumentReader(text, maxRecordBytes)
        : new LooseDocumentReader(text, maxRecordBytes);
  }

  @SuppressWarnings("resource") // the caller closes the stream underneath
  private static BufferedInputStream decompressed(InputStream in) throws IOException {
    BufferedInputStream stored = new BufferedInputStream(in, LOOK_BYTES);
    stored.mark(4);
    byte[] magic = stored.readNBytes(4);
    stored.reset();
    InputStream text = stored;
    if (starts(magic, 0x28, 0xb5, 0x2f, 0xfd)) {
      text = new ZstdInputStream(stored);
    } else if (starts(magic, 0x1f, 0x8b)) {
      text = new GZIPInputStream(new HonestAvailability(stored), LOOK_BYTES);
    }
    return new BufferedInputStream(new CorruptionTranslator(text), LOOK_BYTES);
  }

  private static boolean starts(byte[] bytes, int... magic) {
    for (int i = 0; i < magic.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Answers {@code available} with 0 at the end of the stream only. The JDK's gzip stream takes 0
   * for the end of the last member, and would silently drop the rest (JDK-7036144).
   */
  private static final class HonestAvailability extends FilterInputStream {
    HonestAvailability(BufferedInputStream in) {
      super(in);
    }

    @Override
    public int available() throws IOException {
      in.mark(1);
      int next = in.read();
      in.reset();
      return next < 0 ? 0 : Math.max(1, in.available());
    }
  }

  /** Reports what a decompressor cannot read as damage, not as a failure of the storage. */
  private static final class CorruptionTranslator extends FilterInputStream {
    CorruptionTranslator(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      try {
        return super.read(into, offset, length);
      } catch (com.github.luben.zstd.ZstdIOException
          | java.util.zip.ZipException
          | java.io.EOFException e) {
        throw new FormatException(
            FormatException.Kind.CORRUPT,
            "The document cannot be decompressed; it is cut or damaged (" + e.getMessage() + ").",
            e);
      }
    }
  }
}

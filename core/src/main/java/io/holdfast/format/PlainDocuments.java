package io.holdfast.format;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.holdfast.spi.DocumentHeader;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipException;

/**
 * Opens documents that have no manifest, front to back: compressed with zstd or gzip or not at all,
 * of the exact form or of a form found in the wild. FORMAT.md, section 8. An interruption of the
 * thread ends opening, which may have to look through the whole document.
 */
public final class PlainDocuments {
  private static final int LOOK_BYTES = 1 << 16;

  /** 128 MiB: what a hostile file may make the decoder allocate. Ours never need more than 8. */
  private static final int MAX_WINDOW_LOG = 27;

  private PlainDocuments() {}

  /**
   * Opens a document.
   *
   * @param in the object after decryption; closed by the caller, never by the reader
   * @param maxRecordBytes how large a record may be
   * @throws FormatException of kind {@code NOT_A_BACKUP} if it is no form that is known
   */
  public static DocumentReader open(InputStream in, int maxRecordBytes) throws IOException {
    return open(
        in,
        (text, start) -> {
          int newline = start.indexOf('\n');
          if (newline > 0 && DocumentHeaders.isFirstLine(start.substring(0, newline))) {
            return new LineDocumentReader(text, maxRecordBytes);
          }
          return ExportForm.recognise(start).filter(form -> form == ExportForm.MARKED).isPresent()
              ? new ExportedDocuments(text, ExportForm.MARKED, maxRecordBytes)
              : new LooseDocumentReader(text, maxRecordBytes);
        });
  }

  /**
   * Opens an export that no key marks as one: collections of documents by id. To be tried with a
   * document, from its beginning, that {@link #open(InputStream, int)} did not find to be a backup:
   * a plain form may have keys like that in front, so that is known only at the end.
   *
   * @param in as above
   * @param maxRecordBytes how large a record may be
   * @throws FormatException of kind {@code NOT_A_BACKUP} if it does not begin like one
   */
  public static DocumentReader openUnmarked(InputStream in, int maxRecordBytes) throws IOException {
    return open(
        in,
        (text, start) -> {
          if (ExportForm.recognise(start).filter(form -> form == ExportForm.UNMARKED).isEmpty()) {
            throw new FormatException(
                FormatException.Kind.NOT_A_BACKUP,
                "The document is no object of collections of documents by id.");
          }
          return new ExportedDocuments(text, ExportForm.UNMARKED, maxRecordBytes);
        });
  }

  /** Makes the reader for a text that begins so. */
  @FunctionalInterface
  private interface Choice {
    DocumentReader reader(BufferedInputStream text, String start) throws IOException;
  }

  private static DocumentReader open(InputStream in, Choice choice) throws IOException {
    Decompressed stored = new Decompressed(decompressor(in));
    try {
      BufferedInputStream text = new BufferedInputStream(stored, LOOK_BYTES);
      text.mark(LOOK_BYTES);
      byte[] look = text.readNBytes(LOOK_BYTES);
      text.reset();
      DocumentReader reader = choice.reader(text, new String(look, StandardCharsets.UTF_8));
      stored.opened();
      return new Closing(reader, stored);
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  /** The decompressor; closing it frees native memory and leaves {@code in} open. */
  private static InputStream decompressor(InputStream in) throws IOException {
    BufferedInputStream stored = new BufferedInputStream(new Lent(in), LOOK_BYTES);
    stored.mark(4);
    byte[] magic = stored.readNBytes(4);
    stored.reset();
    if (starts(magic, 0x28, 0xb5, 0x2f, 0xfd)) {
      // Without the variant's finalizer, which would close a stream that is not ours at any time.
      return new ZstdInputStreamNoFinalizer(stored).setLongMax(MAX_WINDOW_LOG);
    }
    return starts(magic, 0x1f, 0x8b) ? new GzipMembers(stored, LOOK_BYTES) : stored;
  }

  private static boolean starts(byte[] bytes, int... magic) {
    for (int i = 0; i < magic.length; i++) {
      if (i >= bytes.length || (bytes[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /** A stream that somebody else closes. */
  private static final class Lent extends FilterInputStream {
    Lent(InputStream in) {
      super(in);
    }

    @Override
    public void close() {
      // The lender does.
    }
  }

  /** Reports what a decompressor cannot read as damage, not as a failure of the storage. */
  private static final class Decompressed extends FilterInputStream {
    private boolean opening = true;

    Decompressed(InputStream in) {
      super(in);
    }

    /** From now on, whoever takes the frames looks for interruptions. */
    void opened() {
      opening = false;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (opening && Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted");
      }
      try {
        return super.read(into, offset, length);
      } catch (ZstdIOException e) {
        if (e.getErrorCode() == Zstd.errFrameParameterWindowTooLarge()) {
          throw new FormatException(
              FormatException.Kind.TOO_LARGE,
              "The document was compressed with a window of more than 128 MiB. Compress it again"
                  + " without zstd's --long or --ultra.",
              e);
        }
        throw damaged(e);
      } catch (ZipException | EOFException e) {
        throw damaged(e);
      }
    }

    private static FormatException damaged(IOException e) {
      return new FormatException(
          FormatException.Kind.CORRUPT,
          "The document cannot be decompressed; it is cut or damaged (" + e.getMessage() + ").",
          e);
    }
  }

  /** A reader together with the decompressor it reads from. */
  private record Closing(DocumentReader reader, Decompressed stored) implements DocumentReader {
    @Override
    public DocumentHeader header() {
      return reader.header();
    }

    @Override
    public Codec codec() {
      return reader.codec();
    }

    @Override
    public Optional<Map<String, Long>> expectedCounts() {
      return reader.expectedCounts();
    }

    @Override
    public Optional<Frame> next() throws IOException {
      Optional<Frame> frame = reader.next();
      if (frame.isEmpty()) {
        close();
      }
      return frame;
    }

    @Override
    public Map<String, Long> counts() {
      return reader.counts();
    }

    @Override
    public void close() {
      reader.close();
      try {
        stored.close();
      } catch (IOException e) {
        throw new IllegalStateException("A decompressor failed to close.", e);
      }
    }
  }
}

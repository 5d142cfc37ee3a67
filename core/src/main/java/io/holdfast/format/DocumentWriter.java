package io.holdfast.format;

import io.holdfast.spi.DocumentHeader;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes one document front to back, from record frames that others have compressed. Used by one
 * thread. Closes nothing but its own compressor.
 */
public final class DocumentWriter implements AutoCloseable {
  private final OutputStream out;
  private final Codec codec;
  private final boolean keepCrc;
  private final FrameCompressor compressor;
  private final StringBuilder pending = new StringBuilder();
  private final List<Manifest.Collection> collections = new ArrayList<>();
  private final Map<String, Long> counts = new LinkedHashMap<>();
  private String name = "";
  private FrameIndex frames = new FrameIndex();
  private long offset;
  private long rawLength;
  private long headerLength;
  private long headerRawLength;

  /**
   * Begins a document.
   *
   * @param out where the frames go; buffered or not, closed by the caller
   * @param codec how frames are compressed
   * @param level the level for structural frames
   * @param keepCrc whether the manifest is to hold a checksum of each frame
   */
  public DocumentWriter(OutputStream out, Codec codec, int level, boolean keepCrc) {
    this.out = out;
    this.codec = codec;
    this.keepCrc = keepCrc;
    this.compressor = codec.compressor(level);
  }

  /**
   * What the manifest says of a document, but for where it lies.
   *
   * @param codec how its frames are compressed
   * @param rawLength its bytes before compression
   * @param plainLength its bytes after compression
   * @param headerLength the length of the first frame
   * @param headerRawLength its length when decompressed
   * @param collections its collections
   */
  public record Layout(
      Codec codec,
      long rawLength,
      long plainLength,
      long headerLength,
      long headerRawLength,
      List<Manifest.Collection> collections) {}

  /** Makes a record frame of raw bytes; may be called from any thread with its own compressor. */
  public static Frame frame(
      String collection, FrameCompressor compressor, byte[] raw, int length, int records) {
    if (records < 1) {
      throw new IllegalArgumentException("A frame of " + collection + " holds no record.");
    }
    byte[] bytes = compressor.compress(raw, 0, length);
    return new Frame(collection, bytes, length, records, FrameIndex.NO_CRC);
  }

  /**
   * Writes what stands before the records. Called first, once.
   *
   * @throws FormatException of kind {@code TOO_LARGE}, or of another if it could not be read again
   */
  public void header(DocumentHeader header) throws IOException {
    byte[] raw = DocumentText.utf8(DocumentText.header(header));
    if (raw.length > Limits.HEADER_BYTES) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "The schema takes "
              + raw.length
              + " bytes; the limit is "
              + Limits.HEADER_BYTES
              + ". Leave collections out with a filter.");
    }
    // Read once now, for a header that nobody can read (nested too deeply, say) costs the backup.
    DocumentHeaders.parse(raw);
    write(compressor.compress(raw, 0, raw.length), raw.length);
    headerLength = offset;
    headerRawLength = rawLength;
  }

  /** Begins a collection, whose name no other has. */
  public void beginCollection(String collection) {
    pending.append(DocumentText.beginCollection(collection, collections.isEmpty()));
    if (DocumentText.utf8(collection).length > Limits.NAME_BYTES
        || collections.size() >= Limits.COLLECTIONS) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "There are too many collections, or the name of one is longer than "
              + Limits.NAME_BYTES
              + " bytes.");
    }
    if (counts.putIfAbsent(collection, 0L) != null) {
      throw new IllegalArgumentException("Two collections are named " + collection + ".");
    }
    name = collection;
    frames = new FrameIndex();
  }

  /** Writes a record frame of the collection that was begun. */
  public void frame(Frame frame) throws IOException {
    if (!frame.collection().equals(name)) {
      throw new IllegalArgumentException(
          "A frame of " + frame.collection() + " cannot stand in the collection " + name + ".");
    }
    pending.append(
        frames.size() == 0 ? DocumentText.BEFORE_FIRST_RECORD : DocumentText.BETWEEN_RECORDS);
    flush();
    byte[] bytes = frame.bytes();
    long crc32c = keepCrc ? Digests.crc32c(bytes, 0, bytes.length) : FrameIndex.NO_CRC;
    frames.add(offset, bytes.length, frame.rawLength(), frame.records(), crc32c);
    write(bytes, frame.rawLength());
  }

  /** Ends the collection. */
  public void endCollection() {
    long records = frames.totalRecords();
    collections.add(new Manifest.Collection(name, records, frames));
    counts.put(name, records);
    pending.append(DocumentText.END_OF_COLLECTION);
  }

  /** Writes what stands after the records. */
  public Layout finish() throws IOException {
    pending.append(DocumentText.end(counts));
    flush();
    out.flush();
    return new Layout(
        codec, rawLength, offset, headerLength, headerRawLength, List.copyOf(collections));
  }

  private void flush() throws IOException {
    byte[] raw = DocumentText.utf8(pending);
    pending.setLength(0);
    write(compressor.compress(raw, 0, raw.length), raw.length);
  }

  private void write(byte[] bytes, int raw) throws IOException {
    out.write(bytes);
    offset += bytes.length;
    rawLength += raw;
  }

  @Override
  public void close() {
    compressor.close();
  }
}

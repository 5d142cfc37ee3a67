package io.holdfast.format;

import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.DocumentHeader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a document by its manifest, whole or some of its collections. Every byte that is read is
 * accounted for: record frames must lie where the manifest says, and what lies between them must be
 * exactly the text that belongs there.
 */
public final class IndexedDocumentReader implements DocumentReader {
  private static final int FIRST_READ_BYTES = 4 * Limits.FRAME_TARGET_BYTES;

  private final InputStream in;
  private final Manifest.Document document;
  private final int maxRecordBytes;
  private final CollectionFilter chosen;
  private final FrameDecompressor decompressor;
  private final DocumentHeader header;
  private final StringBuilder expected = new StringBuilder();
  private long position;
  private long rawLength;
  private int collection;
  private int frame;
  private boolean ended;

  /**
   * Reads the header.
   *
   * @param in the document after decryption; closed by the caller
   * @param document what the manifest says of it
   * @param backupId the id that must stand in the header
   * @param maxRecordBytes how large a record may be
   * @throws FormatException if the header is not as it was written
   */
  public IndexedDocumentReader(
      InputStream in, Manifest.Document document, String backupId, int maxRecordBytes)
      throws IOException {
    this(in, document, backupId, maxRecordBytes, CollectionFilter.ALL);
  }

  /**
   * Reads the header, and then a part of the document: {@code in} has the bytes of {@link #ranges}
   * only.
   *
   * @param in the document after decryption; closed by the caller
   * @param document what the manifest says of it
   * @param backupId the id that must stand in the header
   * @param maxRecordBytes how large a record may be
   * @param chosen the collections to read
   * @throws FormatException if the header is not as it was written
   */
  public IndexedDocumentReader(
      InputStream in,
      Manifest.Document document,
      String backupId,
      int maxRecordBytes,
      CollectionFilter chosen)
      throws IOException {
    this.in = in;
    this.document = document;
    this.maxRecordBytes = maxRecordBytes;
    this.chosen = chosen;
    this.decompressor = document.codec().decompressor();
    try {
      this.header = readHeader();
      checkBackupId(backupId);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    if (!document.collections().isEmpty()) {
      expected.append(DocumentText.beginCollection(document.collections().get(0).name(), true));
    }
  }

  /**
   * The bytes of a document that its chosen collections need: the header, their frames, and the
   * text before each of these, but not what stands behind the last. In order, and not touching each
   * other.
   *
   * @param document what the manifest says of it
   * @param chosen the collections to read
   */
  public static List<ByteRange> ranges(Manifest.Document document, CollectionFilter chosen) {
    List<ByteRange> ranges = new ArrayList<>();
    long from = 0;
    long position = document.headerLength();
    for (Manifest.Collection each : document.collections()) {
      if (each.frames().size() == 0) {
        continue;
      }
      long end = end(each);
      if (!chosen.accepts(each.name())) {
        add(ranges, from, position);
        from = end;
      }
      position = end;
    }
    add(ranges, from, position);
    return ranges;
  }

  private static void add(List<ByteRange> ranges, long from, long to) {
    if (to > from) {
      ranges.add(new ByteRange(from, to - from));
    }
  }

  private static long end(Manifest.Collection collection) {
    FrameIndex frames = collection.frames();
    int last = frames.size() - 1;
    return frames.offset(last) + frames.lengthBytes(last);
  }

  private void checkBackupId(String backupId) {
    if (!header.backupId().equals(backupId)) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "The document belongs to another backup than its manifest: its id is not "
              + backupId
              + ".");
    }
  }

  private DocumentHeader readHeader() throws IOException {
    if (document.headerRawLength() > Limits.HEADER_BYTES) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "The document's header is larger than " + Limits.HEADER_BYTES + " bytes.");
    }
    byte[] stored = take(document.headerLength());
    checkPossible(document.headerRawLength(), stored.length);
    byte[] raw = new byte[(int) document.headerRawLength()];
    decompress(stored, raw);
    return DocumentHeaders.parse(raw);
  }

  @Override
  public DocumentHeader header() {
    return header;
  }

  @Override
  public Codec codec() {
    return document.codec();
  }

  @Override
  public Optional<Map<String, Long>> expectedCounts() {
    return Optional.of(document.counts());
  }

  @Override
  public Map<String, Long> counts() {
    return document.counts();
  }

  @Override
  public Optional<Frame> next() throws IOException {
    if (ended) {
      return Optional.empty();
    }
    List<Manifest.Collection> collections = document.collections();
    while (collection < collections.size()) {
      Manifest.Collection current = collections.get(collection);
      if (!chosen.accepts(current.name())) {
        pass(current);
      } else if (frame < current.frames().size()) {
        return Optional.of(read(current));
      }
      expected.append(DocumentText.END_OF_COLLECTION);
      collection++;
      frame = 0;
      if (collection < collections.size()) {
        expected.append(DocumentText.beginCollection(collections.get(collection).name(), false));
      }
    }
    end();
    return Optional.empty();
  }

  /** What was not asked for is not in the stream. */
  private void pass(Manifest.Collection current) {
    if (current.frames().size() > 0) {
      position = end(current);
      expected.setLength(0);
    }
  }

  private Frame read(Manifest.Collection current) throws IOException {
    FrameIndex frames = current.frames();
    expected.append(frame == 0 ? DocumentText.BEFORE_FIRST_RECORD : DocumentText.BETWEEN_RECORDS);
    checkStructure(frames.offset(frame) - position);
    long raw = frames.rawLength(frame);
    if (raw > (long) maxRecordBytes + Limits.FRAME_SLACK_BYTES) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "Frame "
              + frame
              + " of collection "
              + current.name()
              + " holds "
              + raw
              + " bytes, more than the record limit of "
              + maxRecordBytes
              + " allows. Raise maxRecordBytes if you trust the backup.");
    }
    byte[] bytes = take(frames.lengthBytes(frame));
    checkPossible(raw, bytes.length);
    rawLength += raw;
    Frame result =
        new Frame(
            current.name(), bytes, (int) raw, (int) frames.records(frame), frames.crc32c(frame));
    frame++;
    return result;
  }

  private void end() throws IOException {
    if (!chosen.equals(CollectionFilter.ALL)) {
      ended = true;
      close();
      return;
    }
    expected.append(DocumentText.end(document.counts()));
    checkStructure(document.plainLength() - position);
    if (in.read() >= 0) {
      throw corrupt("is longer than its manifest says");
    }
    if (rawLength != document.rawLength()) {
      throw corrupt("does not hold the " + document.rawLength() + " bytes its manifest says");
    }
    ended = true;
    close();
  }

  @Override
  public void close() {
    decompressor.close();
  }

  /** The next bytes must decompress to exactly the text that is expected between records. */
  private void checkStructure(long lengthBytes) throws IOException {
    byte[] wanted = DocumentText.utf8(expected);
    expected.setLength(0);
    if (lengthBytes <= 0 || lengthBytes > 2L * wanted.length + 65_536) {
      throw corrupt("does not have its frames where its manifest says");
    }
    byte[] raw = new byte[wanted.length];
    decompress(take(lengthBytes), raw);
    if (!Arrays.equals(raw, wanted)) {
      throw corrupt("holds something else between its records than belongs there");
    }
  }

  private void checkPossible(long raw, int stored) {
    if (raw > document.codec().maxRawLength(stored)) {
      throw corrupt("has a frame that cannot hold as many bytes as its manifest says");
    }
  }

  private void decompress(byte[] bytes, byte[] into) {
    decompressor.decompress(bytes, 0, bytes.length, into, into.length);
    rawLength += into.length;
  }

  /** The next bytes; the array grows as they come in, so a length that is a lie costs nothing. */
  private byte[] take(long lengthBytes) throws IOException {
    if (lengthBytes > Integer.MAX_VALUE - 16) {
      throw corrupt("has a frame that is too large");
    }
    byte[] bytes = new byte[(int) Math.min(lengthBytes, FIRST_READ_BYTES)];
    int count = in.readNBytes(bytes, 0, bytes.length);
    while (count == bytes.length && count < lengthBytes) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(lengthBytes, 4L * count));
      count += in.readNBytes(bytes, count, bytes.length - count);
    }
    if (count < lengthBytes) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "The document " + document.key() + " is cut: it ends within a frame.",
          new EOFException());
    }
    position += count;
    return bytes;
  }

  private FormatException corrupt(String what) {
    return new FormatException(
        FormatException.Kind.CORRUPT, "The document " + document.key() + " " + what + ".");
  }
}

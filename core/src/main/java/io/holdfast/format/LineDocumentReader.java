package io.holdfast.format;

import io.holdfast.spi.DocumentHeader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a decompressed document of the exact form line by line, without a manifest. Records keep
 * every byte. What a manifest would have told is checked against the document's own end.
 */
final class LineDocumentReader implements DocumentReader {
  private static final int BUFFER_BYTES = 1 << 17;

  private final InputStream in;
  private final int maxRecordBytes;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private final Line line = new Line();
  private final Map<String, Long> counts = new LinkedHashMap<>();
  private final DocumentHeader header;
  private int bufferStart;
  private int bufferEnd;
  private @Nullable String collection;
  private boolean ended;

  /** A line that can be looked into without being copied. */
  private static final class Line extends ByteArrayOutputStream {
    byte at(int index) {
      return buf[index];
    }

    boolean is(String text) {
      return count == text.length() && toString(StandardCharsets.ISO_8859_1).equals(text);
    }
  }

  LineDocumentReader(InputStream in, int maxRecordBytes) throws IOException {
    this.in = in;
    this.maxRecordBytes = maxRecordBytes;
    this.header = readHeader();
  }

  private DocumentHeader readHeader() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    readLine(Limits.HEADER_BYTES);
    DocumentHeaders.checkVersion(line.toString(StandardCharsets.UTF_8));
    while (true) {
      line.writeTo(text);
      if (line.is(DocumentText.COLLECTIONS_LINE)) {
        return DocumentHeaders.parse(text.toByteArray());
      }
      text.write('\n');
      readLine(Limits.HEADER_BYTES);
      if (text.size() > Limits.HEADER_BYTES) {
        throw tooLong("header", Limits.HEADER_BYTES);
      }
    }
  }

  @Override
  public DocumentHeader header() {
    return header;
  }

  @Override
  public Codec codec() {
    return Codec.NONE;
  }

  @Override
  public Optional<Map<String, Long>> expectedCounts() {
    return Optional.empty();
  }

  @Override
  public Map<String, Long> counts() {
    return counts;
  }

  @Override
  public Optional<Frame> next() throws IOException {
    while (!ended) {
      String open = collection;
      if (open != null) {
        Optional<Frame> frame = records(open);
        if (frame.isPresent()) {
          return frame;
        }
      } else {
        betweenCollections();
      }
    }
    return Optional.empty();
  }

  /** Reads records up to a frame's size; empty where the collection has no more. */
  private Optional<Frame> records(String name) throws IOException {
    ByteArrayOutputStream records = new ByteArrayOutputStream(1 << 16);
    int count = 0;
    while (collection != null && records.size() < Limits.FRAME_TARGET_BYTES) {
      readLine(maxRecordBytes + 1);
      if (line.size() > 0 && line.at(0) == '{') {
        if (count > 0) {
          records.write('\n');
        }
        line.writeTo(records);
        count++;
      } else if (line.is("]") || line.is("],")) {
        collection = null;
      } else {
        throw corrupt("has a line in the collection " + name + " that is no record");
      }
    }
    if (count == 0) {
      return Optional.empty();
    }
    counts.merge(name, (long) count, Math::addExact);
    byte[] bytes = withoutLastComma(records);
    return Optional.of(new Frame(name, bytes, bytes.length, count, FrameIndex.NO_CRC));
  }

  /** All records but the last of a collection are followed by a comma. */
  private byte[] withoutLastComma(ByteArrayOutputStream records) {
    byte[] bytes = records.toByteArray();
    boolean comma = bytes[bytes.length - 1] == ',';
    if (comma == (collection == null)) {
      throw corrupt("has a comma too many or too few after a record");
    }
    return comma ? java.util.Arrays.copyOf(bytes, bytes.length - 1) : bytes;
  }

  private void betweenCollections() throws IOException {
    readLine(Limits.NAME_BYTES * 6 + 16);
    if (line.is("},")) {
      end();
      return;
    }
    String text = line.toString(StandardCharsets.UTF_8);
    if (!text.startsWith("\"") || !text.endsWith(":[") || counts.size() >= Limits.COLLECTIONS) {
      throw corrupt("has a line between collections that does not belong there");
    }
    String name;
    try {
      name = Json.MAPPER.readTree(text.substring(0, text.length() - 2)).asText();
    } catch (IOException e) {
      throw corrupt("has a collection with a malformed name");
    }
    if (counts.putIfAbsent(name, 0L) != null) {
      throw corrupt("has two collections named " + name);
    }
    collection = name;
  }

  private void end() throws IOException {
    readLine(Limits.HEADER_BYTES);
    String wanted = DocumentText.end(counts);
    if (!wanted.equals("\n},\n" + line.toString(StandardCharsets.UTF_8) + "\n")) {
      throw corrupt("does not hold the records that its stats say");
    }
    if (fill()) {
      throw corrupt("goes on after its end");
    }
    ended = true;
  }

  /** Reads one line, without its newline, which must be there. */
  private void readLine(int limitBytes) throws IOException {
    line.reset();
    while (true) {
      if (bufferStart == bufferEnd && !fill()) {
        throw corrupt("is cut");
      }
      int newline = bufferStart;
      while (newline < bufferEnd && buffer[newline] != '\n') {
        newline++;
      }
      line.write(buffer, bufferStart, newline - bufferStart);
      if (line.size() > limitBytes) {
        throw tooLong("line", limitBytes);
      }
      bufferStart = newline;
      if (newline < bufferEnd) {
        bufferStart++;
        return;
      }
    }
  }

  private boolean fill() throws IOException {
    if (bufferStart < bufferEnd) {
      return true;
    }
    bufferStart = 0;
    bufferEnd = Math.max(0, in.read(buffer, 0, buffer.length));
    return bufferEnd > 0;
  }

  private static FormatException corrupt(String what) {
    return new FormatException(FormatException.Kind.CORRUPT, "The document " + what + ".");
  }

  private static FormatException tooLong(String what, int limitBytes) {
    return new FormatException(
        FormatException.Kind.TOO_LARGE,
        "The document has a " + what + " of more than " + limitBytes + " bytes.");
  }
}

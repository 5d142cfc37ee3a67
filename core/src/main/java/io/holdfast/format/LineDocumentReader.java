package io.holdfast.format;

import io.holdfast.spi.DocumentHeader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a decompressed document of the exact form line by line, without a manifest. Records keep
 * every byte: a frame is a piece of the document, copied once. What a manifest would have told is
 * checked against the document's own end.
 */
final class LineDocumentReader implements DocumentReader {
  private static final int BUFFER_BYTES = Limits.FRAME_TARGET_BYTES + (1 << 17);

  private final InputStream in;
  private final int maxRecordBytes;
  private final Map<String, Long> counts = new LinkedHashMap<>();
  private final DocumentHeader header;
  private byte[] buffer = new byte[BUFFER_BYTES];

  /** What is not yet read lies from {@code start} to {@code end}, and begins at a line. */
  private int start;

  private int end;
  private @Nullable String collection;

  /** Whether the record or collection before was followed by a comma. */
  private boolean comma;

  /** Whether the open collection had no record yet. */
  private boolean empty;

  private boolean ended;

  LineDocumentReader(InputStream in, int maxRecordBytes) throws IOException {
    this.in = in;
    this.maxRecordBytes = maxRecordBytes;
    this.header = readHeader();
  }

  private DocumentHeader readHeader() throws IOException {
    int length = lineLength(0, Limits.HEADER_BYTES, "header");
    DocumentHeaders.checkVersion(text(0, length));
    while (true) {
      int from = length + 1;
      length = from + lineLength(from, Limits.HEADER_BYTES - from, "header");
      if (isText(from, length, DocumentText.COLLECTIONS_LINE)) {
        DocumentHeader parsed =
            DocumentHeaders.parse(Arrays.copyOfRange(buffer, start, start + length));
        start += length + 1;
        return parsed;
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

  @Override
  public void close() {
    // Nothing is held.
  }

  /** Takes records up to a frame's size; empty where the collection has no more. */
  private Optional<Frame> records(String name) throws IOException {
    // Records stand in the document as they stand in a frame, so only their ends are looked for.
    int length = 0;
    int lastRecordEnd = 0;
    int count = 0;
    while (collection != null && length < Limits.FRAME_TARGET_BYTES) {
      int lineEnd = length + lineLength(length, maxRecordBytes + 1, "record");
      if (at(length) == '{') {
        if (!comma && !empty) {
          throw corrupt("lacks a comma between two records of " + name);
        }
        comma = at(lineEnd - 1) == ',';
        empty = false;
        lastRecordEnd = comma ? lineEnd - 1 : lineEnd;
        count++;
      } else if (isText(length, lineEnd, "]") || isText(length, lineEnd, "],")) {
        if (comma) {
          throw corrupt("has a comma after the last record of " + name);
        }
        comma = at(lineEnd - 1) == ',';
        collection = null;
      } else {
        throw corrupt("has a line in the collection " + name + " that is no record");
      }
      length = lineEnd + 1;
    }
    byte[] bytes = Arrays.copyOfRange(buffer, start, start + lastRecordEnd);
    start += length;
    if (count == 0) {
      return Optional.empty();
    }
    counts.merge(name, (long) count, Math::addExact);
    return Optional.of(new Frame(name, bytes, bytes.length, count, FrameIndex.NO_CRC));
  }

  private void betweenCollections() throws IOException {
    int length = lineLength(0, Limits.NAME_BYTES * 6 + 16, "line between collections");
    boolean first = counts.isEmpty();
    if (isText(0, length, "},") && (first || !comma)) {
      start += length + 1;
      end();
      return;
    }
    String line = text(0, length);
    String name = name(line);
    if (name == null || !(first || comma)) {
      throw corrupt("has a line between collections that does not belong there");
    }
    if (counts.size() >= Limits.COLLECTIONS || DocumentText.utf8(name).length > Limits.NAME_BYTES) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "The document has too many collections, or one with too long a name.");
    }
    if (counts.putIfAbsent(name, 0L) != null) {
      throw corrupt("has two collections named " + name);
    }
    start += length + 1;
    collection = name;
    comma = false;
    empty = true;
  }

  /** The collection's name, if that is what the line is. */
  private static @Nullable String name(String line) {
    if (!line.startsWith("\"") || !line.endsWith("\":[")) {
      return null;
    }
    try {
      return Json.MAPPER.readTree(line.substring(0, line.length() - 2)).textValue();
    } catch (IOException e) {
      return null;
    }
  }

  private void end() throws IOException {
    int length = lineLength(0, Limits.HEADER_BYTES, "line of stats");
    String wanted = DocumentText.end(counts);
    if (!wanted.equals("\n},\n" + text(0, length) + "\n")) {
      throw corrupt("does not hold the records that its stats say");
    }
    start += length + 1;
    if (start < end || fill()) {
      throw corrupt("goes on after its end");
    }
    ended = true;
  }

  private byte at(int offset) {
    return buffer[start + offset];
  }

  private boolean isText(int from, int to, String ascii) {
    if (to - from != ascii.length()) {
      return false;
    }
    for (int i = 0; i < ascii.length(); i++) {
      if (at(from + i) != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private String text(int from, int to) {
    try {
      return Utf8.decode(buffer, start + from, to - from);
    } catch (CharacterCodingException e) {
      throw corrupt("is not valid UTF-8");
    }
  }

  /**
   * How long the line is that begins there, without its newline, which must be there. What was read
   * before stays where it is, counted from {@code start}.
   */
  private int lineLength(int from, int limitBytes, String what) throws IOException {
    int length = 0;
    while (true) {
      while (start + from + length < end) {
        if (buffer[start + from + length] == '\n') {
          return length;
        }
        if (++length > limitBytes) {
          throw tooLong(what, limitBytes);
        }
      }
      if (!fill()) {
        throw corrupt("is cut");
      }
    }
  }

  /** Reads more behind what is there; false at the end of the stream. */
  private boolean fill() throws IOException {
    if (end == buffer.length) {
      makeRoom();
    }
    int count = in.read(buffer, end, buffer.length - end);
    end += Math.max(0, count);
    return count > 0;
  }

  private void makeRoom() {
    int kept = end - start;
    byte[] target = buffer;
    if (kept > buffer.length / 2) {
      // One past the largest record, header or line always fits: the limits are far below.
      target = new byte[(int) Math.min(2L * buffer.length, Integer.MAX_VALUE - 16L)];
    } else if (buffer.length > 4 * BUFFER_BYTES && kept < BUFFER_BYTES / 2) {
      target = new byte[BUFFER_BYTES];
    }
    System.arraycopy(buffer, start, target, 0, kept);
    buffer = target;
    start = 0;
    end = kept;
  }

  private static FormatException corrupt(String what) {
    return new FormatException(FormatException.Kind.CORRUPT, "The document " + what + ".");
  }

  private FormatException tooLong(String what, int limitBytes) {
    String where = collection == null ? "" : " in the collection " + collection;
    return new FormatException(
        FormatException.Kind.TOO_LARGE,
        "The document has a " + what + where + " of more than " + limitBytes + " bytes.");
  }
}

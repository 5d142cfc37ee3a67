package io.holdfast.postgres;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBuffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Turns rows of {@code COPY … TO STDOUT} in text format into records, bytes to bytes.
 *
 * <p>COPY's text format (PostgreSQL documentation, COPY, "Text Format") is close to JSON: of its
 * escapes only {@code \v} differs, and only quotes and control characters have to be escaped in
 * addition. NULL is {@code \N}, which no value can begin with. The bytes are valid UTF-8: the
 * server sees to that, also where its own encoding is SQL_ASCII.
 *
 * <p>Every column has a writer of its own, chosen once: one large method for all of a row makes the
 * JIT compiler's result depend on luck. Used by one thread.
 */
final class CopyToJson {
  /** How much of a value is converted before room is made again: a value can be 1 GB. */
  private static final int CHUNK = 2048;

  /** No byte of a value takes more in JSON: a control character is <code>\</code>u001f. */
  private static final int MAX_GROWTH = 6;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  private static final byte[] HEX = ascii("0123456789abcdef");
  private static final byte[] NULL = ascii("null");
  private static final byte[] TRUE = ascii("true");
  private static final byte[] FALSE = ascii("false");
  private static final byte[] NOT_FINITE = ascii("{\"$numberDouble\":\"");
  private static final byte[] JSON_TEXT = ascii("{\"$json\":\"");
  private static final byte[] JSON_TEXT_KEY = ascii("{\"$json\"");

  private final ColumnWriter[] writers;

  /**
   * @param columns the columns in the order of the COPY
   */
  CopyToJson(List<PostgresSchema.Field> columns) {
    this.writers = new ColumnWriter[columns.size()];
    for (int i = 0; i < writers.length; i++) {
      writers[i] = writer(columns.get(i), i == 0);
    }
  }

  private static ColumnWriter writer(PostgresSchema.Field column, boolean first) {
    byte[] key = key(column.name(), first);
    return switch (column.form()) {
      case INTEGER -> new IntegerWriter(key);
      case DOUBLE -> new DoubleWriter(key);
      case BOOLEAN -> new BooleanWriter(key);
      case JSON -> new JsonWriter(key);
      case TEXT -> new TextWriter(key);
      case VALUE -> throw new IllegalArgumentException("A column is never self-describing");
    };
  }

  /** Everything before a value: {@code ,"name":}, a leading {@code $} doubled. */
  private static byte[] key(String name, boolean first) {
    String escaped = new String(JsonStringEncoder.getInstance().quoteAsString(name));
    return ((first ? "{\"" : ",\"") + (name.startsWith("$") ? "$" : "") + escaped + "\":")
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Appends one row as a record.
   *
   * @param row holds a row as COPY sent it, newline included
   * @param from where the row begins
   * @param rowEnd where it ends, exclusive
   */
  void convert(byte[] row, int from, int rowEnd, RecordBuffer out) {
    if (from == rowEnd || row[rowEnd - 1] != '\n') {
      throw broken();
    }
    out.begin();
    if (writers.length == 0) {
      out.append((byte) '{');
    }
    convertColumns(row, from, rowEnd, out);
    out.append((byte) '}');
    out.end();
  }

  private void convertColumns(byte[] row, int from, int rowEnd, RecordBuffer out) {
    int last = writers.length - 1;
    int at = from;
    for (int i = 0; i <= last; i++) {
      at = writers[i].write(row, at, rowEnd, out);
      if (row[at] != (i == last ? '\n' : '\t')) {
        throw broken();
      }
      at++;
    }
    if (at != (last < 0 ? rowEnd - 1 : rowEnd)) {
      throw broken();
    }
  }

  /** Where a field ends: the index of its tab or newline, which is never part of a value. */
  private static boolean isDelimiter(byte b) {
    return b == '\t' || b == '\n';
  }

  private static HandlerException broken() {
    return new HandlerException(
        HandlerException.Kind.OTHER,
        null,
        "The server's COPY output does not have the form that was asked for. Nothing was stored."
            + " Is there something between this program and the server that changes it?",
        null);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Writes one column's key and values. */
  private abstract static class ColumnWriter {
    private final byte[] key;

    ColumnWriter(byte[] key) {
      this.key = key;
    }

    /** Writes the field that begins at {@code from}; returns the index of its delimiter. */
    final int write(byte[] row, int from, int rowEnd, RecordBuffer out) {
      out.append(key, 0, key.length);
      if (row[from] == '\\' && row[from + 1] == 'N') {
        out.append(NULL, 0, NULL.length);
        return from + 2;
      }
      return value(row, from, rowEnd, out);
    }

    /** The same for a value that is not NULL. */
    abstract int value(byte[] row, int from, int rowEnd, RecordBuffer out);
  }

  private static final class IntegerWriter extends ColumnWriter {
    IntegerWriter(byte[] key) {
      super(key);
    }

    @Override
    int value(byte[] row, int from, int rowEnd, RecordBuffer out) {
      int end = from;
      while (!isDelimiter(row[end])) {
        end++;
      }
      // arraycopy costs more than the few digits are worth.
      byte[] to = out.ensure(end - from);
      int position = out.position();
      for (int at = from; at < end; at++) {
        to[position++] = row[at];
      }
      out.position(position);
      return end;
    }
  }

  private static final class BooleanWriter extends ColumnWriter {
    BooleanWriter(byte[] key) {
      super(key);
    }

    @Override
    int value(byte[] row, int from, int rowEnd, RecordBuffer out) {
      if (row[from] != 't' && row[from] != 'f') {
        throw broken();
      }
      byte[] word = row[from] == 't' ? TRUE : FALSE;
      out.append(word, 0, word.length);
      return from + 1;
    }
  }

  private static final class DoubleWriter extends ColumnWriter {
    DoubleWriter(byte[] key) {
      super(key);
    }

    @Override
    int value(byte[] row, int from, int rowEnd, RecordBuffer out) {
      boolean whole = true;
      int end = from;
      for (byte b = row[end]; !isDelimiter(b); b = row[++end]) {
        whole &= b != '.' && b != 'e';
      }
      byte afterSign = row[from] == '-' ? row[from + 1] : row[from];
      if (afterSign == 'N' || afterSign == 'I') {
        notFinite(row, from, end, out);
        return end;
      }
      out.append(row, from, end - from);
      if (whole) {
        out.append((byte) '.');
        out.append((byte) '0');
      }
      return end;
    }

    private static void notFinite(byte[] row, int from, int end, RecordBuffer out) {
      out.append(NOT_FINITE, 0, NOT_FINITE.length);
      out.append(row, from, end - from);
      out.append((byte) '"');
      out.append((byte) '}');
    }
  }

  private static final class TextWriter extends ColumnWriter {
    TextWriter(byte[] key) {
      super(key);
    }

    @Override
    int value(byte[] row, int from, int rowEnd, RecordBuffer out) {
      out.append((byte) '"');
      int end = text(row, from, rowEnd, out);
      out.append((byte) '"');
      return end;
    }
  }

  private static final class JsonWriter extends ColumnWriter {
    JsonWriter(byte[] key) {
      super(key);
    }

    @Override
    int value(byte[] row, int from, int rowEnd, RecordBuffer out) {
      int start = out.position();
      if (row[from] != ' ' && !startsWith(row, from, JSON_TEXT_KEY)) {
        int end = verbatim(row, from, rowEnd, out);
        if (end >= 0 && !mustBeText(out, start)) {
          return end;
        }
        out.position(start);
      }
      out.append(JSON_TEXT, 0, JSON_TEXT.length);
      int end = text(row, from, rowEnd, out);
      out.append((byte) '"');
      out.append((byte) '}');
      return end;
    }

    private static boolean mustBeText(RecordBuffer out, int start) {
      byte[] written = out.array();
      int length = out.position() - start;
      return length == 0
          || written[out.position() - 1] == ' '
          || (length == NULL.length && startsWith(written, start, NULL));
    }
  }

  private static boolean startsWith(byte[] bytes, int from, byte[] prefix) {
    if (bytes.length - from < prefix.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (bytes[from + i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  /** Writes a field as the inside of a JSON string; returns the index of its delimiter. */
  private static int text(byte[] row, int from, int rowEnd, RecordBuffer out) {
    int at = from;
    while (!isDelimiter(row[at])) {
      int limit = at + Math.min(CHUNK, rowEnd - at);
      out.ensure(MAX_GROWTH * (limit - at));
      at = textChunk(row, at, limit, out);
    }
    return at;
  }

  /** The same up to the delimiter or about {@code limit}, for which there is room. */
  private static int textChunk(byte[] row, int from, int limit, RecordBuffer out) {
    byte[] to = out.array();
    int position = out.position();
    int at = from;
    while (at < limit) {
      int plain = plainText(row, at, limit, to, position);
      at += plain;
      position += plain;
      if (at >= limit || isDelimiter(row[at])) {
        break;
      }
      byte special = row[at];
      position = escape(special == '\\' ? row[at + 1] : special, special == '\\', to, position);
      at += special == '\\' ? 2 : 1;
    }
    out.position(position);
    return at;
  }

  /**
   * Copies bytes until one that has to be looked at: a control character (which the delimiters
   * are), a quote or a backslash. Returns how many. May write up to seven bytes more, for which the
   * buffer has room.
   */
  private static int plainText(byte[] row, int from, int limit, byte[] to, int position) {
    int at = from;
    int put = position;
    while (at <= limit - 8) {
      long word = (long) LONGS.get(row, at);
      LONGS.set(to, put, word);
      // Exact up to and including the lowest marked byte ("Determine if a word has a byte less
      // than n", Bit Twiddling Hacks), which is all that counts here.
      long quote = word ^ (ONES * '"');
      long backslash = word ^ (ONES * '\\');
      long marked =
          (((word - ONES * 0x20) & ~word)
                  | ((quote - ONES) & ~quote)
                  | ((backslash - ONES) & ~backslash))
              & HIGHS;
      if (marked != 0) {
        return at - from + (Long.numberOfTrailingZeros(marked) >>> 3);
      }
      at += 8;
      put += 8;
    }
    while (at < limit && isPlainText(row[at])) {
      to[put++] = row[at++];
    }
    return at - from;
  }

  private static boolean isPlainText(byte b) {
    // Bytes of 0x80 and above are negative: parts of UTF-8 sequences.
    return b != '"' && b != '\\' && (b >= 0x20 || b < 0);
  }

  /**
   * Writes a character that JSON escapes.
   *
   * @param b the byte, or the letter behind a backslash
   * @param escaped whether it stood behind a backslash
   */
  private static int escape(byte b, boolean escaped, byte[] to, int position) {
    if (!escaped && b != '"') {
      return controlCharacter(b, to, position);
    }
    if (b == 'v') {
      return controlCharacter((byte) 0x0b, to, position);
    }
    if (b != '"' && b != '\\' && b != 'n' && b != 't' && b != 'r' && b != 'b' && b != 'f') {
      throw broken();
    }
    to[position] = '\\';
    to[position + 1] = b;
    return position + 2;
  }

  private static int controlCharacter(byte b, byte[] to, int position) {
    to[position] = '\\';
    to[position + 1] = 'u';
    to[position + 2] = '0';
    to[position + 3] = '0';
    to[position + 4] = HEX[b >> 4];
    to[position + 5] = HEX[b & 15];
    return position + 6;
  }

  /**
   * Writes a field as it is in the database; returns the index of its delimiter, or -1 if it holds
   * a control character, which must not stand in a record.
   */
  private static int verbatim(byte[] row, int from, int rowEnd, RecordBuffer out) {
    int at = from;
    while (at >= 0 && !isDelimiter(row[at])) {
      int limit = at + Math.min(CHUNK, rowEnd - at);
      out.ensure(limit - at);
      at = verbatimChunk(row, at, limit, out);
    }
    return at;
  }

  private static int verbatimChunk(byte[] row, int from, int limit, RecordBuffer out) {
    byte[] to = out.array();
    int position = out.position();
    int at = from;
    while (at < limit) {
      int plain = plainJson(row, at, limit, to, position);
      at += plain;
      position += plain;
      if (at >= limit || isDelimiter(row[at])) {
        break;
      }
      if (row[at] != '\\' || row[at + 1] != '\\') {
        return -1;
      }
      to[position++] = '\\';
      at += 2;
    }
    out.position(position);
    return at;
  }

  /** As {@link #plainText}, but quotes need no look. */
  private static int plainJson(byte[] row, int from, int limit, byte[] to, int position) {
    int at = from;
    int put = position;
    while (at <= limit - 8) {
      long word = (long) LONGS.get(row, at);
      LONGS.set(to, put, word);
      long backslash = word ^ (ONES * '\\');
      long marked = (((word - ONES * 0x20) & ~word) | ((backslash - ONES) & ~backslash)) & HIGHS;
      if (marked != 0) {
        return at - from + (Long.numberOfTrailingZeros(marked) >>> 3);
      }
      at += 8;
      put += 8;
    }
    while (at < limit && row[at] != '\\' && (row[at] >= 0x20 || row[at] < 0)) {
      to[put++] = row[at++];
    }
    return at - from;
  }
}

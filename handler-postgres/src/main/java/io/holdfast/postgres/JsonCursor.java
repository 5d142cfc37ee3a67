package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.corrupt;
import static io.holdfast.postgres.BadRecordException.mismatch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A place in a range of UTF-8 JSON, and the moves over it that reading records needs. Never reads
 * outside the range, never recurses, whatever the bytes are. What it reads last stands in {@link
 * #text} between {@link #textFrom} and {@link #textTo}. Used by one thread at a time.
 */
final class JsonCursor {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  /** The nesting that the format allows. */
  static final int MAX_DEPTH = 100_000;

  private final CopyBuffer scratch = new CopyBuffer(256);
  private long[] nesting = new long[4];

  byte[] bytes = new byte[0];
  int pos;
  int end;

  byte[] text = bytes;
  int textFrom;
  int textTo;

  void over(byte[] newBytes, int from, int to) {
    bytes = newBytes;
    pos = from;
    end = to;
  }

  /** The byte at the cursor, or 0 at the end of the range. */
  int peek() {
    return pos < end ? bytes[pos] : 0;
  }

  /** Whether this key comes next; moves past it if so. */
  boolean skip(RecordKey key) {
    if (key.matches(bytes, pos, end)) {
      pos += key.length();
      return true;
    }
    return false;
  }

  /** Whether that byte comes next; moves past it if so. */
  boolean skip(int expected) {
    if (pos < end && bytes[pos] == expected) {
      pos++;
      return true;
    }
    return false;
  }

  void expect(int expected) {
    if (!skip(expected)) {
      throw corrupt("'" + (char) expected + "' is missing");
    }
  }

  /** Moves past white space. A newline is none: it ends a record. */
  void skipSpace() {
    while (pos < end && (bytes[pos] == ' ' || bytes[pos] == '\t')) {
      pos++;
    }
  }

  /** Whether the value at the cursor is {@code null}; moves past it if so. */
  boolean skipNull() {
    int at = pos;
    if (at < end && bytes[at] == 'n') {
      if (end - at < 4 || bytes[at + 1] != 'u' || bytes[at + 2] != 'l' || bytes[at + 3] != 'l') {
        throw corrupt("a word that is no JSON value");
      }
      pos = at + 4;
      return true;
    }
    return false;
  }

  /** Moves past the opening quote of a string. */
  void beginString() {
    if (pos >= end || bytes[pos] != '"') {
      throw noString();
    }
    pos++;
  }

  private BadRecordException noString() {
    return isValueStart(peek())
        ? mismatch("a value that is not a string")
        : corrupt("a value that is not JSON");
  }

  /** Whether a comma or brace stands there, as behind a value that the writer has written. */
  boolean isEndOfValue(int at) {
    return at < end && (bytes[at] == ',' || bytes[at] == '}');
  }

  /** Reads a string; its unescaped bytes become the text. */
  void readString() {
    beginString();
    int from = pos;
    int to = endOfPlain(from);
    if (to < end && bytes[to] == '"') {
      range(from, to);
      pos = to + 1;
      return;
    }
    scratch.reset();
    unescape(scratch);
    text = scratch.array();
    textFrom = 0;
    textTo = scratch.position();
  }

  /** Appends the rest of a string, of which the opening quote was read, and moves past it. */
  void unescape(CopyBuffer out) {
    while (plainRun(out)) {
      int code = escapedCode();
      if (code < 0x80) {
        out.append(code);
      } else {
        appendUtf8(code, out);
      }
    }
  }

  /**
   * Appends the bytes up to the next escape or the end of the string.
   *
   * @return true if an escape comes next, with the cursor behind its backslash; false if the string
   *     has ended, with the cursor behind its quote
   */
  boolean plainRun(CopyBuffer out) {
    int from = pos;
    int to = endOfPlain(from);
    out.append(bytes, from, to - from);
    if (to >= end) {
      throw corrupt("a string that does not end");
    }
    pos = to + 1;
    byte stop = bytes[to];
    if (stop == '"') {
      return false;
    }
    if (stop != '\\') {
      throw corrupt("a control character inside a string");
    }
    return true;
  }

  /**
   * Moves past a string, checking its escapes.
   *
   * @return whether it holds U+0000
   */
  boolean passString() {
    beginString();
    boolean zero = false;
    while (true) {
      int at = endOfPlain(pos);
      if (at >= end) {
        throw corrupt("a string that does not end");
      }
      pos = at + 1;
      if (bytes[at] == '"') {
        return zero;
      }
      if (bytes[at] != '\\') {
        throw corrupt("a control character inside a string");
      }
      if (skipZeroEscape()) {
        zero = true;
      } else {
        escapedCode();
      }
    }
  }

  /** Appends a string's unescaped bytes, U+0000 as a zero byte, and moves past it. */
  void readStringWithZero(CopyBuffer out) {
    beginString();
    while (plainRun(out)) {
      if (skipZeroEscape()) {
        out.append(0);
      } else {
        appendUtf8(escapedCode(), out);
      }
    }
  }

  /** Whether the escape behind a backslash stands for U+0000; moves past it if so. */
  private boolean skipZeroEscape() {
    if (end - pos < 5 || bytes[pos] != 'u') {
      return false;
    }
    for (int i = 1; i <= 4; i++) {
      if (bytes[pos + i] != '0') {
        return false;
      }
    }
    pos += 5;
    return true;
  }

  /** Reads what follows a backslash: the code point that it stands for. */
  int escapedCode() {
    if (pos >= end) {
      throw corrupt("a string that does not end");
    }
    byte escape = bytes[pos++];
    return switch (escape) {
      case '"', '\\', '/' -> escape;
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> unicodeEscape();
      default -> throw corrupt("an escape that JSON does not know");
    };
  }

  private int unicodeEscape() {
    int code = hex4();
    if (code == 0) {
      throw mismatch("the character \\u0000, which PostgreSQL cannot store");
    }
    if (code < 0xD800 || code > 0xDFFF) {
      return code;
    }
    if (code > 0xDBFF || end - pos < 6 || bytes[pos] != '\\' || bytes[pos + 1] != 'u') {
      throw mismatch("half of a surrogate pair, which is no character");
    }
    pos += 2;
    int low = hex4();
    if (low < 0xDC00 || low > 0xDFFF) {
      throw mismatch("half of a surrogate pair, which is no character");
    }
    return Character.toCodePoint((char) code, (char) low);
  }

  private int hex4() {
    if (end - pos < 4) {
      throw corrupt("a string that does not end");
    }
    int code = 0;
    for (int i = 0; i < 4; i++) {
      int digit = hexDigit(bytes[pos++]);
      if (digit < 0) {
        throw corrupt("a \\u escape without four hexadecimal digits");
      }
      code = (code << 4) | digit;
    }
    return code;
  }

  /** The value of a hexadecimal digit, or -1. */
  static int hexDigit(byte digit) {
    if (digit >= '0' && digit <= '9') {
      return digit - '0';
    }
    int letter = digit | 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
  }

  static void appendUtf8(int code, CopyBuffer out) {
    if (code < 0x80) {
      out.append(code);
    } else if (code < 0x800) {
      out.append(0xC0 | (code >> 6));
      out.append(continuation(code));
    } else if (code < 0x10000) {
      out.append(0xE0 | (code >> 12));
      out.append(continuation(code >> 6));
      out.append(continuation(code));
    } else {
      out.append(0xF0 | (code >> 18));
      out.append(continuation(code >> 12));
      out.append(continuation(code >> 6));
      out.append(continuation(code));
    }
  }

  private static int continuation(int code) {
    return 0x80 | (code & 0x3F);
  }

  /** Where the first quote, backslash or control character stands from there on, or the end. */
  int endOfPlain(int from) {
    byte[] array = bytes;
    int at = from;
    int lastLong = end - Long.BYTES;
    while (at <= lastLong) {
      long stops = stops((long) LONGS.get(array, at));
      if (stops != 0) {
        return at + (Long.numberOfTrailingZeros(stops) >> 3);
      }
      at += Long.BYTES;
    }
    while (at < end) {
      byte b = array[at];
      if (b == '"' || b == '\\' || (b >= 0 && b < 0x20)) {
        return at;
      }
      at++;
    }
    return end;
  }

  /** Eight bytes at once; the lowest bit that is set is exact, higher ones may not be. */
  private static long stops(long word) {
    long quote = word ^ ('"' * ONES);
    long backslash = word ^ ('\\' * ONES);
    return (((quote - ONES) & ~quote)
            | ((backslash - ONES) & ~backslash)
            | ((word - ' ' * ONES) & ~word))
        & HIGH_BITS;
  }

  /** Reads {@code true} or {@code false}, which becomes the text. */
  void readBoolean() {
    int length = peek() == 't' ? 4 : 5;
    String word = length == 4 ? "true" : "false";
    if (end - pos < length) {
      throw unfit("a value that is not a boolean");
    }
    for (int i = 0; i < length; i++) {
      if (bytes[pos + i] != word.charAt(i)) {
        throw unfit("a value that is not a boolean");
      }
    }
    range(pos, pos + length);
    pos += length;
  }

  /** Reads a number without fraction or exponent, which becomes the text. */
  void readInteger() {
    int at = pos;
    if (at < end && bytes[at] == '-') {
      at++;
    }
    int digits = at;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      at++;
    }
    if (at == digits || (at < end && isNumberByte(bytes[at]))) {
      throw unfit("a value that is not an integer");
    }
    range(pos, at);
    pos = at;
  }

  /** Reads any JSON number, which becomes the text. */
  void readNumber() {
    int at = pos;
    if (at < end && bytes[at] == '-') {
      at++;
    }
    if (at >= end || bytes[at] < '0' || bytes[at] > '9') {
      throw unfit("a value that is not a number");
    }
    while (at < end && isNumberByte(bytes[at])) {
      at++;
    }
    range(pos, at);
    pos = at;
  }

  private BadRecordException unfit(String what) {
    return pos < end ? mismatch(what) : corrupt("no value where one must be");
  }

  private static boolean isNumberByte(byte b) {
    return (b >= '0' && b <= '9') || b == '.' || b == 'e' || b == 'E' || b == '+' || b == '-';
  }

  private static boolean isValueStart(int b) {
    return (b >= '0' && b <= '9') || b == '-' || b == '{' || b == '[' || b == 't' || b == 'f';
  }

  /**
   * Reads any value but checks no more than its strings and brackets; its JSON becomes the text.
   */
  void readVerbatim() {
    int from = pos;
    skipValue();
    range(from, pos);
  }

  void skipValue() {
    switch (peek()) {
      case '"' -> {
        pos++;
        skipString();
      }
      case '{', '[' -> skipContainer();
      case 't', 'f' -> readBoolean();
      case 'n' -> skipNull();
      default -> readNumber();
    }
  }

  private void skipString() {
    for (; ; ) {
      int at = endOfPlain(pos);
      if (at >= end) {
        throw corrupt("a string that does not end");
      }
      pos = at + 1;
      if (bytes[at] == '"') {
        return;
      }
      if (bytes[at] != '\\') {
        throw corrupt("a control character inside a string");
      }
      // Whatever was escaped is not the closing quote. The server checks which escape it is.
      pos++;
    }
  }

  private void skipContainer() {
    int depth = 0;
    while (pos < end) {
      byte b = bytes[pos++];
      if (b == '"') {
        skipString();
      } else if (b == '{' || b == '[') {
        push(depth++, b == '{');
      } else if (b == '}' || b == ']') {
        pop(--depth, b == '}');
        if (depth == 0) {
          return;
        }
      } else if (b >= 0 && b < ' ' && b != '\t') {
        throw corrupt("a control character");
      }
    }
    throw corrupt("brackets that are not closed");
  }

  private void push(int depth, boolean object) {
    if (depth >= MAX_DEPTH) {
      throw corrupt("nesting deeper than " + MAX_DEPTH);
    }
    int word = depth >> 6;
    if (word == nesting.length) {
      nesting = Arrays.copyOf(nesting, 2 * word);
    }
    long bit = 1L << depth;
    nesting[word] = object ? nesting[word] | bit : nesting[word] & ~bit;
  }

  private void pop(int depth, boolean object) {
    if ((((nesting[depth >> 6] >> depth) & 1) == 1) != object) {
      throw corrupt("brackets that do not match");
    }
  }

  /**
   * If the value at the cursor is an object with a single key that begins with {@code $}, and a
   * string or object as its value, moves to that value.
   *
   * @return the key, or the empty string, with the cursor where it was
   */
  String enterTyped() {
    int start = pos;
    if (skip('{')) {
      skipSpace();
      if (peek() == '"' && pos + 1 < end && bytes[pos + 1] == '$') {
        readString();
        if (textTo - textFrom <= 32) {
          final String key = textAsString();
          skipSpace();
          if (skip(':')) {
            skipSpace();
            return key;
          }
        }
      }
    }
    pos = start;
    return "";
  }

  /** Moves past the brace that ends a typed value. */
  void leaveTyped() {
    skipSpace();
    if (!skip('}')) {
      throw mismatch("an object that is neither a typed value nor plain JSON");
    }
  }

  void range(int from, int to) {
    text = bytes;
    textFrom = from;
    textTo = to;
  }

  String textAsString() {
    return new String(text, textFrom, textTo - textFrom, StandardCharsets.UTF_8);
  }
}

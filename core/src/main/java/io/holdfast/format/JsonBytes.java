package io.holdfast.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Collects JSON values from a parser as compact UTF-8 on one line. Numbers keep their text, strings
 * their characters; half a surrogate pair, which UTF-8 cannot carry, stays an escape. Memory is
 * bounded by the limit that {@link #limit} sets. Used by one thread.
 */
final class JsonBytes extends Writer {
  private static final String HEX = "0123456789abcdef";

  private final Deque<Set<String>> openObjects = new ArrayDeque<>();
  private byte[] bytes = new byte[1 << 12];
  private int size;
  private int end = Integer.MAX_VALUE;
  private char high;

  /** A value broke a rule; the caller knows where and says it. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FormatException.Kind kind;

    Refused(FormatException.Kind kind, String what) {
      super(what, null, false, false);
      this.kind = kind;
    }

    FormatException.Kind kind() {
      return kind;
    }
  }

  /** From now on, no more than that many further bytes. */
  void limit(int furtherBytes) {
    end = (int) Math.min(Integer.MAX_VALUE - 16L, (long) size + furtherBytes);
  }

  int size() {
    return size;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** The bytes, of which the first {@link #size} count; valid until the next change. */
  byte[] array() {
    return bytes;
  }

  /** Takes the end away again. */
  void truncate(int newSize) {
    size = newSize;
  }

  /** Empties it, and lets go of extraordinary size. */
  void reset() {
    size = 0;
    if (bytes.length > 4 * Limits.FRAME_TARGET_BYTES) {
      bytes = new byte[1 << 12];
    }
  }

  void add(String ascii) {
    for (int i = 0; i < ascii.length(); i++) {
      add(ascii.charAt(i));
    }
  }

  /** Appends a string in quotes. */
  void addString(String value) {
    add('"');
    write(value);
    endString();
  }

  /** Appends the string at which the parser stands. */
  void addString(JsonParser parser) throws IOException {
    add('"');
    parser.getText(this);
    endString();
  }

  /**
   * Appends the value at whose first token the parser stands; leaves it at the last one.
   *
   * @throws Refused if it is too large, nested too deeply or has a key twice in one object
   */
  void addValue(JsonParser parser) throws IOException {
    openObjects.clear();
    int depth = 0;
    boolean separate = false;
    JsonToken token = parser.currentToken();
    while (true) {
      if (separate && token != JsonToken.END_OBJECT && token != JsonToken.END_ARRAY) {
        add(',');
      }
      depth = add(parser, token, depth);
      if (depth == 0) {
        return;
      }
      separate =
          token != JsonToken.FIELD_NAME
              && token != JsonToken.START_OBJECT
              && token != JsonToken.START_ARRAY;
      token = parser.nextToken();
    }
  }

  /** Appends one token; returns how many brackets are open then. */
  private int add(JsonParser parser, JsonToken token, int depth) throws IOException {
    switch (token) {
      case START_OBJECT, START_ARRAY -> {
        if (depth >= Limits.NESTING) {
          throw new Refused(
              FormatException.Kind.TOO_LARGE,
              "is nested more than " + Limits.NESTING + " levels deep");
        }
        boolean object = token == JsonToken.START_OBJECT;
        add(object ? '{' : '[');
        if (object) {
          openObjects.push(new HashSet<>(8));
        }
        return depth + 1;
      }
      case END_OBJECT -> {
        add('}');
        openObjects.pop();
        return depth - 1;
      }
      case END_ARRAY -> {
        add(']');
        return depth - 1;
      }
      case FIELD_NAME -> {
        String name = parser.currentName();
        if (!openObjects.element().add(name)) {
          throw new Refused(FormatException.Kind.CORRUPT, "has the same key twice in one object");
        }
        addString(name);
        add(':');
      }
      case VALUE_STRING -> addString(parser);
      // Numbers, true, false, null: their text, never their value.
      default -> add(parser.getText());
    }
    return depth;
  }

  @Override
  public void write(char[] chars, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      character(chars[i]);
    }
  }

  @Override
  public void write(String text) {
    write(text, 0, text.length()); // Writer's own throws IOException
  }

  @Override
  public void write(String text, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      character(text.charAt(i));
    }
  }

  @Override
  public void flush() {
    // Everything is in memory.
  }

  @Override
  public void close() {
    // Nothing is held.
  }

  private void endString() {
    dropHigh();
    add('"');
  }

  private void character(char c) {
    if (high != 0 && Character.isLowSurrogate(c)) {
      int codePoint = Character.toCodePoint(high, c);
      high = 0;
      add(0xf0 | codePoint >> 18);
      addContinuation(codePoint >> 12);
      addContinuation(codePoint >> 6);
      addContinuation(codePoint);
      return;
    }
    dropHigh();
    if (Character.isHighSurrogate(c)) {
      high = c;
    } else if (Character.isLowSurrogate(c) || c < 0x20) {
      escape(c);
    } else if (c == '"' || c == '\\') {
      add('\\');
      add(c);
    } else if (c < 0x80) {
      add(c);
    } else if (c < 0x800) {
      add(0xc0 | c >> 6);
      addContinuation(c);
    } else {
      add(0xe0 | c >> 12);
      addContinuation(c >> 6);
      addContinuation(c);
    }
  }

  private void dropHigh() {
    if (high != 0) {
      char alone = high;
      high = 0;
      escape(alone);
    }
  }

  private void escape(char c) {
    int shortForm = "\b\t\n\f\r".indexOf(c);
    add('\\');
    if (shortForm >= 0) {
      add("btnfr".charAt(shortForm));
      return;
    }
    add('u');
    for (int shift = 12; shift >= 0; shift -= 4) {
      add(HEX.charAt(c >> shift & 0xf));
    }
  }

  private void addContinuation(int bits) {
    add(0x80 | (bits & 0x3f));
  }

  private void add(int b) {
    if (size >= end) {
      throw new Refused(FormatException.Kind.TOO_LARGE, "is larger than the limit");
    }
    if (size == bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(2L * size, Integer.MAX_VALUE - 16L));
    }
    bytes[size++] = (byte) b;
  }
}

package io.holdfast.format;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * Checks the raw bytes of a record frame: a fast check of its form, made for every frame that is
 * written or read, and a full check of its JSON, made by {@code verify}.
 */
public final class RecordFrame {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private RecordFrame() {}

  /**
   * Checks that the bytes are that many records in braces, joined by a comma and a newline, in
   * valid UTF-8, without any other control character.
   *
   * @throws FormatException of kind {@code CORRUPT} that says what is wrong where
   */
  public static void checkForm(byte[] bytes, int start, int end, int count) {
    if (end - start < 2 || bytes[start] != '{' || bytes[end - 1] != '}') {
      throw corrupt("does not begin and end with a record", 0);
    }
    int separators = 0;
    int i = start;
    while (i < end) {
      i = skipPlainAscii(bytes, i, end);
      if (i >= end) {
        break;
      }
      int b = bytes[i];
      if (b < 0) {
        i = Utf8.next(bytes, i, end);
        if (i < 0) {
          throw corrupt("is not valid UTF-8", separators);
        }
      } else {
        if (b != '\n' || i + 1 >= end || bytes[i + 1] != '{' || !closes(bytes, start, i)) {
          throw corrupt("holds the control character " + b, separators);
        }
        separators++;
        i++;
      }
    }
    if (separators + 1 != count) {
      throw corrupt("has " + (separators + 1) + " records where " + count + " were expected", 0);
    }
  }

  private static boolean closes(byte[] bytes, int start, int newline) {
    return newline - 2 >= start && bytes[newline - 1] == ',' && bytes[newline - 2] == '}';
  }

  /** The position of the next byte below 0x20 or above 0x7f, or {@code end}; eight at a time. */
  private static int skipPlainAscii(byte[] bytes, int from, int end) {
    int i = from;
    while (i + 8 <= end) {
      long word = (long) LONGS.get(bytes, i);
      long suspicious = (((word - ONES * 0x20) & ~word) | word) & HIGH_BITS;
      if (suspicious != 0) {
        return i + (Long.numberOfTrailingZeros(suspicious) >>> 3);
      }
      i += 8;
    }
    while (i < end && bytes[i] >= 0x20) {
      i++;
    }
    return i;
  }

  /**
   * Checks that every record is a JSON object by RFC 8259, not nested more deeply than the limit.
   * The form was checked before.
   *
   * @throws FormatException of kind {@code CORRUPT} or {@code TOO_LARGE} that says what is wrong
   */
  public static void checkJson(byte[] bytes, int start, int end) {
    new JsonCheck(bytes, end).records(start);
  }

  private static FormatException corrupt(String what, int record) {
    return new FormatException(
        FormatException.Kind.CORRUPT,
        "A frame of records " + what + (record == 0 ? "." : ", after its record " + record + "."));
  }

  /** One pass over the records of a frame; a bit per open bracket instead of recursion. */
  private static final class JsonCheck {
    private final byte[] bytes;
    private final int end;
    private final BitSet objects = new BitSet();
    private int depth;
    private int position;
    private int record;

    JsonCheck(byte[] bytes, int end) {
      this.bytes = bytes;
      this.end = end;
    }

    void records(int start) {
      position = start;
      while (true) {
        record++;
        if (peek() != '{') {
          throw broken("is not an object");
        }
        value();
        if (position == end) {
          return;
        }
        if (take() != ',' || take() != '\n') {
          throw broken("is followed by something else than the next record");
        }
      }
    }

    /** One value with everything in it. */
    private void value() {
      int floor = depth;
      do {
        if (openOrScalar()) {
          continue;
        }
        closeAndSeparate(floor);
      } while (depth > floor);
    }

    /** Reads the beginning of a value; true if another value must follow at once. */
    private boolean openOrScalar() {
      space();
      int b = take();
      if (b == '{') {
        push(true);
        space();
        if (peek() != '}') {
          key();
          return true;
        }
      } else if (b == '[') {
        push(false);
        space();
        return peek() != ']';
      } else {
        scalar(b);
      }
      return false;
    }

    /** After a value: closes what ends here, until a comma asks for the next value. */
    private void closeAndSeparate(int floor) {
      while (depth > floor) {
        space();
        boolean object = objects.get(depth - 1);
        int b = take();
        if (b == ',') {
          if (object) {
            key();
          }
          return;
        }
        if (b != (object ? '}' : ']')) {
          throw broken("has a value that is followed by neither comma nor bracket");
        }
        depth--;
      }
    }

    private void push(boolean object) {
      if (depth >= Limits.NESTING) {
        throw new FormatException(
            FormatException.Kind.TOO_LARGE,
            "A record is nested more than " + Limits.NESTING + " levels deep.");
      }
      objects.set(depth++, object);
    }

    private void key() {
      space();
      if (take() != '"') {
        throw broken("has a key that is not a string");
      }
      string();
      space();
      if (take() != ':') {
        throw broken("has a key without a value");
      }
    }

    private void scalar(int first) {
      switch (first) {
        case '"' -> string();
        case 't' -> literal("rue");
        case 'f' -> literal("alse");
        case 'n' -> literal("ull");
        default -> number(first);
      }
    }

    private void string() {
      while (true) {
        int b = take();
        if (b == '"') {
          return;
        }
        if (b == '\\') {
          escape();
        } else if (b >= 0 && b < 0x20) {
          // The one newline that the form allows separates records; it may not stand in a string.
          throw broken("has a string that holds a control character");
        }
      }
    }

    private void escape() {
      int b = take();
      if (b == 'u') {
        for (int i = 0; i < 4; i++) {
          if (Character.digit(take(), 16) < 0) {
            throw broken("has a malformed escape");
          }
        }
      } else if ("\"\\/bfnrt".indexOf(b) < 0) {
        throw broken("has a malformed escape");
      }
    }

    private void literal(String rest) {
      for (int i = 0; i < rest.length(); i++) {
        if (take() != rest.charAt(i)) {
          throw broken("has a word that is no JSON literal");
        }
      }
    }

    private void number(int first) {
      int b = first == '-' ? take() : first;
      if (b == '0') {
        b = peek();
      } else {
        b = digits(b);
      }
      if (b == '.') {
        position++;
        b = digits(take());
      }
      if (b == 'e' || b == 'E') {
        position++;
        int sign = take();
        digits(sign == '+' || sign == '-' ? take() : sign);
      }
    }

    /** At least one digit, the first already taken; the byte after them, not taken. */
    private int digits(int first) {
      if (first < '0' || first > '9') {
        throw broken("has a malformed value");
      }
      int b = peek();
      while (b >= '0' && b <= '9') {
        position++;
        b = peek();
      }
      return b;
    }

    private void space() {
      while (position < end && bytes[position] == ' ') {
        position++;
      }
    }

    private int peek() {
      return position < end ? bytes[position] : -1;
    }

    private int take() {
      if (position >= end) {
        throw broken("ends too early");
      }
      return bytes[position++];
    }

    private FormatException broken(String what) {
      return new FormatException(
          FormatException.Kind.CORRUPT, "Record " + record + " of a frame " + what + ".");
    }
  }
}

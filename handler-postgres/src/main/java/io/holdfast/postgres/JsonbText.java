package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.corrupt;
import static io.holdfast.postgres.BadRecordException.mismatch;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * Copies self-describing values so that {@code jsonb} keeps them exactly, from bytes to bytes and
 * in one pass: what {@code jsonb} would change or refuse (an exponent, {@code -0.0}, U+0000) is
 * written in the forms that {@code docs/FORMAT.md} has for it, section 3. Used by one thread at a
 * time.
 *
 * <p>That a key holds U+0000 changes how its object begins. That is so rare that nobody looks for
 * it until one was met: the record is then copied again, carefully.
 */
final class JsonbText {
  /** More than any database of documents allows, and far less than fills a thread's stack. */
  static final int MAX_DEPTH = 1_000;

  private static final byte[] BEGIN_MAP = ascii("{\"$map\":[");
  private static final byte[] BEGIN_TEXT = ascii("{\"$text\":\"");
  private static final byte[] BEGIN_DOUBLE = ascii("{\"$numberDouble\":\"");

  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  /** Numbers with no more digits before or behind the point are written without an exponent. */
  private static final int MAX_PLAIN_DIGITS = 24;

  private final JsonCursor in;
  private final CopyBuffer scratch = new CopyBuffer(256);
  private boolean careful;
  private boolean zeroInKey;

  /** Up to where the source's bytes have been copied. */
  private int copied;

  /**
   * @param in the cursor that values are read from
   */
  JsonbText(JsonCursor in) {
    this.in = in;
  }

  /**
   * Begins with another record.
   *
   * @param lookAtKeys whether to look for keys with U+0000
   */
  void begin(boolean lookAtKeys) {
    careful = lookAtKeys;
    zeroInKey = false;
  }

  /** Whether a key with U+0000 was met unprepared: all since {@link #begin} is to be done again. */
  boolean mustBeCareful() {
    return zeroInKey && !careful;
  }

  /** Appends the value at the cursor and moves past it. */
  void value(CopyBuffer out) {
    copied = in.pos;
    copy(out, 1);
    flush(in.pos, out);
  }

  /**
   * Moves past a key.
   *
   * @return whether it holds U+0000
   */
  boolean passKey() {
    boolean zero = in.passString();
    zeroInKey |= zero;
    return zero;
  }

  /** Whether a key of the object at the cursor, which stays where it is, holds U+0000. */
  boolean hasZeroInKeys() {
    int start = in.pos;
    boolean zero = false;
    in.expect('{');
    in.skipSpace();
    if (!in.skip('}')) {
      do {
        in.skipSpace();
        zero |= in.passString();
        passColon();
        in.skipValue();
        in.skipSpace();
      } while (in.skip(','));
      in.expect('}');
    }
    in.pos = start;
    return zero;
  }

  /** Moves past a colon and the space around it. */
  void passColon() {
    in.skipSpace();
    in.expect(':');
    in.skipSpace();
  }

  static void beginMap(CopyBuffer out) {
    append(BEGIN_MAP, out);
  }

  static void endMap(CopyBuffer out) {
    out.append(']');
    out.append('}');
  }

  /**
   * Appends the key at the cursor, of a map that is written as pairs, without the {@code $} in
   * front that tells it from a typed value, and moves past it.
   *
   * @param field whether it is the name of a field, of which {@code id} has a {@code $}, too
   */
  void pairKey(boolean field, CopyBuffer out) {
    scratch.reset();
    in.readStringWithZero(scratch);
    byte[] key = scratch.array();
    int from = scratch.position() > 0 && key[0] == '$' ? 1 : 0;
    if (from == 1 && !field && (scratch.position() == 1 || key[1] != '$')) {
      throw mismatch("a typed value that has other keys");
    }
    if (indexOfZero(key, from, scratch.position()) < 0) {
      quoted(key, from, scratch.position(), out);
    } else {
      wrapped(key, from, scratch.position(), out);
    }
  }

  private static int indexOfZero(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == 0) {
        return i;
      }
    }
    return -1;
  }

  private void copy(CopyBuffer out, int depth) {
    switch (in.peek()) {
      case '"' -> string(out);
      case '{' -> object(out, deeper(depth));
      case '[' -> array(out, deeper(depth));
      case 't', 'f' -> in.readBoolean();
      case 'n' -> in.skipNull();
      default -> number(out);
    }
  }

  private static int deeper(int depth) {
    if (depth > MAX_DEPTH) {
      throw mismatch("a field that is nested deeper than " + MAX_DEPTH + " levels");
    }
    return depth + 1;
  }

  private void string(CopyBuffer out) {
    int start = in.pos;
    if (in.passString()) {
      flush(start, out);
      in.pos = start;
      scratch.reset();
      in.readStringWithZero(scratch);
      wrapped(scratch.array(), 0, scratch.position(), out);
      copied = in.pos;
    }
  }

  private void object(CopyBuffer out, int depth) {
    if (careful && hasZeroInKeys()) {
      pairs(out, depth);
      return;
    }
    in.expect('{');
    in.skipSpace();
    if (in.skip('}')) {
      return;
    }
    do {
      in.skipSpace();
      passKey();
      passColon();
      copy(out, depth);
      in.skipSpace();
    } while (in.skip(','));
    in.expect('}');
  }

  private void pairs(CopyBuffer out, int depth) {
    flush(in.pos, out);
    beginMap(out);
    in.expect('{');
    boolean first = true;
    do {
      if (!first) {
        out.append(',');
      }
      first = false;
      out.append('[');
      in.skipSpace();
      pairKey(false, out);
      passColon();
      out.append(',');
      copied = in.pos;
      copy(out, depth);
      flush(in.pos, out);
      out.append(']');
      in.skipSpace();
    } while (in.skip(','));
    in.expect('}');
    endMap(out);
    copied = in.pos;
  }

  private void array(CopyBuffer out, int depth) {
    in.expect('[');
    in.skipSpace();
    if (in.skip(']')) {
      return;
    }
    do {
      in.skipSpace();
      copy(out, depth);
      in.skipSpace();
    } while (in.skip(','));
    in.expect(']');
  }

  private void number(CopyBuffer out) {
    int start = in.pos;
    in.readNumber();
    if (!isKept(start, in.pos)) {
      flush(start, out);
      rewritten(new String(in.bytes, start, in.pos - start, StandardCharsets.US_ASCII), out);
      copied = in.pos;
    }
  }

  /** Numbers of {@code jsonb} keep their scale, but have neither exponent nor negative zero. */
  private boolean isKept(int from, int to) {
    byte[] bytes = in.bytes;
    boolean fraction = false;
    boolean zero = true;
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      if (b == 'e' || b == 'E') {
        return false;
      }
      fraction |= b == '.';
      zero &= b < '1' || b > '9';
    }
    return !(zero && fraction && bytes[from] == '-');
  }

  private static void rewritten(String number, CopyBuffer out) {
    if (!NUMBER.matcher(number).matches()) {
      throw corrupt("a number that is not JSON");
    }
    String plain = plain(number);
    if (plain.isEmpty()) {
      append(BEGIN_DOUBLE, out);
      append(ascii(number), out);
      out.append('"');
      out.append('}');
    } else {
      append(ascii(plain), out);
    }
  }

  /** The same number, with a fraction and without exponent; empty if that is long or not exact. */
  private static String plain(String number) {
    int exponent = Math.max(number.indexOf('e'), number.indexOf('E'));
    if (exponent < 0 || number.length() - exponent > 5 || exponent > MAX_PLAIN_DIGITS) {
      return "";
    }
    BigDecimal decimal = new BigDecimal(number);
    if (decimal.signum() == 0
        || decimal.scale() > MAX_PLAIN_DIGITS
        || decimal.precision() - decimal.scale() > MAX_PLAIN_DIGITS) {
      return "";
    }
    String plain = decimal.toPlainString();
    return decimal.scale() > 0 ? plain : plain + ".0";
  }

  private static void wrapped(byte[] text, int from, int to, CopyBuffer out) {
    append(BEGIN_TEXT, out);
    append(Base64.getEncoder().encode(Arrays.copyOfRange(text, from, to)), out);
    out.append('"');
    out.append('}');
  }

  private static void quoted(byte[] text, int from, int to, CopyBuffer out) {
    out.append('"');
    for (int i = from; i < to; i++) {
      byte b = text[i];
      if (b == '"' || b == '\\') {
        out.append('\\');
        out.append(b);
      } else if (b >= 0 && b < ' ') {
        append(ascii("\\u%04x".formatted(b)), out);
      } else {
        out.append(b);
      }
    }
    out.append('"');
  }

  private void flush(int to, CopyBuffer out) {
    out.append(in.bytes, copied, to - copied);
    copied = to;
  }

  private static void append(byte[] bytes, CopyBuffer out) {
    out.append(bytes, 0, bytes.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}

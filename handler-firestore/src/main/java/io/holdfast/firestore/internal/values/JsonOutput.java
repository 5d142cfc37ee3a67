package io.holdfast.firestore.internal.values;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** JSON text as UTF-8 in a growing array, which is used again and again. Used by one thread. */
public final class JsonOutput {
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);
  private static final char[] BASE64 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".toCharArray();

  /** Beyond this, the array is not kept for the next document. */
  private static final int KEEP_BYTES = 256 << 10;

  /** How many characters of a string are written after one look at the room there is. */
  private static final int STEP = 1024;

  private byte[] bytes = new byte[1 << 12];
  private int size;

  /** A new, empty one. */
  public JsonOutput() {}

  /** Empties it. */
  public void reset() {
    size = 0;
    if (bytes.length > KEEP_BYTES) {
      bytes = new byte[1 << 12];
    }
  }

  /** The array behind it; any call that writes may replace it. */
  public byte[] array() {
    return bytes;
  }

  /** How many bytes of {@link #array} were written. */
  public int size() {
    return size;
  }

  void ascii(char c) {
    ensure(1);
    bytes[size++] = (byte) c;
  }

  @SuppressWarnings("deprecation") // copies the low bytes, which is all that ASCII has
  void ascii(String text) {
    ensure(text.length());
    text.getBytes(0, text.length(), bytes, size);
    size += text.length();
  }

  /** A string in quotes, with the shortest escapes. */
  void string(String text) {
    ascii('"');
    stringPart(text);
    ascii('"');
  }

  /** What stands between the quotes of a string. */
  void stringPart(String text) {
    int length = text.length();
    for (int from = 0; from < length; ) {
      int to = Math.min(length, from + STEP);
      if (to < length && Character.isHighSurrogate(text.charAt(to - 1))) {
        to++;
      }
      ensure(6 * (to - from));
      characters(text, from, to);
      from = to;
    }
  }

  private void characters(String text, int from, int to) {
    byte[] out = bytes;
    int at = size;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        if (c >= 0x20 && c != '"' && c != '\\') {
          out[at++] = (byte) c;
        } else {
          at = escaped(c, out, at);
        }
      } else if (c < 0x800) {
        out[at++] = (byte) (0xc0 | c >> 6);
        out[at++] = (byte) (0x80 | (c & 0x3f));
      } else if (!Character.isSurrogate(c)) {
        out[at++] = (byte) (0xe0 | c >> 12);
        out[at++] = (byte) (0x80 | (c >> 6 & 0x3f));
        out[at++] = (byte) (0x80 | (c & 0x3f));
      } else if (Character.isHighSurrogate(c)
          && i + 1 < to
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        int codePoint = Character.toCodePoint(c, text.charAt(++i));
        out[at++] = (byte) (0xf0 | codePoint >> 18);
        out[at++] = (byte) (0x80 | (codePoint >> 12 & 0x3f));
        out[at++] = (byte) (0x80 | (codePoint >> 6 & 0x3f));
        out[at++] = (byte) (0x80 | (codePoint & 0x3f));
      } else {
        // Protobuf carries no such text; but nothing is lost if one came from elsewhere.
        at = unicodeEscape(c, out, at);
      }
    }
    size = at;
  }

  private static int escaped(char c, byte[] out, int at) {
    int shortForm = "\b\t\n\f\r\"\\".indexOf(c);
    if (shortForm < 0) {
      return unicodeEscape(c, out, at);
    }
    out[at] = '\\';
    out[at + 1] = (byte) "btnfr\"\\".charAt(shortForm);
    return at + 2;
  }

  private static int unicodeEscape(char c, byte[] out, int at) {
    out[at] = '\\';
    out[at + 1] = 'u';
    for (int i = 0; i < 4; i++) {
      out[at + 2 + i] = HEX[c >> (12 - 4 * i) & 0xf];
    }
    return at + 6;
  }

  /** Bytes in standard base64 with padding, without quotes. */
  void base64(ByteString data) {
    int length = data.size();
    ensure(4 * ((length + 2) / 3));
    int i = 0;
    for (; i + 3 <= length; i += 3) {
      int bits =
          (data.byteAt(i) & 0xff) << 16
              | (data.byteAt(i + 1) & 0xff) << 8
              | (data.byteAt(i + 2) & 0xff);
      quad(bits, 4);
    }
    if (length - i == 1) {
      quad((data.byteAt(i) & 0xff) << 16, 2);
    } else if (length - i == 2) {
      quad((data.byteAt(i) & 0xff) << 16 | (data.byteAt(i + 1) & 0xff) << 8, 3);
    }
  }

  private void quad(int bits, int characters) {
    for (int i = 0; i < 4; i++) {
      bytes[size++] = (byte) (i < characters ? BASE64[bits >> (18 - 6 * i) & 0x3f] : '=');
    }
  }

  private void ensure(int more) {
    if (more > bytes.length - size) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
    }
  }
}

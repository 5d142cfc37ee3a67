package io.holdfast.format;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Checks UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
 */
public final class Utf8 {
  private Utf8() {}

  /**
   * Steps over one character of two or more bytes.
   *
   * @param position where it begins; the byte there is above 0x7f
   * @return where the next one begins, or -1 if the bytes are not valid
   */
  public static int next(byte[] bytes, int position, int end) {
    int first = bytes[position] & 0xff;
    if (first < 0xc2 || first > 0xf4) {
      return -1;
    }
    int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (position + length > end) {
      return -1;
    }
    int second = bytes[position + 1] & 0xff;
    int low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    int high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) {
      return -1;
    }
    for (int i = position + 2; i < position + length; i++) {
      if ((bytes[i] & 0xc0) != 0x80) {
        return -1;
      }
    }
    return position + length;
  }

  /** The text of those bytes; unlike {@code new String}, refuses what is not valid. */
  static String decode(byte[] bytes, int offset, int length) throws CharacterCodingException {
    return StandardCharsets.UTF_8
        .newDecoder()
        .decode(ByteBuffer.wrap(bytes, offset, length))
        .toString();
  }
}

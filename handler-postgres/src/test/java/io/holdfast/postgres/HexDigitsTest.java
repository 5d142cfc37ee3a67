package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Digits become their bytes, and whatever is no digit is noticed wherever it stands. */
class HexDigitsTest {
  private final Random random = new Random(20260109);

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static boolean isDigit(int b) {
    return b >= 0 && Character.digit(b, 16) >= 0 && b < 128;
  }

  @Test
  void bytesOfAnyLengthAreRead() {
    for (int length = 0; length < 40; length++) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      String lower = HexFormat.of().formatHex(bytes);
      for (String digits : new String[] {lower, lower.toUpperCase(Locale.ROOT)}) {
        byte[] into = new byte[length + 2];
        assertThat(HexDigits.decode(ascii("-" + digits + "-"), 1, into, 1, length)).isTrue();
        assertThat(Arrays.copyOfRange(into, 1, length + 1)).isEqualTo(bytes);
        assertThat(into[length + 1]).as("what stands behind").isZero();
      }
    }
  }

  @Test
  void everyByteAtEveryPlaceIsADigitOrNot() {
    byte[] digits = ascii("0123456789abCDEFfa");
    for (int place = 0; place < digits.length; place++) {
      for (int b = Byte.MIN_VALUE; b <= Byte.MAX_VALUE; b++) {
        byte[] changed = digits.clone();
        changed[place] = (byte) b;
        byte[] into = new byte[9];
        boolean read = HexDigits.decode(changed, 0, into, 0, 9);
        assertThat(read).as("%d at %d", b, place).isEqualTo(isDigit(b));
        if (read) {
          assertThat(into)
              .isEqualTo(
                  HexFormat.of().parseHex(new String(changed, 0, 18, StandardCharsets.US_ASCII)));
        }
      }
    }
  }

  @Test
  void everyByteAtEveryPlaceOfAUuidIsChecked() {
    String text = "9629ea28-655F-401c-90f9-e238817fb0CB";
    for (int place = 0; place < text.length(); place++) {
      boolean hyphen = text.charAt(place) == '-';
      for (int b = Byte.MIN_VALUE; b <= Byte.MAX_VALUE; b++) {
        byte[] changed = ascii(text);
        changed[place] = (byte) b;
        assertThat(HexDigits.decodeUuid(changed, 0, new byte[16], 0))
            .as("%d at %d", b, place)
            .isEqualTo(hyphen ? b == '-' : isDigit(b));
      }
    }
  }

  @Test
  void uuidsAreRead() {
    for (int i = 0; i < 1_000; i++) {
      UUID uuid = new UUID(random.nextLong(), random.nextLong());
      byte[] into = new byte[17];
      assertThat(HexDigits.decodeUuid(ascii("\"" + uuid), 1, into, 1)).isTrue();
      assertThat(HexFormat.of().formatHex(into, 1, 17)).isEqualTo(uuid.toString().replace("-", ""));
    }
  }
}

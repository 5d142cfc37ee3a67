package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordFrameTest {
  private static final JsonFactory JACKSON = new JsonFactory();

  @Test
  void formIsJudgedAsByANaiveReader() {
    long seed = System.nanoTime();
    System.err.println("RecordFrameTest.formIsJudgedAsByANaiveReader: seed " + seed);
    Random random = new Random(seed);
    int good = 0;
    for (int i = 0; i < 30_000; i++) {
      int records = 1 + random.nextInt(4);
      byte[] bytes = frame(random, records);
      if (random.nextBoolean()) {
        mutate(random, bytes);
      }
      int start = random.nextInt(9);
      byte[] shifted = new byte[start + bytes.length + 3];
      System.arraycopy(bytes, 0, shifted, start, bytes.length);
      boolean expected = naiveForm(bytes, records);
      good += expected ? 1 : 0;
      assertThat(passes(() -> RecordFrame.checkForm(shifted, start, start + bytes.length, records)))
          .as("seed %d, step %d: %s", seed, i, new String(bytes, StandardCharsets.ISO_8859_1))
          .isEqualTo(expected);
    }
    assertThat(good).isBetween(3_000, 27_000);
  }

  @Test
  void jsonIsJudgedAsByJackson() {
    long seed = System.nanoTime();
    System.err.println("RecordFrameTest.jsonIsJudgedAsByJackson: seed " + seed);
    Random random = new Random(seed);
    int good = 0;
    for (int i = 0; i < 30_000; i++) {
      StringBuilder text = new StringBuilder();
      object(random, text, 3);
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      if (random.nextBoolean()) {
        mutate(random, bytes);
      }
      if (!naiveForm(bytes, 1)) {
        continue;
      }
      boolean expected = jacksonAccepts(bytes);
      good += expected ? 1 : 0;
      assertThat(passes(() -> RecordFrame.checkJson(bytes, 0, bytes.length)))
          .as("seed %d, step %d: %s", seed, i, new String(bytes, StandardCharsets.ISO_8859_1))
          .isEqualTo(expected);
    }
    assertThat(good).isGreaterThan(3_000);
  }

  @Test
  void aNewlineInAStringIsNoSeparatorToTheFullCheck() {
    // To the fast check this is two records; only the full one knows what a string is.
    byte[] bytes = "{\"a\":\"},\n{\"}".getBytes(StandardCharsets.UTF_8);
    assertThatCode(() -> RecordFrame.checkForm(bytes, 0, bytes.length, 2))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> RecordFrame.checkJson(bytes, 0, bytes.length))
        .isInstanceOf(FormatException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "}", "[]", "{}{}", "{}\n{}", "{},{}", "{} ", " {}", "{},\n"})
  void refusesWhatIsNoRecord(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    boolean form = passes(() -> RecordFrame.checkForm(bytes, 0, bytes.length, 1));
    boolean json = form && passes(() -> RecordFrame.checkJson(bytes, 0, bytes.length));
    assertThat(json).isFalse();
  }

  @Test
  void nestingUpToTheLimitIsFineAndBeyondIsNot() {
    byte[] deep = nested(Limits.NESTING);
    byte[] deeper = nested(Limits.NESTING + 1);
    assertThatCode(() -> RecordFrame.checkJson(deep, 0, deep.length)).doesNotThrowAnyException();
    assertThatThrownBy(() -> RecordFrame.checkJson(deeper, 0, deeper.length))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.TOO_LARGE));
  }

  static byte[] nested(int levels) {
    String text = "{\"a\":" + "[".repeat(levels - 1) + "]".repeat(levels - 1) + "}";
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean passes(Runnable check) {
    try {
      check.run();
      return true;
    } catch (FormatException e) {
      return false;
    }
  }

  private static boolean naiveForm(byte[] bytes, int count) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return false;
    }
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      boolean last = i == lines.length - 1;
      if (!lines[i].startsWith("{")
          || !lines[i].endsWith(last ? "}" : "},")
          || lines[i].length() < (last ? 2 : 3)
          || lines[i].chars().anyMatch(c -> c < 0x20)) {
        return false;
      }
    }
    return lines.length == count;
  }

  private static boolean jacksonAccepts(byte[] bytes) {
    try (JsonParser parser = JACKSON.createParser(bytes)) {
      parser.nextToken();
      parser.skipChildren();
      // Strings are decoded lazily; numbers are not validated further.
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static byte[] frame(Random random, int records) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < records; i++) {
      text.append(i == 0 ? "{" : ",\n{").append("\"k\":\"");
      int length = random.nextInt(12);
      for (int j = 0; j < length; j++) {
        text.append(character(random));
      }
      text.append("\"}");
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String character(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> "é";
      case 1 -> "\uD83D\uDE80";
      case 2 -> "€";
      case 3 -> "\u007f";
      default -> String.valueOf((char) ('a' + random.nextInt(26)));
    };
  }

  private static void mutate(Random random, byte[] bytes) {
    int changes = 1 + random.nextInt(2);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) (bytes[at] ^ 1 << random.nextInt(8));
            case 1 -> (byte) "{}[],:\"\\ \n0e.-".charAt(random.nextInt(14));
            case 2 -> bytes[random.nextInt(bytes.length)];
            default -> (byte) random.nextInt(256);
          };
    }
  }

  private static void object(Random random, StringBuilder text, int depth) {
    text.append('{');
    int size = random.nextInt(4);
    for (int i = 0; i < size; i++) {
      text.append(i == 0 ? "" : ",").append("\"k").append(i).append("\":");
      value(random, text, depth);
    }
    text.append('}');
  }

  private static void value(Random random, StringBuilder text, int depth) {
    switch (random.nextInt(depth > 0 ? 8 : 6)) {
      case 0 -> text.append("null");
      case 1 -> text.append(random.nextBoolean());
      case 2 -> text.append(random.nextInt());
      case 3 -> text.append(random.nextDouble() * Math.pow(10, random.nextInt(40) - 20));
      case 4 -> text.append("\"").append(character(random)).append("\"");
      case 5 -> text.append("\"\\u00e9\\n\\\\\\\"\"");
      case 6 -> object(random, text, depth - 1);
      default -> {
        text.append("[ ");
        int size = random.nextInt(3);
        for (int i = 0; i < size; i++) {
          text.append(i == 0 ? "" : " , ");
          value(random, text, depth - 1);
        }
        text.append(']');
      }
    }
  }
}

package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.format.FormatException;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CopyToJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void writesTextAsAString() {
    assertThat(convert(ValueForm.TEXT, "Ada")).isEqualTo("\"Ada\"");
    assertThat(convert(ValueForm.TEXT, "")).isEqualTo("\"\"");
    assertThat(convert(ValueForm.TEXT, "Grüße 🚀")).isEqualTo("\"Grüße 🚀\"");
  }

  @Test
  void writesNullOfEveryForm() {
    for (ValueForm form : columnForms()) {
      assertThat(convertEscaped(form, "\\N")).isEqualTo("null");
    }
  }

  @Test
  void tellsTheTextThatLooksLikeNullFromNull() {
    assertThat(convert(ValueForm.TEXT, "\\N")).isEqualTo("\"\\\\N\"");
    assertThat(convert(ValueForm.TEXT, "N")).isEqualTo("\"N\"");
  }

  @Test
  void keepsTheEscapesThatCopyAndJsonShare() {
    assertThat(convertEscaped(ValueForm.TEXT, "\\b\\f\\n\\r\\t\\\\"))
        .isEqualTo("\"\\b\\f\\n\\r\\t\\\\\"");
  }

  @Test
  void translatesTheEscapesThatDiffer() {
    assertThat(convertEscaped(ValueForm.TEXT, "a\\vb\"c\u0001\u001f\u007f"))
        .isEqualTo("\"a\\u000bb\\\"c\\u0001\\u001f\u007f\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "9223372036854775807", "-9223372036854775808", "4294967295"})
  void writesIntegersVerbatim(String number) {
    assertThat(convert(ValueForm.INTEGER, number)).isEqualTo(number);
  }

  @ParameterizedTest
  @CsvSource({
    "1,1.0",
    "-0,-0.0",
    "0.1,0.1",
    "1e+20,1e+20",
    "1e-05,1e-05",
    "-3.5,-3.5",
    "1.7976931348623157e+308,1.7976931348623157e+308"
  })
  void showsThatDoublesAreNoIntegers(String written, String expected) {
    assertThat(convert(ValueForm.DOUBLE, written)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "-Infinity"})
  void writesWhatJsonHasNoNumberFor(String written) {
    assertThat(convert(ValueForm.DOUBLE, written))
        .isEqualTo("{\"$numberDouble\":\"" + written + "\"}");
  }

  @Test
  void writesBooleans() {
    assertThat(convert(ValueForm.BOOLEAN, "t")).isEqualTo("true");
    assertThat(convert(ValueForm.BOOLEAN, "f")).isEqualTo("false");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "1.00",
        "true",
        "\"x\"",
        "{}",
        "[]",
        "{\"a\": 1}",
        "{\"a\":\"\\u0000\\n\\\\\"}",
        "\"null\"",
        "nulls",
        "{\"$numberDouble\":\"NaN\"}",
        "{ \"$json\":1}",
        "{\"$jso\":1}"
      })
  void writesJsonVerbatim(String text) {
    assertThat(convert(ValueForm.JSON, text)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        " 1",
        "1 ",
        "1\n",
        "\n1",
        "{\"a\":\n1}",
        "{\t\"a\":1}",
        "{\r\n}",
        " ",
        "{\"$json\":1}",
        "{\"$json\"",
        " null ",
        "[1,\u0001]"
      })
  void writesJsonAsTextWhereItCouldBeTakenForSomethingElse(String text) throws Exception {
    String written = convert(ValueForm.JSON, text);
    assertThat(written).startsWith("{\"$json\":\"");
    assertThat(JSON.readTree(written).get("$json").asText()).isEqualTo(text);
  }

  @Test
  void writesKeysOfAnyName() {
    List<PostgresSchema.Field> columns =
        List.of(
            field("$id", ValueForm.INTEGER),
            field("$$", ValueForm.INTEGER),
            field("a\"b\\c\nd", ValueForm.INTEGER),
            field("größe", ValueForm.INTEGER));
    assertThat(convertRow(columns, "1\t2\t3\t4\n"))
        .isEqualTo("{\"$$id\":1,\"$$$\":2,\"a\\\"b\\\\c\\nd\":3,\"größe\":4}");
  }

  @Test
  void writesRowsWithoutColumns() {
    assertThat(convertRow(List.of(), "\n")).isEqualTo("{}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "1\t2\n", "\n\n", "1\n2\n", "a\\", "a\\\n", "a\\x\n"})
  void refusesWhatCopyDoesNotWrite(String row) {
    assertThatThrownBy(() -> convertRow(List.of(field("a", ValueForm.TEXT)), row))
        .isInstanceOf(HandlerException.class);
  }

  @Test
  void doesNotAskForSixTimesTheRoomOfALongValue() {
    byte[] row = new byte[20_000_001];
    Arrays.fill(row, (byte) 'x');
    row[row.length - 1] = '\n';
    RecordBuffer buffer = new RecordBuffer(1 << 20, 1 << 28);
    new CopyToJson(List.of(field("a", ValueForm.TEXT))).convert(row, 0, row.length, buffer);
    assertThat(buffer.array().length).isLessThan(2 * row.length + 100_000);
    assertThat(buffer.position()).isEqualTo(row.length - 1 + "{\"a\":\"\"}".length());
  }

  @Test
  void refusesARecordOverTheLimit() {
    RecordBuffer buffer = new RecordBuffer(1 << 10, 1 << 12);
    buffer.reset("public.big", 3, 0);
    byte[] row = ("\u0001".repeat(1000) + "\n").getBytes(StandardCharsets.UTF_8);
    CopyToJson converter = new CopyToJson(List.of(field("a", ValueForm.TEXT)));
    assertThatThrownBy(() -> converter.convert(row, 0, row.length, buffer))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("public.big");
  }

  /** Every value comes back from a JSON parser as it went in, whatever its length and place. */
  @Test
  void agreesWithAJsonParserOnRandomRows() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 3000; round++) {
      int width = 1 + random.nextInt(6);
      List<PostgresSchema.Field> columns = new ArrayList<>();
      List<String> values = new ArrayList<>();
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < width; i++) {
        ValueForm form = random.nextBoolean() ? ValueForm.TEXT : ValueForm.JSON;
        columns.add(field("c" + i, form));
        String value =
            random.nextInt(8) == 0
                ? null
                : form == ValueForm.TEXT ? randomText(random) : randomJson(random);
        values.add(value);
        row.append(i == 0 ? "" : "\t").append(value == null ? "\\N" : escape(value));
      }
      String written = convertRow(columns, row.append('\n').toString());
      String what = "seed " + seed + ", round " + round;
      assertThat(written.chars().noneMatch(c -> c < 0x20)).as(what).isTrue();
      JsonNode record = JSON.readTree(written);
      for (int i = 0; i < width; i++) {
        assertThat(valueOf(record.get("c" + i), columns.get(i).form(), values.get(i)))
            .as(what)
            .isEqualTo(values.get(i));
      }
    }
  }

  private static String valueOf(JsonNode node, ValueForm form, String expected) throws Exception {
    if (node.isNull()) {
      return null;
    }
    if (form == ValueForm.TEXT) {
      return node.asText();
    }
    if (node.isObject() && node.size() == 1 && node.has("$json")) {
      return node.get("$json").asText();
    }
    // Verbatim: equal as JSON, and the text cannot be seen through the parser.
    return JSON.readTree(expected).equals(node) ? expected : node.toString();
  }

  private static String randomText(Random random) {
    int length = random.nextInt(10) == 0 ? random.nextInt(6000) : random.nextInt(40);
    StringBuilder text = new StringBuilder();
    boolean plain = random.nextBoolean();
    while (text.length() < length) {
      int kind = plain ? 9 : random.nextInt(10);
      switch (kind) {
        case 0 -> text.append((char) (1 + random.nextInt(31)));
        case 1 -> text.append('"');
        case 2 -> text.append('\\');
        case 3 -> text.appendCodePoint(0x1F600 + random.nextInt(50));
        case 4 -> text.append((char) (0x80 + random.nextInt(0x700)));
        default -> text.append((char) (0x20 + random.nextInt(0x60)));
      }
    }
    return text.toString();
  }

  private static String randomJson(Random random) {
    String inner;
    try {
      inner = JSON.writeValueAsString(randomText(random));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    return switch (random.nextInt(7)) {
      case 0 -> "null";
      case 1 -> " [" + inner + "]";
      case 2 -> "{\"$json\": " + inner + "}";
      case 3 -> "{\"a\":\n" + inner + "}\t";
      case 4 -> Long.toString(random.nextLong());
      default -> "{\"a\": [" + inner + ", null]}";
    };
  }

  /** What CopyAttributeOutText in src/backend/commands/copyto.c does. */
  private static String escape(String value) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\u000b' -> out.append("\\v");
        case '\\' -> out.append("\\\\");
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  private static String convert(ValueForm form, String value) {
    return convertEscaped(form, escape(value));
  }

  private static String convertEscaped(ValueForm form, String escaped) {
    String record = convertRow(List.of(field("v", form)), escaped + "\n");
    return record.substring("{\"v\":".length(), record.length() - 1);
  }

  private static String convertRow(List<PostgresSchema.Field> columns, String row) {
    RecordBuffer buffer = buffer();
    byte[] bytes = ("before" + row + "after").getBytes(StandardCharsets.UTF_8);
    new CopyToJson(columns).convert(bytes, 6, bytes.length - 5, buffer);
    return buffer.batch().toStrings().get(0);
  }

  private static RecordBuffer buffer() {
    return new RecordBuffer(1 << 10, 1 << 26);
  }

  private static PostgresSchema.Field field(String name, ValueForm form) {
    return new PostgresSchema.Field(name, "", form);
  }

  private static List<ValueForm> columnForms() {
    return List.of(
        ValueForm.INTEGER, ValueForm.DOUBLE, ValueForm.BOOLEAN, ValueForm.JSON, ValueForm.TEXT);
  }
}

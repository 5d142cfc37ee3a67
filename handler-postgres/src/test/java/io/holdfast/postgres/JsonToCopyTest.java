package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupException;
import io.holdfast.format.FormatException;
import io.holdfast.postgres.JsonToCopy.Target;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Records become rows of COPY exactly, or an error. */
class JsonToCopyTest {
  private static final List<Target> COLUMNS =
      List.of(
          target("n", ValueReader.INTEGER),
          target("s", ValueReader.TEXT),
          target("j", ValueReader.JSON),
          target("$d", ValueReader.DOUBLE),
          target("b", ValueReader.BOOLEAN));

  private static Target target(String name, ValueReader reader) {
    return new Target(name, ColumnReader.text(reader));
  }

  private static String text(String... records) {
    CopyBuffer out = new CopyBuffer(4);
    JsonToCopy.columns("c", COLUMNS, false).convert(RecordBatch.of(List.of(records)), out);
    return new String(out.array(), 0, out.position(), StandardCharsets.UTF_8);
  }

  private static String value(ValueReader reader, String json) {
    CopyBuffer out = new CopyBuffer(4);
    JsonToCopy.columns("c", List.of(target("v", reader)), false)
        .convert(RecordBatch.of(List.of("{\"v\":" + json + "}")), out);
    return new String(out.array(), 0, out.position() - 1, StandardCharsets.UTF_8);
  }

  private static String binary(int type, String text) {
    CopyBuffer out = new CopyBuffer(4);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    CopyBinary.encoderFor(type, 'b').orElseThrow().encode(bytes, 0, bytes.length, out);
    return HexFormat.of().formatHex(out.array(), 0, out.position());
  }

  @Test
  void recordsInColumnOrderBecomeRows() {
    assertThat(
            text(
                "{\"n\":1,\"s\":\"a\",\"j\":{\"x\":[1,{}]},\"$$d\":1.0,\"b\":true}",
                "{\"n\":null,\"s\":null,\"j\":null,\"$$d\":null,\"b\":null}"))
        .isEqualTo("1\ta\t{\"x\":[1,{}]}\t1.0\ttrue\n\\N\t\\N\t\\N\t\\N\t\\N\n");
  }

  @Test
  void otherOrdersWhiteSpaceAndMissingKeysAreRead() {
    assertThat(text("{ \"b\" : false , \"s\":\"x\", \"n\" : -5 }", "{}", "{\"\\u006e\":7}"))
        .isEqualTo("-5\tx\t\\N\t\\N\tfalse\n\\N\t\\N\t\\N\t\\N\t\\N\n7\t\\N\t\\N\t\\N\t\\N\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"\"|''",
        "\"a\\nb\\tc\\rd\\\\e\\/f\\\"g\\bh\\fi\"|a\\nb\\tc\\rd\\\\e/f\"g\bh\fi",
        "\"\\u0041\\u00e9\\u6f22\\ud83d\\ude00\\u0001\\u000a\\u005c\"|Aé漢😀\u0001\\n\\\\",
        "\"\\\\N\"|\\\\N",
        "\"\\\\.\"|\\\\.",
        "\"0123456789abcdef\\\\0123456789\"|0123456789abcdef\\\\0123456789",
      })
  void stringsAreUnescaped(String json, String expected) {
    assertThat(value(ValueReader.TEXT, json)).isEqualTo(expected);
  }

  @Test
  void jsonIsKeptVerbatimOrUnwrapped() {
    assertThat(value(ValueReader.JSON, "{\"a\\n\":  \"}]\\\"\", \"b\":[[],{}]}"))
        .isEqualTo("{\"a\\\\n\":  \"}]\\\\\"\", \"b\":[[],{}]}");
    assertThat(value(ValueReader.JSON, "{\"$json\":\"null\"}")).isEqualTo("null");
    assertThat(value(ValueReader.JSON, "{\"$json\":\"{\\\"$json\\\":1}\"}"))
        .isEqualTo("{\"$json\":1}");
    assertThat(value(ValueReader.JSON, "{\"$jsonb\":1}")).isEqualTo("{\"$jsonb\":1}");
    assertThat(value(ValueReader.JSON, "\"x\\u0001\"")).isEqualTo("\"x\\\\u0001\"");
  }

  @Test
  void nestingNeedsNoStack() {
    int depth = 99_999;
    String deep = "[".repeat(depth) + "]".repeat(depth);
    assertThat(value(ValueReader.JSON, deep)).isEqualTo(deep);
    String mixed = "{\"a\":[".repeat(1000) + "]}".repeat(1000);
    assertThat(value(ValueReader.JSON, mixed)).isEqualTo(mixed);
    assertThatThrownBy(() -> value(ValueReader.JSON, "[".repeat(100_001) + "]".repeat(100_001)))
        .hasMessageContaining("nesting");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "}",
        "[]",
        "{\"n\"",
        "{\"n\":",
        "{\"n\":1",
        "{\"n\":1,",
        "{\"n\":1,}",
        "{\"n\":1}}",
        "{\"n\":1}x",
        "{n:1}",
        "{\"s\":\"a}",
        "{\"s\":\"a\\",
        "{\"s\":\"\\x\"}",
        "{\"s\":\"\\u12\"}",
        "{\"s\":\"\\u12G4\"}",
        "{\"s\":\"\u0001\"}",
        "{\"j\":{]}}",
        "{\"j\":[}",
        "{\"j\":{\"a\":1}",
        "{\"n\":1,\"n\":1}",
        "{\"n\":nul}",
        "{\"n\" 1}",
        "{\"j\":[\"a]}"
      })
  void whatIsNoJsonIsCorrupt(String record) {
    assertThatThrownBy(() -> text(record))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT))
        .hasMessageContaining("Record 1 of a batch of 1 of collection c");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"n\":1.0}",
        "{\"n\":\"1\"}",
        "{\"n\":true}",
        "{\"s\":1}",
        "{\"s\":{}}",
        "{\"b\":1}",
        "{\"$$d\":\"NaN\"}",
        "{\"$$d\":{\"NaN\":1}}",
        "{\"unknown\":1}",
        "{\"$d\":1.0}",
        "{\"s\":\"\\u0000\"}",
        "{\"s\":\"\\ud800\"}",
        "{\"s\":\"\\ud800\\u0041\"}",
        "{\"s\":\"\\udc00\"}"
      })
  void whatDoesNotFitIsAMismatch(String record) {
    assertThatThrownBy(() -> text("{}", record))
        .isInstanceOfSatisfying(
            HandlerException.class,
            e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.MISMATCH))
        .hasMessageContaining("Record 2 of a batch of 2 of collection c");
  }

  @Test
  void aBatchThatIsCutOrCountedWrongIsCorrupt() {
    byte[] bytes = "{\"n\":1},\n{\"n\":2}".getBytes(StandardCharsets.UTF_8);
    for (RecordBatch wrong :
        List.of(
            new RecordBatch(bytes, 0, bytes.length, 1),
            new RecordBatch(bytes, 0, bytes.length, 3),
            new RecordBatch(bytes, 0, bytes.length - 1, 2),
            new RecordBatch(bytes, 1, bytes.length, 2))) {
      assertThatThrownBy(
              () -> JsonToCopy.columns("c", COLUMNS, false).convert(wrong, new CopyBuffer(8)))
          .isInstanceOf(FormatException.class);
    }
  }

  /** Whatever the bytes are, the only way out is an error of ours or a row. */
  @Test
  void noBytesBreakTheParser() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] valid =
        "{\"n\":1,\"s\":\"a\\u00e9\\n\",\"j\":{\"x\":[1,{\"$json\":\"y\"}]},\"$$d\":{\"$numberDouble\":\"NaN\"},\"b\":true}"
            .getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes =
          Arrays.copyOf(
              valid, random.nextInt(4) == 0 ? random.nextInt(valid.length + 1) : valid.length);
      for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
        bytes[random.nextInt(bytes.length)] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) "{}[]\",:\\u0n1t$ ".charAt(random.nextInt(15));
      }
      try {
        JsonToCopy.columns("c", COLUMNS, false)
            .convert(new RecordBatch(bytes, 0, bytes.length, 1), new CopyBuffer(64));
      } catch (BackupException e) {
        assertThat(e)
            .as("seed %d", seed)
            .isInstanceOfAny(FormatException.class, HandlerException.class);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "16, true, 0000000101",
    "21, -32768, 000000028000",
    "23, 2147483647, 000000047fffffff",
    "20, -9223372036854775808, 000000088000000000000000",
    "26, 4294967295, 00000004ffffffff",
    "701, -0.0, 000000088000000000000000",
    "701, 1.5, 000000083ff8000000000000",
    "700, 1e-45, 0000000400000001",
    "1082, 2000-01-01, 0000000400000000",
    "1082, infinity, 000000047fffffff",
    "1083, 24:00:00, 00000008000000141dd76000",
    "1114, 2000-01-01 00:00:01.5, 0000000800000000 0016e360",
    "1184, 1999-12-31 23:59:59.999999+00, 00000008ffffffffffffffff",
    "1266, 00:00:00-03:30, 0000000c0000000000000000 00003138",
    "1700, 0, 000000080000ffff00000000",
    "1700, 12345.60, 0000000e0003000100000002 0001 0929 1770",
    "1700, -0.0001, 0000000a0001ffff40000004 0001",
    "1700, NaN, 00000008 0000 0000 c000 0000",
    "17, \\x00ff, 0000000200ff",
    "3802, {}, 00000003017b7d",
    "1007, {}, 0000000c000000000000000000000017",
  })
  void binaryFormsAreTheServersOwn(int type, String text, String expected) {
    assertThat(binary(type, text)).isEqualTo(expected.replace(" ", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "16|yes",
        "21|32768",
        "23|2147483648",
        "20|9223372036854775808",
        "20|99999999999999999999",
        "23|''",
        "23|-",
        "23|+1",
        "23|' 1'",
        "26|-1",
        "701|1e400",
        "701|1e-400",
        "701|0x1p3",
        "701|1d",
        "701|''",
        "701|nan",
        "700|1e39",
        "1082|2000-02-30",
        "1082|2000-1-1",
        "1082|0000-01-01",
        "1082|epoch",
        "1083|24:00:01",
        "1083|12:60:00",
        "1083|12:00",
        "1114|2000-01-01T00:00:00",
        "1114|2000-01-01 00:00:00+00",
        "1184|2000-01-01 00:00:00",
        "1184|2000-01-01 00:00:00Z",
        "1700|1e5",
        "1700|''",
        "1700|-",
        "1700|.5",
        "1700|1.",
        "1700|Inf",
        "2950|0000",
        "17|abc",
        "17|\\x0",
        "17|\\x0g",
        "1007|1",
        "1007|{1",
        "1007|{1,}",
        "1007|{,}",
        "1007|{{1},{2,3}}",
        "1007|{{1},2}",
        "1007|{ 1}",
        "1007|[1:3]={1}",
        "1007|{1}}",
        "1009|{a\\,b}",
        "1009|{\"a}"
      })
  void whatTheBinaryFormDoesNotKnowIsRefused(int type, String text) {
    assertThatThrownBy(() -> binary(type, text)).isInstanceOf(BadRecordException.class);
  }

  @Test
  void doublesAreRoundedAsJavaRoundsThem() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      String text =
          random.nextLong(1L << (1 + random.nextInt(62)))
              + "."
              + "0".repeat(random.nextInt(3))
              + random.nextInt(1_000_000);
      assertThat(binary(701, text))
          .as("%s, seed %d", text, seed)
          .isEqualTo("00000008%016x".formatted(Double.doubleToLongBits(Double.parseDouble(text))));
    }
  }
}

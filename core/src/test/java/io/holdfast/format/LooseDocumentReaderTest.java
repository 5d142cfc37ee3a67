package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.spi.Consistency;
import io.holdfast.spi.SourceInfo;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LooseDocumentReaderTest {
  @Test
  void readsThePlainFormInAnyWhiteSpace() throws IOException {
    Samples.Content content =
        Samples.readPlain(
            """
            {
              "comment": {"collections": [1, {"x": 2}]},
              "timestamp": "2026-01-09T00:00:00Z",
              "collections": {
                "users": [
                  { "id" : "u1", "tags" : [ "a" , { } , [ ] ] },\t
                  { }
                ],
                "none": [ ]
              },
              "more": null
            }
            """);
    assertThat(content.records())
        .isEqualTo(
            Map.of(
                "users",
                List.of("{\"id\":\"u1\",\"tags\":[\"a\",{},[]]}", "{}"),
                "none",
                List.of()));
    assertThat(content.header().source())
        .isEqualTo(
            new SourceInfo(
                "plain", "", "", Instant.parse("2026-01-09T00:00:00Z"), Consistency.FUZZY));
    assertThat(content.header().backupId()).isEmpty();
    assertThat(content.header().version()).isZero();
    assertThat(content.header().schema().isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0",
        "-0.0",
        "-0",
        "0",
        "1e400",
        "1E-7",
        "12345678901234567890",
        "0.10",
        "1e+20",
        "-9223372036854775809",
        "3.141592653589793238462643383279502884197"
      })
  void numbersKeepTheirText(String number) throws IOException {
    String record = "{\"n\":" + number + ",\"l\":[" + number + "]}";
    assertThat(Samples.readPlain("{\"tables\":{\"t\":[ " + record + " ]}}").records())
        .isEqualTo(Map.of("t", List.of(record)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\\u0041\\/\\u00e9 | A/é",
        "\\b\\t\\n\\f\\r\\u0000\\u001f | \\b\\t\\n\\f\\r\\u0000\\u001f",
        "\\\"\\\\ | \\\"\\\\",
        "\\ud83d\\ude80 | \uD83D\uDE80",
        "\uD83D\uDE80é€\u007f\u2028 | \uD83D\uDE80é€\u007f\u2028",
        "\\ud83d | \\ud83d",
        "\\ude80\\ud83d | \\ude80\\ud83d",
        "\\ud83d\\ud83d\\ude80x\\ud83d | \\ud83d\uD83D\uDE80x\\ud83d",
      })
  void stringsAndKeysKeepTheirCharacters(String in, String out) throws IOException {
    String text = "{\"tables\":{\"t\":[{\"" + in.strip() + "\":\"" + in.strip() + "\"}]}}";
    assertThat(Samples.readPlain(text).records().get("t"))
        .containsExactly("{\"" + out.strip() + "\":\"" + out.strip() + "\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"2026-01-09T00:00:00Z\" | 2026-01-09T00:00:00Z",
        "\"2026-01-09T01:00:00+01:00\" | 2026-01-09T00:00:00Z",
        "\"2026-01-09T00:00:00.5\" | 2026-01-09T00:00:00.5Z",
        "1767916800000 | 2026-01-09T00:00:00Z",
        "99999999999999999999 | 1970-01-01T00:00:00Z",
        "\"yesterday\" | 1970-01-01T00:00:00Z",
        "{\"a\":[1]} | 1970-01-01T00:00:00Z",
        "null | 1970-01-01T00:00:00Z",
      })
  void timesOfManyFormsAreUnderstood(String written, Instant expected) throws IOException {
    for (String key : List.of("timestamp", "created_at")) {
      String text = "{\"" + key + "\":" + written + ",\"tables\":{}}";
      assertThat(Samples.readPlain(text).header().source().asOf()).isEqualTo(expected);
    }
  }

  @Test
  void ourOwnDocumentInOtherWhiteSpaceKeepsItsHeader() throws IOException {
    Samples.Backup backup = Samples.write(Codec.NONE, Samples.varied());
    String pretty = Json.MAPPER.readTree(backup.document()).toPrettyString();
    Samples.Content content = Samples.readPlain(pretty);
    assertThat(content.header()).isEqualTo(Samples.header());
    assertThat(content.records().get("users").get(0)).isEqualTo("{\"id\":\"u1\",\"name\":\"Ada\"}");
  }

  @Test
  void keysOfAnotherFormAreIgnored() throws IOException {
    String text =
        "{\"backup_id\":7,\"version\":\"x\",\"source\":{\"handler\":1},\"schema\":[],\"stats\":{\"a\":\"b\"},"
            + "\"counts\":[1],\"tables\":{\"t\":[]},\"version\":[]}";
    assertThatThrownBy(() -> Samples.readPlain(text)).hasMessageContaining("twice");
    String once = text.replace(",\"version\":[]", "");
    assertThat(Samples.readPlain(once).header().source().handler()).isEqualTo("plain");
    assertThat(Samples.readPlain(once).header().backupId()).isEmpty();
  }

  @Test
  void aNewerVersionIsRefusedOnlyIfItIsOurs() throws IOException {
    for (String version : List.of("2", "9999999999", "99999999999999999999999")) {
      String ours = "{\"version\":" + version + ", \"backup_id\":\"x\",\"collections\":{}}";
      assertThatThrownBy(() -> Samples.readPlain(ours))
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.UNSUPPORTED_VERSION));
      String foreign = "{\"version\":" + version + ",\"collections\":{}}";
      assertThat(Samples.readPlain(foreign).header().version()).isZero();
    }
  }

  @Test
  void aByteOrderMarkIsSkipped() throws IOException {
    assertThat(Samples.readPlain("\ufeff{\"tables\":{\"t\":[{}]}}").records().get("t"))
        .containsExactly("{}");
  }

  @Test
  void gzipIsReadToo() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write("{\"tables\":{\"t\":[{}]}}".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(Samples.readPlain(out.toByteArray()).records()).containsKey("t");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"stats\":{\"t\":2},\"tables\":{\"t\":[{}]}}",
        "{\"tables\":{\"t\":[{}]},\"stats\":{\"t\":2}}",
        "{\"tables\":{\"t\":[{}]},\"counts\":{\"t\":1,\"u\":1}}",
      })
  void statsThatDoNotMatchAreDamage(String text) {
    assertThatThrownBy(() -> Samples.readPlain(text))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT))
        .hasMessageContaining("records, but holds");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "7",
        "{}",
        "{\"a\":1}",
        "{\"collections\":[]}",
        "{\"tables\":1}",
        "hello",
        "\u0000\u0001",
        "{\"a\":"
      })
  void whatHasNoCollectionsIsNoBackup(String text) {
    assertThatThrownBy(() -> Samples.readPlain(text))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.NOT_A_BACKUP));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"tables\":{\"t\":[{},7]}} | record 2 of t",
        "{\"tables\":{\"t\":[{},null]}} | record 2 of t",
        "{\"tables\":{\"t\":{}}} | not an array, t",
        "{\"tables\":{\"t\":[],\"t\":[]}} | two collections named t",
        "{\"tables\":{\"t\":[{\"a\":1,\"\\u0061\":2}]}} | Record 1 of collection t",
        "{\"tables\":{\"t\":[{\"b\":[{\"a\":1,\"a\":2}]}]}} | same key twice",
        "{\"tables\":{},\"collections\":{}} | both",
        "{\"tables\":{},\"tables\":{}} | twice",
        "{\"tables\":{}} {} | goes on after its end",
        "{\"tables\":{}}x | not valid JSON",
        "{\"tables\":{\"t\":[{} {}]}} | not valid JSON",
        "{\"tables\":{\"t\":[{\"a\":secret}]}} | line 1, column",
        "{\"tables\":{\"t\":[{\"a\":NaN}]}} | not valid JSON",
        "{\"tables\":{\"t\":[{\"a\":01}]}} | not valid JSON",
        "{\"tables\":{\"t\":[{\"a\":1},]}} | not valid JSON",
      })
  void damageIsNamedWithItsPlace(String text, String expected) {
    assertThatThrownBy(() -> Samples.readPlain(text))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT))
        .hasMessageContaining(expected)
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }

  @Test
  void everyCutIsFound() {
    String text = "{\"tables\":{\"t\":[{\"a\":[1,\"é\"]},{}]},\"stats\":{\"t\":2}}";
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Samples.cut(bytes, length);
      assertThatThrownBy(() -> Samples.readPlain(cut))
          .as("cut to %d bytes", length)
          .isInstanceOf(FormatException.class);
    }
  }

  @Test
  void malformedUtf8IsNotReplacedSilently() {
    byte[] bytes = "{\"tables\":{\"t\":[{\"a\":\"??\"}]}}".getBytes(StandardCharsets.UTF_8);
    int at = new String(bytes, StandardCharsets.UTF_8).indexOf('?');
    bytes[at] = (byte) 0xc0;
    bytes[at + 1] = (byte) 0x80;
    assertThatThrownBy(() -> Samples.readPlain(bytes)).hasMessageContaining("UTF-8");
  }

  @Test
  void recordsOverTheLimitAreNamed() {
    for (String big : List.of("\"" + "x".repeat(70_000) + "\"", "[" + "1,".repeat(40_000) + "1]")) {
      String text = "{\"tables\":{\"t\":[{},{\"a\":" + big + "}]}}";
      assertThatThrownBy(
              () -> {
                try (DocumentReader reader = open(text, 50_000)) {
                  Samples.drain(reader);
                }
              })
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.TOO_LARGE))
          .hasMessageContaining("Record 2 of collection t");
    }
  }

  @Test
  void recordsMayBeNestedToTheLimitAndNoFurther() throws IOException {
    String deep = new String(RecordFrameTest.nested(Limits.NESTING), StandardCharsets.UTF_8);
    assertThat(Samples.readPlain("{\"tables\":{\"t\":[" + deep + "]}}").records().get("t"))
        .containsExactly(deep);
    for (int levels : List.of(1, 100)) {
      String deeper =
          new String(RecordFrameTest.nested(Limits.NESTING + levels), StandardCharsets.UTF_8);
      assertThatThrownBy(() -> Samples.readPlain("{\"tables\":{\"t\":[" + deeper + "]}}"))
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.TOO_LARGE));
    }
  }

  @Test
  void framesAreCutAtTheirTargetSize() throws IOException {
    String record = "{\"a\":\"" + "é".repeat(50_000) + "\"}";
    String text = "{\"tables\":{\"t\":[" + (record + ",").repeat(39) + record + "]}}";
    int count = 0;
    int frames = 0;
    try (DocumentReader reader = open(text, 1 << 20)) {
      for (Optional<Frame> f = reader.next(); f.isPresent(); f = reader.next()) {
        assertThat(f.get().rawLength()).isLessThan(Limits.FRAME_TARGET_BYTES + 110_000);
        count += f.get().records();
        frames++;
      }
      assertThat(reader.counts()).isEqualTo(Map.of("t", 40L));
    }
    assertThat(count).isEqualTo(40);
    assertThat(frames).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void randomChangesGiveNothingButFormatErrors(Codec codec) {
    long seed = System.nanoTime();
    System.err.println("LooseDocumentReaderTest.randomChanges: seed " + seed);
    Random random = new Random(seed);
    byte[] document =
        ("{\"timestamp\":1,\"version\":1,\"backup_id\":\"b\",\"schema\":{\"a\":[1.5]},\"stats\":{\"t\":1},"
                + "\"tables\":{\"t\":[{\"a\":\"\\ud83dé\",\"b\":[-1.0e5,true]}]},\"counts\":{\"t\":1}}")
            .getBytes(StandardCharsets.UTF_8);
    try (FrameCompressor compressor = codec.compressor(codec.minLevel())) {
      for (int i = 0; i < 3_000; i++) {
        byte[] bytes = document.clone();
        for (int n = random.nextInt(3); n >= 0; n--) {
          bytes[random.nextInt(bytes.length)] =
              (byte)
                  (random.nextBoolean()
                      ? random.nextInt(256)
                      : "{}[],:\"\\ 0e.-".charAt(random.nextInt(13)));
        }
        try {
          Samples.readPlain(compressor.compress(bytes, 0, bytes.length));
        } catch (FormatException | IOException e) {
          assertThat(e.getMessage()).isNotEmpty();
        } catch (RuntimeException e) {
          throw new AssertionError("seed " + seed + ", step " + i, e);
        }
      }
    }
  }

  private static DocumentReader open(String text, int maxRecordBytes) throws IOException {
    return PlainDocuments.open(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), maxRecordBytes);
  }
}

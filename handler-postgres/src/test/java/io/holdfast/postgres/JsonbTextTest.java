package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The exact bytes that jsonb is given. */
class JsonbTextTest {
  private static String copied(String value) {
    byte[] bytes = ("##" + value + ",##").getBytes(StandardCharsets.UTF_8);
    JsonCursor in = new JsonCursor();
    JsonbText text = new JsonbText(in);
    CopyBuffer out = new CopyBuffer(1);
    boolean careful = false;
    do {
      in.over(bytes, 2, bytes.length - 2);
      out.reset();
      text.begin(careful);
      text.value(out);
      careful = true;
    } while (text.mustBeCareful());
    assertThat(in.peek()).isEqualTo(',');
    return new String(out.array(), 0, out.position(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1",
        "1.0",
        "0.0",
        "1.50",
        "-0.1",
        "9223372036854775807",
        "\"\"",
        "\"é漢😀\\n\\u0001\\\\u0000\\ud83d\\ude00\"",
        "[]",
        "[ 1 ,\t\"x\" ]",
        "{}",
        "{ \"a\" : { \"$$b\" : [ ] } }",
        "{\"$ref\":\"a/b\"}",
        "{\"$numberDouble\":\"NaN\"}"
      })
  void whatJsonbKeepsIsLeftAsItIs(String value) {
    assertThat(copied(value)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "-0.0 | {\"$numberDouble\":\"-0.0\"}",
        "-0.00 | {\"$numberDouble\":\"-0.00\"}",
        "0e5 | {\"$numberDouble\":\"0e5\"}",
        "5e-324 | {\"$numberDouble\":\"5e-324\"}",
        "-1.5E+300 | {\"$numberDouble\":\"-1.5E+300\"}",
        "1e999999999999 | {\"$numberDouble\":\"1e999999999999\"}",
        "1e20 | 100000000000000000000.0",
        "1.23456789E7 | 12345678.9",
        "1E7 | 10000000.0",
        "1.0E-5 | 0.000010",
        "-1.5e0 | -1.5",
        "\"\\u0000\" | {\"$text\":\"AA==\"}",
        "\"a\\u0000b\\n\" | {\"$text\":\"YQBiCg==\"}",
        "[1,\"\\u0000\",-0.0,2] | [1,{\"$text\":\"AA==\"},{\"$numberDouble\":\"-0.0\"},2]",
        "{\"$ref\":\"a/\\u0000\"} | {\"$ref\":{\"$text\":\"YS8A\"}}",
        "{\"a\\u0000\":1} | {\"$map\":[[{\"$text\":\"YQA=\"},1]]}",
        "{\"$$a\\u0000\":1,\"$$b\":2} | {\"$map\":[[{\"$text\":\"JGEA\"},1],[\"$b\",2]]}",
        "{\"q\\\"\\\\\\n\":1,\"\\u0000\":-0.0} |"
            + " {\"$map\":[[\"q\\\"\\\\\\u000a\",1],[{\"$text\":\"AA==\"},{\"$numberDouble\":\"-0.0\"}]]}",
        "{\"x\":{\"\\u0000\":{\"y\":1}}} | {\"x\":{\"$map\":[[{\"$text\":\"AA==\"},{\"y\":1}]]}}"
      })
  void whatJsonbWouldChangeHasAnotherForm(String value, String expected) {
    assertThat(copied(value)).isEqualTo(expected);
  }

  @Test
  void nestingIsBounded() {
    String deep = "[".repeat(1_000) + "]".repeat(1_000);
    assertThat(copied(deep)).isEqualTo(deep);
    assertThatThrownBy(() -> copied("[" + deep + "]"))
        .isInstanceOf(BadRecordException.class)
        .hasMessageContaining("nested deeper than 1000");
    assertThatThrownBy(() -> copied("{\"a\":".repeat(50_000)))
        .isInstanceOf(BadRecordException.class);
  }
}

package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.format.FormatException;
import io.holdfast.postgres.JsonToCopy.Target;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBatch;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The short ways into COPY's binary form end where the long ones do. */
class ColumnReaderTest {
  private final Random random = new Random(20260109);

  private static FieldEncoder encoder(int type) {
    return CopyBinary.encoderFor(type, 'b').orElseThrow();
  }

  /** The field of a record with one column, in hexadecimal, or what was wrong. */
  private static String read(int type, String json) {
    ValueForm form = ValueForm.ofType(type);
    Column column = new Column(1, "v", "", type, 'b', form, false, false, ' ');
    ValueReader value =
        switch (form) {
          case INTEGER -> ValueReader.INTEGER;
          case DOUBLE -> ValueReader.DOUBLE;
          case BOOLEAN -> ValueReader.BOOLEAN;
          case JSON -> ValueReader.JSON;
          default -> ValueReader.TEXT;
        };
    CopyBuffer out = new CopyBuffer(4);
    Target target = new Target("v", ColumnReader.binary(value, column, encoder(type)));
    try {
      JsonToCopy.columns("c", List.of(target), true)
          .convert(RecordBatch.of(List.of("{\"v\":" + json + "}")), out);
    } catch (FormatException | HandlerException e) {
      return "refused";
    }
    return HexFormat.of().formatHex(out.array(), 2, out.position());
  }

  /** The field that the encoder makes of the text. */
  private static String encode(int type, String text) {
    CopyBuffer out = new CopyBuffer(4);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      encoder(type).encode(bytes, 0, bytes.length, out);
    } catch (BadRecordException e) {
      return "refused";
    }
    return HexFormat.of().formatHex(out.array(), 0, out.position());
  }

  @ParameterizedTest
  @CsvSource({
    "20, 0",
    "20, -0",
    "20, 9223372036854775807",
    "20, -9223372036854775808",
    "20, 007",
    "20, 9223372036854775808",
    "20, 99999999999999999999",
    "20, 000000000000000000001",
    "20, 999999999999999999",
    "20, -999999999999999999",
    "20, 1000000000000000000",
    "21, 32767",
    "21, -32768",
    "21, 32768",
    "21, -32769",
    "23, 2147483647",
    "23, -2147483648",
    "23, 2147483648",
    "23, -2147483649",
    "26, 0",
    "26, 4294967295",
    "26, 4294967296",
    "26, -1"
  })
  void integersAreReadOrRefusedAsTheEncoderDoes(int type, String number) {
    assertThat(read(type, number)).isEqualTo(encode(type, number));
  }

  @ParameterizedTest
  @CsvSource({
    "23, -",
    "23, 1.0",
    "23, 1e3",
    "23, 1-",
    "23, --1",
    "23, +1",
    "23, true",
    "23, 1x",
    "701, 1.5x",
    "701, -",
    "701, 1..5",
    "701, 1.5.5",
    "701, 1e",
    "701, 1e999",
    "701, NaN",
    "16, tru",
    "16, 1"
  })
  void whatIsNoValueIsRefused(int type, String json) {
    assertThat(read(type, json)).isEqualTo("refused");
  }

  @Test
  void numbersOfDoublePrecisionAreTheOnesThatTheJdkReads() {
    for (int i = 0; i < 20_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        assertThat(read(701, Double.toString(value)))
            .isEqualTo("00000008%016x", Double.doubleToRawLongBits(value));
      }
    }
  }

  @Test
  void timestampsAreTheMicrosecondsThatJavaCounts() {
    LocalDateTime epoch = LocalDateTime.of(2000, 1, 1, 0, 0);
    LocalDateTime first = LocalDateTime.of(1, 1, 1, 0, 0);
    long days = ChronoUnit.DAYS.between(first, LocalDateTime.of(9999, 12, 31, 0, 0));
    for (int i = 0; i < 50_000; i++) {
      LocalDateTime time =
          first
              .plusDays(random.nextLong(days + 1))
              .plus(random.nextLong(86_400_000_000L), ChronoUnit.MICROS);
      String micros = "%06d".formatted(time.getNano() / 1000).replaceFirst("0+$", "");
      String text =
          "%04d-%02d-%02d %02d:%02d:%02d%s"
              .formatted(
                  time.getYear(),
                  time.getMonthValue(),
                  time.getDayOfMonth(),
                  time.getHour(),
                  time.getMinute(),
                  time.getSecond(),
                  micros.isEmpty() ? "" : "." + micros);
      String expected = "00000008%016x".formatted(ChronoUnit.MICROS.between(epoch, time));
      assertThat(read(1114, '"' + text + '"')).as(text).isEqualTo(expected);
      assertThat(read(1184, '"' + text + "+00\"")).as(text).isEqualTo(expected);
    }
  }

  @Test
  void damagedTimestampsAreReadAsTheLongWayReadsThem() {
    String[] samples = {
      "2024-02-29 23:59:59.999999+00", "2023-01-31 00:00:00+00", "0001-12-31 12:34:56.7+00",
      "2021-08-15 21:10:43.68+00", "9999-12-31 24:00:00+00", "1999-12-31 23:59:59.123456789+00"
    };
    for (int i = 0; i < 100_000; i++) {
      StringBuilder text = new StringBuilder(samples[i % samples.length]);
      int place = random.nextInt(text.length());
      switch (random.nextInt(3)) {
        case 0 -> text.setCharAt(place, (char) (' ' + random.nextInt(96)));
        case 1 -> text.setCharAt(place, (char) ('0' + random.nextInt(10)));
        default -> text.deleteCharAt(place);
      }
      assertThat(encode(1184, text.toString())).as(text.toString()).isEqualTo(longWay(text));
    }
  }

  private static String longWay(CharSequence text) {
    byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
    try {
      return "00000008%016x".formatted(new CopyBinaryTime(bytes, 0, bytes.length).timestamp(true));
    } catch (BadRecordException e) {
      return "refused";
    }
  }

  @Test
  void aKeyIsComparedToItsLastByte() {
    for (int length = 1; length < 30; length++) {
      String key = ",\"" + "k".repeat(length) + "\":";
      byte[] bytes = (key + "1234567890").getBytes(StandardCharsets.US_ASCII);
      RecordKey expected = new RecordKey(key);
      for (int end = 0; end <= bytes.length; end++) {
        assertThat(expected.matches(bytes, 0, end)).isEqualTo(end >= key.length());
      }
      for (int place = 0; place < key.length(); place++) {
        byte[] changed = bytes.clone();
        changed[place] ^= 1;
        assertThat(expected.matches(changed, 0, changed.length)).isFalse();
        assertThat(expected.matches(changed, 0, key.length())).isFalse();
      }
    }
  }
}

package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.spi.RecordBuffer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PlainDocumentsTest {
  /** Gives a byte or two at a time and never says that more is there, as a network may. */
  private static final class Trickle extends FilterInputStream {
    private boolean closed;

    Trickle(byte[] bytes) {
      super(new ByteArrayInputStream(bytes));
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return super.read(into, offset, Math.min(length, 2));
    }

    @Override
    public int available() {
      return 0;
    }

    @Override
    public void close() throws IOException {
      closed = true;
      super.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void readsEveryMemberOfAStreamThatTrickles(Codec codec) throws IOException {
    List<List<String>> frames = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      frames.add(List.of("{\"i\":" + i + "}"));
    }
    Samples.Backup backup = Samples.write(codec, Map.of("many", frames));
    Trickle trickle = new Trickle(backup.document());
    try (DocumentReader reader = PlainDocuments.open(trickle, Samples.MAX_RECORD)) {
      assertThat(Samples.drain(reader).records()).isEqualTo(Samples.flat(Map.of("many", frames)));
    }
    assertThat(trickle.closed).as("somebody else's stream stays open").isFalse();
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void everyCutIsFound(Codec codec) {
    byte[] document = Samples.write(codec, Samples.varied()).document();
    for (int length = 0; length < document.length; length++) {
      byte[] cut = Samples.cut(document, length);
      assertThatThrownBy(() -> Samples.readPlain(cut))
          .as("cut to %d bytes", length)
          .isInstanceOf(FormatException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void whateverIsAppendedIsFound(Codec codec) {
    byte[] document = Samples.write(codec, Samples.varied()).document();
    for (int extra : List.of(1, 5, 30, 100_000)) {
      byte[] longer = Arrays.copyOf(document, document.length + extra);
      assertThatThrownBy(() -> Samples.readPlain(longer))
          .as("%d bytes more", extra)
          .isInstanceOf(FormatException.class);
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"ZSTD", "GZIP"},
      value = Codec.class)
  void everyFlippedBitIsFoundOrChangesNothing(Codec codec) throws IOException {
    byte[] document = Samples.write(codec, Samples.varied()).document();
    Samples.Content original = Samples.readPlain(document);
    for (int bit = 0; bit < document.length * 8; bit++) {
      try {
        assertThat(Samples.readPlain(Samples.flip(document, bit)))
            .as("bit %d", bit)
            .isEqualTo(original);
      } catch (FormatException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }

  /** One line of the document is replaced by another. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":1},~ | {\"a\":1}~",
        "{\"a\":2}~ | {\"a\":2},~",
        "],~\"d\" | ]~\"d\"",
        "]~},~ | ],~},~",
        "\"d\":[~ | \"c\":[~",
        "\"d\":[~ | d:[~",
        "\"d\":[~ | \"d\": [~",
        "\"c\":2 | \"c\":3",
        "\"c\":2 | \"c\":2,\"e\":0",
        "\"c\":2 | \"c\": 2",
        "{\"a\":1},~ | ~{\"a\":1},~",
        "{\"a\":1},~ | [1],~",
        "{\"a\":1},~ | {\"a\":1,~",
        "\"schema\":{} | \"schema\":[]",
        "\"schema\":{},~ | \"schema\":{},~\"more\":{},~",
        "\"version\":1 | \"version\":0",
        "\"version\":1 | \"version\":2",
        "\"handler\" | \"hondler\"",
      })
  void anyDeviationFromTheExactFormIsFound(String what, String instead) {
    String document =
        new String(Samples.write(Codec.NONE, inOrder()).document(), StandardCharsets.UTF_8);
    String from = what.strip().replace('~', '\n');
    assertThat(document).contains(from);
    String changed =
        document.replaceFirst(
            java.util.regex.Pattern.quote(from),
            java.util.regex.Matcher.quoteReplacement(instead.strip().replace('~', '\n')));
    assertThatThrownBy(() -> Samples.readPlain(changed)).isInstanceOf(FormatException.class);
  }

  private static Map<String, List<List<String>>> inOrder() {
    Map<String, List<List<String>>> collections = new java.util.LinkedHashMap<>();
    collections.put("c", List.of(List.of("{\"a\":1}", "{\"a\":2}")));
    collections.put("d", List.of());
    return collections;
  }

  @Test
  void invalidUtf8InTheHeaderIsNotReplacedSilently() {
    byte[] document = Samples.write(Codec.NONE, Map.of()).document();
    int at = new String(document, StandardCharsets.ISO_8859_1).indexOf("15.18");
    document[at] = (byte) 0xc0;
    assertThatThrownBy(() -> Samples.readPlain(document)).hasMessageContaining("UTF-8");
  }

  @Test
  void framesAreCutAtTheirTargetSize() throws IOException {
    List<String> records = Collections.nCopies(5_000, "{\"a\":\"" + "x".repeat(1_000) + "\"}");
    byte[] document = Samples.write(Codec.ZSTD, Map.of("c", List.of(records))).document();
    int frames = 0;
    int count = 0;
    try (DocumentReader reader =
        PlainDocuments.open(new ByteArrayInputStream(document), Samples.MAX_RECORD)) {
      for (Optional<Frame> f = reader.next(); f.isPresent(); f = reader.next()) {
        assertThat(f.get().rawLength()).isLessThan(Limits.FRAME_TARGET_BYTES + 2_000);
        frames++;
        count += f.get().records();
      }
    }
    assertThat(frames).isEqualTo(5);
    assertThat(count).isEqualTo(5_000);
  }

  @Test
  void aRecordOf64MebibytesGoesThrough() throws IOException {
    RecordBuffer buffer = new RecordBuffer(Limits.FRAME_TARGET_BYTES, 64 << 20);
    buffer.reset("big", 0, 0);
    buffer.begin();
    buffer.append("{\"a\":\"");
    byte[] piece = new byte[(64 << 20) - 8];
    Arrays.fill(piece, (byte) 'x');
    buffer.append(piece, 0, piece.length);
    buffer.append("\"}");
    buffer.end();
    assertThat(buffer.batch().lengthBytes()).isEqualTo(64 << 20);

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DocumentWriter writer = new DocumentWriter(out, Codec.ZSTD, 1, false);
        FrameCompressor compressor = Codec.ZSTD.compressor(1)) {
      writer.header(Samples.header());
      writer.beginCollection("big");
      writer.frame(DocumentWriter.frame("big", compressor, buffer.array(), buffer.position(), 1));
      writer.endCollection();
      writer.finish();
    }
    try (InputStream in = new ByteArrayInputStream(out.toByteArray());
        DocumentReader reader = PlainDocuments.open(in, 64 << 20);
        FrameDecoder decoder = new FrameDecoder(reader.codec())) {
      assertThat(decoder.decode(reader.next().orElseThrow()).lengthBytes()).isEqualTo(64 << 20);
      assertThat(reader.next()).isEmpty();
    }
    try (InputStream in = new ByteArrayInputStream(out.toByteArray());
        DocumentReader reader = PlainDocuments.open(in, (64 << 20) - 2)) {
      assertThatThrownBy(reader::next)
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.TOO_LARGE))
          .hasMessageContaining("collection big");
    }
  }
}

package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IndexedDocumentReaderTest {
  /** How many flipped bits the readers found, and how many left what is read as it was. */
  private record Flips(int found, int harmless, int onlySha256) {}

  @ParameterizedTest
  @EnumSource(Codec.class)
  void everyFlippedBitIsFoundOrChangesNothingAndTheDigestFindsTheRest(Codec codec)
      throws IOException {
    Samples.Backup backup = Samples.write(codec, Samples.varied());
    byte[] document = backup.document();
    Samples.Content original = Samples.readIndexed(document, backup.described());
    int found = 0;
    int harmless = 0;
    int onlySha256 = 0;
    for (int bit = 0; bit < document.length * 8; bit++) {
      byte[] flipped = Samples.flip(document, bit);
      assertThat(Samples.digest(flipped)).isNotEqualTo(backup.described().digest());
      try {
        Samples.Content read = Samples.readIndexed(flipped, backup.described());
        if (read.equals(original)) {
          harmless++;
        } else {
          onlySha256++;
          // Codec none has no checksum of its own; its header is covered by the object's digest.
          assertThat(codec).as("bit %d", bit).isEqualTo(Codec.NONE);
          assertThat((long) bit / 8).isLessThan(backup.described().headerLength());
          assertThat(read.records()).isEqualTo(original.records());
        }
      } catch (FormatException e) {
        assertThat(e.kind()).isNotEqualTo(FormatException.Kind.NOT_A_BACKUP);
        found++;
      }
    }
    Flips flips = new Flips(found, harmless, onlySha256);
    System.err.println("IndexedDocumentReaderTest: " + codec + " " + flips);
    assertThat(flips.found()).isGreaterThan(document.length * 8 / 2);
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void everyCutIsFound(Codec codec) {
    Samples.Backup backup = Samples.write(codec, Samples.varied());
    for (int length = 0; length < backup.document().length; length++) {
      byte[] cut = Samples.cut(backup.document(), length);
      assertThatThrownBy(() -> Samples.readIndexed(cut, backup.described()))
          .as("cut to %d bytes", length)
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT));
    }
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void whateverIsAppendedIsFound(Codec codec) {
    Samples.Backup backup = Samples.write(codec, Samples.varied());
    byte[] document = backup.document();
    for (byte[] tail : List.of(new byte[1], "\n".getBytes(StandardCharsets.UTF_8), document)) {
      byte[] longer = Arrays.copyOf(document, document.length + tail.length);
      System.arraycopy(tail, 0, longer, document.length, tail.length);
      assertThatThrownBy(() -> Samples.readIndexed(longer, backup.described()))
          .hasMessageContaining("longer than its manifest says");
    }
  }

  @Test
  void swappedFramesOfCodecNoneAreFoundByTheirChecksums() {
    Samples.Backup backup =
        Samples.write(Codec.NONE, Map.of("c", List.of(List.of("{\"a\":1}"), List.of("{\"a\":2}"))));
    FrameIndex frames = backup.described().collections().get(0).frames();
    byte[] swapped = backup.document().clone();
    int length = (int) frames.lengthBytes(0);
    System.arraycopy(
        backup.document(), (int) frames.offset(0), swapped, (int) frames.offset(1), length);
    System.arraycopy(
        backup.document(), (int) frames.offset(1), swapped, (int) frames.offset(0), length);
    assertThatThrownBy(() -> Samples.readIndexed(swapped, backup.described()))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("Collection c is damaged");
  }

  @Test
  void swappedFramesOfDifferentCountsAreFoundInEveryCodec() {
    for (Codec codec : List.of(Codec.ZSTD, Codec.GZIP)) {
      Samples.Backup backup =
          Samples.write(
              codec, Map.of("c", List.of(List.of("{\"a\":1}", "{}"), List.of("{\"a\":\"xyz\"}"))));
      FrameIndex frames = backup.described().collections().get(0).frames();
      byte[] d = backup.document();
      byte[] first = piece(d, frames, 0);
      byte[] second = piece(d, frames, 1);
      int at = (int) frames.offset(0);
      byte[] between = Arrays.copyOfRange(d, at + first.length, (int) frames.offset(1));
      byte[] swapped = d.clone();
      System.arraycopy(second, 0, swapped, at, second.length);
      System.arraycopy(between, 0, swapped, at + second.length, between.length);
      System.arraycopy(first, 0, swapped, at + second.length + between.length, first.length);
      assertThatThrownBy(() -> Samples.readIndexed(swapped, backup.described()))
          .isInstanceOf(FormatException.class);
    }
  }

  private static byte[] piece(byte[] document, FrameIndex frames, int i) {
    int at = (int) frames.offset(i);
    return Arrays.copyOfRange(document, at, at + (int) frames.lengthBytes(i));
  }

  @Test
  void aDocumentOfAnotherBackupIsRefused() {
    Samples.Backup backup = Samples.write(Codec.ZSTD, Map.of());
    assertThatThrownBy(
            () ->
                new IndexedDocumentReader(
                    new ByteArrayInputStream(backup.document()),
                    backup.described(),
                    "other",
                    Samples.MAX_RECORD))
        .hasMessageContaining("belongs to another backup");
  }

  @Test
  void aFrameOverTheRecordLimitIsRefusedBeforeItIsRead() throws IOException {
    Samples.Backup backup = Samples.write(Codec.ZSTD, Map.of());
    Manifest.Document d = backup.described();
    FrameIndex frames = new FrameIndex();
    frames.add(d.headerLength() + 30, 1 << 20, 500 << 20, 1, FrameIndex.NO_CRC);
    Manifest.Document lie =
        new Manifest.Document(
            d.key(),
            d.digest(),
            d.codec(),
            d.encryption(),
            d.source(),
            d.rawLength(),
            d.plainLength(),
            d.headerLength(),
            d.headerRawLength(),
            List.of(new Manifest.Collection("c", 1, frames)));
    assertThatThrownBy(() -> Samples.readIndexed(backup.document(), lie))
        .isInstanceOf(FormatException.class);
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void randomBytesGiveNothingButFormatErrors(Codec codec) {
    long seed = System.nanoTime();
    System.err.println(
        "IndexedDocumentReaderTest.randomBytesGiveNothingButFormatErrors: seed " + seed);
    Random random = new Random(seed);
    Samples.Backup backup = Samples.write(codec, Samples.varied());
    for (int i = 0; i < 1_000; i++) {
      byte[] bytes = backup.document().clone();
      int from = random.nextInt(bytes.length);
      int to = Math.min(bytes.length, from + 1 + random.nextInt(40));
      for (int at = from; at < to; at++) {
        bytes[at] = (byte) random.nextInt(256);
      }
      for (Reading reading :
          List.<Reading>of(
              () -> Samples.readIndexed(bytes, backup.described()),
              () -> Samples.readPlain(bytes))) {
        try {
          reading.run();
        } catch (FormatException | IOException e) {
          // What a reader may do with them.
          assertThat(e).isNotNull();
        } catch (RuntimeException e) {
          throw new AssertionError("seed " + seed + ", step " + i, e);
        }
      }
    }
  }

  private interface Reading {
    void run() throws IOException;
  }
}

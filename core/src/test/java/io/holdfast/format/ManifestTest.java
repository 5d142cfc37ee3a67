package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.Copy;
import io.holdfast.MissingSource;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
  private static final Samples.Backup BACKUP =
      Samples.write(
          Codec.ZSTD, Map.of("c", List.of(List.of("{\"a\":1}", "{\"a\":2}"), List.of("{}"))));
  private static final Instant NOON = Instant.parse("2026-01-09T12:00:00Z");
  private static final byte[] BYTES = ManifestWriter.write(BACKUP.manifest());

  @Test
  void comesBackAsItWasWritten() {
    Manifest manifest =
        new Manifest(
            BACKUP.manifest().backupId(),
            BACKUP.manifest().createdAt(),
            BACKUP.manifest().completedAt(),
            "a \"writer\"\n",
            BACKUP.manifest().documents(),
            List.of(new NotCaptured("foreign table public.remote", "its data is elsewhere")));
    byte[] bytes = ManifestWriter.write(manifest);
    Manifest read = ManifestReader.read(bytes);

    assertThat(ManifestWriter.write(read)).isEqualTo(bytes);
    assertThat(read.notCaptured()).isEqualTo(manifest.notCaptured());
    assertThat(read.writer()).isEqualTo(manifest.writer());
    assertThat(read.records()).isEqualTo(3);
    assertThat(read.storedBytes()).isEqualTo(BACKUP.document().length);
  }

  private static Manifest.Document named(String name, String key) {
    Manifest.Document one = BACKUP.manifest().documents().get(0);
    return new Manifest.Document(
        name,
        ObjectKey.of(key),
        one.digest(),
        one.codec(),
        one.encryption(),
        one.source(),
        one.rawLength(),
        one.plainLength(),
        one.headerLength(),
        one.headerRawLength(),
        one.collections(),
        Map.of("document_reads", 7L),
        Optional.of(NOON));
  }

  private static Manifest several(Manifest.Document... documents) {
    return new Manifest(
        "x",
        NOON,
        NOON,
        "w",
        List.of(documents),
        List.of(),
        Optional.of(NOON.minusMillis(5)),
        List.of(new MissingSource("orders", "no \"answer\"")),
        List.of(
            new Copy("near", "file:///var/backups", Optional.empty()),
            new Copy("off-site", "s3://bucket", Optional.of("no \"answer\""))));
  }

  @Test
  void severalSourcesComeBackAsTheyWereWritten() {
    Manifest manifest = several(named("documents", "x.documents.z"), named("a-b_1", "x.a-b_1.z"));
    byte[] bytes = ManifestWriter.write(manifest);
    Manifest read = ManifestReader.read(bytes);

    assertThat(ManifestWriter.write(read)).isEqualTo(bytes);
    assertThat(read.cut()).isEqualTo(manifest.cut());
    assertThat(read.missing()).isEqualTo(manifest.missing());
    assertThat(read.copies()).isEqualTo(manifest.copies());
    assertThat(read.documents())
        .extracting(Manifest.Document::name)
        .containsExactly("documents", "a-b_1");
    assertThat(read.documents().get(1).readUntil()).contains(NOON);
  }

  @Test
  void sourcesOfOneBackupHaveUsableNamesEachItsOwn() {
    for (Manifest bad :
        List.of(
            several(named("", "x.a"), named("b", "x.b")),
            several(named("a", "x.a"), named("a", "x.b")),
            several(named("../a", "x.a")),
            several(named("a".repeat(41), "x.a")))) {
      assertThatThrownBy(() -> ManifestWriter.write(bad))
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT));
    }
  }

  @Test
  void everyFlippedBitIsFound() {
    for (int bit = 0; bit < BYTES.length * 8; bit++) {
      byte[] flipped = Samples.flip(BYTES, bit);
      assertThatThrownBy(() -> ManifestReader.read(flipped))
          .as("bit %d", bit)
          .isInstanceOf(FormatException.class);
    }
  }

  @Test
  void everyCutAndEveryAppendedByteIsFound() {
    for (int length = 0; length < BYTES.length; length++) {
      byte[] cut = Samples.cut(BYTES, length);
      assertThatThrownBy(() -> ManifestReader.read(cut))
          .as("cut to %d bytes", length)
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.CORRUPT));
    }
    byte[] longer = Samples.cut(BYTES, BYTES.length + 1);
    assertThatThrownBy(() -> ManifestReader.read(longer)).isInstanceOf(FormatException.class);
  }

  @Test
  void aNewerVersionIsNamedEvenIfNothingElseIsUnderstood() {
    byte[] newer = "{\"holdfast_manifest\":2,whatever".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> ManifestReader.read(newer))
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.UNSUPPORTED_VERSION))
        .hasMessageContaining("version 2")
        .hasMessageContaining("up to 1");
  }

  @Test
  void anotherFileIsNoManifest() {
    for (String other : List.of("{}", "hello", "{\"backup_id\":\"x\"}")) {
      assertThatThrownBy(() -> ManifestReader.read(other.getBytes(StandardCharsets.UTF_8)))
          .isInstanceOfSatisfying(
              FormatException.class,
              e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.NOT_A_BACKUP));
    }
  }

  @Test
  void keysThatNobodyKnowsYetAreIgnored() {
    String body =
        Samples.body(BYTES)
            .replace("\"documents\":[\n{", "\"x\":{\"y\":[1,{}]},\"documents\":[\n{\"z\":[[]],")
            .replace("{\"name\":", "{\"q\":null,\"name\":");
    assertThat(ManifestReader.read(Samples.reseal(body)).records()).isEqualTo(3);
  }

  /** What is replaced, by what; the seal is made good again. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"records\":3 | \"records\":4",
        "\"records\":3 | \"records\":-3",
        "\"records\":3 | \"records\":3.0",
        "\"records\":3 | \"records\":99999999999999999999",
        "\"records\":3 | \"records\":3,\"records\":3",
        "\"header\":[0, | \"header\":[1,",
        "\"header\":[0, | \"header\":[0,0,",
        "\"codec\":\"zstd\" | \"codec\":\"none\"",
        "\"codec\":\"zstd\" | \"codec\":\"lzma\"",
        "\"codec\":\"zstd\" | \"codec\":{\"a\":1}",
        "\"encryption\":\"none\" | \"encryption\":\"rot13\"",
        "\"key\":\"shop | \"key\":\"../shop",
        "\"key\":\"shop | \"key\":7,\"x\":\"shop",
        "\"consistency\":\"snapshot\" | \"consistency\":\"perhaps\"",
        "\"as_of\":\"2026 | \"as_of\":\"last year 2026",
        "\"created_at\":\"2026 | \"created_at\":\"x2026",
        "\"backup_id\":\"shop | \"backup_id\":\"../../shop",
        "\"backup_id\": | \"backup_ix\":",
        "\"documents\":[ | \"documents\":[1,",
        "\"documents\":[ | \"documents\":[[],",
        "\"documents\": | \"x\":[],\"documents\":{},\"y\":",
        "\"not_captured\":[] | \"not_captured\":[7]",
        "\"not_captured\":[] | \"not_captured\":[{}]",
        "\"not_captured\":[] | \"not_captured\":[]}{\"a\":1",
        "\"name\":\"c\" | \"name\":null",
        "\"frames\":[[ | \"frames\":[[-1],[",
        "\"frames\":[[ | \"frames\":[[1,2],[",
        "\"frames\":[[ | \"frames\":[[9223372036854775807,9,9,1],[",
        "\"frames\":[[ | \"frames\":[[9223372036854775800,2147483000,9,1],[",
        "\"frames\":[[ | \"frames\":[[400,9,1100000000,1],[",
        "\"frames\":[[ | \"frames\":[[400,9,9,2147483647],[",
        "\"frames\":[[ | \"frames\":[[0,9,9,1],[",
      })
  void liesAreRefusedEvenWhenSealed(String what, String lie) {
    String body = Samples.body(BYTES);
    assertThat(body).contains(what.strip());
    byte[] bytes = Samples.reseal(body.replace(what.strip(), lie.strip()));
    Assertions.assertTimeout(
        Duration.ofSeconds(2),
        () ->
            assertThatThrownBy(() -> ManifestReader.read(bytes))
                .isInstanceOf(FormatException.class));
  }

  @Test
  void aWriterDoesNotSealLies() {
    Manifest.Document d = BACKUP.described();
    Manifest.Document lie =
        new Manifest.Document(
            d.key(),
            d.digest(),
            d.codec(),
            d.encryption(),
            d.source(),
            d.rawLength(),
            d.plainLength() + 1,
            d.headerLength(),
            d.headerRawLength(),
            d.collections());
    assertThatThrownBy(() -> ManifestWriter.write(Samples.manifest(lie)))
        .isInstanceOf(FormatException.class);
  }

  @Test
  void randomChangesUnderAValidSealGiveNothingButFormatErrors() {
    long seed = System.nanoTime();
    System.err.println("ManifestTest.randomChanges: seed " + seed);
    Random random = new Random(seed);
    String body = Samples.body(BYTES);
    String alphabet = "{}[],:\"\\0123456789-e.ntf xé\u0001";
    for (int i = 0; i < 5_000; i++) {
      StringBuilder changed = new StringBuilder(body);
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        int at = 23 + random.nextInt(changed.length() - 23);
        char c = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(3)) {
          case 0 -> changed.setCharAt(at, c);
          case 1 -> changed.insert(at, c);
          default -> changed.deleteCharAt(at);
        }
      }
      try {
        ManifestReader.read(Samples.reseal(changed.toString()));
      } catch (FormatException e) {
        assertThat(e.getMessage()).isNotEmpty();
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", step " + i + ": " + changed, e);
      }
    }
  }
}

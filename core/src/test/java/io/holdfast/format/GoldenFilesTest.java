package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What version 1 wrote stays readable for ever. These expectations never change. */
class GoldenFilesTest {
  private static byte[] golden(String name) throws IOException {
    try (InputStream in = GoldenFilesTest.class.getResourceAsStream("/golden/v1/" + name)) {
      assertThat(in).as(name).isNotNull();
      return in.readAllBytes();
    }
  }

  /** Records as {@code name<tab>record} lines; a name alone is a collection without records. */
  private static List<String> lines(Samples.Content content) {
    List<String> lines = new ArrayList<>();
    content
        .records()
        .forEach(
            (name, records) -> {
              lines.add(name);
              records.forEach(record -> lines.add(name + "\t" + record));
            });
    return lines;
  }

  private static List<String> expected(String name) throws IOException {
    return new String(golden(name), StandardCharsets.UTF_8).lines().toList();
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void backupsOfVersion1AreRead(Codec codec) throws IOException {
    String name = codec.name().toLowerCase(Locale.ROOT);
    byte[] document = golden(name + ".json" + codec.ending());
    Manifest manifest = ManifestReader.read(golden(name + ".manifest.json"));
    Manifest.Document described = manifest.documents().get(0);

    assertThat(manifest.backupId()).isEqualTo(Samples.ID);
    assertThat(manifest.createdAt()).isEqualTo(Instant.parse("2026-01-09T00:00:00.120Z"));
    assertThat(manifest.records()).isEqualTo(6);
    assertThat(described.codec()).isEqualTo(codec);
    assertThat(described.digest()).isEqualTo(Samples.digest(document));

    Samples.Content content = Samples.readIndexed(document, described);
    assertThat(lines(content)).isEqualTo(expected("expected.txt"));
    assertThat(content.header().source()).isEqualTo(Samples.SOURCE);
    assertThat(content.header().schema().at("/collections/public.users/key/0").textValue())
        .isEqualTo("id");
    assertThat(Samples.readPlain(document)).isEqualTo(content);
  }

  @Test
  void theUncompressedDocumentIsWrittenTheSameToday() throws IOException {
    Manifest manifest = ManifestReader.read(golden("none.manifest.json"));
    assertThat(ManifestWriter.write(manifest)).isEqualTo(golden("none.manifest.json"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"wild.json", "wild.json.gz"})
  void thePlainFormIsRead(String name) throws IOException {
    Samples.Content content = Samples.readPlain(golden(name));
    assertThat(content.records())
        .isEqualTo(
            Map.of(
                "users",
                List.of(
                    "{\"id\":\"u1\",\"name\":\"Ada\",\"score\":1.0}",
                    "{\"id\":\"u2\",\"tags\":[\"a\",{\"b\":-0.0}],\"big\":12345678901234567890}"),
                "posts",
                List.of()));
    assertThat(content.header().source().asOf()).isEqualTo(Instant.parse("2026-01-09T00:00:00Z"));
  }
}

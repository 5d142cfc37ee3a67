package io.holdfast.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.format.Samples.Backup;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.SourceInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The optional keys of a source: where they stand, and that they come back. */
final class SourceKeysTest {
  private static final String REQUIRED =
      "\"source\":{\"handler\":\"postgres\",\"name\":\"shop\",\"server\":\"15.18\","
          + "\"as_of\":\"2026-01-09T00:00:00.125Z\",\"consistency\":\"snapshot\"";

  private static SourceInfo source(String environment, String identity) {
    SourceInfo plain = Samples.SOURCE;
    return new SourceInfo(
        plain.handler(),
        plain.name(),
        plain.server(),
        plain.asOf(),
        plain.consistency(),
        environment,
        identity);
  }

  private static Backup written(SourceInfo source) {
    DocumentHeader header =
        new DocumentHeader(Samples.ID, 1, source, Json.MAPPER.createObjectNode());
    return Samples.write(Codec.NONE, header, Samples.varied());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | `` | ``",
        "production | `` | `,\"environment\":\"production\"`",
        "`` | 7450/16384 | `,\"identity\":\"7450/16384\"`",
        "a \"b\" | 7450/1 | `,\"environment\":\"a \\\"b\\\"\",\"identity\":\"7450/1\"`"
      })
  void theyStandAtTheEndAndComeBack(String environment, String identity, String text)
      throws Exception {
    SourceInfo source = source(environment, identity);
    Backup backup = written(source);
    String line = REQUIRED + text + "},\n";
    assertThat(new String(backup.document(), UTF_8)).contains("\n" + line);
    assertThat(new String(ManifestWriter.write(backup.manifest()), UTF_8)).contains("\n" + line);

    assertThat(Samples.readIndexed(backup.document(), backup.described()).header().source())
        .isEqualTo(source);
    assertThat(Samples.readPlain(backup.document()).header().source()).isEqualTo(source);
    assertThat(
            ManifestReader.read(ManifestWriter.write(backup.manifest()))
                .documents()
                .get(0)
                .source())
        .isEqualTo(source);
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "null", "{}", "[\"production\"]"})
  void whatIsNoStringIsRefused(String value) {
    String manifest = Samples.body(ManifestWriter.write(written(source("x", "")).manifest()));
    String changed = manifest.replace("\"environment\":\"x\"", "\"environment\":" + value);
    assertThat(changed).isNotEqualTo(manifest);
    assertThatThrownBy(() -> ManifestReader.read(Samples.reseal(changed)))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("environment");
  }

  @Test
  void ofAFileInTheWildTheyAreKnownToo() throws Exception {
    assertThat(
            Samples.readPlain(
                    "{"
                        + REQUIRED
                        + ", \"environment\": \"staging\" }, \"collections\": {\"a\": []}}")
                .header()
                .source())
        .isEqualTo(source("staging", ""));
  }
}

package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup can be read without us: {@code zstd}, {@code gzip} and {@code jq} are enough. */
class CommonToolsTest {
  /** Awkward names and frames; no half surrogate pairs, which jq refuses (FORMAT.md, section 2). */
  private static final Map<String, List<List<String>>> COLLECTIONS =
      Map.of(
          "public.\"Order \\Items\"\n\u0001é",
          List.of(
              List.of("{\"id\":\"u1\",\"name\":\"Ada\"}", "{\"id\":\"u2\",\"name\":\"Lin\"}"),
              List.of("{\"id\":\"u3\",\"name\":\"Zoë \uD83D\uDE80\"}")));

  @TempDir private Path folder;
  private byte[] plain = new byte[0];

  @BeforeEach
  void writeTheSampleInEveryCodec() throws IOException {
    plain = Samples.write(Codec.NONE, COLLECTIONS).document();
    for (Codec codec : Codec.values()) {
      Files.write(
          folder.resolve("a.json" + codec.ending()), Samples.write(codec, COLLECTIONS).document());
    }
  }

  @Test
  void zstdGivesTheDocument() throws Exception {
    assertThat(run("zstd", "-dc", "a.json.zst")).isEqualTo(plain);
  }

  @Test
  void gzipGivesTheDocument() throws Exception {
    assertThat(run("gzip", "-dc", "a.json.gz")).isEqualTo(plain);
  }

  @Test
  void jqFindsTheStatsAndTheRecords() throws Exception {
    assertThat(run("jq", "-c", ".stats[], .collections[][1]", "a.json"))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("3\n{\"id\":\"u2\",\"name\":\"Lin\"}\n");
  }

  @Test
  void whatZstdCompressesAsAWholeIsReadToo() throws Exception {
    assertThat(Samples.readPlain(run("zstd", "-c", "a.json")).records())
        .isEqualTo(Samples.flat(COLLECTIONS));
  }

  @Test
  void whatJqPrettyPrintsIsReadToo() throws Exception {
    assertThat(Samples.readPlain(run("jq", ".", "a.json")).records())
        .isEqualTo(Samples.flat(COLLECTIONS));
  }

  private byte[] run(String... command) throws Exception {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException e) {
      assumeTrue(false, command[0] + " is not installed here: " + e.getMessage());
      throw e;
    }
    byte[] out = process.getInputStream().readAllBytes();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isZero();
    return out;
  }
}

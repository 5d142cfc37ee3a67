package io.holdfast.format;

import io.holdfast.spi.DocumentHeader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Wrote the golden files of version 1. They are never written again: what this version wrote once,
 * every later one must read. Kept to show how they came about, and for the next version's.
 */
final class GoldenFiles {
  private GoldenFiles() {}

  /** Takes the folder to write into; refuses to replace what is there. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Files.createDirectories(folder);
    for (Codec codec : Codec.values()) {
      Samples.Backup backup = Samples.write(codec, header(), collections());
      String name = codec.name().toLowerCase(Locale.ROOT);
      write(folder.resolve(name + ".json" + codec.ending()), backup.document());
      write(folder.resolve(name + ".manifest.json"), ManifestWriter.write(backup.manifest()));
    }
    byte[] wild = WILD.getBytes(StandardCharsets.UTF_8);
    write(folder.resolve("wild.json"), wild);
    try (FrameCompressor gzip = Codec.GZIP.compressor(6)) {
      write(folder.resolve("wild.json.gz"), gzip.compress(wild, 0, wild.length));
    }
  }

  private static void write(Path path, byte[] bytes) throws IOException {
    if (Files.exists(path)) {
      throw new IOException(path + " exists; golden files stay as they are.");
    }
    Files.write(path, bytes);
  }

  private static DocumentHeader header() throws IOException {
    return new DocumentHeader(
        Samples.ID,
        1,
        Samples.SOURCE,
        Json.MAPPER
            .createObjectNode()
            .set(
                "collections",
                Json.MAPPER.readTree(
                    "{\"public.users\":{\"fields\":[{\"name\":\"id\",\"type\":\"bigint\",\"as\":\"integer\"}],"
                        + "\"key\":[\"id\"]}}")));
  }

  private static Map<String, List<List<String>>> collections() {
    Map<String, List<List<String>>> collections = new LinkedHashMap<>();
    collections.put(
        "public.users",
        List.of(
            List.of("{\"id\":9007199254740993,\"name\":\"Ada\"}", "{\"id\":2,\"name\":null}"),
            List.of("{\"id\":3,\"name\":\"Zoë \uD83D\uDE80 \\\"\\\\\\n\\ud83d\"}")));
    collections.put("public.\"Order Items\"", List.of());
    collections.put(
        "values",
        List.of(
            List.of(
                "{\"double\":1.0,\"zero\":-0.0,\"huge\":1.5e300,\"nan\":{\"$numberDouble\":\"NaN\"}}",
                "{\"at\":{\"$date\":\"2026-01-09T00:00:00.123456Z\"},\"$$x\":[],\"$id\":{}}",
                "{\"bytes\":{\"$binary\":{\"base64\":\"AAEC\",\"subType\":\"00\"}}}")));
    return collections;
  }

  private static final String WILD =
      """
      {
        "timestamp": "2026-01-09T00:00:00Z",
        "app": {"name": "shop", "collections": ["users"]},
        "collections": {
          "users": [
            {"id": "u1", "name": "Ada", "score": 1.0},
            {
              "id": "u2",
              "tags": ["a", {"b": -0.0}],
              "big": 12345678901234567890
            }
          ],
          "posts": []
        },
        "stats": {"users": 2, "posts": 0}
      }
      """;
}

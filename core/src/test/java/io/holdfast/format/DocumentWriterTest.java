package io.holdfast.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.DocumentHeader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DocumentWriterTest {
  /** The example of FORMAT.md, section 2. */
  private static final String EXAMPLE =
      """
      {"backup_id":"shop-2026-01-09-00-00-00","version":1,
      "source":{"handler":"postgres","name":"shop","server":"15.18","as_of":"2026-01-09T00:00:00.125Z","consistency":"snapshot"},
      "schema":{},
      "collections":{
      "users":[
      {"id":"u1","name":"Ada"},
      {"id":"u2","name":"Lin"}
      ],
      "posts":[
      ]
      },
      "stats":{"users":2,"posts":0}}
      """;

  private static Map<String, List<List<String>>> example() {
    Map<String, List<List<String>>> collections = new LinkedHashMap<>();
    collections.put(
        "users",
        List.of(List.of("{\"id\":\"u1\",\"name\":\"Ada\"}", "{\"id\":\"u2\",\"name\":\"Lin\"}")));
    collections.put("posts", List.of());
    return collections;
  }

  @Test
  void writesTheExampleOfTheFormatByteForByte() {
    assertThat(new String(Samples.write(Codec.NONE, example()).document(), StandardCharsets.UTF_8))
        .isEqualTo(EXAMPLE);
  }

  @Test
  void writesTheManifestOfTheFormatByteForByte() {
    Samples.Backup backup = Samples.write(Codec.NONE, example());
    int header = EXAMPLE.indexOf("\n\"users\":[");
    int frame = EXAMPLE.indexOf("{\"id\":\"u1\"");
    int frameLength = EXAMPLE.indexOf("\n],") - frame;
    long crc = Digests.crc32c(EXAMPLE.getBytes(StandardCharsets.UTF_8), frame, frameLength);
    int length = EXAMPLE.length();
    String body =
        """
        {"holdfast_manifest":1,
        "backup_id":"shop-2026-01-09-00-00-00",
        "created_at":"2026-01-09T00:00:00.120Z",
        "completed_at":"2026-01-09T00:00:07.940Z",
        "writer":"holdfast 0.1.0",
        "documents":[
        {"key":"shop-2026-01-09-00-00-00.json","length":%d,"sha256":"%s","codec":"none","encryption":"none",
        "source":{"handler":"postgres","name":"shop","server":"15.18","as_of":"2026-01-09T00:00:00.125Z","consistency":"snapshot"},
        "raw_length":%d,"plain_length":%d,"header":[0,%d,%d],
        "collections":[
        {"name":"users","records":2,"frames":[[%d,%d,%d,2,%d]]},
        {"name":"posts","records":0,"frames":[]}
        ]}
        ],
        "not_captured":[],
        """
            .formatted(
                length,
                Samples.digest(backup.document()).sha256(),
                length,
                length,
                header,
                header,
                frame,
                frameLength,
                frameLength,
                crc);
    assertThat(ManifestWriter.write(backup.manifest()))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(new String(Samples.reseal(body), StandardCharsets.UTF_8));
  }

  @Test
  void writesADocumentWithoutCollections() {
    assertThat(new String(Samples.write(Codec.NONE, Map.of()).document(), StandardCharsets.UTF_8))
        .endsWith("\n\"collections\":{\n},\n\"stats\":{}}\n");
  }

  @ParameterizedTest
  @EnumSource(Codec.class)
  void whatWasWrittenIsReadAgainWithItsManifestAndWithout(Codec codec) throws Exception {
    for (Map<String, List<List<String>>> collections :
        List.of(Map.<String, List<List<String>>>of(), example(), Samples.varied())) {
      Samples.Backup backup = Samples.write(codec, collections);
      Manifest manifest = ManifestReader.read(ManifestWriter.write(backup.manifest()));

      Samples.Content indexed = Samples.readIndexed(backup.document(), manifest.documents().get(0));
      Samples.Content plain = Samples.readPlain(backup.document());

      assertThat(indexed).isEqualTo(plain);
      assertThat(indexed.header()).isEqualTo(Samples.header());
      assertThat(indexed.records()).isEqualTo(Samples.flat(collections));
      assertThat(List.copyOf(indexed.records().keySet()))
          .isEqualTo(List.copyOf(collections.keySet()));
    }
  }

  @Test
  void halfASurrogatePairInANameOrASchemaSurvives() throws Exception {
    ObjectNode schema = Json.MAPPER.createObjectNode().put("a\udc00", "\ud800b \uD83D\uDE80");
    DocumentHeader header = new DocumentHeader(Samples.ID, 1, Samples.SOURCE, schema);
    Map<String, List<List<String>>> collections = Map.of("n\ud800", List.of(List.of("{}")));
    Samples.Backup backup = Samples.write(Codec.ZSTD, header, collections);

    assertThat(Samples.readIndexed(backup.document(), backup.described()).header())
        .isEqualTo(header);
    assertThat(Samples.readPlain(backup.document()).records()).isEqualTo(Samples.flat(collections));
    assertThat(ManifestReader.read(ManifestWriter.write(backup.manifest())).records()).isEqualTo(1);
  }

  @Test
  void numbersInASchemaKeepTheirKind() throws Exception {
    ObjectNode schema = (ObjectNode) Json.MAPPER.readTree("{\"a\":1.0,\"b\":1,\"c\":1E+400}");
    DocumentHeader header = new DocumentHeader(Samples.ID, 1, Samples.SOURCE, schema);
    byte[] document = Samples.write(Codec.NONE, header, Map.of()).document();

    assertThat(new String(document, StandardCharsets.UTF_8))
        .contains("\"schema\":{\"a\":1.0,\"b\":1,\"c\":1E+400}");
  }

  @Test
  void aHeaderThatNobodyCouldReadAgainIsRefusedWhileWriting() {
    ObjectNode schema = Json.MAPPER.createObjectNode();
    ObjectNode inner = schema;
    for (int i = 0; i < 999; i++) {
      inner = inner.putObject("a");
    }
    DocumentHeader header = new DocumentHeader(Samples.ID, 1, Samples.SOURCE, schema);
    assertThatThrownBy(() -> Samples.write(Codec.NONE, header, Map.of()))
        .isInstanceOf(FormatException.class);
  }

  @Test
  void aLongIdDoesNotEndTheStack() throws Exception {
    String id = "i".repeat(4_096);
    byte[] document =
        Samples.write(
                Codec.NONE,
                new DocumentHeader(Samples.ID, 1, Samples.SOURCE, Json.MAPPER.createObjectNode()),
                Map.of())
            .document();
    String text = new String(document, StandardCharsets.UTF_8).replace(Samples.ID, id);
    assertThat(Samples.readPlain(text).header().backupId()).isEqualTo(id);
  }

  @Test
  void refusesTwoCollectionsOfOneNameAndFramesOfAnother() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DocumentWriter writer = new DocumentWriter(out, Codec.NONE, 0, true);
        FrameCompressor compressor = Codec.NONE.compressor(0)) {
      writer.header(Samples.header());
      writer.beginCollection("a");
      byte[] raw = "{}".getBytes(StandardCharsets.UTF_8);
      Frame frame = DocumentWriter.frame("b", compressor, raw, 2, 1);
      assertThatThrownBy(() -> writer.frame(frame)).hasMessageContaining("b cannot stand in");
      writer.endCollection();
      assertThatThrownBy(() -> writer.beginCollection("a")).hasMessageContaining("named a");
      assertThatThrownBy(() -> writer.beginCollection("n".repeat(4_097)))
          .isInstanceOf(FormatException.class);
    }
  }
}

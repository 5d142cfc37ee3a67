package io.holdfast.format;

import io.holdfast.spi.Consistency;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.SourceInfo;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small backups in memory, and what comes out when they are read. */
final class Samples {
  static final String ID = "shop-2026-01-09-00-00-00";
  static final int MAX_RECORD = 1 << 20;
  static final SourceInfo SOURCE =
      new SourceInfo(
          "postgres",
          "shop",
          "15.18",
          Instant.parse("2026-01-09T00:00:00.125Z"),
          Consistency.SNAPSHOT);

  private Samples() {}

  /** A document and its manifest. */
  @SuppressWarnings("ArrayRecordComponent")
  record Backup(byte[] document, Manifest manifest) {
    Manifest.Document described() {
      return manifest.documents().get(0);
    }
  }

  /** What a reader gave: everything that a restore would see. */
  record Content(DocumentHeader header, Map<String, List<String>> records) {}

  static DocumentHeader header() {
    return new DocumentHeader(ID, 1, SOURCE, Json.MAPPER.createObjectNode());
  }

  /** Collections as lists of frames, frames as lists of records. */
  static Backup write(Codec codec, Map<String, List<List<String>>> collections) {
    return write(codec, header(), collections);
  }

  static Backup write(
      Codec codec, DocumentHeader header, Map<String, List<List<String>>> collections) {
    int level = codec.minLevel();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DocumentWriter writer = new DocumentWriter(out, codec, level, codec == Codec.NONE);
        FrameCompressor compressor = codec.compressor(level)) {
      writer.header(header);
      for (Map.Entry<String, List<List<String>>> collection : collections.entrySet()) {
        writer.beginCollection(collection.getKey());
        for (List<String> frame : collection.getValue()) {
          byte[] raw = String.join(",\n", frame).getBytes(StandardCharsets.UTF_8);
          writer.frame(
              DocumentWriter.frame(collection.getKey(), compressor, raw, raw.length, frame.size()));
        }
        writer.endCollection();
      }
      DocumentWriter.Layout layout = writer.finish();
      byte[] document = out.toByteArray();
      return new Backup(document, manifest(layout, header, document));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Manifest manifest(
      DocumentWriter.Layout layout, DocumentHeader header, byte[] document) {
    return manifest(
        new Manifest.Document(
            ObjectKey.of(header.backupId() + ".json" + layout.codec().ending()),
            digest(document),
            layout.codec(),
            Manifest.EncryptionKind.NONE,
            header.source(),
            layout.rawLength(),
            layout.plainLength(),
            layout.headerLength(),
            layout.headerRawLength(),
            layout.collections()));
  }

  static Manifest manifest(Manifest.Document document) {
    return new Manifest(
        ID,
        Instant.parse("2026-01-09T00:00:00.120Z"),
        Instant.parse("2026-01-09T00:00:07.940Z"),
        "holdfast 0.1.0",
        List.of(document),
        List.of());
  }

  static ObjectDigest digest(byte[] bytes) {
    return new ObjectDigest(bytes.length, HexFormat.of().formatHex(Digests.sha256().digest(bytes)));
  }

  /** A few collections with all that is awkward but allowed, in several frames. */
  static Map<String, List<List<String>>> varied() {
    Map<String, List<List<String>>> collections = new LinkedHashMap<>();
    collections.put(
        "users",
        List.of(
            List.of("{\"id\":\"u1\",\"name\":\"Ada\"}", "{\"id\":\"u2\",\"name\":\"Lin\"}"),
            List.of("{\"id\":\"u3\",\"name\":\"Zoë \uD83D\uDE80 \\ud83d\"}")));
    collections.put("empty", List.of());
    collections.put(
        "public.\"Order \\Items\"\n\u0001é",
        List.of(
            List.of("{}"),
            List.of("{\"n\":[1.0,-0.0,1e400,12345678901234567890,null,true]}", "{\"{\":\"},{\"}")));
    return collections;
  }

  /** All of it, checked as a restore checks it. */
  static Content readIndexed(byte[] document, Manifest.Document described) throws IOException {
    try (DocumentReader reader =
        new IndexedDocumentReader(new ByteArrayInputStream(document), described, ID, MAX_RECORD)) {
      return drain(reader);
    }
  }

  static Content readPlain(byte[] document) throws IOException {
    try (DocumentReader reader =
        PlainDocuments.open(new ByteArrayInputStream(document), MAX_RECORD)) {
      return drain(reader);
    }
  }

  static Content readPlain(String document) throws IOException {
    return readPlain(document.getBytes(StandardCharsets.UTF_8));
  }

  static Content drain(DocumentReader reader) throws IOException {
    Map<String, List<String>> records = new LinkedHashMap<>();
    try (FrameDecoder decoder = new FrameDecoder(reader.codec())) {
      for (Optional<Frame> frame = reader.next(); frame.isPresent(); frame = reader.next()) {
        RecordBatch batch = decoder.decode(frame.get());
        RecordFrame.checkJson(batch.array(), batch.start(), batch.end());
        records
            .computeIfAbsent(frame.get().collection(), name -> new ArrayList<>())
            .addAll(batch.toStrings());
      }
    }
    Map<String, List<String>> inOrder = new LinkedHashMap<>();
    reader
        .counts()
        .forEach(
            (name, count) -> {
              List<String> read = records.getOrDefault(name, List.of());
              if (read.size() != count) {
                throw new FormatException(FormatException.Kind.CORRUPT, "Counts differ.");
              }
              inOrder.put(name, read);
            });
    return new Content(reader.header(), inOrder);
  }

  static Map<String, List<String>> flat(Map<String, List<List<String>>> collections) {
    Map<String, List<String>> flat = new LinkedHashMap<>();
    collections.forEach(
        (name, frames) -> flat.put(name, frames.stream().flatMap(List::stream).toList()));
    return flat;
  }

  /** The manifest with another text and a valid checksum. */
  static byte[] reseal(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String sha256 = HexFormat.of().formatHex(Digests.sha256().digest(bytes));
    return (body + ManifestReader.tail(sha256)).getBytes(StandardCharsets.UTF_8);
  }

  /** A sealed manifest without its last line. */
  static String body(byte[] manifest) {
    String text = new String(manifest, StandardCharsets.UTF_8);
    return text.substring(0, text.lastIndexOf("\"sha256\""));
  }

  static byte[] flip(byte[] bytes, int bit) {
    byte[] flipped = bytes.clone();
    flipped[bit / 8] ^= (byte) (1 << (bit % 8));
    return flipped;
  }

  static byte[] cut(byte[] bytes, int length) {
    return Arrays.copyOf(bytes, length);
  }
}

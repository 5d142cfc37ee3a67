package io.holdfast.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.Copy;
import io.holdfast.MissingSource;
import io.holdfast.spi.NotCaptured;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Writes manifests, byte for byte as FORMAT.md, section 6, says. */
public final class ManifestWriter {
  private final StringBuilder text = new StringBuilder(4096);

  private ManifestWriter() {}

  /**
   * The bytes of a manifest.
   *
   * @throws FormatException if a reader would refuse it: of kind {@code TOO_LARGE} if it is over
   *     the limit, of another if its numbers contradict each other
   */
  public static byte[] write(Manifest manifest) {
    byte[] bytes = new ManifestWriter().manifest(manifest);
    if (bytes.length > Limits.MANIFEST_BYTES) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "The manifest takes "
              + bytes.length
              + " bytes; the limit is "
              + Limits.MANIFEST_BYTES
              + ". Split the backup with filters.");
    }
    // Read once now: a manifest that nobody can read makes a backup that nobody can restore.
    ManifestReader.read(bytes);
    return bytes;
  }

  private byte[] manifest(Manifest manifest) {
    text.append("{\"holdfast_manifest\":").append(Manifest.VERSION);
    line("backup_id").append(Json.string(manifest.backupId()));
    line("created_at").append(Json.string(manifest.createdAt().toString()));
    line("completed_at").append(Json.string(manifest.completedAt().toString()));
    line("writer").append(Json.string(manifest.writer()));
    manifest.cut().ifPresent(cut -> line("cut").append(Json.string(cut.toString())));
    line("documents").append('[');
    String separator = "\n";
    for (Manifest.Document document : manifest.documents()) {
      text.append(separator);
      document(document);
      separator = ",\n";
    }
    text.append("\n]");
    line("not_captured").append('[');
    separator = "\n";
    for (NotCaptured missing : manifest.notCaptured()) {
      ObjectNode node = Json.MAPPER.createObjectNode();
      node.put("object", missing.object()).put("reason", missing.reason());
      text.append(separator).append(Json.write(node));
      separator = ",\n";
    }
    text.append(manifest.notCaptured().isEmpty() ? "]" : "\n]");
    if (!manifest.missing().isEmpty()) {
      missing(manifest.missing());
    }
    if (!manifest.copies().isEmpty()) {
      copies(manifest.copies());
    }
    text.append(",\n");
    return seal();
  }

  private void missing(List<MissingSource> sources) {
    line("missing").append('[');
    String separator = "\n";
    for (MissingSource source : sources) {
      ObjectNode node = Json.MAPPER.createObjectNode();
      node.put("name", source.name()).put("reason", source.reason());
      text.append(separator).append(Json.write(node));
      separator = ",\n";
    }
    text.append("\n]");
  }

  private void copies(List<Copy> copies) {
    line("copies").append('[');
    String separator = "\n";
    for (Copy copy : copies) {
      ObjectNode node = Json.MAPPER.createObjectNode();
      node.put("sink", copy.sink()).put("location", copy.location());
      node.put("stored", copy.stored());
      copy.failure().ifPresent(reason -> node.put("reason", reason));
      text.append(separator).append(Json.write(node));
      separator = ",\n";
    }
    text.append("\n]");
  }

  private byte[] seal() {
    byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
    MessageDigest sha256 = Digests.sha256();
    String tail = ManifestReader.tail(HexFormat.of().formatHex(sha256.digest(body)));
    ByteArrayOutputStream whole = new ByteArrayOutputStream(body.length + tail.length());
    whole.writeBytes(body);
    whole.writeBytes(tail.getBytes(StandardCharsets.US_ASCII));
    return whole.toByteArray();
  }

  private void document(Manifest.Document document) {
    text.append('{');
    if (!document.name().isEmpty()) {
      text.append("\"name\":").append(Json.string(document.name())).append(',');
    }
    text.append("\"key\":").append(Json.string(document.key().value()));
    text.append(",\"length\":").append(document.digest().lengthBytes());
    text.append(",\"sha256\":").append(Json.string(document.digest().sha256()));
    text.append(",\"codec\":").append(Json.string(document.codec().id()));
    text.append(",\"encryption\":")
        .append(Json.string(document.encryption().name().toLowerCase(Locale.ROOT)));
    line("source").append(Json.write(Json.sourceToJson(document.source())));
    line("raw_length").append(document.rawLength());
    text.append(",\"plain_length\":").append(document.plainLength());
    text.append(",\"header\":[0,").append(document.headerLength());
    text.append(',').append(document.headerRawLength()).append(']');
    line("collections").append('[');
    String separator = "\n";
    for (Manifest.Collection collection : document.collections()) {
      text.append(separator);
      collection(collection);
      separator = ",\n";
    }
    text.append("\n]");
    if (!document.usage().isEmpty()) {
      ObjectNode usage = Json.MAPPER.createObjectNode();
      document.usage().forEach(usage::put);
      line("usage").append(Json.write(usage));
    }
    document
        .readUntil()
        .ifPresent(until -> line("read_until").append(Json.string(until.toString())));
    text.append('}');
  }

  private void collection(Manifest.Collection collection) {
    text.append("{\"name\":").append(Json.string(collection.name()));
    text.append(",\"records\":").append(collection.records());
    text.append(",\"frames\":[");
    FrameIndex frames = collection.frames();
    for (int i = 0; i < frames.size(); i++) {
      text.append(i == 0 ? "[" : ",[").append(frames.offset(i));
      text.append(',').append(frames.lengthBytes(i));
      text.append(',').append(frames.rawLength(i));
      text.append(',').append(frames.records(i));
      if (frames.crc32c(i) != FrameIndex.NO_CRC) {
        text.append(',').append(frames.crc32c(i));
      }
      text.append(']');
    }
    text.append("]}");
  }

  private StringBuilder line(String key) {
    return text.append(",\n\"").append(key).append("\":");
  }
}

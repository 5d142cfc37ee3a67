package io.holdfast.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import io.holdfast.Copy;
import io.holdfast.MissingSource;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SourceInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads manifests: checks the checksum at their end, every number against the others, and the
 * limits. What comes out is consistent in itself; whether the objects fit is checked when they are
 * read.
 */
public final class ManifestReader {
  private static final Pattern HEAD =
      Pattern.compile("\\{\"holdfast_manifest\":(\\d{1,9}),.*", Pattern.DOTALL);
  private static final String START = "{\"holdfast_manifest\":";
  private static final int TAIL_BYTES = tail("0".repeat(64)).length();

  private final JsonParser parser;

  private ManifestReader(JsonParser parser) {
    this.parser = parser;
  }

  /** The last line of a manifest. */
  static String tail(String sha256) {
    return "\"sha256\":\"" + sha256 + "\"}\n";
  }

  /**
   * Reads a manifest.
   *
   * @param bytes the whole object
   * @throws FormatException of kind {@code UNSUPPORTED_VERSION}, {@code NOT_A_BACKUP} or {@code
   *     CORRUPT}, the last also for one that is cut
   */
  public static Manifest read(byte[] bytes) {
    checkVersion(bytes);
    checkSeal(bytes);
    try (JsonParser parser = Json.FACTORY.createParser(bytes)) {
      parser.setCodec(Json.WITHIN);
      return new ManifestReader(parser).manifest();
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException | IOException e) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "The manifest is sealed but makes no sense: " + reason(e) + ".",
          e);
    }
  }

  private static @Nullable String reason(Exception e) {
    return e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
  }

  private static void checkVersion(byte[] bytes) {
    String head = new String(bytes, 0, Math.min(bytes.length, 64), StandardCharsets.ISO_8859_1);
    Matcher matcher = HEAD.matcher(head);
    if (!matcher.matches()) {
      throw new FormatException(
          head.startsWith(START) || START.startsWith(head)
              ? FormatException.Kind.CORRUPT
              : FormatException.Kind.NOT_A_BACKUP,
          "The manifest does not begin as a manifest does.");
    }
    int version = Integer.parseInt(matcher.group(1));
    if (version > Manifest.VERSION) {
      throw new FormatException(
          FormatException.Kind.UNSUPPORTED_VERSION,
          "The manifest has version "
              + version
              + " of the format; this version of Holdfast reads up to "
              + Manifest.VERSION
              + ". Use a newer Holdfast.");
    }
    if (version < 1) {
      throw new FormatException(
          FormatException.Kind.CORRUPT, "The manifest has no valid version: " + version + ".");
    }
  }

  private static void checkSeal(byte[] bytes) {
    int bodyLength = bytes.length - TAIL_BYTES;
    if (bodyLength > 0) {
      MessageDigest sha256 = Digests.sha256();
      sha256.update(bytes, 0, bodyLength);
      String expected = tail(HexFormat.of().formatHex(sha256.digest()));
      String actual = new String(bytes, bodyLength, TAIL_BYTES, StandardCharsets.ISO_8859_1);
      if (expected.equals(actual)) {
        return;
      }
    }
    throw new FormatException(
        FormatException.Kind.CORRUPT,
        "The manifest was changed, cut or added to since it was written: its checksum differs.");
  }

  private Manifest manifest() throws IOException {
    String backupId = null;
    Instant createdAt = null;
    Instant completedAt = null;
    String writer = "";
    List<Manifest.Document> documents = new ArrayList<>();
    List<NotCaptured> notCaptured = new ArrayList<>();
    Instant cut = null;
    List<MissingSource> missing = new ArrayList<>();
    List<Copy> copies = new ArrayList<>();
    expect(parser.nextToken(), JsonToken.START_OBJECT);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      switch (nextName()) {
        case "backup_id" -> backupId = string();
        case "created_at" -> createdAt = Instant.parse(string());
        case "completed_at" -> completedAt = Instant.parse(string());
        case "writer" -> writer = string();
        case "documents" -> eachElement(() -> documents.add(document()));
        case "not_captured" -> eachElement(() -> notCaptured.add(notCaptured()));
        case "cut" -> cut = Instant.parse(string());
        case "missing" -> eachElement(() -> missing.add(missing()));
        case "copies" -> eachElement(() -> copies.add(copy()));
        default -> parser.skipChildren();
      }
    }
    require(
        parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null,
        "it goes on after its end");
    require(!documents.isEmpty(), "it lists no document");
    require(
        backupId != null && ObjectKey.isSafe(backupId + Manifest.KEY_ENDING),
        "its id is missing or could not be part of a key");
    Set<ObjectKey> keys = new HashSet<>();
    documents.forEach(
        d -> require(keys.add(d.key()), "it lists the document " + d.key() + " twice"));
    checkNames(documents);
    return new Manifest(
        present(backupId, "backup_id"),
        present(createdAt, "created_at"),
        present(completedAt, "completed_at"),
        writer,
        documents,
        notCaptured,
        Optional.ofNullable(cut),
        missing,
        copies);
  }

  /** Only the only document of a backup may have no name. */
  private static void checkNames(List<Manifest.Document> documents) {
    Set<String> names = new HashSet<>();
    for (Manifest.Document document : documents) {
      String name = document.name();
      require(
          name.isEmpty() ? documents.size() == 1 : Manifest.isSourceName(name),
          "a document's source has no usable name");
      require(names.add(name), "it lists the source " + name + " twice");
    }
  }

  private Copy copy() throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT);
    JsonNode node = parser.readValueAsTree();
    return new Copy(
        Json.text(node, "sink"),
        Json.text(node, "location"),
        node.path("stored").asBoolean(false)
            ? Optional.empty()
            : Optional.of(node.path("reason").asText("")));
  }

  private MissingSource missing() throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT);
    JsonNode node = parser.readValueAsTree();
    return new MissingSource(Json.text(node, "name"), Json.text(node, "reason"));
  }

  private NotCaptured notCaptured() throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT);
    JsonNode node = parser.readValueAsTree();
    return new NotCaptured(Json.text(node, "object"), Json.text(node, "reason"));
  }

  private Manifest.Document document() throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT);
    String name = "";
    ObjectKey key = null;
    String sha256 = null;
    long length = -1;
    Codec codec = null;
    Manifest.EncryptionKind encryption = null;
    SourceInfo source = null;
    long rawLength = -1;
    long plainLength = -1;
    List<Long> header = new ArrayList<>();
    List<Manifest.Collection> collections = new ArrayList<>();
    Map<String, Long> usage = new TreeMap<>();
    Instant readUntil = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      switch (nextName()) {
        case "name" -> name = string();
        case "key" -> key = ObjectKey.of(string());
        case "sha256" -> sha256 = string();
        case "length" -> length = count();
        case "codec" -> codec = codec(string());
        case "encryption" -> encryption = encryption(string());
        case "source" -> source = Json.sourceFromJson(parser.readValueAsTree());
        case "raw_length" -> rawLength = count();
        case "plain_length" -> plainLength = count();
        case "header" -> eachElement(() -> header.add(count()));
        case "collections" -> eachElement(() -> collections.add(collection()));
        case "usage" -> usage(usage);
        case "read_until" -> readUntil = Instant.parse(string());
        default -> parser.skipChildren();
      }
    }
    require(header.size() == 3 && header.get(0) == 0, "a document's header frame is not described");
    require(rawLength >= 0 && plainLength >= 0, "a document's lengths are missing");
    Manifest.Document document =
        new Manifest.Document(
            name,
            present(key, "key"),
            new ObjectDigest(length, present(sha256, "sha256")),
            present(codec, "codec"),
            present(encryption, "encryption"),
            present(source, "source"),
            rawLength,
            plainLength,
            header.get(1),
            header.get(2),
            collections,
            usage,
            Optional.ofNullable(readUntil));
    checkLayout(document);
    return document;
  }

  private void usage(Map<String, Long> usage) throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT);
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      usage.put(nextName(), count());
    }
  }

  /** Frames follow one another inside the object and are no larger than the format allows. */
  private static void checkLayout(Manifest.Document document) {
    require(
        document.encryption() == Manifest.EncryptionKind.AGE
            || document.plainLength() == document.digest().lengthBytes(),
        "an unencrypted document has two lengths");
    require(document.collections().size() <= Limits.COLLECTIONS, "it has too many collections");
    require(
        document.headerLength() > 0
            && document.headerRawLength() <= document.codec().maxRawLength(document.headerLength()),
        "a header's length is out of bounds");
    Set<String> names = new HashSet<>();
    long end = document.headerLength();
    long raw = document.headerRawLength();
    for (Manifest.Collection collection : document.collections()) {
      require(names.add(collection.name()), "a collection is listed twice");
      require(
          DocumentText.utf8(collection.name()).length <= Limits.NAME_BYTES,
          "a collection's name is too long");
      FrameIndex frames = collection.frames();
      for (int i = 0; i < frames.size(); i++) {
        checkFrame(document, frames, i);
        // Between two record frames stands at least one byte of structure.
        require(frames.offset(i) > end, "frames overlap");
        end = Math.addExact(frames.offset(i), frames.lengthBytes(i));
        raw = Math.addExact(raw, frames.rawLength(i));
      }
      require(
          frames.totalRecords() == collection.records(),
          "the frames of a collection do not hold its number of records");
    }
    require(end < document.plainLength(), "frames lie outside of the object");
    require(raw < document.rawLength(), "frames hold more than the document");
  }

  private static void checkFrame(Manifest.Document document, FrameIndex frames, int i) {
    long length = frames.lengthBytes(i);
    long raw = frames.rawLength(i);
    long records = frames.records(i);
    require(length > 0 && length <= Integer.MAX_VALUE - 16, "a frame's length is out of bounds");
    require(
        raw >= 2
            && raw <= (long) Limits.MAX_RECORD_BYTES + Limits.FRAME_SLACK_BYTES
            && raw <= document.codec().maxRawLength(length),
        "a frame's raw length is out of bounds");
    // The shortest records are {} and a separator of two bytes.
    require(
        records > 0 && records <= Integer.MAX_VALUE && 4 * records - 2 <= raw,
        "a frame's number of records is out of bounds");
    require(
        frames.crc32c(i) != FrameIndex.NO_CRC
            || document.codec() != Codec.NONE
            || document.encryption() != Manifest.EncryptionKind.NONE,
        "a frame has no checksum");
  }

  private Manifest.Collection collection() throws IOException {
    expect(parser.currentToken(), JsonToken.START_OBJECT);
    String name = null;
    long records = -1;
    FrameIndex frames = new FrameIndex();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      switch (nextName()) {
        case "name" -> name = string();
        case "records" -> records = count();
        case "frames" -> eachElement(() -> frame(frames));
        default -> parser.skipChildren();
      }
    }
    require(records >= 0, "a collection's number of records is missing");
    return new Manifest.Collection(present(name, "name"), records, frames);
  }

  private void frame(FrameIndex frames) throws IOException {
    expect(parser.currentToken(), JsonToken.START_ARRAY);
    long[] numbers = {-1, -1, -1, -1, FrameIndex.NO_CRC};
    int n = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      long number = count();
      if (n < numbers.length) {
        numbers[n] = number;
      }
      n++;
    }
    require(n >= 4, "a frame lacks numbers");
    frames.add(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
  }

  private static Codec codec(String id) {
    return Codec.byId(id).orElseThrow(() -> unknown("codec", id));
  }

  private static Manifest.EncryptionKind encryption(String id) {
    for (Manifest.EncryptionKind kind : Manifest.EncryptionKind.values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(id)) {
        return kind;
      }
    }
    throw unknown("encryption", id);
  }

  private static FormatException unknown(String what, String id) {
    return new FormatException(
        FormatException.Kind.UNSUPPORTED_VERSION,
        "The manifest names the " + what + " \"" + id + "\", which this version does not know.");
  }

  private String string() throws IOException {
    expect(parser.currentToken(), JsonToken.VALUE_STRING);
    return parser.getText();
  }

  private long count() throws IOException {
    expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT);
    long value = parser.getLongValue();
    require(value >= 0, "it holds a negative number");
    return value;
  }

  /** The name of the field; moves on to its value. */
  private String nextName() throws IOException {
    String name = parser.currentName();
    parser.nextToken();
    return name;
  }

  /** A step that may meet broken JSON. */
  private interface Step {
    void run() throws IOException;
  }

  private void eachElement(Step step) throws IOException {
    expect(parser.currentToken(), JsonToken.START_ARRAY);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      step.run();
    }
  }

  private static void expect(@Nullable JsonToken actual, JsonToken expected) {
    require(actual == expected, "it has " + actual + " where " + expected + " was expected");
  }

  private static <T> T present(@Nullable T value, String key) {
    if (value == null) {
      throw new IllegalArgumentException("the key \"" + key + "\" is missing");
    }
    return value;
  }

  private static void require(boolean condition, String problem) {
    if (!condition) {
      throw new IllegalArgumentException(problem);
    }
  }
}

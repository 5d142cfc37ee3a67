package io.holdfast.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.SourceInfo;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads documents as they are found in the wild: any JSON object with {@code collections} or {@code
 * tables}, an object of arrays of objects, in any white space. FORMAT.md, section 8. Records come
 * out in the exact form; numbers and strings keep their text. Memory is bounded by the record
 * limit.
 */
final class LooseDocumentReader implements DocumentReader {
  /** Top-level keys that nobody reads are remembered only for as long as there are few. */
  private static final int MAX_KEYS = 10_000;

  /** What else it could have been, and what to do. */
  private static final String NOR_AN_EXPORT =
      ", and is no whole export of Firestore either: {\"__collections__\":{…}} by"
          + " node-firestore-import-export, or {\"COLLECTION\":{\"ID\":{…}}} by"
          + " firestore-export-import. An export of one collection by the former can be made a whole"
          + " one: jq '{\"__collections__\":{\"COLLECTION\":.}}'";

  private final int maxRecordBytes;
  private final JsonText json;
  private final JsonParser parser;
  private final JsonBytes text = new JsonBytes();
  private final Map<String, Long> counts = new LinkedHashMap<>();
  private final Map<String, Long> stats = new LinkedHashMap<>();
  private final Set<String> keys = new HashSet<>();
  private final DocumentHeader header;
  private String collectionsKey = "";
  private @Nullable String collection;
  private long records;
  private boolean ended;

  private @Nullable String backupId;
  private @Nullable Instant time;
  private @Nullable SourceInfo source;
  private @Nullable ObjectNode schema;
  private long version;

  /** Reads up to the first collection. */
  LooseDocumentReader(BufferedInputStream in, int maxRecordBytes) throws IOException {
    this.maxRecordBytes = maxRecordBytes;
    this.json = new JsonText(in, maxRecordBytes);
    this.parser = json.parser();
    this.header = json.read(this::readHeader, this::broken);
  }

  @Override
  public DocumentHeader header() {
    return header;
  }

  @Override
  public Codec codec() {
    return Codec.NONE;
  }

  @Override
  public Optional<Map<String, Long>> expectedCounts() {
    return Optional.empty();
  }

  @Override
  public Map<String, Long> counts() {
    return counts;
  }

  @Override
  public Optional<Frame> next() throws IOException {
    return json.read(this::nextFrame, this::broken);
  }

  @Override
  public void close() {
    json.close();
  }

  private DocumentHeader readHeader() throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw broken("is not a JSON object");
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      if (key.equals("collections") || key.equals("tables")) {
        if (!parser.isExpectedStartObjectToken()) {
          throw broken("holds something else than an object under \"" + key + "\"");
        }
        collectionsKey = key;
        return makeHeader();
      }
      readKey(key);
    }
    throw new FormatException(
        FormatException.Kind.NOT_A_BACKUP,
        "The document has neither \"collections\" nor \"tables\"" + at() + NOR_AN_EXPORT + ".");
  }

  private DocumentHeader makeHeader() {
    boolean ours = backupId != null && version == DocumentText.VERSION;
    SourceInfo foreign =
        new SourceInfo("plain", "", "", time == null ? Instant.EPOCH : time, Consistency.FUZZY);
    return new DocumentHeader(
        backupId == null ? "" : backupId,
        ours ? DocumentText.VERSION : 0,
        source == null ? foreign : source,
        schema == null ? Json.MAPPER.createObjectNode() : schema);
  }

  /** A key of the document beside the collections; the parser stands at its value. */
  private void readKey(String key) throws IOException {
    if (!keys.add(key)) {
      throw broken("has the key \"" + key + "\" twice");
    }
    if (keys.size() > MAX_KEYS) {
      throw broken("has more than " + MAX_KEYS + " keys beside its collections");
    }
    JsonToken token = parser.currentToken();
    switch (key) {
      case "backup_id" -> backupId = token == JsonToken.VALUE_STRING ? small() : null;
      case "version" -> version = token == JsonToken.VALUE_NUMBER_INT ? integer() : 0;
      case "timestamp", "created_at" -> time = time == null ? instant(token) : time;
      case "source" -> source = token == JsonToken.START_OBJECT ? sourceOrNull(tree(key)) : null;
      case "schema" -> schema = token == JsonToken.START_OBJECT ? tree(key) : null;
      case "stats", "counts" -> readStats();
      default -> {
        // Its own form is none of our business.
      }
    }
    if (parser.currentToken() == token) {
      parser.skipChildren();
    }
    if (backupId != null && version > DocumentText.VERSION) {
      throw new FormatException(
          FormatException.Kind.UNSUPPORTED_VERSION,
          "The document has version "
              + (version == Long.MAX_VALUE ? "beyond all numbers" : version)
              + " of the format; this version of Holdfast reads up to "
              + DocumentText.VERSION
              + ". Use a newer Holdfast.");
    }
  }

  private String small() throws IOException {
    String value = parser.getText();
    if (value.length() > Limits.NAME_BYTES) {
      throw broken("has an id of more than " + Limits.NAME_BYTES + " characters");
    }
    return value;
  }

  /** A whole number; what does not fit is as good as the largest, or as nothing. */
  private long integer() throws IOException {
    String digits = parser.getText();
    if (digits.length() <= 18) {
      return Long.parseLong(digits);
    }
    return digits.startsWith("-") ? 0 : Long.MAX_VALUE;
  }

  private @Nullable Instant instant(JsonToken token) throws IOException {
    try {
      if (token == JsonToken.VALUE_NUMBER_INT) {
        long millis = integer();
        return millis == Long.MAX_VALUE ? null : Instant.ofEpochMilli(millis);
      }
      return token == JsonToken.VALUE_STRING ? instant(small()) : null;
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static Instant instant(String iso) {
    // Python and SQL write local times without a zone; UTC is the best guess, for display only.
    boolean zoned = iso.endsWith("Z") || iso.endsWith("z") || iso.matches(".*T.*[+-][0-9:]+");
    return zoned ? Instant.parse(iso) : LocalDateTime.parse(iso).toInstant(ZoneOffset.UTC);
  }

  private static @Nullable SourceInfo sourceOrNull(ObjectNode node) {
    try {
      return Json.sourceFromJson(node);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The object at which the parser stands. */
  private ObjectNode tree(String key) throws IOException {
    text.reset();
    text.limit(Limits.HEADER_BYTES);
    try {
      text.addValue(parser);
      JsonNode node = Json.MAPPER.readTree(text.toByteArray());
      text.reset();
      return (ObjectNode) node;
    } catch (JsonBytes.Refused e) {
      throw new FormatException(
          e.kind(), "The document's \"" + key + "\" " + e.getMessage() + at() + ".");
    } catch (StreamConstraintsException e) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "The document's \"" + key + "\" is nested too deeply, or a number in it is too long.",
          e);
    }
  }

  /** Keeps an object of whole numbers for comparison; anything else means something else. */
  private void readStats() throws IOException {
    if (!parser.isExpectedStartObjectToken()) {
      return;
    }
    Map<String, Long> numbers = new LinkedHashMap<>();
    boolean integers = true;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      integers &= parser.nextToken() == JsonToken.VALUE_NUMBER_INT;
      if (integers && numbers.put(name, integer()) != null) {
        throw broken("counts the collection " + name + " twice");
      }
      if (numbers.size() > Limits.COLLECTIONS) {
        throw tooManyCollections();
      }
      parser.skipChildren();
    }
    if (integers) {
      stats.putAll(numbers);
    }
  }

  private Optional<Frame> nextFrame() throws IOException {
    while (!ended) {
      String open = collection;
      if (open == null) {
        beginCollectionOrEnd();
      } else {
        Optional<Frame> frame = records(open);
        if (frame.isPresent()) {
          return frame;
        }
      }
    }
    return Optional.empty();
  }

  private void beginCollectionOrEnd() throws IOException {
    if (parser.nextToken() != JsonToken.FIELD_NAME) {
      finish();
      return;
    }
    String name = parser.currentName();
    if (DocumentText.utf8(name).length > Limits.NAME_BYTES) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "A collection's name is longer than " + Limits.NAME_BYTES + " bytes" + at() + ".");
    }
    if (counts.size() >= Limits.COLLECTIONS) {
      throw tooManyCollections();
    }
    if (counts.putIfAbsent(name, 0L) != null) {
      throw broken("has two collections named " + name);
    }
    if (parser.nextToken() != JsonToken.START_ARRAY) {
      throw broken("has a collection that is not an array, " + name);
    }
    collection = name;
    records = 0;
  }

  /** Reads records up to a frame's size; empty where the collection has no more. */
  private Optional<Frame> records(String name) throws IOException {
    text.reset();
    int count = 0;
    while (text.size() < Limits.FRAME_TARGET_BYTES) {
      JsonToken token = parser.nextToken();
      if (token == JsonToken.END_ARRAY) {
        collection = null;
        break;
      }
      if (token != JsonToken.START_OBJECT) {
        throw broken(
            "has something that is not an object as record " + (records + 1) + " of " + name);
      }
      record(name, count > 0);
      records++;
      count++;
    }
    if (count == 0) {
      return Optional.empty();
    }
    counts.put(name, records);
    byte[] bytes = text.toByteArray();
    return Optional.of(new Frame(name, bytes, bytes.length, count, FrameIndex.NO_CRC));
  }

  private void record(String name, boolean follows) throws IOException {
    if (follows) {
      text.limit(DocumentText.BETWEEN_RECORDS.length());
      text.add(DocumentText.BETWEEN_RECORDS);
    }
    text.limit(maxRecordBytes);
    try {
      text.addValue(parser);
    } catch (JsonBytes.Refused e) {
      throw new FormatException(
          e.kind(), place(name) + e.getMessage() + " (maxRecordBytes is " + maxRecordBytes + ").");
    } catch (StreamConstraintsException e) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          place(name) + "is larger than the limit (maxRecordBytes is " + maxRecordBytes + ").");
    }
  }

  private String place(String name) {
    return "Record " + (records + 1) + " of collection " + name + at() + " ";
  }

  private void finish() throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      if (key.equals("collections") || key.equals("tables")) {
        throw broken(
            "has both \"" + collectionsKey + "\" and \"" + key + "\", or one of them twice");
      }
      readKey(key);
    }
    if (parser.nextToken() != null) {
      throw broken("goes on after its end");
    }
    for (Map.Entry<String, Long> stat : stats.entrySet()) {
      long actual = counts.getOrDefault(stat.getKey(), 0L);
      if (stat.getValue() != actual) {
        throw broken(
            "says that the collection "
                + stat.getKey()
                + " has "
                + stat.getValue()
                + " records, but holds "
                + actual);
      }
    }
    ended = true;
  }

  private FormatException tooManyCollections() {
    return new FormatException(
        FormatException.Kind.TOO_LARGE,
        "The document has more than " + Limits.COLLECTIONS + " collections.");
  }

  /** Before the collections are found, it may just as well be something else than a backup. */
  private FormatException broken(String what) {
    return new FormatException(
        collectionsKey.isEmpty() ? FormatException.Kind.NOT_A_BACKUP : FormatException.Kind.CORRUPT,
        "The document " + what + at() + ".");
  }

  private String at() {
    return json.at();
  }
}

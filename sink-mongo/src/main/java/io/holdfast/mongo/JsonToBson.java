package io.holdfast.mongo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.holdfast.spi.ObjectKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.bson.BSONException;
import org.bson.BsonBinary;
import org.bson.BsonBinaryWriter;
import org.bson.RawBsonDocument;
import org.bson.io.BasicOutputBuffer;
import org.bson.types.Decimal128;

/**
 * Makes a snapshot's JSON the document that MongoDB keeps, token by token, without a tree of it in
 * memory. Used once, by one thread.
 *
 * <p>{@code data} is for queries, and the exact bytes stand beside it, so it may be nearly the same
 * where BSON cannot be quite the same:
 *
 * <ul>
 *   <li>{@code {"$date"}}, {@code {"$binary"}}, {@code {"$numberDecimal"}} and {@code
 *       {"$numberDouble"}} become BSON's own types; instants lose what is finer than milliseconds.
 *   <li>Whole numbers of more than 64 bits become decimals, or strings beyond 34 digits.
 *   <li>A name that begins with {@code $} gets {@code _} in front, since versions before 5.0 refuse
 *       it: {@code $ref} is {@code _$ref}. So does one that begins with underscores and then {@code
 *       $}, so that the names can be told apart.
 *   <li>Of fields of the same name in one object, the first stands. Half a surrogate pair becomes
 *       U+FFFD.
 * </ul>
 */
final class JsonToBson {
  /** What servers allow; deeper ones are refused by some tools only, but here by all. */
  private static final int DEEPEST = 100;

  private static final char REPLACEMENT = '\ufffd';

  private static final Set<String> TYPES =
      Set.of("$date", "$binary", "$numberDecimal", "$numberDouble");
  private static final Pattern ESCAPED_NAME = Pattern.compile("_*\\$.*", Pattern.DOTALL);
  private static final Pattern SUBTYPE = Pattern.compile("[0-9A-Fa-f]{1,2}");
  private static final JsonMapper MAPPER = mapper();

  /** The JSON cannot be such a document; the message tells why, in the middle of a sentence. */
  static final class UnfitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnfitException(String why) {
      super(why, null, false, false);
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }

  private final byte[] json;
  private final int length;
  private final BasicOutputBuffer out;
  private final BsonBinaryWriter writer;

  /**
   * @param json holds the JSON's bytes, of which the first {@code length} count
   */
  JsonToBson(byte[] json, int length) {
    this.json = json;
    this.length = length;
    this.out = new BasicOutputBuffer(length + 1024);
    this.writer = new BsonBinaryWriter(out);
  }

  private static JsonMapper mapper() {
    int longest = DocumentLayout.LARGEST_DOCUMENT;
    return JsonMapper.builder(
            JsonFactory.builder()
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxStringLength(longest)
                        .maxNumberLength(longest)
                        .maxNameLength(longest)
                        .build())
                .build())
        .build();
  }

  /**
   * The whole document.
   *
   * @throws UnfitException if the bytes are no JSON object, or the document is too large
   */
  RawBsonDocument document(
      ObjectKey key, String sha256, Instant created, Map<String, String> metadata) {
    try (JsonParser parser = MAPPER.createParser(characters())) {
      writer.writeStartDocument();
      writer.writeString(DocumentLayout.ID, key.value());
      writer.writeDateTime(DocumentLayout.CREATED_AT, created.toEpochMilli());
      writer.writeString(DocumentLayout.CHECKSUM, DocumentLayout.SHA256 + sha256);
      writer.writeInt64(DocumentLayout.LENGTH, length);
      if (!metadata.isEmpty()) {
        writeMetadata(metadata);
      }
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new UnfitException("it is no JSON object");
      }
      writer.writeName(DocumentLayout.DATA);
      parser.nextToken();
      fields(parser, 2); // Never a typed value: queries and restores need an object.
      if (parser.nextToken() != null) {
        throw new UnfitException("something follows the JSON object");
      }
      writer.writeBinaryData(DocumentLayout.CONTENT, new BsonBinary(zipped()));
      writer.writeEndDocument();
    } catch (BSONException e) {
      throw new UnfitException("it has a name with U+0000");
    } catch (IOException e) {
      // Without its text, which may quote somebody's data.
      throw new UnfitException("it is no valid JSON in UTF-8");
    }
    requireSize();
    return new RawBsonDocument(out.getInternalBuffer(), 0, out.getPosition());
  }

  /** Not left to the parser: it guesses encodings, and lets malformed UTF-8 pass. */
  private InputStreamReader characters() {
    return new InputStreamReader(
        new ByteArrayInputStream(json, 0, length),
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT));
  }

  private void writeMetadata(Map<String, String> metadata) {
    writer.writeStartArray(DocumentLayout.METADATA);
    metadata.forEach(
        (name, value) -> {
          writer.writeStartDocument();
          writer.writeString("name", name);
          writer.writeString("value", value);
          writer.writeEndDocument();
        });
    writer.writeEndArray();
  }

  private byte[] zipped() {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream(length / 4 + 64);
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(json, 0, length);
    } catch (IOException e) {
      throw new UncheckedIOException("Memory cannot fail to be written to.", e);
    }
    return zipped.toByteArray();
  }

  private void requireSize() {
    if (out.getPosition() > DocumentLayout.LARGEST_DOCUMENT) {
      throw new UnfitException(
          "its document would have more than 16 MiB, which is the largest of MongoDB");
    }
  }

  /** The parser stands at the value's first token, and then at its last one. */
  private void value(JsonParser parser, int depth) throws IOException {
    requireSize();
    switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, depth);
      case START_ARRAY -> {
        requireDepth(depth);
        writer.writeStartArray();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          value(parser, depth + 1);
        }
        writer.writeEndArray();
      }
      case VALUE_STRING -> writer.writeString(wellFormed(parser.getText()));
      case VALUE_NUMBER_INT -> integer(parser);
      case VALUE_NUMBER_FLOAT -> fraction(parser);
      case VALUE_TRUE -> writer.writeBoolean(true);
      case VALUE_FALSE -> writer.writeBoolean(false);
      default -> writer.writeNull();
    }
  }

  private void object(JsonParser parser, int depth) throws IOException {
    if (parser.nextToken() != JsonToken.FIELD_NAME || !TYPES.contains(parser.currentName())) {
      fields(parser, depth);
      return;
    }
    try (TokenBuffer whole = new TokenBuffer(MAPPER, false)) {
      whole.writeStartObject();
      while (parser.currentToken() == JsonToken.FIELD_NAME) {
        whole.copyCurrentStructure(parser);
        parser.nextToken();
      }
      whole.writeEndObject();
      try (JsonParser again = whole.asParser()) {
        again.nextToken();
        JsonNode node = MAPPER.readTree(again);
        if (node.size() == 1 && writeTyped(node)) {
          return;
        }
      }
      try (JsonParser again = whole.asParser()) {
        again.nextToken();
        again.nextToken();
        fields(again, depth);
      }
    }
  }

  /** The parser stands at the first name, or at the end if there is none. */
  private void fields(JsonParser parser, int depth) throws IOException {
    requireDepth(depth);
    Set<String> names = new HashSet<>();
    writer.writeStartDocument();
    while (parser.currentToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      String field = wellFormed(ESCAPED_NAME.matcher(name).matches() ? "_" + name : name);
      parser.nextToken();
      if (names.add(field)) {
        writer.writeName(field);
        value(parser, depth + 1);
      } else {
        parser.skipChildren();
      }
      parser.nextToken();
    }
    writer.writeEndDocument();
  }

  /** UTF-8 cannot carry half a surrogate pair; the driver would send it all the same. */
  private static String wellFormed(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      if (repaired == null) {
        repaired = new StringBuilder(text);
      }
      repaired.setCharAt(i, REPLACEMENT);
    }
    return repaired == null ? text : repaired.toString();
  }

  private static void requireDepth(int depth) {
    if (depth > DEEPEST) {
      throw new UnfitException("it is nested deeper than the " + DEEPEST + " levels of MongoDB");
    }
  }

  private void integer(JsonParser parser) throws IOException {
    switch (parser.getNumberType()) {
      case INT -> writer.writeInt32(parser.getIntValue());
      case LONG -> writer.writeInt64(parser.getLongValue());
      default -> decimalOrText(parser.getText());
    }
  }

  private void fraction(JsonParser parser) throws IOException {
    double number = Double.parseDouble(parser.getText());
    if (Double.isInfinite(number)) {
      decimalOrText(parser.getText());
    } else {
      writer.writeDouble(number);
    }
  }

  private void decimalOrText(String text) {
    try {
      writer.writeDecimal128(new Decimal128(new BigDecimal(text)));
    } catch (NumberFormatException e) {
      writer.writeString(text);
    }
  }

  /** Whether the object is a typed value that BSON can hold; if so, it was written. */
  private boolean writeTyped(JsonNode node) {
    String type = node.fieldNames().next();
    JsonNode value = node.path(type);
    if (type.equals("$binary")) {
      return writeBinary(value);
    }
    if (!value.isTextual()) {
      return false;
    }
    String text = value.textValue();
    try {
      switch (type) {
        case "$date" -> writer.writeDateTime(Instant.parse(text).toEpochMilli());
        case "$numberDecimal" -> writer.writeDecimal128(Decimal128.parse(text));
        default -> writer.writeDouble(Double.parseDouble(text));
      }
      return true;
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      return false;
    }
  }

  private boolean writeBinary(JsonNode value) {
    JsonNode base64 = value.path("base64");
    JsonNode subType = value.path("subType");
    if (value.size() != 2
        || !base64.isTextual()
        || !subType.isTextual()
        || !SUBTYPE.matcher(subType.textValue()).matches()) {
      return false;
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(base64.textValue());
      writer.writeBinaryData(
          new BsonBinary((byte) Integer.parseInt(subType.textValue(), 16), bytes));
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}

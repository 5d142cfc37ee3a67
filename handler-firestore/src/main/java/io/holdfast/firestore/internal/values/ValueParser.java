package io.holdfast.firestore.internal.values;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.firestore.v1.ArrayValue;
import com.google.firestore.v1.MapValue;
import com.google.firestore.v1.Value;
import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import com.google.type.LatLng;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Reads self-describing values: FORMAT.md, section 3. Immutable, safe to share. */
final class ValueParser {
  private static final Value NULL = Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();
  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?");

  private final References references;

  ValueParser(References references) {
    this.references = references;
  }

  static Value nullValue() {
    return NULL;
  }

  /** The value at whose first token the parser stands; leaves it at the last one. */
  Value value(JsonParser parser) throws IOException {
    return value(parser, 0);
  }

  private Value value(JsonParser parser, int depth) throws IOException {
    if (depth > RecordJson.MAX_NESTING) {
      throw new BadRecordException(
          "values nested more than " + RecordJson.MAX_NESTING + " levels deep");
    }
    return switch (parser.currentToken()) {
      case VALUE_NULL -> NULL;
      case VALUE_TRUE -> Value.newBuilder().setBooleanValue(true).build();
      case VALUE_FALSE -> Value.newBuilder().setBooleanValue(false).build();
      case VALUE_STRING -> Value.newBuilder().setStringValue(text(parser)).build();
      case VALUE_NUMBER_INT -> integer(parser);
      case VALUE_NUMBER_FLOAT -> Value.newBuilder().setDoubleValue(number(parser)).build();
      case START_ARRAY -> Value.newBuilder().setArrayValue(array(parser, depth)).build();
      case START_OBJECT -> object(parser, depth);
      default -> throw new BadRecordException("malformed JSON");
    };
  }

  /** The parser's string; Firestore's strings are UTF-8, which has no half surrogate pairs. */
  static String text(JsonParser parser) throws IOException {
    return requireWhole(parser.getText());
  }

  static String requireWhole(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw new BadRecordException("a string with half a surrogate pair, which UTF-8 lacks");
        }
        i++;
      }
    }
    return text;
  }

  private static Value integer(JsonParser parser) throws IOException {
    if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw new BadRecordException("an integer of more than 64 bits");
    }
    return Value.newBuilder().setIntegerValue(parser.getLongValue()).build();
  }

  private static double number(JsonParser parser) throws IOException {
    return finite(parser.getText());
  }

  private static double finite(String text) {
    double number = Double.parseDouble(text);
    if (Double.isInfinite(number)) {
      throw new BadRecordException("a number beyond the range of a double");
    }
    return number;
  }

  private ArrayValue array(JsonParser parser, int depth) throws IOException {
    ArrayValue.Builder array = ArrayValue.newBuilder();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == JsonToken.START_ARRAY) {
        throw new BadRecordException("an array directly in an array, which Firestore refuses");
      }
      array.addValues(value(parser, depth + 1));
    }
    return array.build();
  }

  private Value object(JsonParser parser, int depth) throws IOException {
    if (parser.nextToken() == JsonToken.FIELD_NAME && isType(parser.currentName())) {
      String type = parser.currentName();
      parser.nextToken();
      Value value = typed(type, parser, depth);
      if (parser.nextToken() != JsonToken.END_OBJECT) {
        throw new BadRecordException("a typed value with further keys");
      }
      return value;
    }
    MapValue.Builder map = MapValue.newBuilder();
    while (parser.currentToken() == JsonToken.FIELD_NAME) {
      String key = unescaped(requireWhole(parser.currentName()));
      parser.nextToken();
      put(map::containsFields, map::putFields, key, value(parser, depth + 1));
      parser.nextToken();
    }
    return Value.newBuilder().setMapValue(map).build();
  }

  private static boolean isType(String key) {
    return key.startsWith("$") && !key.startsWith("$$");
  }

  /** A key without the {@code $} that stands before one that begins with {@code $}. */
  static String unescaped(String key) {
    if (isType(key)) {
      throw new BadRecordException("a key that begins with a single $ and is no typed value");
    }
    return key.startsWith("$") ? key.substring(1) : key;
  }

  static void put(
      Predicate<String> contains, BiConsumer<String, Value> put, String key, Value value) {
    if (contains.test(key)) {
      throw new BadRecordException("the same key twice");
    }
    put.accept(key, value);
  }

  private Value typed(String type, JsonParser parser, int depth) throws IOException {
    Value.Builder value = Value.newBuilder();
    switch (type) {
      case "$date" -> value.setTimestampValue(Timestamps.parse(string(parser, type)));
      case "$numberDouble" -> value.setDoubleValue(doubleOf(string(parser, type)));
      // Firestore has no exact decimals; the text loses nothing.
      case "$numberDecimal" -> value.setStringValue(string(parser, type));
      case "$binary" -> value.setBytesValue(binary(parser));
      case "$ref" -> value.setReferenceValue(references.resolve(string(parser, type)));
      case "$geo" -> value.setGeoPointValue(point(parser));
      case "$vector" -> value.setMapValue(vector(parser));
      case "$text" -> value.setStringValue(utf8(string(parser, type)));
      case "$map" -> value.setMapValue(pairs(parser, depth));
      default -> throw new BadRecordException("a typed value of a kind that is not known here");
    }
    return value.build();
  }

  private static String string(JsonParser parser, String type) throws IOException {
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      return wrappedText(parser, type);
    }
    require(parser.currentToken() == JsonToken.VALUE_STRING, "a " + type + " that is no string");
    return text(parser);
  }

  /** A string that its container refuses may be a {@code $text} inside of a typed value, too. */
  private static String wrappedText(JsonParser parser, String type) throws IOException {
    boolean wrapped =
        parser.nextToken() == JsonToken.FIELD_NAME
            && parser.currentName().equals("$text")
            && parser.nextToken() == JsonToken.VALUE_STRING;
    require(wrapped, "a " + type + " that is no string");
    String text = utf8(parser.getText());
    require(parser.nextToken() == JsonToken.END_OBJECT, "a $text with further keys");
    return text;
  }

  private static double doubleOf(String text) {
    return switch (text) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> {
        if (!NUMBER.matcher(text).matches()) {
          throw new BadRecordException("a $numberDouble that is no number");
        }
        yield finite(text);
      }
    };
  }

  private static ByteString binary(JsonParser parser) throws IOException {
    byte[] bytes = null;
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      throw new BadRecordException("a $binary that is no object");
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      String text = string(parser, "$binary");
      if (key.equals("base64")) {
        bytes = base64(text);
      } else if (!key.equals("subType")) {
        throw new BadRecordException("a $binary with an unknown key");
      }
    }
    if (bytes == null) {
      throw new BadRecordException("a $binary without base64");
    }
    return ByteString.copyFrom(bytes);
  }

  private static byte[] base64(String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new BadRecordException("malformed base64");
    }
  }

  private static String utf8(String base64) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(base64(base64))).toString();
    } catch (CharacterCodingException e) {
      throw new BadRecordException("a $text that is not UTF-8");
    }
  }

  private LatLng point(JsonParser parser) throws IOException {
    List<Double> degrees = doubles(parser, "$geo");
    require(
        degrees.size() == 2 && Math.abs(degrees.get(0)) <= 90 && Math.abs(degrees.get(1)) <= 180,
        "a $geo that is no latitude and longitude");
    return LatLng.newBuilder().setLatitude(degrees.get(0)).setLongitude(degrees.get(1)).build();
  }

  private List<Double> doubles(JsonParser parser, String type) throws IOException {
    require(parser.currentToken() == JsonToken.START_ARRAY, "a " + type + " that is no array");
    List<Double> doubles = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      Value element = value(parser, RecordJson.MAX_NESTING - 1);
      switch (element.getValueTypeCase()) {
        case DOUBLE_VALUE -> doubles.add(element.getDoubleValue());
        case INTEGER_VALUE -> doubles.add((double) element.getIntegerValue());
        default -> throw new BadRecordException("a " + type + " with something else than numbers");
      }
    }
    return doubles;
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new BadRecordException(otherwise);
    }
  }

  private MapValue vector(JsonParser parser) throws IOException {
    ArrayValue.Builder elements = ArrayValue.newBuilder();
    for (double element : doubles(parser, "$vector")) {
      elements.addValues(Value.newBuilder().setDoubleValue(element));
    }
    return Vectors.vector(elements.build());
  }

  /** The form of a map whose keys its container refuses. */
  private MapValue pairs(JsonParser parser, int depth) throws IOException {
    MapValue.Builder map = MapValue.newBuilder();
    eachPair(parser, depth, (key, value) -> put(map::containsFields, map::putFields, key, value));
    return map.build();
  }

  /** Reads what stands in a {@code $map}; the parser stands at its first token. */
  void eachPair(JsonParser parser, int depth, BiConsumer<String, Value> pair) throws IOException {
    require(parser.currentToken() == JsonToken.START_ARRAY, "a $map that is no array");
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      require(
          parser.currentToken() == JsonToken.START_ARRAY, "a $map of something else than pairs");
      parser.nextToken();
      Value key = value(parser, depth + 1);
      require(
          key.getValueTypeCase() == Value.ValueTypeCase.STRING_VALUE,
          "a $map with a key that is no string");
      parser.nextToken();
      Value value = value(parser, depth + 1);
      require(parser.nextToken() == JsonToken.END_ARRAY, "a $map of something else than pairs");
      pair.accept(key.getStringValue(), value);
    }
  }
}

package io.holdfast.firestore.internal.values;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.firestore.v1.Value;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Locale;

/** Reads the value of a typed column as the schema of a backup describes it. */
enum ColumnValues {
  /** {@code as} is {@code integer}. */
  INTEGER {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      return expecting(Value.ValueTypeCase.INTEGER_VALUE, values.value(parser));
    }
  },
  /** {@code as} is {@code double}. */
  DOUBLE {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      return expecting(Value.ValueTypeCase.DOUBLE_VALUE, values.value(parser));
    }
  },
  /** {@code as} is {@code boolean}. */
  BOOLEAN {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      return expecting(Value.ValueTypeCase.BOOLEAN_VALUE, values.value(parser));
    }
  },
  /** A text without a meaning of its own here: it stays a text. */
  TEXT {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      return Value.newBuilder().setStringValue(string(parser)).build();
    }
  },
  /** PostgreSQL's {@code timestamp with time zone}; what the service cannot keep stays a text. */
  INSTANT {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      String text = string(parser);
      return Timestamps.fromPostgres(text)
          .map(timestamp -> Value.newBuilder().setTimestampValue(timestamp).build())
          .orElseGet(() -> Value.newBuilder().setStringValue(text).build());
    }
  },
  /** PostgreSQL's {@code bytea}: {@code \x0a1b}. */
  BYTES {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      String text = string(parser);
      if (!text.startsWith("\\x")) {
        throw new BadRecordException("a bytea that does not begin with \\x");
      }
      try {
        byte[] bytes = HexFormat.of().parseHex(text, 2, text.length());
        return Value.newBuilder().setBytesValue(ByteString.copyFrom(bytes)).build();
      } catch (IllegalArgumentException e) {
        throw new BadRecordException("a bytea with something else than hexadecimal digits");
      }
    }
  },
  /**
   * JSON of an application, taken literally. What Firestore could not hold just so (arrays in
   * arrays, numbers of more digits, reserved keys) stays the text of the JSON.
   */
  JSON {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      JsonNode node = json(parser);
      return LiteralJson.value(node)
          .orElseGet(() -> Value.newBuilder().setStringValue(node.toString()).build());
    }
  },
  /** {@code as} is {@code value}. */
  SELF_DESCRIBING {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      return values.value(parser);
    }
  },
  /** A self-describing value in a column of JSON, which may stand there as a text. */
  SELF_DESCRIBING_JSON {
    @Override
    Value read(JsonParser parser, ValueParser values) throws IOException {
      JsonNode node = json(parser);
      try (JsonParser unwrapped = node.traverse(RecordJson.MAPPER)) {
        unwrapped.nextToken();
        return values.value(unwrapped);
      }
    }
  };

  private static final String WRAPPER = "$json";

  /** The value at whose first token the parser stands, which is not null; leaves it at the last. */
  abstract Value read(JsonParser parser, ValueParser values) throws IOException;

  /**
   * How to read a column.
   *
   * @param as how its values are written
   * @param type the database's own name of its type
   * @throws IllegalArgumentException if {@code as} is none of the format's
   */
  static ColumnValues of(String as, String type) {
    return switch (as) {
      case "integer" -> INTEGER;
      case "double" -> DOUBLE;
      case "boolean" -> BOOLEAN;
      case "json" -> JSON;
      case "value" -> SELF_DESCRIBING;
      case "text" -> ofText(type.toLowerCase(Locale.ROOT));
      default -> throw new IllegalArgumentException(as);
    };
  }

  private static ColumnValues ofText(String type) {
    if (type.equals("bytea")) {
      return BYTES;
    }
    return type.startsWith("timestamp") && type.endsWith("with time zone") ? INSTANT : TEXT;
  }

  private static Value expecting(Value.ValueTypeCase type, Value value) {
    if (value.getValueTypeCase() != type) {
      throw new BadRecordException("a value of another type than its schema says");
    }
    return value;
  }

  private static String string(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw new BadRecordException("a value of another type than its schema says");
    }
    return ValueParser.text(parser);
  }

  /** JSON stands as it is, or as a text in an object of its own. */
  private static JsonNode json(JsonParser parser) throws IOException {
    JsonNode node = RecordJson.MAPPER.readTree(parser);
    return node.isObject() && node.size() == 1 && node.path(WRAPPER).isTextual()
        ? RecordJson.MAPPER.readTree(node.path(WRAPPER).textValue())
        : node;
  }
}

package io.holdfast.postgres;

import static io.holdfast.postgres.BadRecordException.mismatch;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

/**
 * Reads one JSON value, which is not {@code null}, as PostgreSQL's text form of it: afterwards it
 * is the cursor's text. One for each way in which a field's values are written ({@code
 * docs/FORMAT.md}, section 3). Without state.
 */
@FunctionalInterface
interface ValueReader {
  ValueReader INTEGER = JsonCursor::readInteger;
  ValueReader BOOLEAN = JsonCursor::readBoolean;
  ValueReader TEXT = JsonCursor::readString;
  ValueReader DOUBLE = ValueReader::readDouble;
  ValueReader JSON = ValueReader::readJson;

  /** A self-describing value for a column that holds JSON: kept as it is, whatever it is. */
  ValueReader VALUE_AS_JSON = JsonCursor::readVerbatim;

  /** A self-describing value for a column of text: what has no text form stays JSON. */
  ValueReader VALUE_AS_TEXT = in -> readValue(in, true);

  /** A self-describing value for a column of any other type. */
  ValueReader VALUE = in -> readValue(in, false);

  void read(JsonCursor in);

  private static void readDouble(JsonCursor in) {
    if (in.peek() != '{') {
      in.readNumber();
      return;
    }
    if (!in.enterTyped().equals("$numberDouble")) {
      throw mismatch("an object where a number is expected");
    }
    in.readString();
    in.leaveTyped();
  }

  private static void readJson(JsonCursor in) {
    if (in.peek() == '{' && isWrapped(in)) {
      in.enterTyped();
      in.readString();
      in.leaveTyped();
    } else {
      in.readVerbatim();
    }
  }

  /** The writer wraps whatever begins with the key {@code $json}, so that key decides. */
  private static boolean isWrapped(JsonCursor in) {
    byte[] bytes = in.bytes;
    int at = in.pos;
    return in.end - at > 8
        && bytes[at + 1] == '"'
        && bytes[at + 2] == '$'
        && bytes[at + 3] == 'j'
        && bytes[at + 4] == 's'
        && bytes[at + 5] == 'o'
        && bytes[at + 6] == 'n'
        && bytes[at + 7] == '"';
  }

  private static void readValue(JsonCursor in, boolean jsonAllowed) {
    switch (in.peek()) {
      case '"' -> in.readString();
      case 't', 'f' -> in.readBoolean();
      case '{' -> readTyped(in, jsonAllowed);
      case '[' -> readStructure(in, jsonAllowed);
      default -> in.readNumber();
    }
  }

  private static void readTyped(JsonCursor in, boolean jsonAllowed) {
    final int start = in.pos;
    switch (in.enterTyped()) {
      case "$date", "$numberDecimal", "$numberDouble", "$numberLong", "$numberInt", "$json" -> {
        if (in.peek() == '"') {
          in.readString();
          in.leaveTyped();
          return;
        }
      }
      case "$binary" -> {
        if (in.peek() == '{') {
          readBinary(in);
          in.leaveTyped();
          return;
        }
      }
      default -> {}
    }
    in.pos = start;
    readStructure(in, jsonAllowed);
  }

  private static void readStructure(JsonCursor in, boolean jsonAllowed) {
    if (!jsonAllowed) {
      throw mismatch("an array or object, which only a column of json, jsonb or text can take");
    }
    in.readVerbatim();
  }

  /** Bytes come as Base64, with a subtype that PostgreSQL has no place for. */
  private static void readBinary(JsonCursor in) {
    byte[] decoded = null;
    in.expect('{');
    do {
      in.skipSpace();
      in.readString();
      String key = in.textAsString();
      in.skipSpace();
      in.expect(':');
      in.skipSpace();
      in.readString();
      if (key.equals("base64")) {
        decoded = decodeBase64(in);
      }
      in.skipSpace();
    } while (in.skip(','));
    in.expect('}');
    if (decoded == null) {
      throw mismatch("bytes without base64");
    }
    in.text = ("\\x" + HexFormat.of().formatHex(decoded)).getBytes(StandardCharsets.US_ASCII);
    in.textFrom = 0;
    in.textTo = in.text.length;
  }

  private static byte[] decodeBase64(JsonCursor in) {
    try {
      return Base64.getDecoder().decode(in.textAsString());
    } catch (IllegalArgumentException e) {
      throw mismatch("bytes that are not base64");
    }
  }
}

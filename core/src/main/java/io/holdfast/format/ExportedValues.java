package io.holdfast.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Turns the values of an export into those of records: typed values into their form there, keys
 * that begin with {@code $} into such with one more. Used by one thread.
 */
final class ExportedValues {
  /** Far more than any database of documents allows, and few enough for recursion. */
  static final int NESTING = 1_000;

  /** A reference of the longest path, escaped, has room; larger is no typed value. */
  private static final int MAX_TYPED_BYTES = 1 << 16;

  private static final int MAX_DATATYPE = 32;

  private final JsonParser parser;
  private final ExportForm form;
  private final JsonBytes out;

  ExportedValues(JsonParser parser, ExportForm form, JsonBytes out) {
    this.parser = parser;
    this.form = form;
    this.out = out;
  }

  /**
   * Appends the value at whose first token the parser stands; leaves it at the last one.
   *
   * @throws JsonBytes.Refused if it is too large, nested too deeply, has a key twice in one object,
   *     or looks like a typed value and is none
   */
  void add() throws IOException {
    add(1);
  }

  private void add(int depth) throws IOException {
    switch (parser.currentToken()) {
      case START_OBJECT -> addMap(deeper(depth));
      case START_ARRAY -> addArray(deeper(depth));
      case VALUE_STRING -> out.addString(parser);
      case VALUE_NUMBER_INT -> out.add(number(parser.getText()));
      default -> out.add(parser.getText());
    }
  }

  private static int deeper(int depth) {
    if (depth >= NESTING) {
      throw new JsonBytes.Refused(
          FormatException.Kind.TOO_LARGE, "is nested more than " + NESTING + " levels deep");
    }
    return depth + 1;
  }

  private void addArray(int depth) throws IOException {
    out.add("[");
    boolean follows = false;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (follows) {
        out.add(",");
      }
      add(depth);
      follows = true;
    }
    out.add("]");
  }

  private void addMap(int depth) throws IOException {
    int start = out.size();
    Set<String> keys = new HashSet<>(8);
    String datatype = "";
    out.add("{");
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      if (!keys.add(key)) {
        throw new JsonBytes.Refused(
            FormatException.Kind.CORRUPT, "has the same key twice in one object");
      }
      if (keys.size() > 1) {
        out.add(",");
      }
      out.addString(key.startsWith("$") ? "$" + key : key);
      out.add(":");
      if (parser.nextToken() == JsonToken.VALUE_STRING
          && key.equals(ExportForm.DATATYPE)
          && parser.getTextLength() <= MAX_DATATYPE) {
        datatype = parser.getText();
      }
      add(depth);
    }
    out.add("}");
    if (form.mayBeTyped(keys, datatype)) {
      typed(start).ifPresent(value -> replace(start, value));
    }
  }

  /** Looks again at what was just written: that is small, and seldom. */
  private Optional<TypedValue> typed(int start) throws IOException {
    int length = out.size() - start;
    JsonNode map =
        length > MAX_TYPED_BYTES
            ? Json.MAPPER.createObjectNode()
            : Json.MAPPER.readTree(out.array(), start, length);
    return form.typed(map);
  }

  private void replace(int start, TypedValue value) {
    out.truncate(start);
    value.writeTo(out);
  }

  /**
   * JavaScript has doubles only, and its Firestore client takes the whole ones for integers. So is
   * it here; but what no integer holds was a double, of which the text lost its mark.
   */
  private static String number(String digits) {
    return isLong(digits) && !digits.equals("-0") ? digits : digits + ".0";
  }

  private static boolean isLong(String digits) {
    if (digits.length() <= 18) {
      return true;
    }
    try {
      return Long.toString(Long.parseLong(digits)).equals(digits);
    } catch (NumberFormatException e) {
      return false;
    }
  }
}

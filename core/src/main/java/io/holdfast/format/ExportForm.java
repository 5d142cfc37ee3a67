package io.holdfast.format;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * The forms in which the common npm tools export a Firestore database: one JSON object in which
 * documents hold their collections. FORMAT.md, section 8. What is ambiguous is understood as the
 * tool's own import understands it, unless that would lose something.
 */
enum ExportForm {
  /** Of {@code node-firestore-import-export}: the root is like a document without fields. */
  MARKED("__collections__") {
    private static final Set<String> TYPES = Set.of("timestamp", "geopoint", "documentReference");

    @Override
    Optional<String> collectionPath(String parent, String key) {
      return DocumentPaths.isId(key)
          ? Optional.of(DocumentPaths.child(parent, key))
          : Optional.empty();
    }

    @Override
    boolean mayBeTyped(Set<String> keys, String datatype) {
      return keys.contains("value") && TYPES.contains(datatype);
    }

    @Override
    Optional<TypedValue> typed(JsonNode map) {
      JsonNode value = map.path("value");
      Optional<TypedValue> typed =
          switch (map.path(DATATYPE).asText()) {
            case "timestamp" ->
                value.isTextual()
                    ? time(value.textValue())
                    : TypedValue.Time.of(value.path("_seconds"), value.path("_nanoseconds"));
            case "geopoint" ->
                TypedValue.Place.of(value.path("_latitude"), value.path("_longitude"));
            case "documentReference" ->
                value.isTextual()
                    ? TypedValue.Reference.of(value.textValue())
                    : Optional.<TypedValue>empty();
            default -> Optional.empty();
          };
      boolean whole = map.size() == 2 && (value.isTextual() || value.size() == 2);
      if (typed.isEmpty() || !whole) {
        // The tool's import fails here, or loses what is there beside the value.
        throw untold("has a \"__datatype__\" whose \"value\" makes no sense");
      }
      return typed;
    }

    /** Old exports hold text, and the tool still means to read it. */
    private static Optional<TypedValue> time(String iso) {
      try {
        return Optional.of(new TypedValue.Time(Instant.parse(iso)));
      } catch (DateTimeException e) {
        return Optional.empty();
      }
    }
  },

  /** Of {@code firestore-export-import}: an object of collections, which nothing marks as such. */
  UNMARKED("subCollection") {
    private static final Set<String> TIME = Set.of("_seconds", "_nanoseconds");
    private static final Set<String> PLACE = Set.of("_latitude", "_longitude");
    private static final Set<String> REFERENCE = Set.of("_firestore", "_path", "_converter");

    @Override
    Optional<String> collectionPath(String parent, String key) {
      boolean below =
          parent.isEmpty()
              ? DocumentPaths.segments(key) % 2 == 1 // -1 is not
              : key.startsWith(parent + "/")
                  && DocumentPaths.isId(key.substring(parent.length() + 1));
      return below ? Optional.of(key) : Optional.empty();
    }

    @Override
    boolean mayBeTyped(Set<String> keys, String datatype) {
      return keys.equals(TIME) || keys.equals(PLACE) || keys.equals(REFERENCE);
    }

    @Override
    Optional<TypedValue> typed(JsonNode map) {
      if (map.has("_seconds")) {
        return TypedValue.Time.of(map.path("_seconds"), map.path("_nanoseconds"));
      }
      return map.has("_path")
          ? reference(map.path("_path"))
          : TypedValue.Place.of(map.path("_latitude"), map.path("_longitude"));
    }

    /** {@code {"segments":["users","u1"]}}, as the SDK's objects become JSON. */
    private static Optional<TypedValue> reference(JsonNode path) {
      JsonNode segments = path.path("segments");
      if (path.size() != 1 || !segments.isArray()) {
        return Optional.empty();
      }
      StringBuilder joined = new StringBuilder();
      for (JsonNode segment : segments) {
        if (!segment.isTextual() || !DocumentPaths.isId(segment.textValue())) {
          return Optional.empty();
        }
        joined.append(joined.length() == 0 ? "" : "/").append(segment.textValue());
      }
      return TypedValue.Reference.of(joined.toString());
    }
  };

  /** What marks a typed value, in one of the forms. */
  static final String DATATYPE = "__datatype__";

  private final String nestedKey;

  ExportForm(String nestedKey) {
    this.nestedKey = nestedKey;
  }

  /** The key of a document under which its collections are. */
  String nestedKey() {
    return nestedKey;
  }

  /**
   * The path of a collection.
   *
   * @param parent the path of the document that it is in; empty for the root
   * @param key what the collection is called there
   * @return empty if no collection can be called so there
   */
  abstract Optional<String> collectionPath(String parent, String key);

  /**
   * Whether a map needs a look, because it may stand for something else than a map.
   *
   * @param datatype the value of {@link #DATATYPE}, if that is a short string
   */
  abstract boolean mayBeTyped(Set<String> keys, String datatype);

  /**
   * What such a map stands for; empty if it is but a map.
   *
   * @throws JsonBytes.Refused if it is neither
   */
  abstract Optional<TypedValue> typed(JsonNode map);

  static JsonBytes.Refused untold(String what) {
    return new JsonBytes.Refused(FormatException.Kind.CORRUPT, what);
  }

  /** The form that a text has which begins so, as far as its beginning tells. */
  static Optional<ExportForm> recognise(String start) {
    String text = start.startsWith("\ufeff") ? start.substring(1) : start;
    try (JsonParser parser = Json.FACTORY.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT
          || parser.nextToken() != JsonToken.FIELD_NAME) {
        return Optional.empty();
      }
      if (parser.currentName().equals(MARKED.nestedKey)) {
        return Optional.of(MARKED);
      }
      return holdsDocument(parser) ? Optional.of(UNMARKED) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Whether there are only collections up to the first document, and there is one. */
  private static boolean holdsDocument(JsonParser parser) throws IOException {
    do {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      if (parser.nextToken() == JsonToken.FIELD_NAME) {
        return parser.nextToken() == JsonToken.START_OBJECT;
      }
    } while (parser.nextToken() == JsonToken.FIELD_NAME);
    return false;
  }
}

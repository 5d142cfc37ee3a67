package io.holdfast.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.SourceInfo;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;

/** JSON for what is small: headers and manifests. Records never pass through here. */
final class Json {
  /** Jackson's own limits would refuse large records and schemas; ours are checked by ourselves. */
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Limits.MAX_RECORD_BYTES)
                  .maxNumberLength(10_000)
                  .maxNameLength(1 << 20)
                  .maxNestingDepth(1_000)
                  .build())
          // Keys are names of collections: a symbol table gains nothing, and fails on collisions.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  static final JsonMapper MAPPER =
      JsonMapper.builder(FACTORY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          // 1.0 is a double and must not come back as the integer 1.
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Reads one value in the middle of a text, after which more tokens are to be expected. */
  static final ObjectReader WITHIN =
      MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  static String string(String value) {
    return write(MAPPER.getNodeFactory().textNode(value));
  }

  static String write(JsonNode node) {
    try {
      return withoutHalfPairs(MAPPER.writeValueAsString(node));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree could not be written as JSON.", e);
    }
  }

  /** UTF-8 cannot carry half a surrogate pair and would put a question mark; an escape can. */
  private static String withoutHalfPairs(String json) {
    StringBuilder escaped = null;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < json.length()
              && Character.isLowSurrogate(json.charAt(i + 1));
      boolean half = Character.isSurrogate(c) && !pair;
      if (half && escaped == null) {
        escaped = new StringBuilder(json.length() + 16).append(json, 0, i);
      }
      if (escaped != null) {
        escaped.append(half ? "\\u" + Integer.toHexString(c) : String.valueOf(c));
      }
      if (pair) {
        i++;
        if (escaped != null) {
          escaped.append(json.charAt(i));
        }
      }
    }
    return escaped == null ? json : escaped.toString();
  }

  static ObjectNode sourceToJson(SourceInfo source) {
    ObjectNode node =
        MAPPER
            .createObjectNode()
            .put("handler", source.handler())
            .put("name", source.name())
            .put("server", source.server())
            .put("as_of", source.asOf().toString())
            .put("consistency", source.consistency().name().toLowerCase(Locale.ROOT));
    if (!source.environment().isEmpty()) {
      node.put("environment", source.environment());
    }
    if (!source.identity().isEmpty()) {
      node.put("identity", source.identity());
    }
    return node;
  }

  /**
   * @throws IllegalArgumentException if a key is missing or has no meaning
   */
  static SourceInfo sourceFromJson(JsonNode node) {
    try {
      return new SourceInfo(
          text(node, "handler"),
          text(node, "name"),
          text(node, "server"),
          Instant.parse(text(node, "as_of")),
          Consistency.valueOf(text(node, "consistency").toUpperCase(Locale.ROOT)),
          textOrEmpty(node, "environment"),
          textOrEmpty(node, "identity"));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("as_of is no instant", e);
    }
  }

  private static String textOrEmpty(JsonNode node, String key) {
    return node.has(key) ? text(node, key) : "";
  }

  static String text(JsonNode node, String key) {
    JsonNode value = node.get(key);
    if (value == null || !value.isTextual()) {
      throw new IllegalArgumentException("the key \"" + key + "\" is missing or no string");
    }
    return value.textValue();
  }
}

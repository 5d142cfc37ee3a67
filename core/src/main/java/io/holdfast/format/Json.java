package io.holdfast.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.SourceInfo;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;

/** JSON for what is small: headers, manifests, foreign forms. Records never pass through here. */
final class Json {
  /** Jackson's own limits would refuse large records and schemas; ours are checked by ourselves. */
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Limits.MAX_RECORD_BYTES)
                  .maxNumberLength(1 << 20)
                  .maxNameLength(1 << 20)
                  .maxNestingDepth(1_000)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  static final JsonMapper MAPPER =
      JsonMapper.builder(FACTORY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private Json() {}

  static String string(String value) {
    return write(MAPPER.getNodeFactory().textNode(value));
  }

  static String write(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree could not be written as JSON.", e);
    }
  }

  static ObjectNode sourceToJson(SourceInfo source) {
    return MAPPER
        .createObjectNode()
        .put("handler", source.handler())
        .put("name", source.name())
        .put("server", source.server())
        .put("as_of", source.asOf().toString())
        .put("consistency", source.consistency().name().toLowerCase(Locale.ROOT));
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
          Consistency.valueOf(text(node, "consistency").toUpperCase(Locale.ROOT)));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("as_of is no instant", e);
    }
  }

  static String text(JsonNode node, String key) {
    JsonNode value = node.get(key);
    if (value == null || !value.isTextual()) {
      throw new IllegalArgumentException("the key \"" + key + "\" is missing or no string");
    }
    return value.textValue();
  }
}

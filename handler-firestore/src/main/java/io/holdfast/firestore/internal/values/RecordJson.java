package io.holdfast.firestore.internal.values;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** How records are read: by Jackson's streaming parser, with limits of our own. */
final class RecordJson {
  /**
   * What is nested more deeply is refused by the service anyway, which allows 20 levels of maps;
   * this protects the stack.
   */
  static final int MAX_NESTING = 100;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4 * MAX_NESTING)
                  .maxStringLength(1 << 28)
                  .maxNameLength(1 << 20)
                  .maxNumberLength(10_000)
                  .build())
          // Field names come from the data: a shared symbol table gains little and can be flooded.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  /** For small trees, such as the value of one column. */
  static final JsonMapper MAPPER =
      JsonMapper.builder(FACTORY)
          // A double would lose digits before anybody could see that they were there.
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Reads with a parser. */
  @FunctionalInterface
  interface Reading<T> {
    T read(JsonParser parser) throws IOException;
  }

  private RecordJson() {}

  /**
   * Reads one JSON object; the parser stands at its first token, and has to be at its last one in
   * the end.
   *
   * @throws BadRecordException if it is not one JSON object
   */
  static <T> T object(byte[] bytes, int offset, int length, Reading<T> reading) {
    try (JsonParser parser = FACTORY.createParser(bytes, offset, length)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new BadRecordException("something else than a JSON object");
      }
      T result = reading.read(parser);
      if (parser.nextToken() != null) {
        throw new BadRecordException("something behind its JSON object");
      }
      return result;
    } catch (JsonProcessingException e) {
      throw new BadRecordException("malformed JSON");
    } catch (IOException e) {
      throw new IllegalStateException("Reading from an array failed.", e);
    }
  }
}

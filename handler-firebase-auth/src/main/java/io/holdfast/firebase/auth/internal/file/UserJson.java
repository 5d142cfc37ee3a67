package io.holdfast.firebase.auth.internal.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** JSON of users: strict about keys that come twice, and about depth and size. */
public final class UserJson {
  /** How large a user may be, as JSON or as a row. A real one has a few KiB. */
  static final int MAX_USER_BYTES = 16 << 20;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(100)
                  .maxStringLength(MAX_USER_BYTES)
                  .maxNumberLength(1_000)
                  .maxNameLength(1 << 16)
                  .build())
          // Hostile keys must neither fill a symbol table nor collide in one.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  /** Reads and writes trees. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder(FACTORY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Reads one value in the middle of a file, after which more tokens are to be expected. */
  static final ObjectReader WITHIN =
      MAPPER.reader().without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private UserJson() {}

  /**
   * The tree as UTF-8.
   *
   * @param whose what it is, for the error
   * @throws io.holdfast.spi.HandlerException if it holds half a surrogate pair, which UTF-8 cannot
   *     carry
   */
  static byte[] utf8(JsonNode node, String whose) {
    try {
      var bytes =
          StandardCharsets.UTF_8
              .newEncoder()
              .encode(CharBuffer.wrap(MAPPER.writeValueAsString(node)));
      byte[] exact = new byte[bytes.remaining()];
      bytes.get(exact);
      return exact;
    } catch (CharacterCodingException e) {
      throw FileProblems.unsupported(
          whose + " holds half of a surrogate pair, which is no text. Correct it in the file.");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A tree could not be written as JSON.", e);
    }
  }
}

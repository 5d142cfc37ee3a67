package io.holdfast.postgres;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * What the comment of a table says to this library: that the table holds the documents of a
 * collection, and of which. Anybody may write comments, so what is not understood says nothing.
 */
final class DocumentMark {
  /** What the part for machines begins with. */
  static final String WORD = "holdfast:documents";

  private static final String FOR_PEOPLE =
      "Documents, kept by Holdfast: id, parent (path of the parent document, empty at the root),"
          + " data (all fields that have no column of their own). Keep the rest of this comment, which"
          + " leads back to the database of documents. ";

  /** More than a mark takes; a comment can have a gigabyte. */
  static final int MAX_CHARS = 32_768;

  /** The limit of the format. */
  private static final int MAX_NAME_BYTES = 4096;

  /** Only ASCII, so that the comment is the same in every encoding that a database may have. */
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder().configure(JsonWriteFeature.ESCAPE_NON_ASCII, true).build());

  private DocumentMark() {}

  /** The comment for the table of a collection's documents. */
  static String comment(String collection) {
    try {
      return FOR_PEOPLE + WORD + " " + JSON.writeValueAsString(Map.of("collection", collection));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("No name of a collection", e);
    }
  }

  /** The collection that a comment names; empty if it names none. */
  static Optional<String> collection(String comment) {
    int at = comment.indexOf(WORD);
    if (at < 0) {
      return Optional.empty();
    }
    JsonNode mark;
    try {
      // Whatever follows the first value is left alone.
      mark = JSON.readTree(comment.substring(at + WORD.length()));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    JsonNode name = mark.path("collection");
    return name.isTextual()
            && !name.asText().isEmpty()
            && name.asText().getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES
        ? Optional.of(name.asText())
        : Optional.empty();
  }
}

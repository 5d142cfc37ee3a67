package io.holdfast.testkit;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.RecordBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Takes batches apart, as strictly as the format asks. */
final class Records {
  /** Refuses what the format refuses: a key that occurs twice, anything after the object. */
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
          .build();

  private Records() {}

  /**
   * The records of a batch as text.
   *
   * @throws IllegalArgumentException if it is not the number of lines that the batch says, each in
   *     braces, in valid UTF-8 and without control characters
   */
  static List<String> lines(RecordBatch batch) {
    List<String> lines = new ArrayList<>(batch.count());
    for (int from = batch.start(); from < batch.end(); ) {
      int to = batch.endOfRecord(from);
      lines.add(line(batch.array(), from, to, lines.size() + 1));
      if (to < batch.end() && batch.array()[to] != ',') {
        throw new IllegalArgumentException("No comma after record " + lines.size());
      }
      from = to + 2;
    }
    if (lines.size() != batch.count()) {
      throw new IllegalArgumentException(
          "The batch says " + batch.count() + " records and has " + lines.size() + " lines");
    }
    return lines;
  }

  /**
   * The record as a tree.
   *
   * @throws IllegalArgumentException if it is not one JSON object with unique keys
   */
  static ObjectNode parse(String record) {
    return parse(record, Set.of());
  }

  /**
   * The record as a tree.
   *
   * @param verbatim fields in whose values keys may repeat: those that hold JSON of the database,
   *     of which the tree then has the last
   * @throws IllegalArgumentException if it is not one JSON object with unique keys elsewhere
   */
  static ObjectNode parse(String record, Set<String> verbatim) {
    try {
      requireUniqueKeys(record, verbatim);
      JsonNode tree = MAPPER.readTree(record);
      if (tree instanceof ObjectNode object) {
        return object;
      }
    } catch (IOException e) {
      // The parser's message may quote the record; its place says enough.
      throw new IllegalArgumentException(
          "Not one JSON object"
              + (e instanceof JsonProcessingException at
                  ? ", at column " + at.getLocation().getColumnNr()
                  : ""),
          e);
    }
    throw new IllegalArgumentException("Not a JSON object");
  }

  private static void requireUniqueKeys(String record, Set<String> verbatim) throws IOException {
    try (JsonParser parser = MAPPER.createParser(record)) {
      Deque<Set<String>> open = new ArrayDeque<>();
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isStructStart()) {
          open.push(new HashSet<>());
        } else if (token.isStructEnd()) {
          open.pop();
        } else if (token == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          if (!open.element().add(name)) {
            throw new IllegalArgumentException(
                "A key stands twice, at column " + parser.currentLocation().getColumnNr());
          }
          if (open.size() == 1 && verbatim.contains(name)) {
            parser.nextToken();
            parser.skipChildren();
          }
        }
      }
    }
  }

  private static String line(byte[] bytes, int from, int to, int number) {
    for (int i = from; i < to; i++) {
      if (bytes[i] >= 0 && bytes[i] < 0x20) {
        throw new IllegalArgumentException("A control character in record " + number);
      }
    }
    if (to - from < 2 || bytes[from] != '{' || bytes[to - 1] != '}') {
      throw new IllegalArgumentException(
          "Record " + number + " does not stand on a line in braces");
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("Record " + number + " is not valid UTF-8", e);
    }
  }
}

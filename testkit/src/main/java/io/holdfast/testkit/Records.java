package io.holdfast.testkit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Takes batches apart, as strictly as the format asks. */
final class Records {
  /** Refuses what the format refuses: a key that occurs twice, anything after the object. */
  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
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
    try {
      JsonNode tree = MAPPER.readTree(record);
      if (tree instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException e) {
      // The parser's message may quote the record; its place says enough.
      throw new IllegalArgumentException(
          "Not one JSON object with unique keys, at column " + e.getLocation().getColumnNr(), e);
    }
    throw new IllegalArgumentException("Not a JSON object");
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

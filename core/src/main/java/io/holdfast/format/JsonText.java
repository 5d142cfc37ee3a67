package io.holdfast.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * A JSON text that somebody else wrote, read token by token: strict about UTF-8 and syntax, and
 * bounded in what one token may take. What is wrong with it becomes an error of ours that says
 * where, and shows none of it. Used by one thread; the stream stays open.
 */
final class JsonText implements AutoCloseable {
  /** What stands around a record, and one level more so that a record too deep is told as such. */
  private static final int LEVELS_AROUND = 4;

  private final JsonParser parser;

  JsonText(BufferedInputStream in, int maxRecordBytes) throws IOException {
    // Not left to the parser: it guesses encodings, and lets malformed UTF-8 pass.
    InputStreamReader characters =
        new InputStreamReader(
            withoutByteOrderMark(in),
            StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT));
    this.parser = factory(maxRecordBytes).createParser(characters);
  }

  private static JsonFactory factory(int maxRecordBytes) {
    int longest = Math.max(maxRecordBytes, 1 << 16);
    return JsonFactory.builder()
        // Keys may be ids, a new one in each record: a symbol table would only grow and collide.
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
        .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
        .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxStringLength(longest)
                .maxNumberLength(longest)
                .maxNameLength(longest)
                .maxNestingDepth(Limits.NESTING + LEVELS_AROUND)
                .build())
        .build();
  }

  /** Some editors put one in front; RFC 8259 lets readers ignore it. */
  private static BufferedInputStream withoutByteOrderMark(BufferedInputStream in)
      throws IOException {
    in.mark(3);
    byte[] start = in.readNBytes(3);
    if (start.length < 3
        || (start[0] & 0xff) != 0xef
        || (start[1] & 0xff) != 0xbb
        || (start[2] & 0xff) != 0xbf) {
      in.reset();
    }
    return in;
  }

  /** Stands before the first token. */
  JsonParser parser() {
    return parser;
  }

  /** Where the parser stands, for the end of a message. */
  String at() {
    JsonLocation location = parser.currentLocation();
    return " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
  }

  /** What reads a part of the text. */
  @FunctionalInterface
  interface Step<T> {
    T run() throws IOException;
  }

  /**
   * Runs a step; what is wrong with the text becomes an error of ours.
   *
   * @param broken makes the error from what follows "The document"
   */
  <T> T read(Step<T> step, Function<String, FormatException> broken) throws IOException {
    try {
      return step.run();
    } catch (StreamConstraintsException e) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "The document has a name, a number or a text beyond the limits, or is nested too deeply"
              + at()
              + ".");
    } catch (JsonEOFException e) {
      throw broken.apply("is cut");
    } catch (JsonProcessingException e) {
      // Without the cause: its message quotes the text, which may be somebody's data.
      throw broken.apply("is not valid JSON");
    } catch (CharacterCodingException e) {
      throw broken.apply("is not valid UTF-8");
    }
  }

  @Override
  public void close() {
    try {
      parser.close();
    } catch (IOException e) {
      throw new IllegalStateException("A parser that does not own its stream failed to close.", e);
    }
  }
}

package io.holdfast.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.DocumentHeader;
import java.nio.charset.CharacterCodingException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the header of a document that has the exact form of FORMAT.md, section 2. */
final class DocumentHeaders {
  private static final Pattern FIRST_LINE =
      // Possessive, since Java matches a greedy group by recursion and a long id ends its stack.
      Pattern.compile("\\{\"backup_id\":\"(?:[^\"\\\\]|\\\\.){0,4096}+\",\"version\":(\\d{1,9}),");

  private DocumentHeaders() {}

  /** Whether a first line is that of the exact form. */
  static boolean isFirstLine(String line) {
    return FIRST_LINE.matcher(line).matches();
  }

  /**
   * Refuses a version that is not known, before anything else of the document is looked at.
   *
   * @param line the first line, without its newline
   */
  static void checkVersion(String line) {
    Matcher matcher = FIRST_LINE.matcher(line);
    if (!matcher.matches()) {
      throw new FormatException(
          FormatException.Kind.CORRUPT, "The document does not begin as a document does.");
    }
    int version = Integer.parseInt(matcher.group(1));
    if (version > DocumentText.VERSION) {
      throw new FormatException(
          FormatException.Kind.UNSUPPORTED_VERSION,
          "The document has version "
              + version
              + " of the format; this version of Holdfast reads up to "
              + DocumentText.VERSION
              + ". Use a newer Holdfast.");
    }
    if (version < 1) {
      throw new FormatException(
          FormatException.Kind.CORRUPT, "The document has no valid version: " + version + ".");
    }
  }

  /**
   * Reads a header.
   *
   * @param bytes the document up to and including the line that opens the collections, without a
   *     newline after it
   */
  static DocumentHeader parse(byte[] bytes) {
    String text = text(bytes);
    String[] lines = text.split("\n", 5);
    checkVersion(lines[0]);
    if (lines.length != 4
        || !lines[1].startsWith("\"source\":{")
        || !lines[2].startsWith("\"schema\":{")
        || !lines[3].equals(DocumentText.COLLECTIONS_LINE)) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "The document's header does not consist of the lines that it should.");
    }
    try {
      JsonNode node = Json.MAPPER.readTree(text + "}}");
      if (!(node.get("schema") instanceof ObjectNode schema) || node.get("source") == null) {
        throw new IllegalArgumentException("source or schema is missing");
      }
      return new DocumentHeader(
          Json.text(node, "backup_id"),
          node.path("version").asInt(),
          Json.sourceFromJson(node.get("source")),
          schema);
    } catch (JsonProcessingException e) {
      throw corrupt(e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw corrupt(String.valueOf(e.getMessage()), e);
    }
  }

  private static String text(byte[] bytes) {
    try {
      return Utf8.decode(bytes, 0, bytes.length);
    } catch (CharacterCodingException e) {
      throw corrupt("it is not valid UTF-8", e);
    }
  }

  private static FormatException corrupt(String reason, Exception cause) {
    return new FormatException(
        FormatException.Kind.CORRUPT,
        "The document's header makes no sense: " + reason + ".",
        cause);
  }
}

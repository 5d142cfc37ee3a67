package io.holdfast.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.DocumentHeader;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the header of a document that has the exact form of FORMAT.md, section 2. */
final class DocumentHeaders {
  private static final Pattern FIRST_LINE =
      Pattern.compile("\\{\"backup_id\":\"(?:[^\"\\\\]|\\\\.){0,4096}\",\"version\":(\\d{1,9}),");

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
  }

  /**
   * Reads a header.
   *
   * @param bytes the document up to and including the line that opens the collections, without a
   *     newline after it
   */
  static DocumentHeader parse(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    int newline = text.indexOf('\n');
    checkVersion(newline < 0 ? text : text.substring(0, newline));
    if (!text.endsWith("\n" + DocumentText.COLLECTIONS_LINE)) {
      throw new FormatException(
          FormatException.Kind.CORRUPT, "The document's header does not end as a header does.");
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

  private static FormatException corrupt(String reason, Exception cause) {
    return new FormatException(
        FormatException.Kind.CORRUPT,
        "The document's header makes no sense: " + reason + ".",
        cause);
  }
}

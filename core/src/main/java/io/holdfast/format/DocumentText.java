package io.holdfast.format;

import io.holdfast.spi.DocumentHeader;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The text of a document between its records: FORMAT.md, section 2. Writer and reader both take it
 * from here, so a reader can compare byte for byte.
 */
final class DocumentText {
  /** The version that this code writes, and the highest that it reads. */
  static final int VERSION = 1;

  static final String BEFORE_FIRST_RECORD = "\n";
  static final String BETWEEN_RECORDS = ",\n";
  static final String END_OF_COLLECTION = "\n]";

  /** The last line of a header. */
  static final String COLLECTIONS_LINE = "\"collections\":{";

  private DocumentText() {}

  static String header(DocumentHeader header) {
    return "{\"backup_id\":"
        + Json.string(header.backupId())
        + ",\"version\":"
        + header.version()
        + ",\n\"source\":"
        + Json.write(Json.sourceToJson(header.source()))
        + ",\n\"schema\":"
        + Json.write(header.schema())
        + ",\n"
        + COLLECTIONS_LINE;
  }

  static String beginCollection(String name, boolean first) {
    return (first ? "\n" : ",\n") + Json.string(name) + ":[";
  }

  static String end(Map<String, Long> counts) {
    StringBuilder text = new StringBuilder("\n},\n\"stats\":{");
    String separator = "";
    for (Map.Entry<String, Long> count : counts.entrySet()) {
      text.append(separator)
          .append(Json.string(count.getKey()))
          .append(':')
          .append(count.getValue());
      separator = ",";
    }
    return text.append("}}\n").toString();
  }

  static byte[] utf8(CharSequence text) {
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }
}

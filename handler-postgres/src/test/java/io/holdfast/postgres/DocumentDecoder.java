package io.holdfast.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads documents as {@code docs/FORMAT.md} describes them, from a database of documents or from a
 * table that holds them, into values that are equal if the documents are. Shares no code with the
 * handler.
 */
final class DocumentDecoder {
  private static final ObjectMapper JSON = new ObjectMapper();

  private DocumentDecoder() {}

  /**
   * A document.
   *
   * @param fields maps are maps, arrays lists, all else is a text that begins with its type
   */
  record Document(String id, String parent, Map<String, Object> fields) {}

  /** Records of a database of documents. */
  static Set<Document> documents(List<String> records) throws Exception {
    Set<Document> documents = new HashSet<>();
    for (String record : records) {
      JsonNode node = JSON.readTree(record);
      Map<String, Object> fields = new TreeMap<>();
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        if (!field.getKey().equals("id") && !field.getKey().equals("$parent")) {
          fields.put(unescaped(field.getKey()), value(field.getValue()));
        }
      }
      documents.add(
          new Document(node.path("id").asText(), node.path("$parent").asText(""), fields));
    }
    if (documents.size() != records.size()) {
      throw new IllegalArgumentException("Some are the same");
    }
    return documents;
  }

  /** Records of a table that holds documents. */
  static Set<Document> rows(JsonNode described, List<String> records) throws Exception {
    Set<Document> documents = new HashSet<>();
    for (String record : records) {
      JsonNode row = JSON.readTree(record);
      Map<String, Object> fields = new TreeMap<>();
      for (JsonNode field : described.path("fields")) {
        String name = field.path("name").asText();
        JsonNode value = row.path(name.startsWith("$") ? "$" + name : name);
        if (name.equals("data")) {
          data(value, fields);
        } else if (!name.equals("id") && !name.equals("parent") && !value.isNull()) {
          Object decoded = column(field, value);
          if (fields.put(name, decoded) != null) {
            throw new IllegalArgumentException("Twice: " + name);
          }
        }
      }
      documents.add(
          new Document(
              row.path("id").asText().replace("//0", "\0"),
              row.path("parent").asText().replace("//0", "\0"),
              fields));
    }
    return documents;
  }

  private static void data(JsonNode data, Map<String, Object> fields) {
    if (data.has("$map")) {
      fields.putAll(pairs(data.path("$map")));
    } else {
      data.properties()
          .forEach(each -> fields.put(unescaped(each.getKey()), value(each.getValue())));
    }
  }

  private static Object column(JsonNode field, JsonNode value) throws Exception {
    String as = field.path("as").asText();
    if (as.equals("json")) {
      return value(value.has("$json") ? JSON.readTree(value.path("$json").asText()) : value);
    }
    if (!as.equals("text")) {
      return value(value);
    }
    String text = value.asText();
    return switch (field.path("type").asText()) {
      case "timestamp with time zone" ->
          "instant " + Instant.parse(text.replace(' ', 'T').replaceFirst("[+]00$", "Z"));
      case "bytea" -> "bytes " + text.substring(2);
      case "text" -> "string " + text;
      default -> throw new IllegalArgumentException("Not expected: " + field);
    };
  }

  private static String unescaped(String key) {
    return key.startsWith("$") ? key.substring(1) : key;
  }

  private static Object value(JsonNode node) {
    if (node.isNull() || node.isBoolean()) {
      return node.toString();
    }
    if (node.isIntegralNumber()) {
      return "integer " + node;
    }
    if (node.isNumber()) {
      return "double " + node.doubleValue();
    }
    if (node.isTextual()) {
      return "string " + node.asText();
    }
    if (node.isArray()) {
      List<Object> values = new ArrayList<>();
      node.forEach(each -> values.add(value(each)));
      return values;
    }
    String key = node.size() == 1 ? node.fieldNames().next() : "";
    if (key.startsWith("$") && !key.startsWith("$$")) {
      return typed(key, node.path(key));
    }
    Map<String, Object> map = new TreeMap<>();
    node.properties().forEach(each -> map.put(unescaped(each.getKey()), value(each.getValue())));
    return map;
  }

  private static Object typed(String key, JsonNode value) {
    return switch (key) {
      case "$numberDouble" -> "double " + Double.parseDouble(value.asText());
      case "$text" -> "string " + decoded(value);
      case "$map" -> pairs(value);
      case "$date" -> "instant " + Instant.parse(value.asText());
      case "$binary" ->
          value.path("subType").asText().equals("00")
              ? "bytes "
                  + HexFormat.of()
                      .formatHex(Base64.getDecoder().decode(value.path("base64").asText()))
              : "bytes of a subtype " + value;
      case "$ref", "$geo", "$vector", "$numberDecimal" -> key + " " + value(value);
      default -> throw new IllegalArgumentException("Not expected: " + key);
    };
  }

  private static Map<String, Object> pairs(JsonNode pairs) {
    Map<String, Object> map = new TreeMap<>();
    for (JsonNode pair : pairs) {
      JsonNode key = pair.path(0);
      map.put(key.isTextual() ? key.asText() : decoded(key.path("$text")), value(pair.path(1)));
    }
    return map;
  }

  private static String decoded(JsonNode base64) {
    return new String(Base64.getDecoder().decode(base64.asText()), StandardCharsets.UTF_8);
  }
}

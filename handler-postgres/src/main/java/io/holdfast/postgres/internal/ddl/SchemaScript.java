package io.holdfast.postgres.internal.ddl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A database's schema: what is created before the data and what after, each in an order that works
 * front to back. {@code docs/FORMAT.md}, section 9.
 *
 * @param before what comes before the data
 * @param after what comes after the data; at its end, what also comes after all grants
 */
public record SchemaScript(List<SchemaEntry> before, List<SchemaEntry> after) {
  /** Copies the lists. */
  public SchemaScript {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /** The form in a document. */
  public ObjectNode toJson() {
    ObjectNode ddl = JsonNodeFactory.instance.objectNode();
    write(before, ddl.putArray("before"));
    write(after, ddl.putArray("after"));
    return ddl;
  }

  private static void write(List<SchemaEntry> entries, ArrayNode into) {
    for (SchemaEntry entry : entries) {
      ObjectNode node = into.addObject();
      node.put("id", entry.id());
      node.put("kind", entry.kind().word());
      entry.schema().ifPresent(schema -> node.put("schema", schema));
      node.put("name", entry.name());
      entry.table().ifPresent(table -> node.put("table", table));
      write("sql", entry.sql(), node);
      write("owner", entry.owner(), node);
      write("grants", entry.grants(), node);
      if (!entry.needs().isEmpty()) {
        ArrayNode needs = node.putArray("needs");
        entry.needs().forEach(needs::add);
      }
    }
  }

  private static void write(String key, List<SqlStatement> statements, ObjectNode into) {
    if (statements.isEmpty()) {
      return;
    }
    ArrayNode array = into.putArray(key);
    for (SqlStatement statement : statements) {
      if (statement.roles().isEmpty() && statement.tablespace().isEmpty()) {
        array.add(statement.sql());
        continue;
      }
      ObjectNode node = array.addObject();
      node.put("sql", statement.sql());
      if (!statement.roles().isEmpty()) {
        ArrayNode roles = node.putArray("roles");
        for (SqlStatement.RoleMention mention : statement.roles()) {
          roles.addObject().put("role", mention.role()).put("at", mention.at());
        }
      }
      statement.tablespace().ifPresent(tablespace -> node.put("tablespace", tablespace));
    }
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws IllegalArgumentException if it is malformed; the message says how
   */
  public static SchemaScript read(JsonNode ddl) {
    Set<Integer> known = new HashSet<>();
    return new SchemaScript(
        readEntries(ddl.path("before"), known), readEntries(ddl.path("after"), known));
  }

  /** An entry may need only those that stand before it, so no cycle can be read. */
  private static List<SchemaEntry> readEntries(JsonNode array, Set<Integer> known) {
    if (!array.isArray()) {
      throw new IllegalArgumentException("ddl lacks a list of entries");
    }
    List<SchemaEntry> entries = new ArrayList<>(array.size());
    for (JsonNode node : array) {
      SchemaEntry entry = readEntry(node);
      if (!known.containsAll(entry.needs()) || !known.add(entry.id())) {
        throw new IllegalArgumentException(
            "ddl entry " + entry.id() + " repeats an id, or needs one that does not precede it");
      }
      entries.add(entry);
    }
    return entries;
  }

  private static SchemaEntry readEntry(JsonNode node) {
    String word = text(node, "kind");
    ObjectKind kind =
        ObjectKind.ofWord(word)
            .orElseThrow(
                () -> new IllegalArgumentException("ddl has an entry of kind \"" + word + "\""));
    if (!node.path("id").isInt()) {
      throw new IllegalArgumentException("a ddl entry has no whole number \"id\"");
    }
    List<Integer> needs = new ArrayList<>();
    for (JsonNode need : node.path("needs")) {
      if (!need.isInt()) {
        throw new IllegalArgumentException("a ddl entry needs what is no number");
      }
      needs.add(need.asInt());
    }
    return new SchemaEntry(
        node.path("id").asInt(),
        kind,
        optionalText(node, "schema"),
        text(node, "name"),
        optionalText(node, "table"),
        statements(node.path("sql")),
        statements(node.path("owner")),
        statements(node.path("grants")),
        needs);
  }

  private static List<SqlStatement> statements(JsonNode array) {
    List<SqlStatement> statements = new ArrayList<>(array.size());
    for (JsonNode node : array) {
      if (node.isTextual()) {
        statements.add(SqlStatement.of(node.asText()));
        continue;
      }
      List<SqlStatement.RoleMention> roles = new ArrayList<>();
      for (JsonNode role : node.path("roles")) {
        roles.add(new SqlStatement.RoleMention(text(role, "role"), role.path("at").asInt(-1)));
      }
      SqlStatement statement =
          new SqlStatement(text(node, "sql"), roles, optionalText(node, "tablespace"));
      if (!statement.isConsistent()) {
        throw new IllegalArgumentException("a ddl statement does not name its roles where it says");
      }
      statements.add(statement);
    }
    return statements;
  }

  private static Optional<String> optionalText(JsonNode node, String key) {
    return node.has(key) ? Optional.of(text(node, key)) : Optional.empty();
  }

  private static String text(JsonNode node, String key) {
    if (!node.path(key).isTextual()) {
      throw new IllegalArgumentException("ddl has an entry without a text \"" + key + "\"");
    }
    return node.path(key).asText();
  }
}

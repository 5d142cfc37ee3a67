package io.holdfast.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.postgres.internal.ddl.DatabaseSettings;
import io.holdfast.postgres.internal.ddl.SchemaScript;
import io.holdfast.spi.HandlerException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The {@code schema} of a document as {@code docs/FORMAT.md} sections 2 and 9 define it. Also reads
 * the common part of what other handlers wrote.
 *
 * @param documents whether records of collections that are not described are documents with ids
 * @param encoding the source's server encoding; empty if the document does not tell
 * @param collections what is known of the collections, by name, in order
 * @param sequences the sequences with their state
 * @param largeObjectRoles the roles that records of large objects name
 * @param settings what is said of the database as a whole; empty if the document does not tell
 * @param ddl the definitions of all objects; empty if the document has none
 */
record PostgresSchema(
    boolean documents,
    String encoding,
    Map<String, CollectionSchema> collections,
    List<SequenceState> sequences,
    List<String> largeObjectRoles,
    Optional<DatabaseSettings> settings,
    Optional<SchemaScript> ddl) {
  /** The collection with a record for every large object. */
  static final String LARGE_OBJECTS = "pg_catalog.pg_largeobject_metadata";

  /** The collection with the pieces of large objects. */
  static final String LARGE_OBJECT_DATA = "pg_catalog.pg_largeobject";

  private static final int VERSION = 1;

  /** A field: its name as it is in the source, the source's name of its type, and its form. */
  record Field(String name, String type, ValueForm form) {}

  /**
   * What the records of a collection hold.
   *
   * @param fields the fields in order
   * @param key the names of those that identify a record
   * @param documents the collection whose documents they are, if they are
   */
  record CollectionSchema(List<Field> fields, List<String> key, Optional<String> documents) {
    /** Of records that are no documents. */
    CollectionSchema(List<Field> fields, List<String> key) {
      this(fields, key, Optional.empty());
    }

    /** Copies the lists. */
    CollectionSchema {
      fields = List.copyOf(fields);
      key = List.copyOf(key);
    }
  }

  /** A sequence and where it stands; the arguments of {@code setval}. */
  record SequenceState(String schema, String name, long lastValue, boolean isCalled) {}

  /** Copies the collections, keeping their order. */
  PostgresSchema {
    collections = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(collections));
    sequences = List.copyOf(sequences);
    largeObjectRoles = List.copyOf(largeObjectRoles);
  }

  /** The description of a collection; empty if its records are self-describing. */
  Optional<CollectionSchema> collection(String name) {
    return Optional.ofNullable(collections.get(name));
  }

  /** What a table's records hold. */
  static CollectionSchema of(Table table) {
    return new CollectionSchema(
        table.storedColumns().stream()
            .map(column -> new Field(column.name(), column.type(), column.form()))
            .toList(),
        table.primaryKey(),
        table.documents());
  }

  /** The schema as it stands in a document. */
  ObjectNode toJson() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    if (documents) {
      schema.put("documents", true);
    }
    ObjectNode described = schema.putObject("collections");
    collections.forEach((name, collection) -> write(collection, described.putObject(name)));
    ObjectNode own = schema.putObject("postgres");
    own.put("version", VERSION);
    own.put("encoding", encoding);
    ArrayNode states = own.putArray("sequences");
    for (SequenceState sequence : sequences) {
      states
          .addObject()
          .put("schema", sequence.schema)
          .put("name", sequence.name)
          .put("last_value", sequence.lastValue)
          .put("is_called", sequence.isCalled);
    }
    if (!largeObjectRoles.isEmpty()) {
      ArrayNode roles = own.putObject("large_objects").putArray("roles");
      largeObjectRoles.forEach(roles::add);
    }
    settings.ifPresent(said -> own.set("settings", said.toJson()));
    ddl.ifPresent(script -> own.set("ddl", script.toJson()));
    return schema;
  }

  private static void write(CollectionSchema collection, ObjectNode into) {
    ArrayNode fields = into.putArray("fields");
    for (Field field : collection.fields) {
      fields
          .addObject()
          .put("name", field.name)
          .put("type", field.type)
          .put("as", field.form.word());
    }
    ArrayNode key = into.putArray("key");
    collection.key.forEach(key::add);
    collection.documents.ifPresent(name -> into.putObject("documents").put("collection", name));
  }

  /**
   * Reads what {@link #toJson} wrote, or what another handler wrote in the common form.
   *
   * @throws HandlerException of kind {@code MISMATCH} for a newer version or a malformed schema
   */
  static PostgresSchema read(ObjectNode schema) {
    Map<String, CollectionSchema> collections = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : schema.path("collections").properties()) {
      collections.put(entry.getKey(), readCollection(entry.getKey(), entry.getValue()));
    }
    JsonNode own = schema.path("postgres");
    if (own.path("version").asInt(VERSION) > VERSION) {
      throw new HandlerException(
          HandlerException.Kind.MISMATCH,
          null,
          "The backup's PostgreSQL schema has version "
              + own.path("version").asText()
              + "; this version of Holdfast knows "
              + VERSION
              + ". Restore it with a newer one.",
          null);
    }
    List<SequenceState> sequences = new ArrayList<>();
    for (JsonNode node : own.path("sequences")) {
      sequences.add(
          new SequenceState(
              text(node, "schema", "a sequence"),
              text(node, "name", "a sequence"),
              integer(node, "last_value"),
              node.path("is_called").asBoolean(true)));
    }
    return new PostgresSchema(
        schema.path("documents").asBoolean(false),
        own.path("encoding").asText(""),
        collections,
        sequences,
        largeObjectRoles(own),
        read(own, "settings", DatabaseSettings::read),
        read(own, "ddl", SchemaScript::read));
  }

  private static List<String> largeObjectRoles(JsonNode own) {
    List<String> roles = new ArrayList<>();
    for (JsonNode role : own.path("large_objects").path("roles")) {
      if (!role.isTextual()) {
        throw malformed("large_objects name a role that is no text");
      }
      roles.add(role.asText());
    }
    return roles;
  }

  private static <T> Optional<T> read(JsonNode own, String key, Function<JsonNode, T> reader) {
    if (!own.has(key)) {
      return Optional.empty();
    }
    try {
      return Optional.of(reader.apply(own.path(key)));
    } catch (IllegalArgumentException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
  }

  private static CollectionSchema readCollection(String name, JsonNode node) {
    List<Field> fields = new ArrayList<>();
    for (JsonNode field : node.path("fields")) {
      String as = field.path("as").asText("value");
      ValueForm form =
          ValueForm.ofWord(as)
              .orElseThrow(
                  () -> malformed("collection " + name + " has a field written as \"" + as + "\""));
      fields.add(
          new Field(
              text(field, "name", "a field of collection " + name),
              field.path("type").asText(""),
              form));
    }
    List<String> key = new ArrayList<>();
    node.path("key").forEach(part -> key.add(part.asText()));
    JsonNode documents = node.path("documents").path("collection");
    return new CollectionSchema(
        fields, key, documents.isTextual() ? Optional.of(documents.asText()) : Optional.empty());
  }

  private static String text(JsonNode node, String key, String what) {
    if (!node.path(key).isTextual()) {
      throw malformed(what + " has no text \"" + key + "\"");
    }
    return node.path(key).asText();
  }

  private static long integer(JsonNode node, String key) {
    if (!node.path(key).canConvertToLong() || !node.path(key).isIntegralNumber()) {
      throw malformed("a sequence has no whole number \"" + key + "\"");
    }
    return node.path(key).asLong();
  }

  private static HandlerException malformed(String what) {
    return new HandlerException(
        HandlerException.Kind.MISMATCH,
        null,
        "The backup's schema is not understood: "
            + what
            + ". Nothing was changed. Restore it with the version of Holdfast that wrote it.",
        null);
  }
}

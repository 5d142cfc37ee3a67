package io.holdfast.firestore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.spi.HandlerException;
import java.util.Optional;

/** The schema of a backup of Firestore: FORMAT.md, section 9. */
final class FirestoreSchema {
  private static final int VERSION = 1;
  private static final String KEY = "firestore";

  private FirestoreSchema() {}

  /**
   * Writes it.
   *
   * @param definitions indexes, TTL policies, rules; empty if none were captured
   */
  static ObjectNode write(DatabaseName database, Optional<ObjectNode> definitions) {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("documents", true);
    ObjectNode firestore = schema.putObject(KEY);
    firestore.put("version", VERSION);
    firestore.put("project", database.project());
    firestore.put("database", database.database());
    definitions.ifPresent(found -> firestore.set("definitions", found));
    return schema;
  }

  /**
   * The database that a backup is of; empty if it is not of Firestore.
   *
   * @throws HandlerException if a later version wrote it
   */
  static Optional<DatabaseName> database(ObjectNode schema) {
    JsonNode firestore = schema.path(KEY);
    if (!firestore.isObject()) {
      return Optional.empty();
    }
    if (firestore.path("version").asInt() > VERSION) {
      throw new HandlerException(
          HandlerException.Kind.UNSUPPORTED,
          null,
          "The backup's schema has version "
              + firestore.path("version").asInt()
              + "; this version of Holdfast knows up to "
              + VERSION
              + ". Use a newer one.",
          null);
    }
    return Optional.of(
        new DatabaseName(firestore.path("project").asText(), firestore.path("database").asText()));
  }

  /** What the backup holds besides documents. */
  static Optional<ObjectNode> definitions(ObjectNode schema) {
    return schema.path(KEY).path("definitions") instanceof ObjectNode found
        ? Optional.of(found)
        : Optional.empty();
  }
}

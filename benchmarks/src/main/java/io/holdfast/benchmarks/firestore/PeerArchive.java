package io.holdfast.benchmarks.firestore;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.firestore.v1.Document;
import com.google.firestore.v1.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes what a peer's backup would write, so that restores of many documents can be measured where
 * that backup would take an hour: in the emulator, asking for the collections below a document
 * takes the longer, the more documents there are.
 */
enum PeerArchive {
  /** The file of {@code node-firestore-import-export}. */
  IMPORT_EXPORT {
    @Override
    ObjectNode place(ObjectNode root, String[] path) {
      ObjectNode node = root;
      for (int i = 0; i < path.length; i += 2) {
        node = child(child(child(node, COLLECTIONS), path[i]), path[i + 1]);
      }
      child(node, COLLECTIONS);
      return node;
    }

    @Override
    JsonNode special(Value value, String path) {
      ObjectNode typed = NODES.objectNode();
      switch (value.getValueTypeCase()) {
        case TIMESTAMP_VALUE ->
            typed.put(TYPE, "timestamp").set("value", EXPORT_IMPORT.special(value, path));
        case GEO_POINT_VALUE ->
            typed.put(TYPE, "geopoint").set("value", EXPORT_IMPORT.special(value, path));
        default -> typed.put(TYPE, "documentReference").put("value", path);
      }
      return typed;
    }
  },

  /** The file of {@code firestore-export-import}. */
  EXPORT_IMPORT {
    @Override
    ObjectNode place(ObjectNode root, String[] path) {
      ObjectNode node = child(child(root, path[0]), path[1]);
      StringBuilder collection = new StringBuilder(path[0]);
      for (int i = 2; i < path.length; i += 2) {
        collection.append('/').append(path[i - 1]).append('/').append(path[i]);
        node = child(child(child(node, "subCollection"), collection.toString()), path[i + 1]);
      }
      return node;
    }

    @Override
    JsonNode special(Value value, String path) {
      return switch (value.getValueTypeCase()) {
        case TIMESTAMP_VALUE ->
            NODES
                .objectNode()
                .put("_seconds", value.getTimestampValue().getSeconds())
                .put("_nanoseconds", value.getTimestampValue().getNanos());
        case GEO_POINT_VALUE -> {
          ObjectNode place = NODES.objectNode();
          place.set("_latitude", number(value.getGeoPointValue().getLatitude()));
          place.set("_longitude", number(value.getGeoPointValue().getLongitude()));
          yield place;
        }
        default -> NODES.textNode(path);
      };
    }
  };

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String COLLECTIONS = "__collections__";
  private static final String TYPE = "__datatype__";

  /** Writes all documents of a project into a file. */
  void write(Project project, Path file) throws IOException {
    ObjectNode root = NODES.objectNode();
    project.forEach(document -> add(document, project.root() + "/", root));
    new JsonMapper().writeValue(file.toFile(), root);
  }

  private void add(Document document, String prefix, ObjectNode root) {
    String path = document.getName().substring(prefix.length());
    putAll(document.getFieldsMap(), prefix, place(root, path.split("/", -1)));
  }

  private void putAll(Map<String, Value> fields, String prefix, ObjectNode node) {
    fields.forEach((name, value) -> node.set(name, convert(value, prefix)));
  }

  private JsonNode convert(Value value, String prefix) {
    return switch (value.getValueTypeCase()) {
      case NULL_VALUE -> NODES.nullNode();
      case BOOLEAN_VALUE -> NODES.booleanNode(value.getBooleanValue());
      case INTEGER_VALUE -> NODES.numberNode(value.getIntegerValue());
      case DOUBLE_VALUE -> number(value.getDoubleValue());
      case STRING_VALUE -> NODES.textNode(value.getStringValue());
      case MAP_VALUE -> {
        ObjectNode map = NODES.objectNode();
        putAll(value.getMapValue().getFieldsMap(), prefix, map);
        yield map;
      }
      case ARRAY_VALUE -> {
        ArrayNode array = NODES.arrayNode();
        value.getArrayValue().getValuesList().forEach(item -> array.add(convert(item, prefix)));
        yield array;
      }
      case TIMESTAMP_VALUE, GEO_POINT_VALUE -> special(value, "");
      case REFERENCE_VALUE -> special(value, value.getReferenceValue().substring(prefix.length()));
      default -> throw new IllegalStateException("Not made here: " + value.getValueTypeCase());
    };
  }

  /** As JavaScript writes it, which knows no difference between 13 and 13.0. */
  private static JsonNode number(double number) {
    return number == Math.rint(number) ? NODES.numberNode((long) number) : NODES.numberNode(number);
  }

  private static ObjectNode child(ObjectNode parent, String name) {
    return parent.withObjectProperty(name);
  }

  /** The node of a document, made with all that is above it. */
  abstract ObjectNode place(ObjectNode root, String[] path);

  /** A timestamp, a geo point or a reference, the last by its path. */
  abstract JsonNode special(Value value, String path);
}

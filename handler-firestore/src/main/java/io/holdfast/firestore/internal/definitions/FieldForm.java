package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.Shown;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is set for a single field, as the Admin API gives it, as a backup stores it, and as it is
 * set
 * (https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.fields).
 */
final class FieldForm {
  private static final Set<String> INHERITANCE =
      Set.of("indexes", "usesAncestorConfig", "ancestorField", "reverting");
  private static final Set<String> FIELD = Set.of("name", "indexConfig", "ttlConfig");
  private static final Set<String> MODES = Set.of("order", "arrayConfig", "vectorConfig");
  private static final Set<String> SERVERS = Set.of("name", "state");

  /** What every database begins with, in words: see {@link #modes}. */
  private static final Set<String> BUILT_IN =
      Set.of(
          "{\"order\":\"ASCENDING\",\"queryScope\":\"COLLECTION\"}",
          "{\"order\":\"DESCENDING\",\"queryScope\":\"COLLECTION\"}",
          "{\"arrayConfig\":\"CONTAINS\",\"queryScope\":\"COLLECTION\"}");

  private FieldForm() {}

  /**
   * The stored form of what single-field indexes a field of the API has; empty if those are the
   * ones it inherits. The settings of all fields, a field of the group {@code __default__}, count
   * only where they differ from what every database begins with.
   */
  static Optional<ObjectNode> storedOverride(ObjectNode field) {
    if (!(field.get("indexConfig") instanceof ObjectNode config)
        || config.path("usesAncestorConfig").asBoolean(false)
        || config.path("reverting").asBoolean(false)) {
      return Optional.empty();
    }
    ResourceName name = ResourceName.of(field);
    List<ObjectNode> indexes = new ArrayList<>();
    for (ObjectNode index : Forms.entries(config, "indexes")) {
      indexes.add(storedIndex(index, name.id()));
    }
    if (name.collectionGroup().equals(Segments.DEFAULT_GROUP) && modes(indexes).equals(BUILT_IN)) {
      return Optional.empty();
    }
    ObjectNode stored = entry(name);
    stored.set("indexes", Forms.sorted(indexes, List.of("queryScope")));
    Forms.copyOthers(field, stored, FIELD);
    ObjectNode others = Forms.object();
    Forms.copyOthers(config, others, INHERITANCE);
    if (!others.isEmpty()) {
      stored.set("indexConfig", others);
    }
    return Optional.of(stored);
  }

  /** The stored form of a field's TTL policy; empty if it has none. */
  static Optional<ObjectNode> storedTtl(ObjectNode field) {
    if (!(field.get("ttlConfig") instanceof ObjectNode config)) {
      return Optional.empty();
    }
    ObjectNode stored = entry(ResourceName.of(field));
    ObjectNode others = Forms.object();
    Forms.copyOthers(config, others, Set.of("state"));
    if (!others.isEmpty()) {
      stored.set("ttlConfig", others);
    }
    return Optional.of(stored);
  }

  /** What to send as {@code indexConfig} to set a stored override. */
  static ObjectNode indexConfig(ObjectNode stored) {
    String path = field(stored).fieldPath();
    ArrayNode indexes = Forms.array();
    for (ObjectNode index : Forms.entries(stored, "indexes")) {
      indexes.add(index(index, path));
    }
    ObjectNode config = others(stored, "indexConfig");
    config.set("indexes", indexes);
    return config;
  }

  /** What to send as {@code ttlConfig} to set a stored TTL policy. */
  static ObjectNode ttlConfig(ObjectNode stored) {
    return others(stored, "ttlConfig");
  }

  /** The field of a stored entry, checked. */
  static TtlField field(ObjectNode stored) {
    String group = Segments.collectionGroup(Forms.text(stored, "collectionGroup"));
    String path = Segments.fieldPath(Forms.text(stored, "fieldPath"));
    if (group.equals(Segments.DEFAULT_GROUP) && !path.equals(Segments.ANY_FIELD)) {
      throw Forms.malformed("of " + group + " only the field * can be set");
    }
    return new TtlField(group, path);
  }

  /** Whether two stored overrides give the same single-field indexes. */
  static boolean sameIndexes(ObjectNode existing, ObjectNode wanted) {
    return modes(Forms.entries(existing, "indexes")).equals(modes(Forms.entries(wanted, "indexes")))
        && others(existing, "indexConfig").equals(others(wanted, "indexConfig"));
  }

  /** Whether two stored TTL policies are the same. */
  static boolean sameTtl(ObjectNode existing, ObjectNode wanted) {
    return ttlConfig(existing).equals(ttlConfig(wanted));
  }

  /** Whether the server is still at work on it. */
  static boolean isBuilding(ObjectNode field) {
    boolean building = field.path("ttlConfig").path("state").asText("").equals("CREATING");
    for (JsonNode index : field.path("indexConfig").path("indexes")) {
      building |= index.path("state").asText("").equals("CREATING");
    }
    return building;
  }

  /** The single-field indexes of a stored override in words. */
  static String words(ObjectNode stored) {
    List<String> modes = new ArrayList<>();
    for (ObjectNode index : Forms.entries(stored, "indexes")) {
      JsonNode mode = index.has("fields") ? index.path("fields").path(0) : index;
      modes.add(IndexForm.mode(mode) + " " + index.path("queryScope").asText("COLLECTION"));
    }
    return modes.isEmpty() ? "none" : Shown.text(String.join(", ", modes));
  }

  private static ObjectNode entry(ResourceName name) {
    return Forms.object()
        .put("collectionGroup", name.collectionGroup())
        .put("fieldPath", name.id());
  }

  /**
   * As firebase-tools writes it, {@code {"order":…,"queryScope":…}}; what has more to it keeps the
   * list of its fields, so that each property goes back to where it was.
   */
  private static ObjectNode storedIndex(ObjectNode index, String fieldPath) {
    ObjectNode stored = Forms.object();
    List<ObjectNode> fields = Forms.entries(index, "fields");
    if (fields.size() == 1 && isPlain(fields.get(0), fieldPath)) {
      MODES.stream().sorted().forEach(mode -> Forms.copy(fields.get(0), stored, mode));
      Forms.copy(index, stored, "queryScope");
      Forms.copyOthers(index, stored, Set.of("name", "state", "fields", "queryScope"));
      return stored;
    }
    Forms.copy(index, stored, "queryScope");
    Forms.copy(index, stored, "fields");
    Forms.copyOthers(index, stored, Set.of("name", "state", "fields", "queryScope"));
    return stored;
  }

  private static boolean isPlain(ObjectNode field, String fieldPath) {
    ObjectNode rest = field.deepCopy();
    JsonNode path = rest.remove("fieldPath");
    rest.remove(MODES);
    return rest.isEmpty() && (path == null || path.asText("").equals(fieldPath));
  }

  private static ObjectNode index(ObjectNode stored, String fieldPath) {
    ObjectNode index = stored.deepCopy();
    index.remove(SERVERS);
    if (!index.has("queryScope")) {
      // As firebase-tools and the API have it.
      index.put("queryScope", "COLLECTION");
    }
    if (!index.has("fields")) {
      ObjectNode field = Forms.object().put("fieldPath", fieldPath);
      for (String mode : MODES) {
        Forms.copy(index, field, mode);
        index.remove(mode);
      }
      index.set("fields", Forms.array().add(field));
    }
    return index;
  }

  private static ObjectNode others(ObjectNode stored, String name) {
    JsonNode others = stored.path(name);
    if (others.isMissingNode()) {
      return Forms.object();
    }
    if (others instanceof ObjectNode object) {
      return object.deepCopy();
    }
    throw Forms.malformed("\"" + name + "\" is no object");
  }

  /** The indexes as a set of texts: their order, and properties left at a default, do not count. */
  private static Set<String> modes(List<ObjectNode> indexes) {
    Set<String> modes = new TreeSet<>();
    for (ObjectNode index : indexes) {
      ObjectNode copy = Forms.object();
      Forms.copyOthers(index, copy, Set.of("apiScope", "queryScope"));
      if (!index.path("apiScope").asText("ANY_API").equals("ANY_API")) {
        Forms.copy(index, copy, "apiScope");
      }
      copy.put("queryScope", index.path("queryScope").asText("COLLECTION"));
      modes.add(copy.toString());
    }
    return modes;
  }
}

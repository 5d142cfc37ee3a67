package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.google.internal.Shown;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A composite index as the Admin API gives it, as a backup stores it, and as it is created. The
 * stored form is that of {@code firestore.indexes.json}
 * (https://firebase.google.com/docs/reference/firestore/indexes), with all properties of the API.
 */
final class IndexForm {
  private static final String NAME_FIELD = "__name__";
  private static final Set<String> SERVERS = Set.of("name", "state");
  private static final Set<String> OWN =
      Set.of("name", "state", "collectionGroup", "queryScope", "apiScope", "fields");

  private IndexForm() {}

  /** The stored form of an index of the API. */
  static ObjectNode stored(ObjectNode index) {
    ObjectNode stored = Forms.object();
    stored.put("collectionGroup", ResourceName.of(index).collectionGroup());
    Forms.copy(index, stored, "queryScope");
    Forms.copy(index, stored, "apiScope");
    stored.set("fields", withoutImpliedName(fields(index)));
    Forms.copyOthers(index, stored, OWN);
    return stored;
  }

  /** What to send to create a stored index. */
  static ObjectNode toCreate(ObjectNode stored) {
    checked(stored);
    ObjectNode body = stored.deepCopy();
    body.remove("collectionGroup");
    body.remove(SERVERS);
    if (!body.has("queryScope")) {
      body.put("queryScope", "COLLECTION");
    }
    return body;
  }

  /** The collection group of a stored index, checked. */
  static String collectionGroup(ObjectNode stored) {
    return Segments.collectionGroup(Forms.text(stored, "collectionGroup"));
  }

  /**
   * Whether an index of the API does what a stored one asks for. Properties that the stored one
   * does not mention may be as they are.
   */
  static boolean satisfies(ObjectNode existing, ObjectNode wanted) {
    if (!ResourceName.of(existing).collectionGroup().equals(collectionGroup(wanted))
        || !scope(existing, "queryScope", "COLLECTION")
            .equals(scope(wanted, "queryScope", "COLLECTION"))
        || !scope(existing, "apiScope", "ANY_API").equals(scope(wanted, "apiScope", "ANY_API"))
        || !comparable(fields(existing)).equals(comparable(fields(wanted)))) {
      return false;
    }
    ObjectNode others = Forms.object();
    Forms.copyOthers(wanted, others, OWN);
    return others.properties().stream()
        .allMatch(property -> property.getValue().equals(existing.get(property.getKey())));
  }

  /** A stored index in words: {@code posts (COLLECTION): author ASCENDING, tags CONTAINS}. */
  static String words(ObjectNode stored) {
    List<String> fields = new ArrayList<>();
    for (JsonNode field : stored.path("fields")) {
      fields.add(field.path("fieldPath").asText("") + " " + mode(field));
    }
    return Shown.text(
        stored.path("collectionGroup").asText("")
            + " ("
            + scope(stored, "queryScope", "COLLECTION")
            + "): "
            + String.join(", ", fields));
  }

  /** How a field is indexed, in one word. */
  static String mode(JsonNode field) {
    if (field.path("order").isTextual()) {
      return field.path("order").textValue();
    }
    if (field.path("arrayConfig").isTextual()) {
      return field.path("arrayConfig").textValue();
    }
    return field.has("vectorConfig") ? "VECTOR" : "OTHER";
  }

  private static void checked(ObjectNode stored) {
    List<ObjectNode> fields = Forms.entries(stored, "fields");
    if (fields.isEmpty()) {
      throw Forms.malformed("an index has no fields");
    }
    for (ObjectNode field : fields) {
      Segments.fieldPath(Forms.text(field, "fieldPath"));
    }
  }

  private static String scope(ObjectNode index, String name, String standard) {
    return index.path(name).asText(standard);
  }

  private static List<ObjectNode> fields(ObjectNode index) {
    List<ObjectNode> fields = new ArrayList<>();
    for (ObjectNode field : Forms.entries(index, "fields")) {
      ObjectNode copy = Forms.object();
      Forms.copy(field, copy, "fieldPath");
      Forms.copyOthers(field, copy, Set.of("fieldPath"));
      fields.add(copy);
    }
    return fields;
  }

  /**
   * Without the document's name at the end, where it runs as the field before: the server adds that
   * by itself, and firebase-tools fails on files that name it
   * (https://github.com/firebase/firebase-tools/issues/8859).
   */
  private static ArrayNode withoutImpliedName(List<ObjectNode> fields) {
    int last = fields.size() - 1;
    if (last >= 2
        && isName(fields.get(last))
        && fields.get(last - 1).has("order")
        && fields.get(last - 1).get("order").equals(fields.get(last).get("order"))) {
      return Forms.array().addAll(fields.subList(0, last));
    }
    return Forms.array().addAll(fields);
  }

  /**
   * Without the document's name wherever the server would put it by itself: after the last field,
   * or before the vector, in the direction of the last field that has one, else ascending.
   */
  private static List<ObjectNode> comparable(List<ObjectNode> fields) {
    List<ObjectNode> rest = new ArrayList<>(fields);
    int end = rest.size();
    while (end > 0 && rest.get(end - 1).has("vectorConfig")) {
      end--;
    }
    if (end > 0 && isName(rest.get(end - 1))) {
      String implied = end > 1 ? rest.get(end - 2).path("order").asText("ASCENDING") : "ASCENDING";
      boolean alone = rest.size() == 1;
      if (!alone && rest.get(end - 1).path("order").asText("").equals(implied)) {
        rest.remove(end - 1);
      }
    }
    return rest;
  }

  private static boolean isName(ObjectNode field) {
    return field.path("fieldPath").asText("").equals(NAME_FIELD);
  }
}

package io.holdfast.firestore.internal.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What the forms of all entries have in common: order, portability, and shapes to rely on. */
final class Forms {
  private Forms() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /** Copies a property as it is, where there is one. */
  static void copy(ObjectNode from, ObjectNode to, String name) {
    JsonNode value = from.get(name);
    if (value != null) {
      to.set(name, value.deepCopy());
    }
  }

  /** Copies what is not named, in a fixed order and without names of the source's resources. */
  static void copyOthers(ObjectNode from, ObjectNode to, Set<String> except) {
    for (String name : names(from)) {
      JsonNode value = from.path(name);
      if (!except.contains(name) && !namesResource(value)) {
        to.set(name, portable(value));
      }
    }
  }

  private static JsonNode portable(JsonNode value) {
    if (value instanceof ObjectNode object) {
      ObjectNode copy = object();
      copyOthers(object, copy, Set.of());
      return copy;
    }
    if (value instanceof ArrayNode list) {
      ArrayNode copy = array();
      for (JsonNode element : list) {
        if (!namesResource(element)) {
          copy.add(portable(element));
        }
      }
      return copy;
    }
    return value.deepCopy();
  }

  /** {@code projects/p/…}, {@code //firestore.googleapis.com/projects/p/…} and the like. */
  private static boolean namesResource(JsonNode value) {
    return value.isTextual()
        && (value.textValue().startsWith("projects/") || value.textValue().contains("/projects/"));
  }

  private static Iterable<String> names(ObjectNode object) {
    TreeSet<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** The entries in an order that does not depend on how they came. */
  static ArrayNode sorted(List<ObjectNode> entries, List<String> keys) {
    Comparator<ObjectNode> order = Comparator.comparing(ObjectNode::toString);
    for (int i = keys.size() - 1; i >= 0; i--) {
      String key = keys.get(i);
      order =
          Comparator.comparing((ObjectNode entry) -> entry.path(key).asText(""))
              .thenComparing(order);
    }
    ArrayNode list = array();
    entries.stream().sorted(order).forEach(list::add);
    return list;
  }

  /** The objects in a list; none where there is no such list. */
  static List<ObjectNode> entries(ObjectNode of, String name) {
    JsonNode list = of.path(name);
    if (list.isMissingNode()) {
      return List.of();
    }
    List<ObjectNode> entries = new ArrayList<>();
    if (list.isArray()) {
      for (JsonNode entry : list) {
        if (entry instanceof ObjectNode object) {
          entries.add(object);
        }
      }
      if (entries.size() == list.size()) {
        return entries;
      }
    }
    throw malformed("\"" + name + "\" is no list of objects");
  }

  /** A text that must be there. */
  static String text(ObjectNode of, String name) {
    JsonNode value = of.path(name);
    if (!value.isTextual()) {
      throw malformed("an entry has no text \"" + name + "\"");
    }
    return value.textValue();
  }

  /** Definitions are not what they should be. */
  static HandlerException malformed(String why) {
    return new HandlerException(
        Kind.UNSUPPORTED,
        null,
        "The definitions of a database are malformed: "
            + why
            + ". If they come from a backup, restore the documents without them.",
        null);
  }
}

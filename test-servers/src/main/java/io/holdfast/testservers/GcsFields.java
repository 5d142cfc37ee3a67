package io.holdfast.testservers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A partial answer, {@code items(name,size),nextPageToken}:
 * https://cloud.google.com/storage/docs/json_api#partial-response.
 */
final class GcsFields {
  private final String text;
  private int at;

  /** A field's name, and what of it is wanted; empty for all of it. */
  private static final class Tree extends LinkedHashMap<String, Tree> {
    private static final long serialVersionUID = 1L;
  }

  private GcsFields(String text) {
    this.text = text;
  }

  static JsonNode select(JsonNode whole, String fields) {
    GcsFields parser = new GcsFields(fields);
    Tree tree = parser.list();
    if (parser.at != fields.length()) {
      throw new GcsError(400, "invalidParameter", "Invalid field selection " + fields);
    }
    return select(whole, tree);
  }

  private Tree list() {
    Tree tree = new Tree();
    do {
      int begin = at;
      while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || at(at, '*'))) {
        at++;
      }
      if (begin == at) {
        throw new GcsError(400, "invalidParameter", "Invalid field selection " + text);
      }
      String name = text.substring(begin, at);
      Tree inner = new Tree();
      if (at(at, '/')) {
        at++;
        begin = at;
        while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
          at++;
        }
        inner.put(text.substring(begin, at), new Tree());
      } else if (at(at, '(')) {
        at++;
        inner = list();
        if (!at(at, ')')) {
          throw new GcsError(400, "invalidParameter", "Invalid field selection " + text);
        }
        at++;
      }
      tree.put(name, inner);
    } while (next(','));
    return tree;
  }

  private boolean at(int index, char wanted) {
    return index < text.length() && text.charAt(index) == wanted;
  }

  private boolean next(char wanted) {
    if (at(at, wanted)) {
      at++;
      return true;
    }
    return false;
  }

  private static JsonNode select(JsonNode whole, Map<String, Tree> tree) {
    if (tree.isEmpty() || tree.containsKey("*")) {
      return whole;
    }
    if (whole instanceof ArrayNode array) {
      ArrayNode selected = array.arrayNode();
      array.forEach(one -> selected.add(select(one, tree)));
      return selected;
    }
    if (!(whole instanceof ObjectNode object)) {
      return whole;
    }
    ObjectNode selected = object.objectNode();
    tree.forEach(
        (name, inner) -> {
          JsonNode value = object.get(name);
          if (value != null) {
            selected.set(name, select(value, inner));
          }
        });
    return selected;
  }
}

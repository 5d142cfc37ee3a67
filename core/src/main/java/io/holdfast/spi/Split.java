package io.holdfast.spi;

import java.util.Map;

/**
 * A part of a collection that one worker reads by itself. A value: it names all that another
 * machine with the same handler needs to read it, the consistency point included, and no secret.
 *
 * @param collection the collection's name
 * @param ordinal its number within the collection, from 0
 * @param attributes what the handler needs, as text
 * @param estimatedBytes about how many bytes of JSON it yields; -1 if unknown
 */
public record Split(
    String collection, int ordinal, Map<String, String> attributes, long estimatedBytes) {
  /** Copies the map. */
  public Split {
    attributes = Map.copyOf(attributes);
  }

  /**
   * The attribute of that name.
   *
   * @throws IllegalArgumentException if there is no such attribute
   */
  public String attribute(String name) {
    String value = attributes.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "Split " + ordinal + " of " + collection + " lacks the attribute " + name);
    }
    return value;
  }
}

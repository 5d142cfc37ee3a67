package io.holdfast.firestore.internal.definitions;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts what a restore has done so far. */
final class Tally {
  private final Map<DefinitionPart, Integer> done = new EnumMap<>(DefinitionPart.class);

  void count(Set<DefinitionPart> parts) {
    for (DefinitionPart part : parts) {
      done.merge(part, 1, Integer::sum);
    }
  }

  RestoredDefinitions result(int building) {
    return new RestoredDefinitions(
        of(DefinitionPart.INDEXES),
        of(DefinitionPart.FIELD_OVERRIDES),
        of(DefinitionPart.TTL),
        of(DefinitionPart.RULES) > 0,
        building);
  }

  /** For an error: what stays. */
  String sentence() {
    List<String> parts = new ArrayList<>();
    add(parts, DefinitionPart.INDEXES, "indexes created");
    add(parts, DefinitionPart.FIELD_OVERRIDES, "field overrides set");
    add(parts, DefinitionPart.TTL, "TTL policies set");
    if (of(DefinitionPart.RULES) > 0) {
      parts.add("security rules put in force");
    }
    return parts.isEmpty()
        ? "No definition of the target was changed."
        : "Done before, and staying: "
            + String.join(", ", parts)
            + ". Doing it again goes on from there.";
  }

  private void add(List<String> parts, DefinitionPart part, String words) {
    if (of(part) > 0) {
      parts.add(of(part) + " " + words);
    }
  }

  private int of(DefinitionPart part) {
    return done.getOrDefault(part, 0);
  }
}

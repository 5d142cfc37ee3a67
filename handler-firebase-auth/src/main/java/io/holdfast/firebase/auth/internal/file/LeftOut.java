package io.holdfast.firebase.auth.internal.file;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What of the records a file could not take, counted by what it is, with the first ids of each.
 * Used by one thread at a time.
 */
public final class LeftOut {
  private static final int SHOWN = 20;

  /** Names come from records, so there could be as many as there are records. */
  private static final int KINDS = 200;

  private final Map<String, Kind> kinds = new TreeMap<>();

  private static final class Kind {
    private final List<String> first = new ArrayList<>();
    private long count;
  }

  /** Counts one. */
  public void add(String what, String id) {
    String name = kinds.containsKey(what) || kinds.size() < KINDS ? what : "other things";
    Kind kind = kinds.computeIfAbsent(name, any -> new Kind());
    kind.count++;
    if (kind.first.size() < SHOWN) {
      kind.first.add(id);
    }
  }

  /** A sentence for each kind. */
  public List<String> sentences() {
    return kinds.entrySet().stream()
        .map(
            entry ->
                "Not in the file: "
                    + entry.getKey()
                    + ", "
                    + entry.getValue().count
                    + (entry.getValue().count == 1 ? " time: " : " times: ")
                    + String.join(", ", entry.getValue().first)
                    + (entry.getValue().count > SHOWN ? ", …" : "."))
        .toList();
  }
}

package io.holdfast.postgres.internal;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Why a restore cannot be done: collected, so that one error tells everything. For one thread. */
public final class Problems {
  /** How many problems of one kind a message holds: a database can have 10,000 tables. */
  private static final int MAX_SHOWN = 50;

  /** The kind that must be dealt with first names the error. */
  private static final List<Kind> BY_WEIGHT =
      List.of(
          Kind.UNSUPPORTED,
          Kind.NOT_FOUND,
          Kind.MISMATCH,
          Kind.PERMISSION_DENIED,
          Kind.CONSTRAINT,
          Kind.NOT_EMPTY);

  private final Map<Kind, List<String>> sentences = new EnumMap<>(Kind.class);

  /** Nothing is wrong yet. */
  public Problems() {}

  /** Adds one. */
  public void add(Kind kind, String sentence) {
    sentences.computeIfAbsent(kind, key -> new ArrayList<>()).add(sentence);
  }

  /** Whether there is one of that kind. */
  public boolean has(Kind kind) {
    return sentences.containsKey(kind);
  }

  /**
   * Throws if there are any; nothing was changed so far.
   *
   * @param advice what to try, a sentence; may be empty
   * @throws HandlerException that names them all
   */
  public void fail(String advice) {
    if (sentences.isEmpty()) {
      return;
    }
    Kind first = BY_WEIGHT.stream().filter(sentences::containsKey).findFirst().orElse(Kind.OTHER);
    List<String> all = new ArrayList<>();
    for (List<String> ofKind : sentences.values()) {
      all.addAll(ofKind.subList(0, Math.min(ofKind.size(), MAX_SHOWN)));
      if (ofKind.size() > MAX_SHOWN) {
        all.add("… and " + (ofKind.size() - MAX_SHOWN) + " more like these.");
      }
    }
    throw new HandlerException(
        first,
        null,
        "The backup cannot be restored into this database; nothing was changed.\n  - "
            + String.join("\n  - ", all)
            + (advice.isEmpty() ? "" : "\n" + advice),
        null);
  }
}

package io.holdfast.postgres.internal.ddl;

import java.util.function.Consumer;

/** When a rule or a trigger acts; as the catalogs write it, and as {@code ALTER} does. */
enum FiringState {
  /** For sessions that are no replica: what it is when it is created. */
  ORIGIN('O', "ENABLE"),
  /** Never. */
  DISABLED('D', "DISABLE"),
  /** For sessions that are a replica. */
  REPLICA('R', "ENABLE REPLICA"),
  /** For all sessions. */
  ALWAYS('A', "ENABLE ALWAYS");

  private final char letter;
  private final String words;

  FiringState(char letter, String words) {
    this.letter = letter;
    this.words = words;
  }

  /** The state that the catalogs write as that letter. */
  static FiringState of(String letter) {
    for (FiringState state : values()) {
      if (letter.length() == 1 && letter.charAt(0) == state.letter) {
        return state;
      }
    }
    throw new IllegalStateException("Unknown state of a rule or trigger: " + letter);
  }

  /** How {@code ALTER TABLE} brings it about: {@code ENABLE ALWAYS}. */
  String words() {
    return words;
  }

  /** Tells the words, unless it is so from the beginning. */
  void ifNotDefault(Consumer<String> consumer) {
    if (this != ORIGIN) {
      consumer.accept(words);
    }
  }
}

package io.holdfast.mongo;

import org.jspecify.annotations.Nullable;

/**
 * What a command is for, as an error tells it.
 *
 * @param right the privilege that it needs: {@code find}
 * @param collection the collection that it needs it on
 * @param key the object concerned, or null
 * @param what in a few words, after "Could not": {@code read the object a}
 * @param refused what holds if the server refused: {@code Nothing was published.}
 * @param lost what holds if the answer was lost: {@code It may have been published.}
 */
record Step(
    String right,
    String collection,
    @Nullable String key,
    String what,
    String refused,
    String lost) {

  private static final String UNCHANGED = "Nothing was changed.";

  /** A command that changes nothing. */
  static Step find(String collection, @Nullable String key, String what) {
    return new Step("find", collection, key, what, UNCHANGED, UNCHANGED);
  }
}

package io.holdfast.firestore.internal.read;

import io.holdfast.firestore.internal.names.DocumentPath;
import io.holdfast.firestore.internal.names.NameOrder;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A part of all documents in the order of their names.
 *
 * @param from the path of the first one, which need not exist; empty for the very first
 * @param to the path that they come before, which need not exist; empty for no end
 */
public record NameRange(Optional<String> from, Optional<String> to) {
  /** All documents. */
  public static final NameRange ALL = new NameRange(Optional.empty(), Optional.empty());

  /** The least id: numbers come before texts. */
  private static final String LEAST_ID = "__id" + Long.MIN_VALUE + "__";

  /**
   * What is at and below a path: a document and all below it, or a collection.
   *
   * @param path such as {@code users/u1} or {@code users}
   * @throws IllegalArgumentException if it is no path
   */
  public static NameRange below(String path) {
    String[] segments = path.split("/", -1);
    for (String segment : segments) {
      if (DocumentPath.problemOfId(segment).isPresent()) {
        throw new IllegalArgumentException(
            "\"" + path + "\" is no path of a document or collection, such as users/u1 or users.");
      }
    }
    return segments.length % 2 == 0
        ? new NameRange(Optional.of(path), Optional.of(after(path)))
        : new NameRange(Optional.of(path + "/" + LEAST_ID), Optional.of(path + "\0/" + LEAST_ID));
  }

  /** The path that comes next after a document and all that is below it. */
  private static String after(String path) {
    int slash = path.lastIndexOf('/');
    OptionalLong number = NameOrder.number(path.substring(slash + 1));
    return number.isPresent() && number.getAsLong() < Long.MAX_VALUE
        ? path.substring(0, slash + 1) + "__id" + (number.getAsLong() + 1) + "__"
        : path + "\0";
  }

  /** Whether a path lies in it. */
  public boolean contains(String path) {
    return (from.isEmpty() || NameOrder.INSTANCE.compare(from.get(), path) <= 0)
        && (to.isEmpty() || NameOrder.INSTANCE.compare(path, to.get()) < 0);
  }
}

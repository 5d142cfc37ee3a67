package io.holdfast.firestore.internal.values;

import io.holdfast.firestore.internal.names.DatabaseName;
import java.util.Optional;

/**
 * What becomes of references when a backup goes into another database: those into the database of
 * the backup lead into the target, unless they are kept; others stay. A bare path, as the npm tools
 * write it, is of the target. Immutable.
 */
public final class References {
  private final DatabaseName target;
  private final Optional<String> rewritten;

  private References(DatabaseName target, Optional<String> rewritten) {
    this.target = target;
    this.rewritten = rewritten;
  }

  /** Those into the source lead into the target, if the source is known. */
  public static References rewriting(Optional<DatabaseName> source, DatabaseName target) {
    return new References(
        target, source.filter(from -> !from.equals(target)).map(from -> from.documents() + "/"));
  }

  /** All stay as they are. */
  public static References keeping(DatabaseName target) {
    return new References(target, Optional.empty());
  }

  String resolve(String reference) {
    if (!reference.startsWith("projects/")) {
      return target.name(reference);
    }
    return rewritten.isPresent() && reference.startsWith(rewritten.get())
        ? target.name(reference.substring(rewritten.get().length()))
        : reference;
  }
}

package io.holdfast.firestore.internal.values;

import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.names.DocumentPath;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What becomes of references when a backup goes into another database: those into the database of
 * the backup lead into the target, unless they are kept; others stay. A bare path, as the npm tools
 * write it, is of the target. Immutable.
 */
public final class References {
  private static final Pattern NAME = Pattern.compile("projects/[^/]+/databases/[^/]+/documents/");

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
    if (!isName(reference)) {
      requireDocument(reference);
      return target.name(reference);
    }
    Matcher database = NAME.matcher(reference);
    requireDocument(database.lookingAt() ? reference.substring(database.end()) : reference);
    return rewritten.isPresent() && reference.startsWith(rewritten.get())
        ? target.name(reference.substring(rewritten.get().length()))
        : reference;
  }

  /** The service would refuse it too, with a message that quotes it. */
  private static void requireDocument(String path) {
    try {
      if (DocumentPath.parse(path).problem().isEmpty()) {
        return;
      }
    } catch (IllegalArgumentException e) {
      // It is no path at all.
    }
    throw new BadRecordException("a $ref that leads to no document");
  }

  /** A name has five segments before its path; a path may begin with a collection "projects". */
  private static boolean isName(String reference) {
    long segments = reference.chars().filter(c -> c == '/').count() + 1;
    return segments % 2 == 1 && NAME.matcher(reference).lookingAt();
  }
}

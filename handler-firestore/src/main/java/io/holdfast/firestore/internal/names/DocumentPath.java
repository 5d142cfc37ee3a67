package io.holdfast.firestore.internal.names;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Where a document lies, in parts.
 *
 * @param parent the path of the document that it is below; empty at the root
 * @param collection the id of the collection that it is in
 * @param id its own id
 */
public record DocumentPath(String parent, String collection, String id) {
  private static final int MAX_ID_BYTES = 1500;

  /**
   * Takes a path apart.
   *
   * @param path such as {@code users/u1/posts/p1}
   * @throws IllegalArgumentException if it is no path of a document
   */
  public static DocumentPath parse(String path) {
    int beforeId = path.lastIndexOf('/');
    int beforeCollection = path.lastIndexOf('/', beforeId - 1);
    if (beforeId <= 0 || beforeCollection == beforeId - 1) {
      throw new IllegalArgumentException("not the path of a document");
    }
    return new DocumentPath(
        beforeCollection < 0 ? "" : path.substring(0, beforeCollection),
        path.substring(beforeCollection + 1, beforeId),
        path.substring(beforeId + 1));
  }

  /** The whole path. */
  public String path() {
    return (parent.isEmpty() ? "" : parent + "/") + collection + "/" + id;
  }

  /**
   * What keeps it from being a document's path; empty if nothing does. The rules are those of the
   * service: https://firebase.google.com/docs/firestore/quotas, "Collections, documents, and
   * fields".
   */
  public Optional<String> problem() {
    if (!parent.isEmpty()) {
      String[] segments = parent.split("/", -1);
      if (segments.length % 2 != 0) {
        return Optional.of("a parent that is no document");
      }
      for (String segment : segments) {
        Optional<String> problem = problemOfId(segment);
        if (problem.isPresent()) {
          return problem;
        }
      }
    }
    Optional<String> problem = problemOfId(collection);
    return problem.isPresent() ? problem : problemOfId(id);
  }

  /** What keeps a text from being the id of a document or collection. */
  public static Optional<String> problemOfId(String id) {
    if (id.isEmpty()) {
      return Optional.of("an empty id");
    }
    if (id.equals(".") || id.equals("..")) {
      return Optional.of("the id \".\" or \"..\"");
    }
    if (id.indexOf('/') >= 0) {
      return Optional.of("an id with a slash");
    }
    if (isReserved(id) && NameOrder.number(id).isEmpty()) {
      return Optional.of("an id of the form __…__, which is reserved");
    }
    boolean long_ = id.length() * 3 > MAX_ID_BYTES && utf8Length(id) > MAX_ID_BYTES;
    return long_ ? Optional.of("an id of more than 1,500 bytes") : Optional.empty();
  }

  /** Whether a text has the form {@code __…__}, which the service keeps for itself. */
  public static boolean isReserved(String id) {
    return id.length() > 3 && id.startsWith("__") && id.endsWith("__");
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}

package io.holdfast.format;

/** Paths of collections and documents: ids joined by slashes, a collection's first. */
final class DocumentPaths {
  /** Firestore's own limit: "maximum size for a document name". */
  static final int MAX_BYTES = 6 * 1024;

  /** Firestore's own limit: "maximum depth of subcollections". */
  static final int MAX_LEVELS = 100;

  private DocumentPaths() {}

  /** How many ids a path has; -1 if one is empty. */
  static int segments(String path) {
    int segments = 1;
    int previous = -1;
    for (int i = path.indexOf('/'); i >= 0; i = path.indexOf('/', i + 1)) {
      if (i == previous + 1) {
        return -1;
      }
      previous = i;
      segments++;
    }
    return previous == path.length() - 1 ? -1 : segments;
  }

  static boolean isId(String id) {
    return segments(id) == 1;
  }

  static String child(String path, String id) {
    return path.isEmpty() ? id : path + "/" + id;
  }

  /** The path above, empty for that of a collection at the root. */
  static String parent(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  static String lastId(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}

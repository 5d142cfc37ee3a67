package io.holdfast.firestore.internal.definitions;

import io.holdfast.google.internal.Shown;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.nio.charset.StandardCharsets;

/**
 * Names as parts of a URL. What comes from a backup is checked first: it may have been written by
 * anybody, and must not address anything but the target database.
 */
final class Segments {
  /** The pseudo collection group whose field {@code *} has the settings of all fields. */
  static final String DEFAULT_GROUP = "__default__";

  static final String ANY_FIELD = "*";

  // https://firebase.google.com/docs/firestore/quotas#limits: ids and field names; a path may join
  // several names, and the server judges that.
  private static final int LONGEST_ID_BYTES = 1500;
  private static final int LONGEST_PATH_BYTES = 32_000;

  private Segments() {}

  /** A collection group of a backup, once it is sure that there can be one of that name. */
  static String collectionGroup(String raw) {
    boolean reserved = raw.startsWith("__") && raw.endsWith("__");
    // "-" stands for all groups in the Admin API's URLs.
    if (raw.contains("/") || raw.equals("-") || (reserved && !raw.equals(DEFAULT_GROUP))) {
      throw impossible("collection group", raw);
    }
    return segment("collection group", raw, LONGEST_ID_BYTES);
  }

  /** A field path of a backup, once it is sure that it is text which a URL can carry. */
  static String fieldPath(String raw) {
    return segment("field", raw, LONGEST_PATH_BYTES);
  }

  private static String segment(String what, String raw, int longestBytes) {
    if (raw.isEmpty()
        || raw.equals(".")
        || raw.equals("..")
        || !StandardCharsets.UTF_8.newEncoder().canEncode(raw)
        || raw.getBytes(StandardCharsets.UTF_8).length > longestBytes) {
      throw impossible(what, raw);
    }
    return raw;
  }

  private static HandlerException impossible(String what, String raw) {
    return new HandlerException(
        Kind.UNSUPPORTED,
        null,
        "The backup's definitions name a "
            + what
            + " that no database can have: \""
            + Shown.text(raw)
            + "\". Restore the documents without the definitions, and find out who wrote the"
            + " backup.",
        null);
  }
}

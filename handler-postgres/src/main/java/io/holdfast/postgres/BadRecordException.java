package io.holdfast.postgres;

/**
 * A record cannot be written as it is. Says what is wrong with it and never shows a value; {@link
 * JsonToCopy} turns it into an error that names collection, record and column.
 */
final class BadRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Whether the JSON itself is broken, and not just unfit for the column. */
  private final boolean corrupt;

  private BadRecordException(String message, boolean corrupt) {
    super(message, null, false, false);
    this.corrupt = corrupt;
  }

  /** The bytes are not JSON, or not a record. */
  static BadRecordException corrupt(String what) {
    return new BadRecordException(what, true);
  }

  /** The JSON is sound, but its value does not fit the column. */
  static BadRecordException mismatch(String what) {
    return new BadRecordException(what, false);
  }

  boolean corrupt() {
    return corrupt;
  }

  String what() {
    return String.valueOf(getMessage());
  }
}

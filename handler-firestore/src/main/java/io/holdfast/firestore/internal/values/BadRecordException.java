package io.holdfast.firestore.internal.values;

/**
 * A record cannot become a document. The message completes "it has …" and holds no value; the
 * caller knows the collection, and says what to do.
 */
public final class BadRecordException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BadRecordException(String what) {
    super(what, null, false, false);
  }
}

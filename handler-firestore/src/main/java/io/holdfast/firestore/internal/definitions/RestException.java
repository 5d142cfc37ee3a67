package io.holdfast.firestore.internal.definitions;

import io.holdfast.spi.HandlerException;

/** An API answered, and refused. */
final class RestException extends HandlerException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final String advice;

  /**
   * @param status the HTTP status
   * @param code Google's word for it: {@code ALREADY_EXISTS}; may be empty
   * @param advice the part of the message that says what to do; may be empty
   */
  RestException(
      Kind kind, String message, boolean retryable, int status, String code, String advice) {
    super(kind, null, message, null, retryable);
    this.status = status;
    this.code = code;
    this.advice = advice;
  }

  boolean isMissing() {
    return status == 404;
  }

  boolean isRefusal() {
    return status == 403;
  }

  boolean isAlreadyThere() {
    return status == 409 && code.equals("ALREADY_EXISTS");
  }

  String advice() {
    return advice;
  }
}

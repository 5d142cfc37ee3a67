package io.holdfast.google.internal;

import io.holdfast.spi.HandlerException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An API answered, and refused. */
public final class RestException extends HandlerException {
  private static final long serialVersionUID = 1L;

  /** What the answer said. */
  record Answer(int status, String code, String said, @Nullable Duration retryAfter) {}

  private final transient Answer answer;
  private final String advice;

  RestException(Kind kind, String message, boolean retryable, Answer answer, String advice) {
    super(kind, null, message, null, retryable);
    this.answer = answer;
    this.advice = advice;
  }

  /** The HTTP status. */
  public int status() {
    return answer.status();
  }

  /** Google's word for the status, as {@code ALREADY_EXISTS}; empty where there is none. */
  public String code() {
    return answer.code();
  }

  /**
   * The API's own message, in short and on one line; may be empty. Some APIs begin it with a word
   * that says more than the status: {@code CONFIGURATION_NOT_FOUND}.
   */
  public String said() {
    return answer.said();
  }

  /** What was asked for is not there. */
  public boolean isMissing() {
    return answer.status() == 404;
  }

  /** The caller may not do that, or the API is not enabled. */
  public boolean isRefusal() {
    return answer.status() == 403;
  }

  /** What should be created is there already. */
  public boolean isAlreadyThere() {
    return answer.status() == 409 && answer.code().equals("ALREADY_EXISTS");
  }

  /** The part of the message that says what to do; may be empty. */
  public String advice() {
    return advice;
  }

  @Override
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(answer.retryAfter());
  }
}

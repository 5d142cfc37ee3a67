package io.holdfast;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The root of every error that Holdfast reports. Messages say what happened, on which object, what
 * was left unchanged and what to try. They never hold a secret or a record's values.
 */
public class BackupException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what happened, and what to do
   */
  public BackupException(String message) {
    super(message);
  }

  /**
   * @param message what happened, and what to do
   * @param cause what led to it, or null where there is none
   */
  public BackupException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Whether doing the same again may succeed without anything being changed first. */
  public boolean retryable() {
    return false;
  }

  /** How long whoever refused asked to wait before the same is done again; empty if it did not. */
  public Optional<Duration> retryAfter() {
    return Optional.empty();
  }
}

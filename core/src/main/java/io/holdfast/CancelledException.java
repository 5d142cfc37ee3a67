package io.holdfast;

import org.jspecify.annotations.Nullable;

/**
 * The calling thread was interrupted, so the work was stopped. Nothing half-done is visible. The
 * thread's interrupt flag is set again when this is thrown.
 */
public final class CancelledException extends BackupException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what was stopped and what was left unchanged
   * @param cause the interruption, or null
   */
  public CancelledException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

package io.holdfast;

/**
 * The backup of a target, without which {@link RestoreMode#REPLACE} does not begin, could not be
 * taken. The target is as it was.
 */
public final class SafetyBackupException extends BackupException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what stood in the way, and how to do without
   * @param cause what stood in the way
   */
  public SafetyBackupException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return getCause() instanceof BackupException cause && cause.retryable();
  }
}

package io.holdfast;

/** What {@link BackupExecutor#protect} does around an action. */
public enum BackupMode {
  /** Create a backup before; restore it if the action fails. */
  FULL,
  /** Create a backup before and keep it, whatever happens. */
  CREATE_ONLY,
  /**
   * Check that a named existing backup is there and intact before; restore it if the action fails.
   */
  RESTORE_ONLY,
  /** Do nothing: the caller uses {@code createBackup} and {@code restoreFromBackup}. */
  MANUAL
}

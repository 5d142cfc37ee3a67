package io.holdfast;

/** What an executor is doing. */
public enum Operation {
  /** Taking a backup. */
  BACKUP,
  /** Checking a backup. */
  VERIFY,
  /** Restoring a backup. */
  RESTORE,
  /** Looking at what is there. */
  LIST,
  /** Copying backups from one sink to another. */
  COPY
}

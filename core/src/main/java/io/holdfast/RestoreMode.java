package io.holdfast;

/** What a restore does with data that the target holds. */
public enum RestoreMode {
  /** A target that holds data is refused. The default. */
  INTO_EMPTY,
  /**
   * The collections of the backup become what they were: what is there is replaced, after a backup
   * of it was taken, unless {@link RestoreOptions#withoutSafetyBackup} was asked for.
   */
  REPLACE,
  /** Records with a key that is there replace those; others are added; nothing is removed. */
  MERGE
}

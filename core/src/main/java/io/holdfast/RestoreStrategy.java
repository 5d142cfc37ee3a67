package io.holdfast;

/** How a restore changes its target, and so what a restore that fails leaves behind. */
public enum RestoreStrategy {
  /**
   * In one transaction, where the database can do that: a restore that fails leaves the target as
   * it was. The default.
   */
  TRANSACTION,
  /**
   * Built beside the target by all workers, checked, and then exchanged with it: a restore that
   * fails leaves the target as it was. For a while there are two of it, on disk too. Handlers that
   * cannot do this refuse before anything is changed.
   */
  SWAP,
  /**
   * In the target, over several connections that commit as they go: a restore that fails leaves the
   * target partly written.
   */
  IN_PLACE;

  /**
   * Whether the target must stay as it was if the restore fails, where the database can do that.
   */
  public boolean atomic() {
    return this != IN_PLACE;
  }
}

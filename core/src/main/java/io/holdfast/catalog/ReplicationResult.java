package io.holdfast.catalog;

import java.util.List;

/**
 * What a replication has done.
 *
 * @param copied the backups that the other sink lacked and has now, newest first
 * @param alreadyThere how many it had
 * @param failed the backups that could not be copied; always empty but in what an {@link
 *     IncompleteReplicationException} holds
 */
public record ReplicationResult(List<CopyResult> copied, int alreadyThere, List<Failure> failed) {
  /** Copies the lists. */
  public ReplicationResult {
    copied = List.copyOf(copied);
    failed = List.copyOf(failed);
  }

  /**
   * A backup that could not be copied.
   *
   * @param backupId its id
   * @param reason why not
   */
  public record Failure(String backupId, String reason) {}
}

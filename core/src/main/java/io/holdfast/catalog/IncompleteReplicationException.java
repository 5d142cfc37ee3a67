package io.holdfast.catalog;

import io.holdfast.BackupException;
import java.util.stream.Collectors;

/**
 * A replication could not copy every backup that the other sink lacks. The failures are suppressed
 * in it.
 */
public final class IncompleteReplicationException extends BackupException {
  private static final long serialVersionUID = 1L;

  private final transient ReplicationResult result;

  /**
   * @param result what was done, and what was not
   */
  public IncompleteReplicationException(ReplicationResult result) {
    super(
        result.failed().size()
            + " backups could not be copied: "
            + result.failed().stream()
                .map(failure -> failure.backupId() + " (" + failure.reason() + ")")
                .collect(Collectors.joining("; "))
            + " "
            + result.copied().size()
            + " were, and "
            + result.alreadyThere()
            + " were there already.");
    this.result = result;
  }

  /** What was done, and what was not. */
  public ReplicationResult result() {
    return result;
  }
}

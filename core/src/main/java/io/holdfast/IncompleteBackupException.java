package io.holdfast;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A backup was published that lacks sources, since {@code bestEffort} was asked for. The failures
 * of the sources are suppressed in it.
 */
public final class IncompleteBackupException extends BackupException {
  private static final long serialVersionUID = 1L;

  private final transient BackupResult result;

  /**
   * @param result the backup that was published
   */
  public IncompleteBackupException(BackupResult result) {
    super(
        "The backup "
            + result.backupId()
            + " is incomplete. It lacks "
            + result.missing().stream()
                .map(missing -> missing.name() + " (" + missing.reason() + ")")
                .collect(Collectors.joining("; "))
            + ". It holds "
            + String.join(", ", names(result))
            + " and was published, as bestEffort asks for. Mend what failed and take another.");
    this.result = result;
  }

  private static List<String> names(BackupResult result) {
    return result.sources().stream().map(SourceResult::name).toList();
  }

  /** The backup that was published; {@code missing} names what it lacks. */
  public BackupResult result() {
    return result;
  }
}

package io.holdfast.internal;

import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.SafetyBackupException;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.StorageSink;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Takes a backup of all that a target holds before a restore replaces it, under a prefix of its
 * own.
 *
 * @param target what is about to be restored into
 * @param sink where the executor keeps its backups
 * @param settings how the safety backup is taken, as {@link Settings#forSafetyBackup} made them
 * @param events who is told
 */
public record SafetyBackup(
    BackupHandler target, StorageSink sink, Settings settings, Events events) {
  /**
   * Takes it, unless the target has no collections.
   *
   * @throws SafetyBackupException if it cannot be taken
   */
  Optional<BackupResult> take() {
    try {
      return hasCollections()
          ? Optional.of(new BackupRun(target, sink, settings, events, ending()).run())
          : Optional.empty();
    } catch (CancelledException e) {
      throw new CancelledException(
          "The restore was cancelled while its safety backup was taken. The target "
              + target.location()
              + " is as it was.",
          e);
    } catch (RuntimeException e) {
      throw new SafetyBackupException(
          "The restore was not begun, since the safety backup of what the target "
              + target.location()
              + " holds could not be taken: "
              + e.getMessage()
              + " The target is as it was. If what it holds may be lost, restore with"
              + " RestoreOptions.withoutSafetyBackup().",
          e);
    }
  }

  private boolean hasCollections() {
    try (Held<BackupSession> held =
        new Held<>(target.openBackup(BackupRun.request(settings)), BackupSession::close)) {
      return !held.resource().collections().isEmpty();
    }
  }

  /** Nobody can wait for the next second with a restore, nor know who else restores in this one. */
  private static String ending() {
    return "-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
  }
}

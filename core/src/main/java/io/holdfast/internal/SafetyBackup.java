package io.holdfast.internal;

import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.SafetyBackupException;
import io.holdfast.spi.BackupSession;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

/**
 * Takes a backup of all that targets hold before a restore replaces it, under a prefix of its own.
 *
 * @param targets what is about to be restored into
 * @param sinks where the executor keeps its backups
 * @param settings how the safety backup is taken, as {@link Settings#forSafetyBackup} made them
 * @param events who is told
 */
public record SafetyBackup(
    List<NamedHandler> targets, Sinks sinks, Settings settings, Events events) {
  /**
   * Takes it, of those targets that have collections.
   *
   * @throws SafetyBackupException if it cannot be taken
   */
  Optional<BackupResult> take() {
    try {
      List<NamedHandler> full = targets.stream().filter(this::hasCollections).toList();
      return full.isEmpty()
          ? Optional.empty()
          : Optional.of(new BackupRun(full, sinks, settings, events, ending()).run());
    } catch (CancelledException e) {
      throw new CancelledException(
          "The restore was cancelled while its safety backup was taken. The target "
              + locations()
              + " is as it was.",
          e);
    } catch (RuntimeException e) {
      throw new SafetyBackupException(
          "The restore was not begun, since the safety backup of what the target "
              + locations()
              + " holds could not be taken: "
              + e.getMessage()
              + " The target is as it was. If what it holds may be lost, restore with"
              + " RestoreOptions.withoutSafetyBackup().",
          e);
    }
  }

  private String locations() {
    return targets.stream()
        .map(target -> target.handler().location())
        .collect(Collectors.joining(", "));
  }

  private boolean hasCollections(NamedHandler target) {
    try (Held<BackupSession> held =
        new Held<>(
            target.handler().openBackup(BackupRun.request(settings, target.name(), 1)),
            BackupSession::close)) {
      return !held.resource().collections().isEmpty();
    }
  }

  /** Nobody can wait for the next second with a restore, nor know who else restores in this one. */
  private static String ending() {
    return "-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
  }
}

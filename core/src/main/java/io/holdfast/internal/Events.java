package io.holdfast.internal;

import io.holdfast.BackupEvent;
import io.holdfast.BackupException;
import io.holdfast.BackupListener;
import io.holdfast.Operation;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells listeners and the log what happens. A listener that throws does not harm the operation. */
public final class Events {
  private static final Logger log = LoggerFactory.getLogger("io.holdfast.BackupExecutor");

  private final List<BackupListener> listeners;

  /** Tells those listeners, in that order. */
  public Events(List<BackupListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  void started(Operation operation, String backupId, String description) {
    log.info("{} {} started: {}", operation, backupId, description);
    tell(new BackupEvent.Started(operation, backupId, description));
  }

  void completed(Operation operation, String backupId, String summary) {
    log.info("{} {} completed: {}", operation, backupId, summary);
    tell(new BackupEvent.Completed(operation, backupId, summary));
  }

  void failed(Operation operation, String backupId, Throwable error) {
    // Ours say all in their message; of others the type says more.
    String reason =
        error instanceof BackupException ? String.valueOf(error.getMessage()) : error.toString();
    log.error("{} {} failed: {}", operation, backupId, reason);
    tell(new BackupEvent.Failed(operation, backupId, error));
  }

  /** Reports what the caller should know, and what did not stop the operation. */
  public void warned(Operation operation, String message) {
    log.warn("{}: {}", operation, message);
    tell(new BackupEvent.Warned(operation, message));
  }

  /** Tells an event as it is, and logs nothing. */
  public void tell(BackupEvent event) {
    for (BackupListener listener : listeners) {
      try {
        listener.onEvent(event);
      } catch (Throwable e) { // an assertion in a listener must not cost a backup either
        log.warn(
            "A listener failed at {}; the operation goes on.", event.getClass().getSimpleName(), e);
      }
    }
  }
}

package io.holdfast;

/**
 * Is told what an executor does. Called on the thread that called the executor, so a slow listener
 * slows the operation; what it throws is logged and otherwise ignored.
 */
@FunctionalInterface
public interface BackupListener {
  /** Something happened. */
  void onEvent(BackupEvent event);
}

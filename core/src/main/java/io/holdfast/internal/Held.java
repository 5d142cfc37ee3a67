package io.holdfast.internal;

import java.util.function.Consumer;

/**
 * Something that is closed with the interrupt flag taken away, and set again afterwards: a thread
 * that was interrupted must still be able to end a transaction, or to abort an upload.
 *
 * @param resource what is held
 * @param release how it is closed
 */
record Held<T>(T resource, Consumer<T> release) implements AutoCloseable {
  @Override
  public void close() {
    undisturbed(() -> release.accept(resource));
  }

  /** Runs it without the interrupt flag. */
  static void undisturbed(Runnable action) {
    boolean interrupted = Thread.interrupted();
    try {
      action.run();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

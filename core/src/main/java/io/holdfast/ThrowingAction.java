package io.holdfast;

/** An action that may fail with any exception: a migration, say. */
@FunctionalInterface
public interface ThrowingAction {
  /** Does it. */
  void run() throws Exception;
}

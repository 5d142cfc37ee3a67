package io.holdfast.postgres;

import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;

/** Restores into one PostgreSQL database. */
final class PostgresRestoreSession {
  private PostgresRestoreSession() {}

  /** Opens a restore. */
  @SuppressWarnings("DoNotCallSuggester")
  static RestoreSession open(Connections connections, RestoreRequest request) {
    throw new HandlerException(
        HandlerException.Kind.UNSUPPORTED,
        null,
        "Restoring into " + connections.location() + " is not possible yet.",
        null);
  }
}

package io.holdfast.postgres;

import io.holdfast.postgres.internal.rebuild.RebuildOptions;
import java.time.Duration;

/**
 * What a handler is configured with for its restores.
 *
 * @param rebuild what is to be different from the backup when definitions come back
 * @param lockTimeout how long to wait for tables that others have locked; zero for ever
 * @param documents what becomes of documents
 */
record RestoreSettings(RebuildOptions rebuild, Duration lockTimeout, DocumentOptions documents) {
  /** Nothing is different, and locks are waited for as long as it takes. */
  static final RestoreSettings DEFAULT =
      new RestoreSettings(RebuildOptions.AS_IT_WAS, Duration.ZERO);

  /** Documents go into the schema {@code public}, a column for all fields. */
  RestoreSettings(RebuildOptions rebuild, Duration lockTimeout) {
    this(rebuild, lockTimeout, DocumentOptions.DEFAULT);
  }
}

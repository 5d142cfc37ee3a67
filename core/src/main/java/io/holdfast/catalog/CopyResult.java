package io.holdfast.catalog;

import java.time.Duration;

/**
 * A backup that is in another sink, too.
 *
 * @param backupId its id
 * @param from where it was read, for people
 * @param to where it is now, for people
 * @param objects how many objects were copied; 0 if it was there already
 * @param bytes how many bytes they have
 * @param duration how long it took
 */
public record CopyResult(
    String backupId, String from, String to, int objects, long bytes, Duration duration) {
  /** Whether it was there already, whole as far as its lengths tell. */
  public boolean wasThere() {
    return objects == 0;
  }
}

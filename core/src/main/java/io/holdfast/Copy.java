package io.holdfast;

import java.util.Optional;

/**
 * A place that a backup was to be stored in.
 *
 * @param sink the name of the sink, as the executor was given it
 * @param location where it stores, for people; holds no secret
 * @param failure why the backup is not there; empty if it is
 */
public record Copy(String sink, String location, Optional<String> failure) {
  /** Whether the backup is there. */
  public boolean stored() {
    return failure.isEmpty();
  }

  @Override
  public String toString() {
    return sink + " (" + location + ")" + failure.map(reason -> ": " + reason).orElse("");
  }
}

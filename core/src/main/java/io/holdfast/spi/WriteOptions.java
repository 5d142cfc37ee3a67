package io.holdfast.spi;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * How an object is to be written.
 *
 * @param metadata labels to keep with the object; empty for none. Needs {@link
 *     SinkCapability#METADATA} unless empty
 * @param retainUntil the storage must refuse to delete or replace the object before then. Needs
 *     {@link SinkCapability#RETENTION} where present
 */
public record WriteOptions(Map<String, String> metadata, Optional<Instant> retainUntil) {
  /** No metadata, no retention. */
  public static final WriteOptions NONE = new WriteOptions(Map.of(), Optional.empty());

  /** Copies the map. */
  public WriteOptions {
    metadata = Map.copyOf(metadata);
  }
}

package io.holdfast.spi;

/** What not every storage can do. Asking for one that is missing is an error at once. */
public enum SinkCapability {
  /** {@code WriteOptions.retainUntil} is enforced by the storage itself. */
  RETENTION,
  /** {@code WriteOptions.metadata} is kept with the object. */
  METADATA
}

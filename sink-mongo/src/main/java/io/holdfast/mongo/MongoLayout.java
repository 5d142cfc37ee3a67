package io.holdfast.mongo;

/** How a {@link MongoSink} lays out objects in collections. */
public enum MongoLayout {
  /**
   * Any bytes of any size, cut into chunks: {@code <collection>.objects} and {@code
   * <collection>.chunks}. The default.
   */
  CHUNKS,

  /**
   * One document per snapshot, which MongoDB can query: for small backups that are neither
   * compressed nor encrypted. Snapshots are in {@code <collection>}, manifests in {@code
   * <collection>.manifests}.
   */
  DOCUMENT
}

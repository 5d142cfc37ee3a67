package io.holdfast.firestore.internal.restore;

/** A record that waits to be written. */
final class PooledRecord {
  private final TargetCollection target;
  private final byte[] json;

  PooledRecord(TargetCollection target, byte[] json) {
    this.target = target;
    this.json = json;
  }

  TargetCollection target() {
    return target;
  }

  /** The record's own bytes; not to be changed. */
  byte[] json() {
    return json;
  }
}

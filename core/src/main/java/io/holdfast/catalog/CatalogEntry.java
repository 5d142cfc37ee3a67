package io.holdfast.catalog;

import io.holdfast.format.Manifest;
import io.holdfast.spi.ObjectKey;
import java.time.Instant;

/** One manifest in a sink: a backup, or a manifest that cannot be read. */
public sealed interface CatalogEntry {
  /** The backup's id, from the manifest's key. */
  String backupId();

  /** The manifest's key. */
  ObjectKey manifestKey();

  /**
   * When the backup was taken; for a manifest that cannot be read, when it was stored, which is no
   * earlier.
   */
  Instant createdAt();

  /**
   * A backup.
   *
   * @param manifestKey the manifest's key
   * @param manifest what it says
   */
  record Backup(ObjectKey manifestKey, Manifest manifest) implements CatalogEntry {
    @Override
    public String backupId() {
      return manifest.backupId();
    }

    @Override
    public Instant createdAt() {
      return manifest.createdAt();
    }
  }

  /**
   * A manifest that cannot be read. It does not hide the others.
   *
   * @param backupId the backup's id, from the key
   * @param manifestKey the manifest's key
   * @param createdAt when it was stored
   * @param reason why it cannot be read
   */
  record Unreadable(String backupId, ObjectKey manifestKey, Instant createdAt, String reason)
      implements CatalogEntry {}
}

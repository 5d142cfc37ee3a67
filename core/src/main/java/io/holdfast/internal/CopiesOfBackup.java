package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.Copy;
import io.holdfast.catalog.Catalog;
import io.holdfast.format.Manifest;
import java.util.List;
import java.util.Optional;

/** Asks each sink whether it has a backup. */
public final class CopiesOfBackup {
  private CopiesOfBackup() {}

  /** What each sink says, in their order. */
  public static List<Copy> find(Sinks sinks, String backupId) {
    return sinks.all().stream()
        .map(each -> new Copy(each.name(), each.sink().location(), lacks(each, backupId)))
        .toList();
  }

  private static Optional<String> lacks(NamedSink each, String backupId) {
    try {
      Manifest manifest = new Catalog(each.sink()).manifest(backupId);
      manifest.documents().forEach(document -> StoredDocument.checkLength(each.sink(), document));
      return Optional.empty();
    } catch (BackupException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}

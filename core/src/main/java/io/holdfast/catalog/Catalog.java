package io.holdfast.catalog;

import io.holdfast.BackupException;
import io.holdfast.format.FormatException;
import io.holdfast.format.Limits;
import io.holdfast.format.Manifest;
import io.holdfast.format.ManifestReader;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the manifests in a sink say. Reads the sink at every call and keeps nothing. Safe for use by
 * many threads; does not close the sink.
 */
public final class Catalog {
  private final StorageSink sink;

  /** The catalog of a sink. */
  public Catalog(StorageSink sink) {
    this.sink = sink;
  }

  /**
   * Every backup whose id begins with the prefix, newest first, with what cannot be read.
   *
   * @param prefix the beginning of the ids; empty for all
   * @throws StorageException if the sink cannot be listed or a manifest cannot be fetched
   */
  public List<CatalogEntry> list(String prefix) {
    return list(prefix, id -> true);
  }

  /**
   * Every backup whose id begins with the prefix and meets the condition, newest first, with what
   * cannot be read.
   *
   * @param prefix the beginning of the ids; empty for all
   * @param ids which ids; the manifests of others are not fetched
   * @throws StorageException if the sink cannot be listed or a manifest cannot be fetched
   */
  public List<CatalogEntry> list(String prefix, Predicate<String> ids) {
    List<CatalogEntry> entries = new ArrayList<>();
    try (Stream<StoredObject> objects = sink.list(prefix)) {
      objects
          .filter(object -> object.key().value().endsWith(Manifest.KEY_ENDING))
          .filter(object -> ids.test(idOf(object.key())))
          .forEach(object -> read(object).ifPresent(entries::add));
    }
    entries.sort(
        Comparator.comparing(CatalogEntry::createdAt)
            .thenComparing(CatalogEntry::backupId)
            .reversed());
    return entries;
  }

  private Optional<CatalogEntry> read(StoredObject object) {
    String id = idOf(object.key());
    try {
      return Optional.of(new CatalogEntry.Backup(object.key(), fetch(object).manifest()));
    } catch (FormatException e) {
      return Optional.of(
          new CatalogEntry.Unreadable(
              id, object.key(), object.modified(), String.valueOf(e.getMessage())));
    } catch (StorageException e) {
      return switch (e.kind()) {
        case NOT_FOUND -> Optional.empty(); // deleted since it was listed
        // Damage to one must not hide the others; what may pass, or concerns all, is thrown.
        case CORRUPT, OUT_OF_RANGE ->
            Optional.of(
                new CatalogEntry.Unreadable(
                    id, object.key(), object.modified(), String.valueOf(e.getMessage())));
        default -> throw e;
      };
    }
  }

  /**
   * The manifest of a backup.
   *
   * @throws StorageException of kind {@code NOT_FOUND} if there is no such backup
   * @throws FormatException if its manifest cannot be read
   */
  public Manifest manifest(String backupId) {
    return fetched(backupId).manifest();
  }

  /**
   * The manifest of a backup as it is stored, after it was read and checked.
   *
   * @throws StorageException of kind {@code NOT_FOUND} if there is no such backup
   * @throws FormatException if its manifest cannot be read
   */
  public byte[] manifestBytes(String backupId) {
    return fetched(backupId).bytes();
  }

  private Fetched fetched(String backupId) {
    ObjectKey key = Manifest.keyOf(backupId);
    StoredObject object =
        sink.stat(key)
            .orElseThrow(
                () ->
                    new StorageException(
                        StorageException.Kind.NOT_FOUND,
                        key.value(),
                        "There is no backup "
                            + backupId
                            + " in "
                            + sink.location()
                            + ". List what is there, or check the location.",
                        null));
    return fetch(object);
  }

  /** A manifest as it is stored, and what it says. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Fetched(byte[] bytes, Manifest manifest) {}

  private Fetched fetch(StoredObject object) {
    if (object.lengthBytes() > Limits.MANIFEST_BYTES) {
      throw new FormatException(
          FormatException.Kind.TOO_LARGE,
          "The manifest " + object.key() + " is larger than " + Limits.MANIFEST_BYTES + " bytes.");
    }
    try (InputStream in = sink.read(object.key(), 0, object.lengthBytes())) {
      byte[] bytes = in.readAllBytes();
      Manifest manifest = ManifestReader.read(bytes);
      if (!manifest.backupId().equals(idOf(object.key()))) {
        throw new FormatException(
            FormatException.Kind.CORRUPT,
            "The manifest belongs to another backup, " + manifest.backupId() + ".");
      }
      checkOwnership(manifest);
      return new Fetched(bytes, manifest);
    } catch (FormatException e) {
      throw new FormatException(
          e.kind(), "Manifest " + object.key() + ": " + e.getMessage(), e.getCause());
    } catch (IOException e) {
      throw new StorageException(
          StorageException.Kind.OTHER,
          object.key().value(),
          "The manifest " + object.key() + " could not be read: " + e.getMessage(),
          e);
    }
  }

  /** A manifest may name its own documents only, or deleting it could delete another's. */
  private static void checkOwnership(Manifest manifest) {
    for (Manifest.Document document : manifest.documents()) {
      if (!document.key().value().startsWith(manifest.backupId() + ".")) {
        throw new FormatException(
            FormatException.Kind.CORRUPT,
            "It names the document " + document.key() + ", which is not its own.");
      }
    }
  }

  /**
   * Deletes a backup: the manifest first, so that nothing half-deleted is ever listed, then its
   * documents. Succeeds if it is gone.
   *
   * @throws BackupException if something could not be deleted; what is left is named
   */
  public void delete(String backupId) {
    if (!ObjectKey.isSafe(backupId + Manifest.KEY_ENDING)) {
      return; // no backup can have that name
    }
    ObjectKey key = Manifest.keyOf(backupId);
    if (sink.stat(key).isEmpty()) {
      return;
    }
    List<ObjectKey> documents = documentKeys(backupId);
    sink.delete(key);
    for (ObjectKey document : documents) {
      try {
        sink.delete(document);
      } catch (StorageException e) {
        throw new StorageException(
            e.kind(),
            document.value(),
            "The backup "
                + backupId
                + " is no longer listed, but its document "
                + document
                + " could not be deleted, and is left to prune: "
                + e.getMessage(),
            e);
      }
    }
  }

  /** The documents of a backup; by their names where its manifest cannot be read. */
  private List<ObjectKey> documentKeys(String backupId) {
    try {
      return manifest(backupId).documents().stream()
          .map(Manifest.Document::key)
          .filter(key -> isOwn(key, backupId))
          .toList();
    } catch (FormatException unreadable) {
      try (Stream<StoredObject> objects = sink.list(backupId + ".")) {
        return objects
            .map(StoredObject::key)
            .filter(key -> !key.value().endsWith(Manifest.KEY_ENDING))
            .filter(key -> isOwn(key, backupId))
            .toList();
      }
    }
  }

  /**
   * Whether no backup with a longer id speaks for a document: an id may hold dots, and then {@code
   * app-10.30.45.json} begins with {@code app-10.30.}, too.
   */
  private boolean isOwn(ObjectKey document, String backupId) {
    String key = document.value();
    for (int dot = key.lastIndexOf('.');
        dot > backupId.length();
        dot = key.lastIndexOf('.', dot - 1)) {
      String longer = key.substring(0, dot) + Manifest.KEY_ENDING;
      if (ObjectKey.isSafe(longer) && sink.stat(ObjectKey.of(longer)).isPresent()) {
        return false;
      }
    }
    return true;
  }

  private static String idOf(ObjectKey key) {
    String value = key.value();
    return value.substring(0, value.length() - Manifest.KEY_ENDING.length());
  }
}

package io.holdfast.internal;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.Operation;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.format.Manifest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the backup that somebody names: by id, key, path, or as the latest. */
public final class Origins {
  private final StorageSink sink;
  private final Settings settings;
  private final Events events;

  /** Looks into that sink. */
  public Origins(StorageSink sink, Settings settings, Events events) {
    this.sink = sink;
    this.settings = settings;
    this.events = events;
  }

  /**
   * What was found, and where; closing it closes the sink only if it was opened for this.
   *
   * @param origin what was found
   * @param sink where it lies
   * @param opened whether the sink was opened for this
   */
  public record Resolved(RestoreRun.Origin origin, StorageSink sink, boolean opened)
      implements AutoCloseable {
    @Override
    public void close() {
      if (opened) {
        sink.close();
      }
    }
  }

  /**
   * Finds a backup.
   *
   * @param ref an id, a key, a path, or {@code latest}
   * @throws StorageException of kind {@code NOT_FOUND} if there is none
   */
  public Resolved resolve(String ref) {
    if (ref.equals(BackupExecutor.LATEST)) {
      return new Resolved(new RestoreRun.Origin.Listed(latest()), sink, false);
    }
    Optional<RestoreRun.Origin> inSink = ObjectKey.isSafe(ref) ? find(sink, ref) : Optional.empty();
    if (inSink.isPresent()) {
      return new Resolved(inSink.get(), sink, false);
    }
    Optional<Path> file = existingFile(ref);
    if (file.isPresent()) {
      return resolveFile(file.get());
    }
    throw new StorageException(
        StorageException.Kind.NOT_FOUND,
        ref,
        "There is no backup, object or file "
            + ref
            + " (looked in "
            + sink.location()
            + "). Nothing was changed.",
        null);
  }

  /**
   * Finds the backup that a file belongs to.
   *
   * @throws StorageException of kind {@code NOT_FOUND} if there is no such file
   */
  public Resolved resolveFile(Path file) {
    Path real;
    try {
      real = file.toRealPath(); // a link's target has its manifest beside it
    } catch (IOException e) {
      throw noFile(file, e);
    }
    Path folder = real.getParent();
    Path name = real.getFileName();
    if (folder == null || name == null || !Files.isRegularFile(real)) {
      throw noFile(file, null);
    }
    if (!ObjectKey.isSafe(name.toString())) {
      throw new StorageException(
          StorageException.Kind.UNSUPPORTED,
          file.toString(),
          "The file's name, "
              + name
              + ", has other characters than letters, digits, '.', '_' and '-'. Rename it first.",
          null);
    }
    StorageSink folderSink = FileSink.at(folder);
    RestoreRun.Origin origin =
        find(folderSink, name.toString())
            .orElseGet(() -> new RestoreRun.Origin.Unlisted(ObjectKey.of(name.toString())));
    return new Resolved(origin, folderSink, true);
  }

  private static StorageException noFile(Path file, @Nullable IOException cause) {
    return new StorageException(
        StorageException.Kind.NOT_FOUND,
        file.toString(),
        "There is no file " + file + ". Nothing was changed.",
        cause);
  }

  /** By id, by the manifest's key, or by the document's key. */
  private static Optional<RestoreRun.Origin> find(StorageSink in, String ref) {
    Catalog catalog = new Catalog(in);
    String id =
        ref.endsWith(Manifest.KEY_ENDING)
            ? ref.substring(0, ref.length() - Manifest.KEY_ENDING.length())
            : ref;
    if (has(in, id + Manifest.KEY_ENDING)) {
      return Optional.of(new RestoreRun.Origin.Listed(catalog.manifest(id)));
    }
    if (in.stat(ObjectKey.of(ref)).isEmpty()) {
      return Optional.empty();
    }
    // A document's key is its backup's id with endings: take them off one by one.
    for (int dot = ref.lastIndexOf('.'); dot > 0; dot = ref.lastIndexOf('.', dot - 1)) {
      String stem = ref.substring(0, dot);
      if (has(in, stem + Manifest.KEY_ENDING)) {
        Manifest manifest = catalog.manifest(stem);
        // A leftover may have the name of a backup that has another document.
        return Optional.of(
            names(manifest, ref)
                ? new RestoreRun.Origin.Listed(manifest, Optional.of(ObjectKey.of(ref)))
                : new RestoreRun.Origin.Unlisted(ObjectKey.of(ref)));
      }
    }
    return Optional.of(new RestoreRun.Origin.Unlisted(ObjectKey.of(ref)));
  }

  private static boolean names(Manifest manifest, String documentKey) {
    return manifest.documents().stream()
        .anyMatch(document -> document.key().value().equals(documentKey));
  }

  private static boolean has(StorageSink in, String key) {
    return ObjectKey.isSafe(key) && in.stat(ObjectKey.of(key)).isPresent();
  }

  private static Optional<Path> existingFile(String ref) {
    try {
      boolean uri = ref.regionMatches(true, 0, "file:", 0, 5);
      return Optional.of(uri ? Path.of(URI.create(ref)) : Path.of(ref))
          .filter(Files::isRegularFile);
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      return Optional.empty(); // not a path, so not a file either
    }
  }

  /** The newest backup under the prefix. An unreadable one that may be newer is not passed over. */
  private Manifest latest() {
    List<CatalogEntry> entries = new Catalog(sink).list(settings.prefix() + "-", settings::owns);
    for (CatalogEntry entry : entries) {
      if (entry instanceof CatalogEntry.Backup backup) {
        entries.stream()
            .filter(CatalogEntry.Unreadable.class::isInstance)
            .forEach(
                other ->
                    events.warned(
                        Operation.RESTORE,
                        "The manifest of the older backup "
                            + other.backupId()
                            + " is unreadable."));
        return backup.manifest();
      }
      if (entry instanceof CatalogEntry.Unreadable unreadable) {
        throw new StorageException(
            StorageException.Kind.CORRUPT,
            unreadable.manifestKey().value(),
            "The newest manifest, "
                + unreadable.manifestKey()
                + ", cannot be read: "
                + unreadable.reason()
                + " Nothing was changed. Name an older backup by its id if that is what you want.",
            null);
      }
    }
    throw new StorageException(
        StorageException.Kind.NOT_FOUND,
        null,
        "There is no backup named " + settings.prefix() + "-… in " + sink.location() + ".",
        null);
  }
}

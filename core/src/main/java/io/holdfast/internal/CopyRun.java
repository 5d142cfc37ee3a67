package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.Operation;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.catalog.CopyResult;
import io.holdfast.catalog.IncompleteReplicationException;
import io.holdfast.catalog.ReplicationResult;
import io.holdfast.format.ByteRange;
import io.holdfast.format.FormatException;
import io.holdfast.format.Manifest;
import io.holdfast.format.ManifestReader;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Copies backups from one sink to another: documents first, the manifest last. */
public final class CopyRun {
  private static final int BUFFER_BYTES = 1 << 18;

  private final StorageSink from;
  private final StorageSink to;
  private final Events events;

  /** Copies from the one to the other. */
  public CopyRun(StorageSink from, StorageSink to, Events events) {
    this.from = from;
    this.to = to;
    this.events = events;
  }

  /** Copies one backup. */
  public CopyResult copy(String backupId) {
    ProgressMeter progress = new ProgressMeter(Operation.COPY, events);
    events.started(Operation.COPY, backupId, from.location() + " → " + to.location());
    try {
      CopyResult result = copy(backupId, progress);
      progress.last();
      events.completed(
          Operation.COPY, backupId, result.objects() + " objects, " + result.bytes() + " bytes");
      return result;
    } catch (RuntimeException | Error e) {
      events.failed(Operation.COPY, backupId, e);
      throw e;
    }
  }

  private CopyResult copy(String backupId, ProgressMeter progress) {
    byte[] bytes = new Catalog(from).manifestBytes(backupId);
    Manifest manifest = ManifestReader.read(bytes);
    ObjectKey manifestKey = Manifest.keyOf(backupId);
    boolean listed = to.stat(manifestKey).isPresent();
    if (listed) {
      requireSame(manifestKey, bytes);
    }
    int objects = 0;
    long copied = 0;
    for (Manifest.Document document : manifest.documents()) {
      if (copyDocument(document, listed, progress)) {
        objects++;
        copied += document.digest().lengthBytes();
      }
    }
    if (!listed) {
      publish(manifestKey, bytes);
      objects++;
      copied += bytes.length;
    }
    return new CopyResult(
        backupId, from.location(), to.location(), objects, copied, progress.elapsed());
  }

  /**
   * Copies a document unless it is there.
   *
   * @param listed whether a manifest speaks for it on the other side: then its length is enough to
   *     know it by
   * @return whether it was copied
   */
  private boolean copyDocument(Manifest.Document document, boolean listed, ProgressMeter progress) {
    ObjectKey key = document.key();
    long present = to.stat(key).map(StoredObject::lengthBytes).orElse(-1L);
    if (present >= 0) {
      if (!listed || present != document.digest().lengthBytes()) {
        requireSame(document);
      }
      return false;
    }
    StoredDocument.checkLength(from, document);
    try {
      transfer(document, progress);
      return true;
    } catch (StorageException e) {
      if (e.kind() != StorageException.Kind.ALREADY_EXISTS) {
        throw e;
      }
      requireSame(document); // somebody else has copied it meanwhile
      return false;
    }
  }

  private void transfer(Manifest.Document document, ProgressMeter progress) {
    ObjectKey key = document.key();
    long length = document.digest().lengthBytes();
    try (InputStream in =
            RangesInputStream.open(from, key, List.of(new ByteRange(0, length)), BUFFER_BYTES);
        Held<SinkWriter> writer = new Held<>(to.write(key, WriteOptions.NONE), SinkWriter::close)) {
      SinkOutputStream out = new SinkOutputStream(writer.resource());
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
        out.write(buffer, 0, got);
        progress.stored(got);
        progress.tick();
        checkCancelled(key);
      }
      ObjectDigest digest = out.finish();
      if (!digest.equals(document.digest())) {
        throw new FormatException(
            FormatException.Kind.CORRUPT,
            "The document "
                + key
                + " in "
                + from.location()
                + " is not the one that its manifest describes: its SHA-256 differs. Nothing of it"
                + " was published in "
                + to.location()
                + ". Copy the backup from another place.");
      }
      writer.resource().commit(digest);
    } catch (IOException e) {
      throw StoredDocument.translate(key, e);
    }
  }

  private static void checkCancelled(ObjectKey key) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException(
          "Copying " + key + " was cancelled. Nothing of it was published.", null);
    }
  }

  private void requireSame(Manifest.Document document) {
    try {
      StoredDocument.checkBytes(to, document);
    } catch (FormatException e) {
      throw other(document.key(), e);
    }
  }

  private void requireSame(ObjectKey manifestKey, byte[] bytes) {
    long length = to.stat(manifestKey).map(StoredObject::lengthBytes).orElse(-1L);
    if (length != bytes.length || !Arrays.equals(read(manifestKey, bytes.length), bytes)) {
      throw other(manifestKey, null);
    }
  }

  private byte[] read(ObjectKey key, int length) {
    try (InputStream in = to.read(key, 0, length)) {
      return in.readNBytes(length);
    } catch (IOException e) {
      throw StoredDocument.translate(key, e);
    }
  }

  private StorageException other(ObjectKey key, @Nullable Throwable e) {
    return new StorageException(
        StorageException.Kind.ALREADY_EXISTS,
        key.value(),
        "Another object, or a damaged copy, has the name "
            + key
            + " in "
            + to.location()
            + ". It was left unchanged, and the backup was not copied. If it is of no use, delete"
            + " it there and copy again.",
        e);
  }

  private void publish(ObjectKey key, byte[] bytes) {
    try (Held<SinkWriter> writer =
        new Held<>(to.write(key, WriteOptions.NONE), SinkWriter::close)) {
      SinkOutputStream out = new SinkOutputStream(writer.resource());
      new ByteArrayInputStream(bytes).transferTo(out);
      writer.resource().commit(out.finish());
    } catch (StorageException e) {
      if (e.kind() != StorageException.Kind.ALREADY_EXISTS) {
        throw e;
      }
      requireSame(key, bytes); // somebody else has copied it meanwhile
    } catch (IOException e) {
      throw StoredDocument.translate(key, e);
    }
  }

  /** Copies every backup that the other side lacks, newest first. */
  public ReplicationResult copyMissing(String prefix, Predicate<String> ids) {
    Map<ObjectKey, Long> there = new HashMap<>();
    try (Stream<StoredObject> objects = to.list(prefix)) {
      objects.forEach(object -> there.put(object.key(), object.lengthBytes()));
    }
    List<CopyResult> copied = new ArrayList<>();
    List<ReplicationResult.Failure> failed = new ArrayList<>();
    List<Throwable> reasons = new ArrayList<>();
    int alreadyThere = 0;
    for (CatalogEntry entry : new Catalog(from).list(prefix, ids)) {
      if (entry instanceof CatalogEntry.Backup backup && isThere(backup, there)) {
        alreadyThere++;
        continue;
      }
      try {
        copied.add(copy(entry.backupId()));
      } catch (CancelledException e) {
        throw e;
      } catch (BackupException e) {
        failed.add(new ReplicationResult.Failure(entry.backupId(), String.valueOf(e.getMessage())));
        reasons.add(e);
      }
    }
    ReplicationResult result = new ReplicationResult(copied, alreadyThere, failed);
    if (!failed.isEmpty()) {
      IncompleteReplicationException incomplete = new IncompleteReplicationException(result);
      reasons.forEach(incomplete::addSuppressed);
      throw incomplete;
    }
    return result;
  }

  private static boolean isThere(CatalogEntry.Backup backup, Map<ObjectKey, Long> there) {
    return there.containsKey(backup.manifestKey())
        && backup.manifest().documents().stream()
            .allMatch(
                document ->
                    there.getOrDefault(document.key(), -1L) == document.digest().lengthBytes());
  }
}

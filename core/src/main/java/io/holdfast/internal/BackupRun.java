package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.IncompleteBackupException;
import io.holdfast.MissingSource;
import io.holdfast.Operation;
import io.holdfast.SourceResult;
import io.holdfast.catalog.Catalog;
import io.holdfast.format.FormatException;
import io.holdfast.format.Manifest;
import io.holdfast.format.ManifestWriter;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * Takes one backup: documents first, manifest last. Several sources are opened one after another,
 * as close in time as can be, and read at the same time. Whatever fails before the manifest is
 * committed leaves nothing that a catalog shows.
 */
public final class BackupRun {
  /** How much JSON a split should yield: large enough to pay, small enough to wait for. */
  static final long SPLIT_BYTES = 64L << 20;

  private final List<NamedHandler> sources;
  private final Copies copies;
  private final Settings settings;
  private final Events events;
  private final Instant createdAt;
  private final String backupId;
  private final List<DocumentBackup> documents;
  private final ObjectKey manifestKey;
  private final EventRelay relay = new EventRelay();

  /** For what other threads than the caller's have to tell. */
  private final Events relayed;

  private final ProgressMeter progress;
  private final Map<DocumentBackup, Throwable> failures = new ConcurrentHashMap<>();
  private Optional<Instant> cut = Optional.empty();

  /** Where the manifest is; the thread that takes the backup asks and tells. */
  private final Set<StorageSink> published = Collections.newSetFromMap(new IdentityHashMap<>());

  /** A run that begins now. */
  public BackupRun(List<NamedHandler> sources, Sinks sinks, Settings settings, Events events) {
    this(sources, sinks, settings, events, "");
  }

  /**
   * A run that begins now.
   *
   * @param ending what follows the timestamp in the backup's id
   */
  BackupRun(
      List<NamedHandler> sources, Sinks sinks, Settings settings, Events events, String ending) {
    this.sources = List.copyOf(sources);
    this.relayed = new Events(List.of(relay));
    this.copies = new Copies(sinks, relayed);
    this.settings = settings;
    this.events = events;
    this.createdAt = settings.clock().instant();
    this.backupId = settings.prefix() + "-" + settings.timestampFormat().format(createdAt) + ending;
    this.documents =
        sources.stream()
            .map(source -> new DocumentBackup(source, keyOf(source), copies, settings))
            .toList();
    this.manifestKey = Manifest.keyOf(backupId);
    this.progress = new ProgressMeter(Operation.BACKUP, several() ? relayed : events);
  }

  private ObjectKey keyOf(NamedHandler source) {
    return ObjectKey.of(
        backupId
            + (source.name().isEmpty() ? "" : "." + source.name())
            + settings.suffix()
            + settings.compression().codec().ending()
            + (settings.encryption().isNone() ? "" : ".age"));
  }

  /**
   * Takes the backup.
   *
   * @throws IncompleteBackupException if it lacks sources, as was asked for; it is listed then
   * @throws BackupException if it could not be taken; then nothing of it is listed
   */
  public BackupResult run() {
    events.started(Operation.BACKUP, backupId, description());
    try {
      BackupResult result = settings.dryRun() ? plan() : take();
      progress.last();
      relay.tell(events);
      if (!result.missing().isEmpty()) {
        IncompleteBackupException incomplete = new IncompleteBackupException(result);
        failures.values().forEach(incomplete::addSuppressed);
        throw incomplete;
      }
      events.completed(
          Operation.BACKUP, backupId, settings.dryRun() ? "dry run" : progress.summary());
      return result;
    } catch (RuntimeException | Error e) {
      relay.tell(events);
      events.failed(Operation.BACKUP, backupId, e);
      throw e;
    }
  }

  private String description() {
    return sources.stream()
            .map(source -> source.handler().location())
            .collect(Collectors.joining(", "))
        + " → "
        + copies.location()
        + " "
        + documents.stream()
            .map(document -> document.key().value())
            .collect(Collectors.joining(", "));
  }

  private String where() {
    return copies.storedAt() + " " + (several() ? manifestKey : documents.get(0).key());
  }

  private boolean several() {
    return documents.size() > 1;
  }

  /** What a source is asked for; {@code name} chooses its filter, if there are several. */
  static BackupRequest request(Settings settings, String name, int sources) {
    return new BackupRequest(
        sources == 1 ? settings.filter() : settings.filter().of(name),
        settings.allowUncaptured(),
        // Every source has a worker, though there may be fewer processors.
        (settings.parallelism() + sources - 1) / sources,
        SPLIT_BYTES,
        settings.retry(),
        Optional.empty(),
        !settings.encryption().isNone());
  }

  /** Looks at everything and writes nothing. */
  private BackupResult plan() {
    requireFreeName();
    try (Held<List<DocumentBackup>> held = new Held<>(documents, BackupRun::closeAll)) {
      openSessions(held.resource());
      List<DocumentBackup> open = succeeded();
      return result(open, open.stream().map(document -> document.planned(cut)).toList(), List.of());
    }
  }

  private BackupResult take() {
    requireFreeName();
    try (Held<List<DocumentBackup>> held = new Held<>(documents, BackupRun::closeAll)) {
      // Writers come first: a sink that cannot be written to should not cost a snapshot.
      held.resource().forEach(DocumentBackup::openWriter);
      openSessions(held.resource());
      readAll();
      checkCancelled();
      return store(succeeded());
    }
  }

  private static void closeAll(List<DocumentBackup> documents) {
    RuntimeException first = null;
    for (DocumentBackup document : documents) {
      try {
        document.close();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  /**
   * Those that can only be read as of now come first. The cut is the instant at which they are all
   * open; those that can show the past show that.
   */
  private void openSessions(List<DocumentBackup> all) {
    for (DocumentBackup document : all) {
      if (!several() || !document.handler().canReadAsOf()) {
        openSession(document, request(settings, document.name(), all.size()));
      }
    }
    if (several()) {
      Instant instant = settings.clock().instant();
      cut = Optional.of(instant);
      for (DocumentBackup document : all) {
        if (document.handler().canReadAsOf()) {
          openSession(document, request(settings, document.name(), all.size()).asOf(instant));
        }
      }
    }
    List<CollectionInfo> collections =
        succeeded().stream().flatMap(document -> document.collections().stream()).toList();
    progress.expect(collections.size(), estimate(collections));
  }

  private void openSession(DocumentBackup document, BackupRequest request) {
    attempt(document, () -> document.openSession(request));
  }

  /** With best effort, a source that fails is left out; what stops all of them is thrown on. */
  private void attempt(DocumentBackup document, Runnable step) {
    try {
      step.run();
    } catch (CancelledException e) {
      throw e;
    } catch (RuntimeException e) {
      if (!settings.bestEffort() || !several()) {
        throw e;
      }
      failures.put(document, e);
      relayed.warned(
          Operation.BACKUP, "The source " + document.name() + " failed: " + e.getMessage());
    }
  }

  /**
   * The documents that have not failed.
   *
   * @throws BackupException if all have
   */
  private List<DocumentBackup> succeeded() {
    List<DocumentBackup> left =
        documents.stream().filter(document -> !failures.containsKey(document)).toList();
    if (left.isEmpty()) {
      BackupException none =
          new BackupException(
              "Every source failed, so there is no backup. The reasons are suppressed in this.");
      failures.values().forEach(none::addSuppressed);
      throw none;
    }
    return left;
  }

  private void readAll() {
    List<DocumentBackup> open = succeeded();
    if (!several()) {
      open.get(0).read(backupId, progress, 1);
      return;
    }
    Queue<DocumentBackup> waiting = new ConcurrentLinkedQueue<>(open);
    Semaphore ended = new Semaphore(0);
    try (Workers workers = new Workers(ended::release, () -> {})) {
      workers.start(open.size(), "source", () -> readOne(waiting.remove(), open.size()));
      while (workers.anyRunning()) {
        workers.check();
        if (!ended.tryAcquire(ProgressMeter.TICK_NANOS, TimeUnit.NANOSECONDS)) {
          progress.tick();
        }
        relay.tell(events);
      }
      workers.check();
    } catch (InterruptedException e) {
      throw Workers.cancelled("The backup was cancelled. Nothing of it is visible in the sink.", e);
    }
  }

  private void readOne(DocumentBackup document, int beside) {
    attempt(document, () -> document.read(backupId, progress, beside));
  }

  /** The documents are stored one after another; from then on they have to be cleared away. */
  private BackupResult store(List<DocumentBackup> read) {
    try {
      read.forEach(DocumentBackup::commit);
      return publish(read);
    } catch (RuntimeException | Error e) {
      Held.undisturbed(() -> copies.takeBack((sink, key) -> takeBack(sink, key, e)));
      throw e;
    }
  }

  private BackupResult publish(List<DocumentBackup> read) {
    List<NotCaptured> notCaptured =
        read.stream().flatMap(document -> document.notCaptured().stream()).toList();
    copies.each(sink -> read.forEach(document -> checkStored(sink, document.document())));
    if (settings.verifyAfterBackup()) {
      copies.each(sink -> verify(sink, read));
    }
    Manifest manifest =
        new Manifest(
            backupId,
            createdAt,
            settings.clock().instant(),
            Version.writer(),
            read.stream().map(DocumentBackup::document).toList(),
            notCaptured,
            cut,
            missing(),
            copies.state());
    byte[] bytes = ManifestWriter.write(manifest);
    copies.each(sink -> publish(sink, bytes));
    for (NotCaptured missing : notCaptured) {
      events.warned(
          Operation.BACKUP, "Not captured: " + missing.object() + " (" + missing.reason() + ")");
    }
    for (DocumentBackup document : read) {
      if (document.document().records() == 0) {
        events.warned(
            Operation.BACKUP,
            "The backup holds no records: "
                + document.handler().location()
                + " is empty, or not the database that was meant.");
      }
    }
    return result(read, read.stream().map(document -> document.result(cut)).toList(), notCaptured);
  }

  private void verify(StorageSink sink, List<DocumentBackup> read) {
    ProgressMeter verifying = new ProgressMeter(Operation.VERIFY, events);
    for (DocumentBackup document : read) {
      VerifyRun.check(
          sink, backupId, document.document(), settings, CollectionFilter.ALL, verifying);
    }
  }

  private List<MissingSource> missing() {
    List<MissingSource> missing = new ArrayList<>();
    for (DocumentBackup document : documents) {
      Throwable failure = failures.get(document);
      if (failure != null) {
        missing.add(new MissingSource(document.name(), String.valueOf(failure.getMessage())));
      }
    }
    return missing;
  }

  private BackupResult result(
      List<DocumentBackup> of, List<SourceResult> results, List<NotCaptured> notCaptured) {
    return new BackupResult(
        backupId,
        where(),
        results,
        cut,
        missing(),
        copies.state(),
        settings.dryRun()
            ? of.stream().flatMap(document -> document.notCaptured().stream()).toList()
            : notCaptured,
        progress.elapsed(),
        settings.dryRun());
  }

  private void requireFreeName() {
    List<ObjectKey> keys = new ArrayList<>(List.of(manifestKey));
    documents.forEach(document -> keys.add(document.key()));
    copies.each(sink -> requireFree(sink, keys));
  }

  private void requireFree(StorageSink sink, List<ObjectKey> keys) {
    for (ObjectKey key : keys) {
      if (sink.stat(key).isPresent()) {
        throw new StorageException(
            StorageException.Kind.ALREADY_EXISTS,
            key.value(),
            "A backup named "
                + backupId
                + " is already in "
                + sink.location()
                + " ("
                + key
                + "). Nothing was changed. Wait until the next timestamp, or set another prefix or a"
                + " timestamp format with fractions of a second.",
            null);
      }
    }
  }

  private static long estimate(List<CollectionInfo> collections) {
    long sum = 0;
    for (CollectionInfo collection : collections) {
      if (collection.estimatedRecords() < 0) {
        return -1;
      }
      sum += collection.estimatedRecords();
    }
    return sum;
  }

  private void checkStored(StorageSink sink, Manifest.Document document) {
    long expected = document.digest().lengthBytes();
    long actual = sink.stat(document.key()).map(object -> object.lengthBytes()).orElse(-1L);
    if (actual != expected) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "The sink reports "
              + actual
              + " bytes for "
              + document.key()
              + " where "
              + expected
              + " were written. The backup was not published.");
    }
  }

  private void publish(StorageSink sink, byte[] manifest) {
    try (Held<SinkWriter> writer =
        new Held<>(sink.write(manifestKey, WriteOptions.NONE), SinkWriter::close)) {
      SinkOutputStream out = new SinkOutputStream(writer.resource());
      out.write(manifest, 0, manifest.length);
      writer.resource().commit(out.finish());
    } catch (RuntimeException e) {
      // The answer may have been lost, and not the manifest. Then the backup is there.
      AtomicBoolean ours = new AtomicBoolean();
      Held.undisturbed(() -> ours.set(isStored(sink, manifest, e)));
      if (!ours.get()) {
        throw e;
      }
      events.warned(
          Operation.BACKUP,
          "Publishing "
              + manifestKey
              + " reported an error, but it is there, as it was written: "
              + e.getMessage());
    }
    published.add(sink);
  }

  private boolean isStored(StorageSink sink, byte[] manifest, RuntimeException cause) {
    try {
      Optional<StoredObject> stored = sink.stat(manifestKey);
      if (stored.isEmpty() || stored.get().lengthBytes() != manifest.length) {
        return false;
      }
      try (InputStream in = sink.read(manifestKey, 0, manifest.length)) {
        return Arrays.equals(in.readAllBytes(), manifest);
      }
    } catch (RuntimeException | IOException e) {
      cause.addSuppressed(e);
      return false;
    }
  }

  /**
   * Takes a document back, and first the manifest, if it was published there and too few others
   * could be. Where another's manifest speaks for the document it stays: a run that lost a race for
   * the name has no document of its own, or one of another name; where a sink took equal bytes for
   * one success, it may have the winner's.
   */
  private void takeBack(StorageSink sink, ObjectKey key, Throwable cause) {
    try {
      if (published.remove(sink)) {
        sink.delete(manifestKey);
      }
      if (sink.stat(manifestKey).isEmpty() || !manifestNames(sink, key)) {
        sink.delete(key);
      }
    } catch (RuntimeException e) {
      // Not to know is a reason to keep it; prune clears what no manifest names.
      if (e != cause) {
        cause.addSuppressed(e);
      }
    }
  }

  private boolean manifestNames(StorageSink sink, ObjectKey key) {
    return new Catalog(sink)
        .manifest(backupId).documents().stream().anyMatch(document -> document.key().equals(key));
  }

  private static void checkCancelled() {
    if (Thread.interrupted()) {
      Thread.currentThread().interrupt();
      throw new CancelledException(
          "The backup was cancelled. Nothing of it is visible in the sink.", null);
    }
  }
}

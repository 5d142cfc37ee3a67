package io.holdfast.internal;

import io.holdfast.Operation;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.format.DocumentReader;
import io.holdfast.format.FormatException;
import io.holdfast.format.Manifest;
import io.holdfast.format.RecordFrame;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.StorageSink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Restores one document into one target. The backup is known to be intact before the target is
 * changed for good: by a pass over it beforehand, or because the target's transaction commits only
 * after digest and counts were compared.
 */
public final class RestoreRun {
  /** What is restored: a document of a backup, or a document that has no manifest. */
  public sealed interface Origin {
    /** The backup's id, or the key where there is none. */
    String backupId();

    /**
     * A backup with its manifest.
     *
     * @param manifest what it says
     */
    record Listed(Manifest manifest) implements Origin {
      @Override
      public String backupId() {
        return manifest.backupId();
      }
    }

    /**
     * A document by itself, read front to back.
     *
     * @param key where it lies
     */
    record Unlisted(ObjectKey key) implements Origin {
      @Override
      public String backupId() {
        return key.value();
      }
    }
  }

  private final StorageSink sink;
  private final Origin origin;
  private final BackupHandler target;
  private final RestoreOptions options;
  private final Settings settings;
  private final Events events;
  private final ProgressMeter progress;

  /** A run that begins now. */
  public RestoreRun(
      StorageSink sink,
      Origin origin,
      BackupHandler target,
      RestoreOptions options,
      Settings settings,
      Events events) {
    this.sink = sink;
    this.origin = origin;
    this.target = target;
    this.options = options;
    this.settings = settings;
    this.events = events;
    this.progress = new ProgressMeter(Operation.RESTORE, events);
  }

  /**
   * Restores.
   *
   * @throws io.holdfast.BackupException if it could not be restored whole; the message says what
   *     the target holds now
   */
  public RestoreResult run() {
    String id = origin.backupId();
    events.started(Operation.RESTORE, id, sink.location() + " → " + target.location());
    try {
      RestoreResult result = restore();
      progress.last();
      events.completed(Operation.RESTORE, id, settings.dryRun() ? "dry run" : progress.summary());
      return result;
    } catch (RuntimeException | Error e) {
      events.failed(Operation.RESTORE, id, e);
      throw e;
    }
  }

  private RestoreResult restore() {
    try (StoredDocument document = open()) {
      DocumentReader reader = document.reader();
      Optional<Map<String, Long>> known = reader.expectedCounts();
      known.ifPresent(this::requireFilterMatches);
      try (RestoreSession session = target.openRestore(request(reader))) {
        RestorePlan plan = session.prepare();
        plan.warnings().forEach(warning -> events.warned(Operation.RESTORE, warning));
        if (!plan.atomic() || options.verifyFirst() || settings.dryRun()) {
          verify();
        }
        Map<String, Long> counts =
            settings.dryRun()
                ? wanted(reader.expectedCounts().orElse(Map.of()))
                : write(document, session, plan);
        return new RestoreResult(
            origin.backupId(),
            target.location(),
            counts,
            plan.steps(),
            plan.warnings(),
            progress.elapsed(),
            settings.dryRun());
      }
    } catch (IOException e) {
      throw StoredDocument.translate(documentKey(), e);
    }
  }

  private Map<String, Long> write(StoredDocument document, RestoreSession session, RestorePlan plan)
      throws IOException {
    DocumentReader reader = document.reader();
    reader
        .expectedCounts()
        .map(this::wanted)
        .ifPresent(
            counts ->
                progress.expect(
                    counts.size(), counts.values().stream().mapToLong(Long::longValue).sum()));
    session.begin();
    new FramePump(
            reader,
            settings.parallelism(),
            session.ordering() == RestoreSession.Ordering.BY_COLLECTION,
            options.filter(),
            session::write,
            session::close,
            progress,
            "The restore was cancelled. "
                + (plan.atomic() ? "The target is as it was." : "The target is partly written."))
        .run();
    document.finish();
    requireFilterMatches(reader.counts()); // only now known where there is no manifest
    Map<String, Long> counts = wanted(reader.counts());
    compare(counts, session.recordsWritten());
    session.finish();
    return counts;
  }

  private void compare(Map<String, Long> expected, Map<String, Long> written) {
    List<String> differences = new ArrayList<>();
    expected.forEach(
        (collection, records) -> {
          long taken = written.getOrDefault(collection, 0L);
          if (taken != records) {
            differences.add(collection + ": " + taken + " of " + records);
          }
        });
    written.keySet().stream()
        .filter(collection -> !expected.containsKey(collection))
        .forEach(collection -> differences.add(collection + ": not in the backup"));
    if (!differences.isEmpty()) {
      throw new HandlerException(
          HandlerException.Kind.INCOMPLETE,
          null,
          "The target did not take exactly the records of the backup: "
              + String.join("; ", differences)
              + ". The restore was given up.",
          null);
    }
  }

  private Map<String, Long> wanted(Map<String, Long> counts) {
    Map<String, Long> wanted = new LinkedHashMap<>(counts);
    wanted.keySet().removeIf(name -> !options.filter().accepts(name));
    return wanted;
  }

  private void requireFilterMatches(Map<String, Long> counts) {
    List<String> unmatched = options.filter().unmatchedIncludes(counts.keySet());
    if (!unmatched.isEmpty()) {
      throw new HandlerException(
          HandlerException.Kind.NOT_FOUND,
          null,
          "The backup has no collection that matches "
              + String.join(", ", unmatched)
              + ". It has: "
              + String.join(", ", counts.keySet())
              + ". The restore was given up.",
          null);
    }
  }

  private RestoreRequest request(DocumentReader reader) {
    return new RestoreRequest(
        reader.header(),
        reader.expectedCounts().map(this::wanted),
        options.filter(),
        options.mode(),
        options.atomic(),
        settings.parallelism(),
        settings.retry());
  }

  private StoredDocument open() {
    if (origin instanceof Origin.Listed listed) {
      return StoredDocument.open(
          sink,
          listed.backupId(),
          onlyDocument(listed.manifest()),
          settings.keys(),
          settings.maxRecordBytes());
    }
    return StoredDocument.openPlain(
        sink, documentKey(), settings.keys(), settings.maxRecordBytes());
  }

  private ObjectKey documentKey() {
    return origin instanceof Origin.Listed listed
        ? onlyDocument(listed.manifest()).key()
        : ((Origin.Unlisted) origin).key();
  }

  private static Manifest.Document onlyDocument(Manifest manifest) {
    if (manifest.documents().size() != 1) {
      throw new FormatException(
          FormatException.Kind.UNSUPPORTED_VERSION,
          "The backup "
              + manifest.backupId()
              + " has "
              + manifest.documents().size()
              + " documents; this version of Holdfast restores backups of one source.");
    }
    return manifest.documents().get(0);
  }

  /** A pass over the whole backup before the target is touched. */
  private void verify() {
    ProgressMeter meter = new ProgressMeter(Operation.VERIFY, events);
    if (origin instanceof Origin.Listed listed) {
      VerifyRun.check(sink, listed.manifest(), settings, meter);
      return;
    }
    try (StoredDocument document = open()) {
      new FramePump(
              document.reader(),
              settings.parallelism(),
              false,
              CollectionFilter.ALL,
              (collection, batch) -> RecordFrame.checkJson(batch.array(), 0, batch.end()),
              () -> {},
              meter,
              "The restore was cancelled; nothing was changed.")
          .run();
    } catch (IOException e) {
      throw StoredDocument.translate(documentKey(), e);
    }
  }
}

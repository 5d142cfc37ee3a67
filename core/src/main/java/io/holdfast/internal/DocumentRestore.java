package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.BackupResult;
import io.holdfast.Operation;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoredSource;
import io.holdfast.format.DocumentReader;
import io.holdfast.format.Manifest;
import io.holdfast.format.RecordFrame;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.RecordBatch;
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
import org.jspecify.annotations.Nullable;

/**
 * Restores one document into one target. The document is known to be intact before the target is
 * changed for good: by a pass over it beforehand, or because the target's transaction commits only
 * after digest and counts were compared.
 */
final class DocumentRestore {
  private final StorageSink sink;
  private final String backupId;
  private final Source source;
  private final BackupHandler target;
  private final CollectionFilter filter;
  private final RestoreOptions options;
  private final Settings settings;
  private final Events events;
  private final ProgressMeter progress;

  /** What a first pass over a document without a manifest has found. */
  private Map<String, Long> counted = Map.of();

  private Optional<ObjectDigest> checked = Optional.empty();
  private boolean verified;
  private boolean begun;
  private boolean finished;
  private boolean atomic;
  private Map<String, Long> restored = Map.of();
  private List<String> steps = List.of();
  private final List<String> warnings = new ArrayList<>();

  /**
   * Where the records come from.
   *
   * @param name the source's name in the backup; empty for the only one of a backup
   * @param key where the document lies
   * @param document what a manifest says of it; null where there is none
   */
  record Source(String name, ObjectKey key, Manifest.@Nullable Document document) {}

  /** What a restore shares among its documents. */
  record Context(
      StorageSink sink,
      String backupId,
      RestoreOptions options,
      Settings settings,
      Events events,
      ProgressMeter progress) {}

  DocumentRestore(Context context, Source source, BackupHandler target, CollectionFilter filter) {
    this.sink = context.sink();
    this.backupId = context.backupId();
    this.options = context.options();
    this.settings = context.settings();
    this.events = context.events();
    this.progress = context.progress();
    this.source = source;
    this.target = target;
    this.filter = filter;
  }

  String name() {
    return source.name();
  }

  BackupHandler target() {
    return target;
  }

  /** Whether the target stays as it was if the restore fails; known once it was rehearsed. */
  boolean atomic() {
    return atomic;
  }

  RestoredSource result() {
    return new RestoredSource(source.name(), target.location(), restored);
  }

  List<String> steps() {
    return steps;
  }

  List<String> warnings() {
    return warnings;
  }

  /** What is done with a document and a session that are open. */
  @FunctionalInterface
  private interface InSession {
    void run(StoredDocument document, RestoreSession session, Map<String, Long> wanted)
        throws IOException;
  }

  private RestoreSession inSession(InSession step) {
    try (StoredDocument document = open()) {
      Map<String, Long> counts = document.reader().expectedCounts().orElse(counted);
      requireFilterMatches(counts);
      Map<String, Long> wanted = wanted(counts);
      RestoreSession session = target.openRestore(request(document.reader(), wanted));
      try {
        step.run(document, session, wanted);
      } catch (RuntimeException | Error | IOException e) {
        giveUp(session, e);
        throw e;
      }
      return session;
    } catch (IOException e) {
      throw StoredDocument.translate(source.key(), e);
    }
  }

  /**
   * Everything that can refuse a restore before it begins. Nothing of it stays open: the target may
   * have no connection to spare.
   */
  void rehearse() {
    RestoreSession session =
        inSession(
            (document, open, wanted) -> {
              RestorePlan plan = open.prepare();
              atomic = plan.atomic();
              if (mustReadFirst(open, plan)) {
                document.close(); // or its connection would have to wait for as long as it takes
                readFirst(open);
              }
            });
    Held.undisturbed(session::close);
  }

  /**
   * Restores, or in a dry run looks at everything.
   *
   * @param beforeFinish what must succeed before this becomes final
   */
  void restore(Runnable beforeFinish) {
    RestoreSession session =
        inSession((document, open, wanted) -> restore(document, open, wanted, beforeFinish));
    closed(session);
  }

  private void restore(
      StoredDocument document,
      RestoreSession session,
      Map<String, Long> wanted,
      Runnable beforeFinish)
      throws IOException {
    RestorePlan plan = session.prepare();
    atomic = plan.atomic();
    steps = plan.steps();
    restored = wanted;
    plan.warnings().forEach(this::warn);
    if (mustReadFirst(session, plan)) {
      document.close(); // or its connection would have to wait for as long as it takes
      readFirst(session);
      if (!settings.dryRun()) {
        try (StoredDocument again = open()) {
          write(again, session, wanted, beforeFinish);
        }
      }
    } else if (!settings.dryRun()) {
      write(document, session, wanted, beforeFinish);
    }
  }

  private void warn(String warning) {
    warnings.add(warning);
    events.warned(Operation.RESTORE, warning);
  }

  /** A session that wants to see the records sees them itself, also if another one has. */
  private boolean mustReadFirst(RestoreSession session, RestorePlan plan) {
    boolean unsure =
        source.document() != null
            && !verified
            && (!plan.atomic() || options.verifyFirst() || settings.dryRun());
    return unsure || session.inspects();
  }

  /**
   * A caller who gave up atomicity for speed gets the quick check: the stored bytes are those that
   * were written, and their form was checked then. Everybody else gets every record parsed.
   */
  private void readFirst(RestoreSession session) {
    boolean forSpeed = !options.atomic() && !options.verifyFirst() && !settings.dryRun();
    boolean whole = options.verifyFirst() || settings.dryRun();
    if (session.inspects()) {
      inspect(session);
    } else if (forSpeed && !StoredDocument.readsPartly(described(), filter)) {
      StoredDocument.checkBytes(sink, described());
    } else {
      CollectionFilter checkedOnes = whole ? CollectionFilter.ALL : filter;
      VerifyRun.check(sink, backupId, described(), settings, checkedOnes, verification());
    }
    verified = true;
  }

  private ProgressMeter verification() {
    return new ProgressMeter(Operation.VERIFY, events);
  }

  private Manifest.Document described() {
    Manifest.Document document = source.document();
    if (document == null) {
      throw new IllegalStateException("The document has no manifest.");
    }
    return document;
  }

  private void inspect(RestoreSession session) {
    try (StoredDocument document = open(CollectionFilter.ALL)) {
      new FramePump(
              document.reader(),
              settings.parallelism(),
              false,
              CollectionFilter.ALL,
              (collection, batch) -> inspect(session, collection, batch),
              () -> {},
              verification(),
              "The restore was cancelled; nothing was changed.")
          .run();
      document.finish();
    } catch (IOException e) {
      throw StoredDocument.translate(source.key(), e);
    }
    session.inspected();
  }

  private void inspect(RestoreSession session, String collection, RecordBatch batch) {
    VerifyRun.checkJson(collection, batch.array(), batch.end());
    if (filter.accepts(collection)) {
      session.inspect(collection, batch);
    }
  }

  private void write(
      StoredDocument document,
      RestoreSession session,
      Map<String, Long> wanted,
      Runnable beforeFinish)
      throws IOException {
    progress.expect(wanted.size(), wanted.values().stream().mapToLong(Long::longValue).sum());
    begun = true;
    session.begin();
    new FramePump(
            document.reader(),
            settings.parallelism(),
            session.ordering() == RestoreSession.Ordering.BY_COLLECTION,
            filter,
            session::write,
            session::close,
            progress,
            "The restore was cancelled. " + stateOfTarget())
        .run();
    document.finish();
    compare(wanted, session.recordsWritten());
    beforeFinish.run();
    session.finish();
    begun = false;
    finished = true;
    session.report().forEach(this::warn);
  }

  private String stateOfTarget() {
    return "The target "
        + target.location()
        + (begun && !atomic ? " is partly written." : " is as it was.");
  }

  /** Undoes what can be undone, and tells what the target holds now. */
  private void giveUp(RestoreSession session, Throwable cause) {
    String state = stateOfTarget();
    try {
      Held.undisturbed(session::close);
    } catch (RuntimeException e) {
      if (e != cause) {
        cause.addSuppressed(e);
      }
      state =
          "Undoing the restore failed; look at what the target " + target.location() + " holds.";
    }
    if (begun) {
      tell(state, cause);
    }
  }

  /** Tells that this one is final, though another document of the same restore failed. */
  void tellIfFinished(Throwable cause) {
    if (finished) {
      tell("The target " + target.location() + " holds the backup already, and keeps it.", cause);
    }
  }

  private void tell(String state, Throwable cause) {
    String told =
        state
            + safetyBackup
                .map(backup -> " What it held before is in the backup " + backup.backupId() + ".")
                .orElse("");
    events.warned(Operation.RESTORE, told);
    cause.addSuppressed(new BackupException(told));
  }

  private Optional<BackupResult> safetyBackup = Optional.empty();

  /** Where what the target held before is. */
  void keptIn(Optional<BackupResult> backup) {
    safetyBackup = backup;
  }

  /** The restore is final by now, so what closing throws is no failure of it. */
  private void closed(RestoreSession session) {
    try {
      Held.undisturbed(session::close);
    } catch (RuntimeException e) {
      warn("The target was restored, but not closed in order: " + e.getMessage());
    }
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
        .filter(collection -> written.getOrDefault(collection, 0L) != 0)
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
    wanted.keySet().removeIf(name -> !filter.accepts(name));
    return wanted;
  }

  private void requireFilterMatches(Map<String, Long> counts) {
    List<String> unmatched = filter.unmatchedIncludes(counts.keySet());
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

  private RestoreRequest request(DocumentReader reader, Map<String, Long> wanted) {
    return new RestoreRequest(
        reader.header(),
        Optional.of(wanted),
        filter,
        options.mode(),
        options.strategy(),
        options.recordsOnly(),
        settings.parallelism(),
        settings.retry());
  }

  private StoredDocument open() {
    return open(filter);
  }

  private StoredDocument open(CollectionFilter chosen) {
    return open(sink, backupId, source, settings, checked, chosen);
  }

  /** Opens a document as far as its header. */
  static StoredDocument open(
      StorageSink sink,
      String backupId,
      Source source,
      Settings settings,
      Optional<ObjectDigest> checked,
      CollectionFilter chosen) {
    Manifest.Document document = source.document();
    return document == null
        ? StoredDocument.openPlain(
            sink, source.key(), settings.keys(), settings.maxRecordBytes(), checked)
        : StoredDocument.open(
            sink, backupId, document, settings.keys(), settings.maxRecordBytes(), chosen);
  }

  /**
   * A pass over a document that has no manifest, before the target is touched. Nothing but its end
   * tells what it holds, and nothing at all how long it is.
   */
  void checkUnlisted() {
    if (source.document() != null) {
      return;
    }
    try (StoredDocument document = open()) {
      DocumentReader reader = document.reader();
      new FramePump(
              reader,
              settings.parallelism(),
              false,
              CollectionFilter.ALL,
              (collection, batch) -> RecordFrame.checkJson(batch.array(), 0, batch.end()),
              () -> {},
              new ProgressMeter(Operation.VERIFY, events),
              "The restore was cancelled; nothing was changed.")
          .run();
      counted = reader.counts();
      checked = Optional.of(document.readToEnd());
    } catch (IOException e) {
      throw StoredDocument.translate(source.key(), e);
    }
  }
}

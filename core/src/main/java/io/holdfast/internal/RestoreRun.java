package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.BackupResult;
import io.holdfast.Operation;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.format.DocumentReader;
import io.holdfast.format.FormatException;
import io.holdfast.format.Manifest;
import io.holdfast.format.RecordFrame;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.ObjectDigest;
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
import java.util.function.BiFunction;

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
  private final SafetyBackup safety;
  private final ProgressMeter progress;

  /** What a first pass over a document without a manifest has found. */
  private Map<String, Long> counted = Map.of();

  private Optional<ObjectDigest> checked = Optional.empty();
  private Optional<BackupResult> safetyBackup = Optional.empty();
  private boolean verified;
  private boolean begun;
  private boolean atomic;

  /**
   * A run that begins now.
   *
   * @param sink where the backup lies, which need not be where backups are stored
   * @param safety takes a backup of the target, if the options ask for one
   */
  public RestoreRun(
      StorageSink sink,
      Origin origin,
      BackupHandler target,
      RestoreOptions options,
      Settings settings,
      Events events,
      SafetyBackup safety) {
    this.sink = sink;
    this.origin = origin;
    this.target = target;
    this.options = options;
    this.settings = settings;
    this.events = events;
    this.safety = safety;
    this.progress = new ProgressMeter(Operation.RESTORE, events);
  }

  /**
   * Restores.
   *
   * @throws BackupException if it could not be restored whole; the message says what the target
   *     holds now
   */
  public RestoreResult run() {
    String id = origin.backupId();
    events.started(Operation.RESTORE, id, sink.location() + " → " + target.location());
    try {
      RestoreResult result = restore();
      progress.last();
      events.completed(Operation.RESTORE, id, summary());
      return result;
    } catch (RuntimeException | Error e) {
      events.failed(Operation.RESTORE, id, e);
      throw e;
    }
  }

  /**
   * Opens a backup as far as its header, to see that the keys at hand fit.
   *
   * @throws BackupException if it cannot be opened
   */
  public static void requireReadable(StorageSink sink, Origin origin, Settings settings) {
    open(sink, origin, settings, Optional.empty()).close();
  }

  private String summary() {
    return settings.dryRun()
        ? "dry run"
        : progress.summary()
            + safetyBackup.map(backup -> ", safety backup " + backup.backupId()).orElse("");
  }

  private RestoreResult restore() {
    TargetGuard.check(target, options, settings, "Nothing was changed.");
    if (origin instanceof Origin.Unlisted) {
      // Nothing but its end tells what it holds, and nothing at all how long it is: see first.
      checkUnlisted();
    }
    if (wantsSafetyBackup() && !settings.dryRun()) {
      // A backup for a restore that would be refused helps nobody. Nothing of the rehearsal stays
      // open meanwhile: the target may have no connection to spare.
      inSession(
          this::rehearse,
          (session, plan) -> {
            Held.undisturbed(session::close);
            return plan;
          });
      safetyBackup = safety.take();
    }
    return inSession(this::restore, this::closed);
  }

  private boolean wantsSafetyBackup() {
    return options.safetyBackup() && options.mode() == RestoreMode.REPLACE;
  }

  /** What is done with a document and a session that are open. */
  @FunctionalInterface
  private interface InSession<T> {
    T run(StoredDocument document, RestoreSession session, Map<String, Long> wanted)
        throws IOException;
  }

  private <T> T inSession(InSession<T> step, BiFunction<RestoreSession, T, T> close) {
    try (StoredDocument document = open()) {
      Map<String, Long> counts = document.reader().expectedCounts().orElse(counted);
      requireFilterMatches(counts);
      Map<String, Long> wanted = wanted(counts);
      RestoreSession session = target.openRestore(request(document.reader(), wanted));
      T value;
      try {
        value = step.run(document, session, wanted);
      } catch (RuntimeException | Error | IOException e) {
        giveUp(session, e);
        throw e;
      }
      return close.apply(session, value);
    } catch (IOException e) {
      throw StoredDocument.translate(documentKey(), e);
    }
  }

  /** Everything that can refuse a restore before it begins. */
  private RestorePlan rehearse(
      StoredDocument document, RestoreSession session, Map<String, Long> wanted)
      throws IOException {
    RestorePlan plan = session.prepare();
    if (origin instanceof Origin.Listed listed && mustCheckFirst(plan)) {
      document.close(); // or its connection would have to wait for as long as the check takes
      check(listed.manifest());
      verified = true;
    }
    return plan;
  }

  private boolean mustCheckFirst(RestorePlan plan) {
    return !verified && (!plan.atomic() || options.verifyFirst() || settings.dryRun());
  }

  private RestoreResult restore(
      StoredDocument document, RestoreSession session, Map<String, Long> wanted)
      throws IOException {
    RestorePlan plan = session.prepare();
    atomic = plan.atomic();
    plan.warnings().forEach(warning -> events.warned(Operation.RESTORE, warning));
    if (origin instanceof Origin.Listed listed && mustCheckFirst(plan)) {
      document.close(); // or its connection would have to wait for as long as the check takes
      check(listed.manifest());
      if (!settings.dryRun()) {
        try (StoredDocument again = open()) {
          write(again, session, wanted);
        }
      }
    } else if (!settings.dryRun()) {
      write(document, session, wanted);
    }
    return new RestoreResult(
        origin.backupId(),
        target.location(),
        wanted,
        steps(plan),
        plan.warnings(),
        safetyBackup,
        progress.elapsed(),
        settings.dryRun());
  }

  private List<String> steps(RestorePlan plan) {
    List<String> steps = new ArrayList<>();
    if (settings.dryRun() && wantsSafetyBackup()) {
      steps.add("Back up what the target " + target.location() + " holds, if it holds anything.");
    }
    safetyBackup.ifPresent(
        backup -> steps.add("Backed up what the target held before: " + backup.backupId() + "."));
    steps.addAll(plan.steps());
    return List.copyOf(steps);
  }

  /**
   * A caller who gave up atomicity for speed gets the quick check: the stored bytes are those that
   * were written, and their form was checked then. Everybody else gets every record parsed.
   */
  private void check(Manifest manifest) {
    boolean forSpeed = !options.atomic() && !options.verifyFirst() && !settings.dryRun();
    if (forSpeed) {
      StoredDocument.checkBytes(sink, onlyDocument(manifest));
    } else {
      VerifyRun.check(sink, manifest, settings, new ProgressMeter(Operation.VERIFY, events));
    }
  }

  private void write(StoredDocument document, RestoreSession session, Map<String, Long> wanted)
      throws IOException {
    progress.expect(wanted.size(), wanted.values().stream().mapToLong(Long::longValue).sum());
    begun = true;
    session.begin();
    new FramePump(
            document.reader(),
            settings.parallelism(),
            session.ordering() == RestoreSession.Ordering.BY_COLLECTION,
            options.filter(),
            session::write,
            session::close,
            progress,
            "The restore was cancelled. " + stateOfTarget())
        .run();
    document.finish();
    compare(wanted, session.recordsWritten());
    session.finish();
    begun = false;
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
      state +=
          safetyBackup
              .map(backup -> " What it held before is in the backup " + backup.backupId() + ".")
              .orElse("");
      events.warned(Operation.RESTORE, state);
      cause.addSuppressed(new BackupException(state));
    }
  }

  /** The restore is final by now, so what closing throws is no failure of it. */
  private RestoreResult closed(RestoreSession session, RestoreResult result) {
    try {
      Held.undisturbed(session::close);
      return result;
    } catch (RuntimeException e) {
      String warning = "The target was restored, but not closed in order: " + e.getMessage();
      events.warned(Operation.RESTORE, warning);
      List<String> warnings = new ArrayList<>(result.warnings());
      warnings.add(warning);
      return new RestoreResult(
          result.backupId(),
          result.target(),
          result.counts(),
          result.steps(),
          List.copyOf(warnings),
          result.safetyBackup(),
          result.duration(),
          result.dryRun());
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

  private RestoreRequest request(DocumentReader reader, Map<String, Long> wanted) {
    return new RestoreRequest(
        reader.header(),
        Optional.of(wanted),
        options.filter(),
        options.mode(),
        options.strategy(),
        options.recordsOnly(),
        settings.parallelism(),
        settings.retry());
  }

  private StoredDocument open() {
    return open(sink, origin, settings, checked);
  }

  private static StoredDocument open(
      StorageSink sink, Origin origin, Settings settings, Optional<ObjectDigest> checked) {
    if (origin instanceof Origin.Listed listed) {
      return StoredDocument.open(
          sink,
          listed.backupId(),
          onlyDocument(listed.manifest()),
          settings.keys(),
          settings.maxRecordBytes());
    }
    return StoredDocument.openPlain(
        sink, documentKey(origin), settings.keys(), settings.maxRecordBytes(), checked);
  }

  private ObjectKey documentKey() {
    return documentKey(origin);
  }

  private static ObjectKey documentKey(Origin origin) {
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

  /** A pass over a whole document that has no manifest, before the target is touched. */
  private void checkUnlisted() {
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
      throw StoredDocument.translate(documentKey(), e);
    }
  }
}

package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.BackupResult;
import io.holdfast.ConfigurationException;
import io.holdfast.MissingSource;
import io.holdfast.Operation;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.format.Manifest;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageSink;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Restores a backup, each document into the target of its source. Everything that can refuse is
 * asked before the first target is changed. Targets that can be undone become final last, after
 * those that cannot: what fails before undoes them.
 */
public final class RestoreRun {
  /** What is restored: a backup, or a document that has no manifest. */
  public sealed interface Origin {
    /** The backup's id, or the key where there is none. */
    String backupId();

    /**
     * A backup with its manifest.
     *
     * @param manifest what it says
     * @param document the key of the document that was asked for; empty for all of them
     */
    record Listed(Manifest manifest, Optional<ObjectKey> document) implements Origin {
      /** All documents of a backup. */
      public Listed(Manifest manifest) {
        this(manifest, Optional.empty());
      }

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
  private final List<NamedHandler> targets;
  private final RestoreOptions options;
  private final Settings settings;
  private final Events events;
  private final Safeguard safeguard;
  private final ProgressMeter progress;
  private Optional<BackupResult> safetyBackup = Optional.empty();

  /** Makes the safety backup of targets. */
  @FunctionalInterface
  public interface Safeguard {
    /** The safety backup of those targets, still to be taken. */
    SafetyBackup of(List<NamedHandler> targets);
  }

  /**
   * A run that begins now.
   *
   * @param sink where the backup lies, which need not be where backups are stored
   * @param targets what is restored into, under the names of the sources
   * @param safeguard takes a backup of the targets, if the options ask for one
   */
  public RestoreRun(
      StorageSink sink,
      Origin origin,
      List<NamedHandler> targets,
      RestoreOptions options,
      Settings settings,
      Events events,
      Safeguard safeguard) {
    this.sink = sink;
    this.origin = origin;
    this.targets = List.copyOf(targets);
    this.options = options;
    this.settings = settings;
    this.events = events;
    this.safeguard = safeguard;
    this.progress = new ProgressMeter(Operation.RESTORE, events);
  }

  /**
   * Restores.
   *
   * @throws BackupException if it could not be restored whole; what the targets hold now is
   *     suppressed in it
   */
  public RestoreResult run() {
    String id = origin.backupId();
    events.started(Operation.RESTORE, id, sink.location() + " → " + locations());
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

  private String locations() {
    return String.join(", ", targets.stream().map(target -> target.handler().location()).toList());
  }

  /**
   * Opens the documents of a backup as far as their headers, to see that the keys at hand fit.
   *
   * @throws BackupException if one cannot be opened
   */
  public static void requireReadable(StorageSink sink, Origin origin, Settings settings) {
    for (DocumentRestore.Source source : sources(origin)) {
      DocumentRestore.open(
              sink, origin.backupId(), source, settings, Optional.empty(), CollectionFilter.ALL)
          .close();
    }
  }

  private String summary() {
    return settings.dryRun()
        ? "dry run"
        : progress.summary()
            + safetyBackup.map(backup -> ", safety backup " + backup.backupId()).orElse("");
  }

  private RestoreResult restore() {
    List<DocumentRestore> documents = documents();
    List<BackupHandler> into = documents.stream().map(DocumentRestore::target).toList();
    requireDifferent(into);
    TargetGuard.check(into, options, settings, "Nothing was changed.");
    documents.forEach(DocumentRestore::checkUnlisted);
    boolean safely = wantsSafetyBackup() && !settings.dryRun();
    if (safely || (documents.size() > 1 && !settings.dryRun())) {
      // A backup for a restore that would be refused helps nobody, nor does half a restore.
      documents.forEach(DocumentRestore::rehearse);
    }
    if (safely) {
      safetyBackup = safeguard.of(named(documents)).take();
      documents.forEach(document -> document.keptIn(safetyBackup));
    }
    restore(documents);
    return new RestoreResult(
        origin.backupId(),
        documents.stream().map(DocumentRestore::result).toList(),
        steps(documents),
        documents.stream().flatMap(document -> document.warnings().stream()).toList(),
        safetyBackup,
        progress.elapsed(),
        settings.dryRun());
  }

  private static List<NamedHandler> named(List<DocumentRestore> documents) {
    return documents.stream()
        .map(
            document ->
                new NamedHandler(documents.size() == 1 ? "" : document.name(), document.target()))
        .toList();
  }

  private void restore(List<DocumentRestore> documents) {
    List<DocumentRestore> inOrder = new ArrayList<>(documents);
    // What can be undone is written first and becomes final last.
    inOrder.sort(Comparator.comparing(DocumentRestore::atomic).reversed());
    try {
      restoreNext(inOrder.iterator());
    } catch (RuntimeException | Error e) {
      documents.forEach(document -> document.tellIfFinished(e));
      throw e;
    }
  }

  private static void restoreNext(Iterator<DocumentRestore> documents) {
    if (documents.hasNext()) {
      DocumentRestore next = documents.next();
      if (next.atomic()) {
        next.restore(() -> restoreNext(documents));
      } else {
        next.restore(() -> {});
        restoreNext(documents);
      }
    }
  }

  private boolean wantsSafetyBackup() {
    return options.safetyBackup() && options.mode() == RestoreMode.REPLACE;
  }

  private List<String> steps(List<DocumentRestore> documents) {
    List<String> steps = new ArrayList<>();
    if (settings.dryRun() && wantsSafetyBackup()) {
      for (DocumentRestore document : documents) {
        steps.add(
            "Back up what the target "
                + document.target().location()
                + " holds, if it holds anything.");
      }
    }
    safetyBackup.ifPresent(
        backup -> steps.add("Backed up what the target held before: " + backup.backupId() + "."));
    for (DocumentRestore document : documents) {
      String front = documents.size() == 1 ? "" : document.name() + ": ";
      document.steps().forEach(step -> steps.add(front + step));
    }
    return List.copyOf(steps);
  }

  /** Two documents in one database would each find what the other wrote. */
  private static void requireDifferent(List<BackupHandler> into) {
    Set<BackupHandler> handlers = Collections.newSetFromMap(new IdentityHashMap<>());
    for (BackupHandler handler : into) {
      if (!handlers.add(handler)
          || into.stream().filter(other -> other.location().equals(handler.location())).count()
              > 1) {
        throw new ConfigurationException(
            List.of(
                "Several sources of the backup would be restored into "
                    + handler.location()
                    + ". Restore them one by one, with RestoreOptions.fromSources. Nothing was"
                    + " changed."));
      }
    }
  }

  private static List<DocumentRestore.Source> sources(Origin origin) {
    if (origin instanceof Origin.Listed listed) {
      return listed.manifest().documents().stream()
          .filter(document -> listed.document().map(document.key()::equals).orElse(true))
          .map(document -> new DocumentRestore.Source(document.name(), document.key(), document))
          .toList();
    }
    return List.of(new DocumentRestore.Source("", ((Origin.Unlisted) origin).key(), null));
  }

  private List<DocumentRestore> documents() {
    List<DocumentRestore.Source> chosen = chosen();
    List<String> names = chosen.stream().map(DocumentRestore.Source::name).toList();
    boolean several = chosen.size() > 1;
    if (several && !options.filter().ofNone(names).isEmpty()) {
      throw new ConfigurationException(
          List.of(
              "Several sources are restored, so each pattern begins with the name of one and a"
                  + " slash. These do not: "
                  + String.join(", ", options.filter().ofNone(names))
                  + ". The sources are "
                  + String.join(", ", names)
                  + "."));
    }
    DocumentRestore.Context context =
        new DocumentRestore.Context(sink, origin.backupId(), options, settings, events, progress);
    List<DocumentRestore> documents = new ArrayList<>();
    for (DocumentRestore.Source source : chosen) {
      CollectionFilter filter = several ? options.filter().of(source.name()) : options.filter();
      documents.add(new DocumentRestore(context, source, target(source, several), filter));
    }
    return documents;
  }

  /** The documents that were asked for. */
  private List<DocumentRestore.Source> chosen() {
    List<DocumentRestore.Source> all = sources(origin);
    List<MissingSource> missing =
        origin instanceof Origin.Listed listed && listed.document().isEmpty()
            ? listed.manifest().missing()
            : List.of();
    if (options.sources().isEmpty()) {
      if (!missing.isEmpty()) {
        throw incomplete(all, missing);
      }
      return all;
    }
    if (all.size() == 1 && all.get(0).name().isEmpty()) {
      return all; // what is asked for by name is then the target
    }
    List<DocumentRestore.Source> chosen =
        all.stream().filter(source -> options.sources().contains(source.name())).toList();
    List<String> unknown = new ArrayList<>(options.sources());
    chosen.forEach(source -> unknown.remove(source.name()));
    if (!unknown.isEmpty()) {
      throw new HandlerException(
          HandlerException.Kind.NOT_FOUND,
          null,
          "The backup "
              + origin.backupId()
              + " has no source "
              + String.join(", ", unknown)
              + ". It has "
              + String.join(", ", names(all))
              + (missing.isEmpty() ? "" : ", and lacks " + lacking(missing))
              + ". Nothing was changed.",
          null);
    }
    return chosen;
  }

  private HandlerException incomplete(
      List<DocumentRestore.Source> all, List<MissingSource> missing) {
    return new HandlerException(
        HandlerException.Kind.INCOMPLETE,
        null,
        "The backup "
            + origin.backupId()
            + " is incomplete: it lacks "
            + lacking(missing)
            + ". Nothing was changed. Name another backup, or restore what it has with"
            + " RestoreOptions.fromSources: "
            + String.join(", ", names(all))
            + ".",
        null);
  }

  private static String lacking(List<MissingSource> missing) {
    return String.join(
        "; ", missing.stream().map(one -> one.name() + " (" + one.reason() + ")").toList());
  }

  private static List<String> names(List<DocumentRestore.Source> sources) {
    return sources.stream().map(DocumentRestore.Source::name).toList();
  }

  private BackupHandler target(DocumentRestore.Source source, boolean several) {
    boolean unnamed = targets.size() == 1 && targets.get(0).name().isEmpty();
    if (!several && (unnamed || (source.name().isEmpty() && targets.size() == 1))) {
      return targets.get(0).handler();
    }
    String name =
        source.name().isEmpty() && options.sources().size() == 1
            ? options.sources().get(0)
            : source.name();
    return targets.stream()
        .filter(target -> target.name().equals(name) && !name.isEmpty())
        .map(NamedHandler::handler)
        .findFirst()
        .orElseThrow(() -> noTarget(name, unnamed));
  }

  private ConfigurationException noTarget(String name, boolean unnamed) {
    List<String> there = targets.stream().map(NamedHandler::name).toList();
    return new ConfigurationException(
        List.of(
            (name.isEmpty()
                    ? "The backup has one source, without a name, and the executor several targets."
                    : "There is no target for the source " + name + " of the backup.")
                + (unnamed
                    ? " The executor has one target, without a name: choose one source with"
                        + " RestoreOptions.fromSources, or give targets by name, target(\""
                        + name
                        + "\", …)."
                    : " The targets are "
                        + String.join(", ", there)
                        + ": choose with RestoreOptions.fromSources, or build the executor with"
                        + " another.")
                + " Nothing was changed."));
  }
}

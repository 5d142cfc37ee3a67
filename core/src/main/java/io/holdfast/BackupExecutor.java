package io.holdfast;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.catalog.CopyResult;
import io.holdfast.catalog.IncompleteReplicationException;
import io.holdfast.catalog.Replication;
import io.holdfast.catalog.ReplicationResult;
import io.holdfast.catalog.SinkCheck;
import io.holdfast.catalog.SinkReport;
import io.holdfast.format.Codec;
import io.holdfast.format.Limits;
import io.holdfast.format.Manifest;
import io.holdfast.internal.BackupRun;
import io.holdfast.internal.CopiesOfBackup;
import io.holdfast.internal.Events;
import io.holdfast.internal.NamedHandler;
import io.holdfast.internal.NamedSink;
import io.holdfast.internal.Origins;
import io.holdfast.internal.Providers;
import io.holdfast.internal.Prune;
import io.holdfast.internal.RestoreRun;
import io.holdfast.internal.SafetyBackup;
import io.holdfast.internal.Settings;
import io.holdfast.internal.Sinks;
import io.holdfast.internal.TargetGuard;
import io.holdfast.internal.VerifyRun;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Takes backups of one source, or of several, into one sink, or into several, checks them and
 * restores them: what an application holds.
 *
 * <pre>{@code
 * try (BackupExecutor executor =
 *     BackupExecutor.builder()
 *         .source("postgresql://app@db.example/app")
 *         .sink("file:///var/backups")
 *         .build()) {
 *   BackupResult backup = executor.createBackup();
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads; each call does its own work on its own connections. A call
 * blocks until it is done; interrupting its thread cancels it with a {@link CancelledException},
 * and leaves nothing half-done visible. Every failure is thrown, as a {@link BackupException}
 * unless it is an error of the JVM or a bug in a handler or sink: a method that returns has done
 * what it says.
 *
 * <p>Closing the executor closes the handlers and sinks that it opened from URIs, and leaves alone
 * those that it was given.
 */
public final class BackupExecutor implements AutoCloseable {
  /** What {@code restoreFromBackup} takes for the newest backup under the executor's prefix. */
  public static final String LATEST = "latest";

  private final List<NamedHandler> sources;
  private final List<NamedHandler> targets;
  private final Sinks sinks;
  private final BackupMode mode;
  private final Optional<String> existingBackup;
  private final boolean deleteOnSuccess;
  private final RestoreOptions restoreOptions;
  private final Settings settings;
  private final Events events;
  private final List<AutoCloseable> owned;

  private BackupExecutor(Builder builder, Settings settings, Opened opened) {
    this.sources = List.copyOf(opened.sources);
    this.targets = List.copyOf(opened.targets);
    this.sinks = opened.sinks;
    this.owned = List.copyOf(opened.owned);
    this.mode = builder.mode;
    this.existingBackup = Optional.ofNullable(builder.existingBackup);
    this.deleteOnSuccess = builder.deleteOnSuccess;
    this.restoreOptions = builder.restoreOptions;
    this.settings = settings;
    this.events = new Events(builder.listeners);
  }

  /** A builder with safe defaults; source and sink must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Takes a backup.
   *
   * <p>Several sources are opened one after another, read at the same time, and make one backup:
   * all of them or, unless {@code bestEffort} was asked for, nothing.
   *
   * @return the backup: complete, published and listed
   * @throws IncompleteBackupException if {@code bestEffort} was asked for and sources failed; the
   *     backup of the others is listed
   * @throws BackupException if it could not be taken; then nothing of it is listed
   */
  public BackupResult createBackup() {
    return new BackupRun(sources, sinks, settings, events).run();
  }

  /**
   * Restores a backup into the target, with the options the executor was built with: by default
   * everything, into an empty target, atomically.
   *
   * @param ref the backup's id, the key of its manifest or document in the sink, the path of a file
   *     outside the sink, or {@link #LATEST}
   * @throws BackupException if it could not be restored whole; once the restore had begun, what the
   *     target holds now is suppressed in it, and told to listeners as a warning
   */
  public RestoreResult restoreFromBackup(String ref) {
    return restoreFromBackup(ref, restoreOptions);
  }

  /**
   * Restores a backup into the target.
   *
   * @param ref as in {@link #restoreFromBackup(String)}
   * @param options how to restore it
   * @throws ProductionTargetException if the target is marked as production and the options do not
   *     name it; nothing was changed
   * @throws SafetyBackupException if what the target holds could not be backed up before it is
   *     replaced; nothing was changed
   * @throws BackupException if it could not be restored whole; once the restore had begun, what the
   *     target holds now is suppressed in it, and told to listeners as a warning
   */
  public RestoreResult restoreFromBackup(String ref, RestoreOptions options) {
    try (Origins.Resolved resolved = origins(options.sink()).resolve(ref)) {
      return restore(resolved, options);
    }
  }

  /**
   * Restores a file that lies outside the sink: a document of a backup, with or without its
   * manifest beside it, or a JSON file of a form found in the wild: collections as arrays of
   * records, or a database of documents as the npm tools for Firestore export it (FORMAT.md,
   * section 8).
   *
   * @param file the file
   * @param options how to restore it
   * @throws BackupException if it could not be restored whole; once the restore had begun, what the
   *     target holds now is suppressed in it, and told to listeners as a warning
   */
  public RestoreResult restoreFromFile(Path file, RestoreOptions options) {
    try (Origins.Resolved resolved = origins().resolveFile(file)) {
      return restore(resolved, options);
    }
  }

  /**
   * Takes a backup of the source and restores it into the target: production into development, say.
   * The backup stays.
   *
   * @param options how to restore it
   * @return the restore; its {@code backupId} is the backup that was taken
   * @throws ConfigurationException if the executor was built without a target of its own
   * @throws ProductionTargetException if the target is marked as production and the options do not
   *     name it; nothing was read then
   * @throws BackupException as {@link #createBackup} and {@link #restoreFromBackup} throw it
   */
  public RestoreResult copyToTarget(RestoreOptions options) {
    List<String> problems = new ArrayList<>();
    for (NamedHandler target : targets) {
      if (isSource(target)) {
        problems.add(
            target.name().isEmpty()
                ? "copyToTarget needs a target: call target(uri) or target(handler)."
                : "copyToTarget needs a target for the source "
                    + target.name()
                    + ": call target(name, uri) or target(name, handler).");
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    if (settings.dryRun()) {
      throw new ConfigurationException(
          List.of(
              "copyToTarget restores the backup that it takes, and a dry run takes none. Dry-run"
                  + " createBackup, or restoreFromBackup with a backup that is there."));
    }
    TargetGuard.check(handlers(targets), options, settings, "Nothing was read or changed.");
    return restoreFromBackup(createBackup().backupId(), options);
  }

  private RestoreResult restore(Origins.Resolved resolved, RestoreOptions options) {
    return new RestoreRun(
            resolved.sink(),
            resolved.origin(),
            targets,
            options,
            settings,
            events,
            this::safetyBackup)
        .run();
  }

  private SafetyBackup safetyBackup(List<NamedHandler> of) {
    boolean sourcesOnly =
        of.stream().allMatch(one -> handlers(sources).stream().anyMatch(s -> s == one.handler()));
    return new SafetyBackup(of, sinks, settings.forSafetyBackup(sourcesOnly), events);
  }

  private boolean isSource(NamedHandler target) {
    return handlers(sources).stream().anyMatch(source -> source == target.handler());
  }

  private static List<BackupHandler> handlers(List<NamedHandler> named) {
    return named.stream().map(NamedHandler::handler).toList();
  }

  /**
   * Reads a backup whole and checks every byte: lengths, digests, frames, JSON, counts. Changes
   * nothing.
   *
   * @param ref the backup's id, the key of its manifest or document in the sink, or {@link #LATEST}
   * @return what was found, if it is intact
   * @throws BackupException if anything is not as it was written
   */
  public VerifyResult verify(String ref) {
    return verify(ref, Optional.empty());
  }

  /**
   * Verifies the copy of a backup in one of several sinks, whatever the others have.
   *
   * @param ref as in {@link #verify(String)}
   * @param sink the name of the sink, as the executor was given it
   * @return what was found, if it is intact
   * @throws ConfigurationException if there is no sink of that name
   * @throws BackupException if anything is not as it was written
   */
  public VerifyResult verify(String ref, String sink) {
    return verify(ref, Optional.of(sink));
  }

  private VerifyResult verify(String ref, Optional<String> sink) {
    try (Origins.Resolved resolved = origins(sink).resolve(ref)) {
      if (resolved.origin() instanceof RestoreRun.Origin.Listed listed) {
        return VerifyRun.run(resolved.sink(), listed.manifest(), settings, events);
      }
      throw new ConfigurationException(
          List.of("There is no manifest for " + ref + ", so there is nothing to verify it by."));
    }
  }

  /**
   * The backups under the executor's prefix, newest first, and manifests that cannot be read. What
   * follows the prefix must be a timestamp in the executor's format, or in the default one: {@code
   * app} does not list the backups of {@code app-two}.
   *
   * @throws BackupException if the sink cannot be listed
   */
  public List<CatalogEntry> list() {
    return new Catalog(merged()).list(settings.prefix() + "-", settings::owns);
  }

  /**
   * Deletes a backup: its manifest first, so that nothing half-deleted is ever listed. Succeeds if
   * it is gone.
   *
   * @param backupId its id, whatever its prefix; not a key, and not {@link #LATEST}
   * @throws BackupException if something could not be deleted; what is left is named
   */
  public void delete(String backupId) {
    if (backupId.equals(LATEST)) {
      throw new ConfigurationException(
          List.of("delete takes the id of one backup, not " + LATEST + ". Nothing was deleted."));
    }
    if (!settings.dryRun()) {
      new Catalog(merged()).delete(backupId);
    }
  }

  /**
   * Where a backup is: what each of the executor's sinks says now, in their order. A sink that has
   * its manifest and all its documents, of the right lengths, has it; one that could not be asked
   * says why.
   *
   * @param backupId its id
   */
  public List<Copy> copies(String backupId) {
    return CopiesOfBackup.find(sinks, backupId);
  }

  /**
   * Copies a backup from one of the executor's sinks to another: fills in a copy that could not be
   * stored when it was taken. Every byte is compared with the manifest on its way; nothing is
   * overwritten. See {@link Replication}, which copies between any two sinks.
   *
   * @param backupId its id
   * @param from the name of the sink to read from
   * @param to the name of the sink that lacks it
   * @throws ConfigurationException if there is no sink of that name, or in a dry run
   * @throws BackupException if it could not be copied; the other sink does not list it then
   */
  public CopyResult copy(String backupId, String from, String to) {
    return replication(from, to).copy(backupId);
  }

  /**
   * Copies every backup under the executor's prefix that the other sink lacks, newest first.
   *
   * @param from the name of the sink to read from
   * @param to the name of the sink to copy to
   * @throws ConfigurationException if there is no sink of that name, or in a dry run
   * @throws IncompleteReplicationException if some could not be copied
   * @throws BackupException if one of the sinks cannot be listed
   */
  public ReplicationResult replicate(String from, String to) {
    return replication(from, to).copyMissing(settings.prefix() + "-", settings::owns);
  }

  private Replication replication(String from, String to) {
    if (settings.dryRun()) {
      throw new ConfigurationException(
          List.of("Copying has no dry run; copies(id) tells what is where. Nothing was copied."));
    }
    Replication replication = Replication.between(sinks.named(from), sinks.named(to));
    return replication.listener(events::tell);
  }

  /**
   * Tries each sink out, before backups are trusted to it: whether it can be written to, read,
   * listed and cleared with the rights at hand, and whether it really refuses to overwrite. Writes
   * a few objects under {@code holdfast-check/}, and deletes them. See {@link SinkCheck}.
   *
   * @return what was found, in the order of the sinks
   * @throws ConfigurationException in a dry run
   */
  public List<SinkReport> checkSinks() {
    if (settings.dryRun()) {
      throw new ConfigurationException(
          List.of("A check of the sinks writes to them, and a dry run does not."));
    }
    return sinks.all().stream().map(each -> SinkCheck.run(each.sink())).toList();
  }

  /**
   * Clears what interrupted runs left behind: documents under the executor's prefix, or that of its
   * safety backups, and with its suffix, and the name of one of its sources if they have names,
   * that no manifest speaks for, and the sink's temp files and unfinished uploads, which have no
   * prefix yet and may be other applications'.
   *
   * @param olderThan how old a leftover must be; longer than any backup takes, since one that is
   *     being written looks the same
   * @return what was cleared, or in a dry run would be
   * @throws BackupException if the sink refuses
   */
  public List<String> prune(Duration olderThan) {
    return Prune.run(
        merged(), settings, sources.stream().map(NamedHandler::name).toList(), olderThan);
  }

  /**
   * Runs a risky action under the executor's mode.
   *
   * @param action what to do: a migration, say
   * @throws Exception what the action throws; if the restore that followed failed too, its error is
   *     suppressed in it
   * @throws ProductionTargetException if the mode restores when the action fails, and the target
   *     would refuse that; the action was not run then
   * @throws BackupException if the backup before the action could not be taken or found intact; the
   *     action was not run then
   */
  public ProtectResult<Void> protect(ThrowingAction action) throws Exception {
    return protectValue(
        () -> {
          action.run();
          return null;
        });
  }

  /**
   * Runs a risky action that returns a value, as {@link #protect} does.
   *
   * @param action what to do
   * @param <T> what it returns
   * @throws Exception as in {@link #protect}
   */
  public <T> ProtectResult<T> protectValue(Callable<@Nullable T> action) throws Exception {
    Safeguard safeguard = prepare();
    if (settings.dryRun()) {
      return new ProtectResult<>(Optional.empty(), safeguard.created(), List.of(), true);
    }
    T value;
    try {
      value = action.call();
    } catch (Throwable e) { // whatever stopped the action may have left the target changed
      safeguard.restoreFrom().ifPresent(ref -> restoreAfter(e, ref));
      throw e;
    }
    return succeeded(value, safeguard.created());
  }

  /**
   * What stands behind an action.
   *
   * @param created the backup that was taken for it
   * @param restoreFrom what is restored if it fails
   */
  private record Safeguard(Optional<BackupResult> created, Optional<String> restoreFrom) {}

  private Safeguard prepare() {
    return switch (mode) {
      case FULL -> full();
      case CREATE_ONLY -> new Safeguard(Optional.of(createBackup()), Optional.empty());
      case RESTORE_ONLY -> existing();
      case MANUAL -> new Safeguard(Optional.empty(), Optional.empty());
    };
  }

  /** A backup that nobody here can open would be no help when the action has failed. */
  private Safeguard full() {
    if (settings.cannotReadItsOwn()) {
      throw new ConfigurationException(
          List.of(
              "FULL restores its backup if the action fails, and this executor could not open it:"
                  + " it encrypts to public keys. Give it decryptionKeys, or choose CREATE_ONLY."
                  + " The action was not run."));
    }
    requireTarget();
    BackupResult backup = createBackup();
    if (!backup.dryRun() && settings.mayHaveOtherKeys()) {
      try (Origins.Resolved resolved = origins().resolve(backup.backupId())) {
        RestoreRun.requireReadable(resolved.sink(), resolved.origin(), settings);
      }
    }
    return new Safeguard(Optional.of(backup), Optional.of(backup.backupId()));
  }

  /** The backup that was checked is the one that is restored, also if another is newer by then. */
  private Safeguard existing() {
    String ref =
        existingBackup.orElseThrow(
            () ->
                new ConfigurationException(
                    List.of(
                        "RESTORE_ONLY needs existingBackup: the id of the backup to restore.")));
    requireTarget();
    VerifyResult verified = verify(ref);
    if (!verified.missing().isEmpty() && restoreOptions.sources().isEmpty()) {
      throw new HandlerException(
          HandlerException.Kind.INCOMPLETE,
          null,
          "The backup "
              + verified.backupId()
              + " is incomplete: it lacks "
              + String.join(", ", verified.missing().stream().map(MissingSource::name).toList())
              + ". The action was not run, since it could not be undone.",
          null);
    }
    return new Safeguard(
        Optional.empty(), Optional.of(ref.equals(LATEST) ? verified.backupId() : ref));
  }

  /** A target that the restore would refuse is known before the action needs it. */
  private void requireTarget() {
    TargetGuard.check(
        handlers(targets),
        restoreOptions,
        settings,
        "The action was not run, since it could not be undone. Nothing was changed.");
  }

  private void restoreAfter(Throwable error, String ref) {
    // An action that was interrupted must not cancel the restore that mends it.
    boolean interrupted = Thread.interrupted();
    try {
      RestoreOptions replacing = restoreOptions.withMode(RestoreMode.REPLACE);
      // FULL has just backed up what was there before the action; what came of it is not wanted.
      restoreFromBackup(ref, mode == BackupMode.FULL ? replacing.withoutSafetyBackup() : replacing);
    } catch (RuntimeException | Error e) {
      if (e != error) {
        error.addSuppressed(e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private <T> ProtectResult<T> succeeded(@Nullable T value, Optional<BackupResult> backup) {
    List<String> warnings = new ArrayList<>();
    Optional<BackupResult> kept = backup;
    if (mode == BackupMode.FULL && deleteOnSuccess && backup.isPresent()) {
      String id = backup.get().backupId();
      try {
        delete(id);
        kept = Optional.empty();
      } catch (RuntimeException e) {
        // The action succeeded, and that must reach the caller; so must this.
        warnings.add("The backup " + id + " could not be deleted: " + e.getMessage());
        events.warned(Operation.BACKUP, warnings.get(0));
      }
    }
    return new ProtectResult<>(Optional.ofNullable(value), kept, List.copyOf(warnings), false);
  }

  private Origins origins() {
    return origins(Optional.empty());
  }

  private Origins origins(Optional<String> sink) {
    return new Origins(sinks.toRead(sink, this::warned), settings, events);
  }

  private StorageSink merged() {
    return sinks.merged(this::warned);
  }

  private void warned(String message) {
    events.warned(Operation.LIST, message);
  }

  /** Closes the handlers and sinks that were opened from URIs. May be called twice. */
  @Override
  public void close() {
    closeAll(owned, null);
  }

  private static void closeAll(List<AutoCloseable> resources, @Nullable Throwable cause) {
    RuntimeException first = null;
    for (AutoCloseable resource : resources) {
      try {
        resource.close();
      } catch (Exception e) {
        RuntimeException failure =
            e instanceof RuntimeException runtime
                ? runtime
                : new BackupException("Closing failed: " + e.getMessage(), e);
        if (cause != null) {
          cause.addSuppressed(failure);
        } else if (first == null) {
          first = failure;
        } else {
          first.addSuppressed(failure);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  /** What was opened from URIs, or given. */
  private record Opened(
      List<NamedHandler> sources,
      List<NamedHandler> targets,
      Sinks sinks,
      List<AutoCloseable> owned) {}

  /** A database as it was given: a handler or its URI. */
  private record Given(@Nullable BackupHandler handler, @Nullable String uri) {}

  /** A sink as it was given: itself or its URI. */
  private record GivenSink(@Nullable StorageSink sink, @Nullable String uri) {}

  /**
   * Configures an executor. {@link #build} checks everything at once and contacts nothing. Used by
   * one thread.
   */
  public static final class Builder {
    /** By name, in the order in which they were given; the only one of a backup has none. */
    private final Map<String, Given> sources = new LinkedHashMap<>();

    private final Map<String, Given> targets = new LinkedHashMap<>();
    private final List<String> given = new ArrayList<>();
    private boolean bestEffort;

    /** By name, in the order in which they were given; the only one has none. */
    private final Map<String, GivenSink> sinks = new LinkedHashMap<>();

    private @Nullable Integer requiredCopies;
    private String prefix = "backup";
    private String suffix = ".json";
    private String timestampFormat = Settings.DEFAULT_TIMESTAMPS;
    private BackupMode mode = BackupMode.FULL;
    private @Nullable String existingBackup;
    private boolean deleteOnSuccess;
    private RestoreOptions restoreOptions = RestoreOptions.DEFAULT;
    private Compression compression = Compression.DEFAULT;
    private Encryption encryption = Encryption.none();
    private DecryptionKeys keys = DecryptionKeys.none();
    private List<String> includes = List.of();
    private List<String> excludes = List.of();
    private boolean allowUncaptured;
    private int parallelism = Math.max(1, Math.min(8, Runtime.getRuntime().availableProcessors()));
    private int maxRecordBytes = Limits.DEFAULT_RECORD_BYTES;
    private boolean verifyAfterBackup;
    private boolean dryRun;
    private @Nullable String environment;
    private boolean productionTarget;
    private Retry retry = Retry.standard();
    private Clock clock = Clock.systemUTC();
    private final List<BackupListener> listeners = new ArrayList<>();

    private Builder() {}

    /** What is backed up, and restored into unless a target is given; stays open. */
    public Builder source(BackupHandler handler) {
      sources.put("", new Given(handler, null));
      return this;
    }

    /** What is backed up, by its URI: {@code postgresql://app@db.example/app}. */
    public Builder source(String uri) {
      sources.put("", new Given(null, uri));
      return this;
    }

    /**
     * One of several sources of one backup; stays open.
     *
     * @param name its name in the backup, and a part of its document's key: a lower-case letter,
     *     then up to 39 lower-case letters, digits, hyphens and underscores
     * @param handler what is backed up, and restored into unless a target of that name is given
     */
    public Builder source(String name, BackupHandler handler) {
      return named(sources, "source", name, new Given(handler, null));
    }

    /** One of several sources of one backup, by its URI; names as above. */
    public Builder source(String name, String uri) {
      return named(sources, "source", name, new Given(null, uri));
    }

    /** What backups are restored into, where that is not the source; stays open. */
    public Builder target(BackupHandler handler) {
      targets.put("", new Given(handler, null));
      return this;
    }

    /** What backups are restored into, where that is not the source, by its URI. */
    public Builder target(String uri) {
      targets.put("", new Given(null, uri));
      return this;
    }

    /** What the source of that name is restored into, where that is not itself; stays open. */
    public Builder target(String name, BackupHandler handler) {
      return named(targets, "target", name, new Given(handler, null));
    }

    /** What the source of that name is restored into, where that is not itself, by its URI. */
    public Builder target(String name, String uri) {
      return named(targets, "target", name, new Given(null, uri));
    }

    private Builder named(Map<String, Given> among, String what, String name, Given database) {
      if (!Manifest.isSourceName(name)) {
        given.add(
            "The name of a "
                + what
                + " is a lower-case letter, then up to 39 of a-z, 0-9, '_' and '-'; \""
                + name
                + "\" is not.");
      } else if (among.put(name, database) != null) {
        given.add("The " + what + " " + name + " was given twice.");
      }
      return this;
    }

    /**
     * Publishes a backup of several sources also if some of them fail. It then says what it lacks,
     * and {@link BackupExecutor#createBackup} throws an {@link IncompleteBackupException}, which
     * holds it. By default one source that fails leaves nothing.
     */
    public Builder bestEffort() {
      bestEffort = true;
      return this;
    }

    /**
     * What the source is for, as its backups will say: {@code production}, {@code staging}. By
     * default what the database itself says, if it does. A label only: it guards nothing.
     */
    public Builder environment(String label) {
      environment = label;
      return this;
    }

    /**
     * Marks the target, given or else the source, as production: nothing is restored into it but
     * with {@link RestoreOptions#intoProduction} and its name. A database that marks itself is
     * guarded anyway.
     */
    public Builder productionTarget() {
      productionTarget = true;
      return this;
    }

    /** Where backups are stored; stays open. */
    public Builder sink(StorageSink storage) {
      sinks.put("", new GivenSink(storage, null));
      return this;
    }

    /** Where backups are stored, by its URI: {@code file:///var/backups}. */
    public Builder sink(String uri) {
      sinks.put("", new GivenSink(null, uri));
      return this;
    }

    /**
     * One of several places that every backup is stored in, in one pass over the sources; stays
     * open. What is read is read from the first that has it. A slow sink slows the backup down; one
     * that fails is left out of it, as long as {@link #requiredCopies} are left.
     *
     * @param name what results and manifests call it: a lower-case letter, then up to 39 lower-case
     *     letters, digits, hyphens and underscores
     * @param storage where it stores
     */
    public Builder sink(String name, StorageSink storage) {
      return named(name, new GivenSink(storage, null));
    }

    /** One of several places that every backup is stored in, by its URI. */
    public Builder sink(String name, String uri) {
      return named(name, new GivenSink(null, uri));
    }

    private Builder named(String name, GivenSink storage) {
      if (!Manifest.isSourceName(name)) {
        given.add(
            "The name of a sink is a lower-case letter, then up to 39 of a-z, 0-9, '_' and '-'; \""
                + name
                + "\" is not.");
      } else if (sinks.put(name, storage) != null) {
        given.add("The sink " + name + " was given twice.");
      }
      return this;
    }

    /**
     * In how many of the sinks a backup must be stored to be one; default all of them. With fewer,
     * {@link BackupExecutor#createBackup} throws a {@link TooFewCopiesException} and takes back
     * what it has stored. A result with enough copies says which are missing; {@link
     * BackupExecutor#copy} fills them in.
     *
     * @param atLeast 1 to the number of sinks
     */
    public Builder requiredCopies(int atLeast) {
      requiredCopies = atLeast;
      return this;
    }

    /** What the names of backups begin with; default {@code backup}. */
    public Builder prefix(String newPrefix) {
      prefix = newPrefix;
      return this;
    }

    /**
     * What follows the id in a document's name; default {@code .json}. The endings for compression
     * and encryption come behind it.
     */
    public Builder suffix(String newSuffix) {
      suffix = newSuffix;
      return this;
    }

    /**
     * How the timestamp in names is written, in UTC, as {@link DateTimeFormatter#ofPattern} reads
     * it; default {@code yyyy-MM-dd-HH-mm-ss}. Two backups with the same timestamp are an error.
     * Backups in a format that was set earlier, and is not the default, are no longer listed; they
     * are still found by their ids.
     */
    public Builder timestampFormat(String pattern) {
      timestampFormat = pattern;
      return this;
    }

    /** What {@code protect} does; default {@code FULL}. */
    public Builder mode(BackupMode newMode) {
      mode = newMode;
      return this;
    }

    /** The backup that {@code RESTORE_ONLY} checks and restores: an id, a key, or latest. */
    public Builder existingBackup(String ref) {
      existingBackup = ref;
      return this;
    }

    /** Whether {@code FULL} deletes its backup once the action has succeeded; default false. */
    public Builder deleteOnSuccess(boolean delete) {
      deleteOnSuccess = delete;
      return this;
    }

    /** How backups are restored; default {@link RestoreOptions#DEFAULT}. */
    public Builder restoreOptions(RestoreOptions options) {
      restoreOptions = options;
      return this;
    }

    /** How frames are compressed; default zstd at level 1. */
    public Builder compression(Compression newCompression) {
      compression = newCompression;
      return this;
    }

    /** How new backups are encrypted; default not at all. */
    public Builder encryption(Encryption newEncryption) {
      encryption = newEncryption;
      return this;
    }

    /**
     * What opens encrypted backups. By default the passphrase given to {@link #encryption}, if
     * there is one.
     */
    public Builder decryptionKeys(DecryptionKeys newKeys) {
      keys = newKeys;
      return this;
    }

    /** Which collections are backed up; patterns as in {@link CollectionFilter}; default all. */
    public Builder include(String... patterns) {
      includes = List.of(patterns);
      return this;
    }

    /** Which collections are not backed up; patterns as in {@link CollectionFilter}. */
    public Builder exclude(String... patterns) {
      excludes = List.of(patterns);
      return this;
    }

    /**
     * Whether what a handler cannot carry is named in the manifest instead of being an error;
     * default false.
     */
    public Builder allowUncaptured(boolean allow) {
      allowUncaptured = allow;
      return this;
    }

    /** How many workers read or write; default one for each processor, at most 8. */
    public Builder parallelism(int workers) {
      parallelism = workers;
      return this;
    }

    /** How large one record may be, as JSON, in bytes; default 256 MiB, at most 1 GiB − 1. */
    public Builder maxRecordBytes(int limit) {
      maxRecordBytes = limit;
      return this;
    }

    /** Whether each backup is read back from the sink before it is published; default false. */
    public Builder verifyAfterBackup(boolean verify) {
      verifyAfterBackup = verify;
      return this;
    }

    /** Whether everything is planned, checked and reported, and nothing is changed. */
    public Builder dryRun(boolean dry) {
      dryRun = dry;
      return this;
    }

    /** How idempotent steps are repeated when they fail for a passing reason. */
    public Builder retry(Retry newRetry) {
      retry = newRetry;
      return this;
    }

    /** What time it is; for tests. */
    public Builder clock(Clock newClock) {
      clock = newClock;
      return this;
    }

    /** Who is told what happens; may be called several times. */
    public Builder listener(BackupListener listener) {
      listeners.add(listener);
      return this;
    }

    /**
     * Checks everything and builds the executor. Contacts neither database nor storage.
     *
     * @throws ConfigurationException with every problem found
     */
    public BackupExecutor build() {
      List<String> problems = new ArrayList<>();
      DateTimeFormatter format = checkNames(problems);
      checkSettings(problems);
      List<AutoCloseable> owned = new ArrayList<>();
      try {
        Opened opened = openAll(owned, problems);
        if (opened != null && format != null && problems.isEmpty()) {
          return new BackupExecutor(this, settings(format), opened);
        }
        throw new ConfigurationException(problems);
      } catch (RuntimeException | Error e) {
        closeAll(owned, e);
        throw e;
      }
    }

    private void checkSettings(List<String> problems) {
      checkDatabases(problems);
      checkSinks(problems);
      if (mode == BackupMode.RESTORE_ONLY && existingBackup == null) {
        problems.add("RESTORE_ONLY needs existingBackup: the id of the backup to restore.");
      }
      if (environment != null && environment.isBlank()) {
        problems.add("The environment is blank: give it a label, or do not set it.");
      }
      if (parallelism < 1 || parallelism > 256) {
        problems.add("parallelism must be 1 to 256, not " + parallelism + ".");
      }
      if (maxRecordBytes < 1024 || maxRecordBytes > Limits.MAX_RECORD_BYTES) {
        problems.add(
            "maxRecordBytes must be 1024 to "
                + Limits.MAX_RECORD_BYTES
                + ", not "
                + maxRecordBytes
                + ".");
      }
      if (verifyAfterBackup && !encryption.publicKeys().isEmpty() && keys.isNone()) {
        problems.add(
            "verifyAfterBackup reads backups that are encrypted to public keys: give"
                + " decryptionKeys, or verify where the secret key is.");
      }
    }

    private void checkSinks(List<String> problems) {
      if (sinks.isEmpty()) {
        problems.add("No sink was given: call sink(uri) or sink(sink).");
      }
      if (sinks.size() > 1 && sinks.containsKey("")) {
        problems.add("Of several sinks each needs a name: sink(name, uri).");
      }
      if (requiredCopies != null && (requiredCopies < 1 || requiredCopies > sinks.size())) {
        problems.add(
            "requiredCopies must be 1 to the number of sinks, "
                + sinks.size()
                + ", not "
                + requiredCopies
                + ".");
      }
    }

    private void checkDatabases(List<String> problems) {
      problems.addAll(given);
      if (sources.isEmpty()) {
        problems.add("No source was given: call source(uri) or source(handler).");
      }
      if (sources.size() > 1 && sources.containsKey("")) {
        problems.add("Of several sources each needs a name: source(name, uri).");
      }
      for (String name : targets.keySet()) {
        if (!sources.isEmpty() && !sources.containsKey(name)) {
          problems.add(
              name.isEmpty()
                  ? "The sources have names, so a target needs one, too: target(name, uri)."
                  : "There is a target " + name + ", and no source of that name.");
        }
      }
      if (sources.size() > 1) {
        List<String> unknown = new CollectionFilter(includes, excludes).ofNone(sources.keySet());
        if (!unknown.isEmpty()) {
          problems.add(
              "With several sources, a pattern begins with the name of one and a slash, as in "
                  + sources.keySet().iterator().next()
                  + "/users; these do not: "
                  + String.join(", ", unknown)
                  + ".");
        }
      }
      if (bestEffort && sources.size() < 2) {
        problems.add("bestEffort is for several sources; there is one.");
      }
    }

    /** Null if anything is missing; the problems then say what. */
    private @Nullable Opened openAll(List<AutoCloseable> owned, List<String> problems) {
      ProviderContext context = new ProviderContext(retry, System.getenv());
      List<NamedHandler> openedSources = new ArrayList<>();
      List<NamedHandler> openedTargets = new ArrayList<>();
      sources.forEach(
          (name, database) -> {
            BackupHandler source = open(database, context, owned, problems);
            BackupHandler target =
                targets.containsKey(name)
                    ? open(targets.get(name), context, owned, problems)
                    : source;
            if (source != null && target != null) {
              openedSources.add(new NamedHandler(name, source));
              openedTargets.add(new NamedHandler(name, target));
            }
          });
      List<NamedSink> openedSinks = new ArrayList<>();
      sinks.forEach(
          (name, each) -> {
            StorageSink opened =
                open(each.sink(), each.uri(), uri -> Providers.sink(uri, context), owned, problems);
            if (opened != null) {
              openedSinks.add(new NamedSink(name, opened));
            }
          });
      if (openedSources.size() < sources.size() || openedSinks.size() < sinks.size()) {
        return null;
      }
      requireDifferent(openedSinks, problems);
      int required = requiredCopies == null ? openedSinks.size() : requiredCopies;
      return new Opened(openedSources, openedTargets, new Sinks(openedSinks, required), owned);
    }

    /** Two copies in one place are one. */
    private static void requireDifferent(List<NamedSink> sinks, List<String> problems) {
      Map<String, String> names = new LinkedHashMap<>();
      for (NamedSink each : sinks) {
        String other = names.putIfAbsent(each.sink().location(), each.name());
        if (other != null) {
          problems.add(
              "The sinks "
                  + other
                  + " and "
                  + each.name()
                  + " are the same place, "
                  + each.sink().location()
                  + ".");
        }
      }
    }

    private static @Nullable BackupHandler open(
        Given database, ProviderContext context, List<AutoCloseable> owned, List<String> problems) {
      return open(
          database.handler(),
          database.uri(),
          uri -> Providers.handler(uri, context),
          owned,
          problems);
    }

    private Settings settings(DateTimeFormatter format) {
      DecryptionKeys readable =
          keys.isNone()
              ? encryption
                  .passphraseSecret()
                  .map(DecryptionKeys::passphrase)
                  .orElse(DecryptionKeys.none())
              : keys;
      return new Settings(
          prefix,
          suffix,
          format,
          compression,
          encryption,
          readable,
          new CollectionFilter(includes, excludes),
          allowUncaptured,
          parallelism,
          maxRecordBytes,
          verifyAfterBackup,
          retry,
          clock,
          dryRun,
          Optional.ofNullable(environment),
          bestEffort,
          productionTarget);
    }

    /** Names must be safe keys, whatever the time; null if the format is unusable. */
    private @Nullable DateTimeFormatter checkNames(List<String> problems) {
      if (suffix.contains(Manifest.KEY_ENDING)) {
        problems.add("The suffix " + suffix + " is taken by manifests.");
      }
      try {
        DateTimeFormatter format = Settings.timestamps(timestampFormat);
        // Texts such as the names of days differ from hour to hour and from day to day.
        for (int i = 0; i < 400; i++) {
          String timestamp = format.format(Instant.EPOCH.plus(Duration.ofHours(i * 29L)));
          String name = prefix + "-" + timestamp;
          String longest = prefix + Settings.SAFETY + "-" + timestamp + "-00000000";
          if (!suffix.startsWith(".")
              || !ObjectKey.isSafe(longest + suffix + Codec.ZSTD.ending() + ".age")
              || !ObjectKey.isSafe(longest + Manifest.KEY_ENDING)) {
            problems.add(
                "Prefix, timestamp format and suffix make the name \""
                    + name
                    + suffix
                    + "\". Names consist of letters, digits, '.', '_' and '-' in segments joined by"
                    + " '/', of up to 200 characters each, of which safety backups"
                    + " take 16; the suffix begins with a dot.");
            return format;
          }
          if (!Settings.isTimestamp(format, timestamp)) {
            problems.add(
                "The timestamp format \""
                    + timestampFormat
                    + "\" writes what it cannot read, "
                    + timestamp
                    + ", so backups could not be told from others'. Choose another.");
            return format;
          }
        }
        return format;
      } catch (IllegalArgumentException | DateTimeException e) {
        problems.add(
            "The timestamp format \"" + timestampFormat + "\" cannot be used: " + e.getMessage());
        return null;
      }
    }

    /** Opens by URI. */
    @FunctionalInterface
    private interface Opener<T> {
      T open(String uri);
    }

    private static <T extends AutoCloseable> @Nullable T open(
        @Nullable T given,
        @Nullable String uri,
        Opener<T> opener,
        List<AutoCloseable> owned,
        List<String> problems) {
      if (given != null || uri == null) {
        return given;
      }
      try {
        T opened = opener.open(uri);
        owned.add(opened);
        return opened;
      } catch (ConfigurationException e) {
        problems.addAll(e.problems());
        return null;
      }
    }
  }
}

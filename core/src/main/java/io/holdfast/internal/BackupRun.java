package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.Operation;
import io.holdfast.catalog.Catalog;
import io.holdfast.format.Codec;
import io.holdfast.format.DocumentWriter;
import io.holdfast.format.FormatException;
import io.holdfast.format.Manifest;
import io.holdfast.format.ManifestWriter;
import io.holdfast.internal.age.AgeStreams;
import io.holdfast.internal.age.EncryptingOutputStream;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Takes one backup: document first, manifest last. Whatever fails before the manifest is committed
 * leaves nothing that a catalog shows.
 */
public final class BackupRun {
  /** How much JSON a split should yield: large enough to pay, small enough to wait for. */
  static final long SPLIT_BYTES = 64L << 20;

  private final BackupHandler source;
  private final StorageSink sink;
  private final Settings settings;
  private final Events events;
  private final Instant createdAt;
  private final String backupId;
  private final ObjectKey documentKey;
  private final ObjectKey manifestKey;
  private final ProgressMeter progress;

  /** A run that begins now. */
  public BackupRun(BackupHandler source, StorageSink sink, Settings settings, Events events) {
    this(source, sink, settings, events, "");
  }

  /**
   * A run that begins now.
   *
   * @param ending what follows the timestamp in the backup's id
   */
  BackupRun(
      BackupHandler source, StorageSink sink, Settings settings, Events events, String ending) {
    this.source = source;
    this.sink = sink;
    this.settings = settings;
    this.events = events;
    this.createdAt = settings.clock().instant();
    this.backupId = settings.prefix() + "-" + settings.timestampFormat().format(createdAt) + ending;
    this.documentKey =
        ObjectKey.of(
            backupId
                + settings.suffix()
                + settings.compression().codec().ending()
                + (settings.encryption().isNone() ? "" : ".age"));
    this.manifestKey = Manifest.keyOf(backupId);
    this.progress = new ProgressMeter(Operation.BACKUP, events);
  }

  /**
   * Takes the backup.
   *
   * @throws BackupException if it could not be taken; then nothing of it is listed
   */
  public BackupResult run() {
    events.started(
        Operation.BACKUP,
        backupId,
        source.location() + " → " + sink.location() + " " + documentKey);
    try {
      BackupResult result = settings.dryRun() ? plan() : take();
      progress.last();
      events.completed(
          Operation.BACKUP, backupId, settings.dryRun() ? "dry run" : progress.summary());
      return result;
    } catch (RuntimeException | Error e) {
      events.failed(Operation.BACKUP, backupId, e);
      throw e;
    }
  }

  /** What a source is asked for. */
  static BackupRequest request(Settings settings) {
    return new BackupRequest(
        settings.filter(),
        settings.allowUncaptured(),
        settings.parallelism(),
        SPLIT_BYTES,
        settings.retry());
  }

  /** Looks at everything and writes nothing. */
  private BackupResult plan() {
    requireFreeName();
    try (Held<BackupSession> held =
        new Held<>(source.openBackup(request(settings)), BackupSession::close)) {
      BackupSession session = held.resource();
      Map<String, Long> estimates = new LinkedHashMap<>();
      for (CollectionInfo collection : session.collections()) {
        estimates.put(collection.name(), collection.estimatedRecords());
      }
      return result(
          labelled(session.source()), session.notCaptured(), estimates, 0, 0, session.usage());
    }
  }

  private BackupResult take() {
    requireFreeName();
    // The writer comes first: a sink that cannot be written to should not cost a snapshot.
    try (Held<SinkWriter> writer =
        new Held<>(sink.write(documentKey, WriteOptions.NONE), SinkWriter::close)) {
      Content content = read(writer.resource());
      checkCancelled();
      writer.resource().commit(content.document().digest());
      return publish(content);
    } catch (IOException e) {
      throw new StorageException(
          StorageException.Kind.OTHER,
          documentKey.value(),
          "The document could not be written: " + e.getMessage() + " Nothing of it is visible.",
          e);
    }
  }

  /**
   * What was read.
   *
   * @param document the document that was written, and not yet committed
   * @param notCaptured what it lacks
   */
  private record Content(Manifest.Document document, List<NotCaptured> notCaptured) {}

  /** The session ends with the reading: nothing that follows should hold the source's snapshot. */
  private Content read(SinkWriter sinkWriter) throws IOException {
    BackupRequest request = request(settings);
    try (Held<BackupSession> held = new Held<>(source.openBackup(request), BackupSession::close)) {
      BackupSession session = held.resource();
      Manifest.Document document = writeDocument(session, request, sinkWriter);
      session.finish();
      return new Content(document, session.notCaptured());
    }
  }

  /** The document is stored; from here on it has to be cleared away if something fails. */
  private BackupResult publish(Content content) {
    Manifest.Document document = content.document();
    try {
      checkStored(document);
      Manifest manifest =
          new Manifest(
              backupId,
              createdAt,
              settings.clock().instant(),
              Version.writer(),
              List.of(document),
              content.notCaptured());
      if (settings.verifyAfterBackup()) {
        VerifyRun.check(sink, manifest, settings, new ProgressMeter(Operation.VERIFY, events));
      }
      publish(ManifestWriter.write(manifest));
    } catch (RuntimeException | Error e) {
      Held.undisturbed(() -> removeDocument(e));
      throw e;
    }
    for (NotCaptured missing : content.notCaptured()) {
      events.warned(
          Operation.BACKUP, "Not captured: " + missing.object() + " (" + missing.reason() + ")");
    }
    if (document.records() == 0) {
      events.warned(
          Operation.BACKUP,
          "The backup holds no records: "
              + source.location()
              + " is empty, or not the database that was meant.");
    }
    return result(
        document.source(),
        content.notCaptured(),
        document.counts(),
        document.rawLength(),
        document.digest().lengthBytes(),
        document.usage());
  }

  private BackupResult result(
      SourceInfo from,
      List<NotCaptured> notCaptured,
      Map<String, Long> counts,
      long rawBytes,
      long storedBytes,
      Map<String, Long> usage) {
    return new BackupResult(
        backupId,
        sink.location() + " " + documentKey,
        from,
        counts,
        rawBytes,
        storedBytes,
        notCaptured,
        usage,
        progress.elapsed(),
        settings.dryRun());
  }

  private void requireFreeName() {
    for (ObjectKey key : List.of(manifestKey, documentKey)) {
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

  private Manifest.Document writeDocument(
      BackupSession session, BackupRequest request, SinkWriter sinkWriter) throws IOException {
    Codec codec = settings.compression().codec();
    boolean encrypted = !settings.encryption().isNone();
    SourceInfo from = labelled(session.source());
    Map<String, Long> usage = new TreeMap<>();
    SinkOutputStream stored = new SinkOutputStream(sinkWriter);
    DocumentWriter.Layout layout;
    try (EncryptingOutputStream plain = AgeStreams.encrypting(stored, settings.encryption());
        DocumentWriter writer =
            new DocumentWriter(
                plain, codec, settings.compression().level(), codec == Codec.NONE && !encrypted)) {
      List<CollectionInfo> collections = session.collections();
      progress.expect(collections.size(), estimate(collections));
      writer.header(new DocumentHeader(backupId, 1, from, session.schema()));
      BackupPipeline pipeline =
          new BackupPipeline(
              source,
              session,
              request,
              settings.compression(),
              settings.maxRecordBytes(),
              progress);
      pipeline.run(writer);
      usage.putAll(pipeline.usage());
      layout = writer.finish();
      plain.finish();
    }
    ObjectDigest digest = stored.finish();
    session.usage().forEach((unit, count) -> usage.merge(unit, count, Long::sum));
    return new Manifest.Document(
        documentKey,
        digest,
        codec,
        encrypted ? Manifest.EncryptionKind.AGE : Manifest.EncryptionKind.NONE,
        from,
        layout.rawLength(),
        layout.plainLength(),
        layout.headerLength(),
        layout.headerRawLength(),
        layout.collections(),
        usage);
  }

  private SourceInfo labelled(SourceInfo from) {
    return settings.environment().map(from::withEnvironment).orElse(from);
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

  private void checkStored(Manifest.Document document) {
    long expected = document.digest().lengthBytes();
    long actual = sink.stat(documentKey).map(object -> object.lengthBytes()).orElse(-1L);
    if (actual != expected) {
      throw new FormatException(
          FormatException.Kind.CORRUPT,
          "The sink reports "
              + actual
              + " bytes for "
              + documentKey
              + " where "
              + expected
              + " were written. The backup was not published.");
    }
  }

  private void publish(byte[] manifest) {
    try (Held<SinkWriter> writer =
        new Held<>(sink.write(manifestKey, WriteOptions.NONE), SinkWriter::close)) {
      SinkOutputStream out = new SinkOutputStream(writer.resource());
      out.write(manifest, 0, manifest.length);
      writer.resource().commit(out.finish());
    } catch (RuntimeException e) {
      // The answer may have been lost, and not the manifest. Then the backup is there.
      AtomicBoolean ours = new AtomicBoolean();
      Held.undisturbed(() -> ours.set(isStored(manifest, e)));
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
  }

  private boolean isStored(byte[] manifest, RuntimeException cause) {
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
   * Takes the document back, unless a manifest speaks for it. A run that lost a race for the name
   * has no document of its own, or one of another name; where a sink took equal bytes for one
   * success, it may have the winner's, and that is left alone.
   */
  private void removeDocument(Throwable cause) {
    try {
      if (sink.stat(manifestKey).isEmpty() || !manifestNamesDocument()) {
        sink.delete(documentKey);
      }
    } catch (RuntimeException e) {
      // Not to know is a reason to keep it; prune clears what no manifest names.
      if (e != cause) {
        cause.addSuppressed(e);
      }
    }
  }

  private boolean manifestNamesDocument() {
    return new Catalog(sink)
        .manifest(backupId).documents().stream()
            .anyMatch(document -> document.key().equals(documentKey));
  }

  private static void checkCancelled() {
    if (Thread.interrupted()) {
      Thread.currentThread().interrupt();
      throw new CancelledException(
          "The backup was cancelled. Nothing of it is visible in the sink.", null);
    }
  }
}

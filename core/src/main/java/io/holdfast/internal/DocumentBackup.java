package io.holdfast.internal;

import io.holdfast.SourceResult;
import io.holdfast.format.Codec;
import io.holdfast.format.DocumentWriter;
import io.holdfast.format.Manifest;
import io.holdfast.internal.age.AgeStreams;
import io.holdfast.internal.age.EncryptingOutputStream;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.DocumentHeader;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.StorageException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One source's way into its document. Opened by the thread that takes the backup, read by one
 * thread, committed and closed by the first again.
 */
final class DocumentBackup implements AutoCloseable {
  /** Keys from a passphrase take much memory to make; one document at a time may. */
  private static final ReentrantLock makingKeys = new ReentrantLock();

  private final NamedHandler source;
  private final ObjectKey key;
  private final Copies copies;
  private final Settings settings;

  private @Nullable SinkWriter writer;
  private @Nullable BackupRequest request;
  private @Nullable BackupSession session;
  private Manifest.@Nullable Document document;
  private List<NotCaptured> notCaptured = List.of();

  DocumentBackup(NamedHandler source, ObjectKey key, Copies copies, Settings settings) {
    this.source = source;
    this.key = key;
    this.copies = copies;
    this.settings = settings;
  }

  String name() {
    return source.name();
  }

  BackupHandler handler() {
    return source.handler();
  }

  ObjectKey key() {
    return key;
  }

  void openWriter() {
    writer = copies.write(key);
  }

  void openSession(BackupRequest newRequest) {
    request = newRequest;
    session = source.handler().openBackup(newRequest);
    notCaptured = named(session.notCaptured());
  }

  List<CollectionInfo> collections() {
    return opened(session).collections();
  }

  /**
   * Reads the source into the document, which stays invisible. The session ends with it: nothing
   * that follows should hold the source's snapshot.
   *
   * @param beside how many documents are written at the same time, this one included
   */
  void read(String backupId, ProgressMeter progress, int beside) {
    BackupSession open = opened(session);
    try {
      Manifest.Document written = write(backupId, open, progress, beside);
      open.finish();
      Optional<Instant> until =
          written.source().consistency() == Consistency.FUZZY
              ? Optional.of(settings.clock().instant())
              : Optional.empty();
      document = withReadUntil(written, until);
      notCaptured = named(open.notCaptured());
    } catch (IOException e) {
      throw new StorageException(
          StorageException.Kind.OTHER,
          key.value(),
          "The document could not be written: " + e.getMessage() + " Nothing of it is visible.",
          e);
    } finally {
      closeSession();
    }
  }

  /** Makes the document visible; no manifest speaks for it yet. */
  void commit() {
    opened(writer).commit(document().digest());
  }

  /** The document, once it was read. */
  Manifest.Document document() {
    return opened(document);
  }

  List<NotCaptured> notCaptured() {
    return notCaptured;
  }

  /** What was done. */
  SourceResult result(Optional<Instant> cut) {
    Manifest.Document done = document();
    return new SourceResult(
        source.name(),
        done.source(),
        done.counts(),
        done.rawLength(),
        done.digest().lengthBytes(),
        done.usage(),
        skew(cut, done.source()),
        done.readUntil());
  }

  /** What would be done. */
  SourceResult planned(Optional<Instant> cut) {
    BackupSession open = opened(session);
    Map<String, Long> estimates = new LinkedHashMap<>();
    for (CollectionInfo collection : open.collections()) {
      estimates.put(collection.name(), collection.estimatedRecords());
    }
    SourceInfo from = labelled(open.source());
    return new SourceResult(
        source.name(), from, estimates, 0, 0, open.usage(), skew(cut, from), Optional.empty());
  }

  private static Duration skew(Optional<Instant> cut, SourceInfo from) {
    return cut.map(instant -> Duration.between(instant, from.asOf())).orElse(Duration.ZERO);
  }

  private List<NotCaptured> named(List<NotCaptured> objects) {
    return source.name().isEmpty()
        ? objects
        : objects.stream()
            .map(object -> new NotCaptured(source.name() + ": " + object.object(), object.reason()))
            .toList();
  }

  private Manifest.Document write(
      String backupId, BackupSession open, ProgressMeter progress, int beside) throws IOException {
    Codec codec = settings.compression().codec();
    boolean encrypted = !settings.encryption().isNone();
    SourceInfo from = labelled(open.source());
    Map<String, Long> usage = new TreeMap<>();
    SinkOutputStream stored = new SinkOutputStream(opened(writer));
    DocumentWriter.Layout layout;
    try (EncryptingOutputStream plain = encrypting(stored);
        DocumentWriter documentWriter =
            new DocumentWriter(
                plain, codec, settings.compression().level(), codec == Codec.NONE && !encrypted)) {
      documentWriter.header(new DocumentHeader(backupId, 1, from, open.schema()));
      BackupPipeline pipeline =
          new BackupPipeline(
              source.handler(),
              open,
              opened(request),
              settings.compression(),
              settings.maxRecordBytes(),
              progress,
              beside);
      pipeline.run(documentWriter);
      usage.putAll(pipeline.usage());
      layout = documentWriter.finish();
      plain.finish();
    }
    ObjectDigest digest = stored.finish();
    open.usage().forEach((unit, count) -> usage.merge(unit, count, Long::sum));
    return new Manifest.Document(
        source.name(),
        key,
        digest,
        codec,
        encrypted ? Manifest.EncryptionKind.AGE : Manifest.EncryptionKind.NONE,
        from,
        layout.rawLength(),
        layout.plainLength(),
        layout.headerLength(),
        layout.headerRawLength(),
        layout.collections(),
        usage,
        Optional.empty());
  }

  private EncryptingOutputStream encrypting(SinkOutputStream stored) throws IOException {
    makingKeys.lock();
    try {
      return AgeStreams.encrypting(stored, settings.encryption());
    } finally {
      makingKeys.unlock();
    }
  }

  private static Manifest.Document withReadUntil(
      Manifest.Document of, Optional<Instant> readUntil) {
    return new Manifest.Document(
        of.name(),
        of.key(),
        of.digest(),
        of.codec(),
        of.encryption(),
        of.source(),
        of.rawLength(),
        of.plainLength(),
        of.headerLength(),
        of.headerRawLength(),
        of.collections(),
        of.usage(),
        readUntil);
  }

  private SourceInfo labelled(SourceInfo from) {
    return settings.environment().map(from::withEnvironment).orElse(from);
  }

  private void closeSession() {
    BackupSession open = session;
    if (open != null) {
      session = null;
      Held.undisturbed(open::close);
    }
  }

  private static <T> T opened(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("The document is not at that point.");
    }
    return value;
  }

  /** Releases the source, and discards what was not committed. May be called twice. */
  @Override
  public void close() {
    SinkWriter open = writer;
    writer = null;
    try {
      if (open != null) {
        Held.undisturbed(open::close);
      }
    } finally {
      closeSession();
    }
  }
}

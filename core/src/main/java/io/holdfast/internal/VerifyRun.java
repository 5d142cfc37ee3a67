package io.holdfast.internal;

import io.holdfast.Operation;
import io.holdfast.VerifyResult;
import io.holdfast.format.FormatException;
import io.holdfast.format.Manifest;
import io.holdfast.format.RecordFrame;
import io.holdfast.spi.CollectionFilter;
import io.holdfast.spi.StorageSink;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a backup whole and checks every byte: lengths, digests, frames, JSON, counts. */
public final class VerifyRun {
  private VerifyRun() {}

  /**
   * Verifies a backup and reports it.
   *
   * @throws io.holdfast.BackupException if anything is not as it was written
   */
  public static VerifyResult run(
      StorageSink sink, Manifest manifest, Settings settings, Events events) {
    ProgressMeter progress = new ProgressMeter(Operation.VERIFY, events);
    events.started(Operation.VERIFY, manifest.backupId(), sink.location());
    try {
      check(sink, manifest, settings, progress);
      progress.last();
      events.completed(Operation.VERIFY, manifest.backupId(), progress.summary());
      return new VerifyResult(
          manifest.backupId(),
          counts(manifest),
          manifest.missing(),
          manifest.storedBytes(),
          progress.elapsed());
    } catch (RuntimeException | Error e) {
      events.failed(Operation.VERIFY, manifest.backupId(), e);
      throw e;
    }
  }

  private static Map<String, Long> counts(Manifest manifest) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (Manifest.Document document : manifest.documents()) {
      String front = manifest.documents().size() == 1 ? "" : document.name() + "/";
      document.counts().forEach((name, records) -> counts.put(front + name, records));
    }
    return counts;
  }

  static void check(
      StorageSink sink, Manifest manifest, Settings settings, ProgressMeter progress) {
    for (Manifest.Document document : manifest.documents()) {
      check(sink, manifest.backupId(), document, settings, CollectionFilter.ALL, progress);
    }
  }

  static void check(
      StorageSink sink,
      String backupId,
      Manifest.Document document,
      Settings settings,
      CollectionFilter chosen,
      ProgressMeter progress) {
    progress.expect(document.collections().size(), document.records());
    try (StoredDocument stored =
        StoredDocument.open(
            sink, backupId, document, settings.keys(), settings.maxRecordBytes(), chosen)) {
      new FramePump(
              stored.reader(),
              settings.parallelism(),
              false,
              CollectionFilter.ALL,
              (collection, batch) -> checkJson(collection, batch.array(), batch.end()),
              () -> {},
              progress,
              "The verification was cancelled; nothing was changed.")
          .run();
      stored.finish();
    } catch (IOException e) {
      throw StoredDocument.translate(document.key(), e);
    }
  }

  static void checkJson(String collection, byte[] bytes, int end) {
    try {
      RecordFrame.checkJson(bytes, 0, end);
    } catch (FormatException e) {
      throw new FormatException(
          e.kind(), "Collection " + collection + " is damaged: " + e.getMessage(), e);
    }
  }
}

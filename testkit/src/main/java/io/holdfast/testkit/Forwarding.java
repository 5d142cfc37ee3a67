package io.holdfast.testkit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.util.List;
import java.util.Map;

/** Passes every call on; a double overrides the one that it changes. */
final class Forwarding {
  private Forwarding() {}

  /** A handler that passes every call on. */
  static class Handler implements BackupHandler {
    final BackupHandler inner;

    Handler(BackupHandler inner) {
      this.inner = inner;
    }

    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public String location() {
      return inner.location();
    }

    @Override
    public DatabaseInfo describe() {
      return inner.describe();
    }

    @Override
    public boolean canReadAsOf() {
      return inner.canReadAsOf();
    }

    @Override
    public BackupSession openBackup(BackupRequest request) {
      return inner.openBackup(request);
    }

    @Override
    public SplitReader openReader(BackupRequest request) {
      return inner.openReader(request);
    }

    @Override
    public RestoreSession openRestore(RestoreRequest request) {
      return inner.openRestore(request);
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** A backup session that passes every call on. */
  static class Backup implements BackupSession {
    final BackupSession inner;

    Backup(BackupSession inner) {
      this.inner = inner;
    }

    @Override
    public SourceInfo source() {
      return inner.source();
    }

    @Override
    public ObjectNode schema() {
      return inner.schema();
    }

    @Override
    public List<CollectionInfo> collections() {
      return inner.collections();
    }

    @Override
    public List<Split> splits(CollectionInfo collection) {
      return inner.splits(collection);
    }

    @Override
    public List<NotCaptured> notCaptured() {
      return inner.notCaptured();
    }

    @Override
    public Map<String, Long> usage() {
      return inner.usage();
    }

    @Override
    public void finish() {
      inner.finish();
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** A reader that passes every call on. */
  static class Reader implements SplitReader {
    final SplitReader inner;

    Reader(SplitReader inner) {
      this.inner = inner;
    }

    @Override
    public void open(Split split) {
      inner.open(split);
    }

    @Override
    public boolean read(RecordBuffer into) {
      return inner.read(into);
    }

    @Override
    public Map<String, Long> usage() {
      return inner.usage();
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** A restore session that passes every call on. */
  static class Restore implements RestoreSession {
    final RestoreSession inner;

    Restore(RestoreSession inner) {
      this.inner = inner;
    }

    @Override
    public Ordering ordering() {
      return inner.ordering();
    }

    @Override
    public RestorePlan prepare() {
      return inner.prepare();
    }

    @Override
    public boolean inspects() {
      return inner.inspects();
    }

    @Override
    public void inspect(String collection, RecordBatch batch) {
      inner.inspect(collection, batch);
    }

    @Override
    public void inspected() {
      inner.inspected();
    }

    @Override
    public void begin() {
      inner.begin();
    }

    @Override
    public void write(String collection, RecordBatch batch) {
      inner.write(collection, batch);
    }

    @Override
    public Map<String, Long> recordsWritten() {
      return inner.recordsWritten();
    }

    @Override
    public void finish() {
      inner.finish();
    }

    @Override
    public List<String> report() {
      return inner.report();
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}

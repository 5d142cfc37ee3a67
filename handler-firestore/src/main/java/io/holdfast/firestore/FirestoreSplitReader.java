package io.holdfast.firestore;

import com.google.firestore.v1.Document;
import io.holdfast.firestore.internal.read.DocumentScan;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.firestore.internal.values.JsonOutput;
import io.holdfast.firestore.internal.values.RecordEncoder;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Retry;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Reads splits: one query after another, resumed where one dies. */
final class FirestoreSplitReader implements SplitReader {
  private final FirestoreCalls calls;
  private final Retry retry;
  private final RecordEncoder encoder;
  private final String marker;
  private final JsonOutput record = new JsonOutput();
  private final LongAdder reads = new LongAdder();
  private volatile @Nullable DocumentScan scan;
  private volatile boolean closed;

  FirestoreSplitReader(FirestoreCalls calls, Retry retry) {
    this.calls = calls;
    this.retry = retry;
    this.encoder = new RecordEncoder(calls.database());
    this.marker = calls.database().name(RestoreMarker.PATH);
  }

  @Override
  public void open(Split split) {
    requireOpen();
    scan =
        new DocumentScan(
            calls,
            split.collection(),
            FirestoreSplits.range(split),
            FirestoreSplits.readTime(split),
            false,
            retry,
            reads);
    requireOpen();
  }

  @Override
  public boolean read(RecordBuffer into) {
    requireOpen();
    DocumentScan current = scan;
    if (current == null) {
      throw new IllegalStateException("open comes before read");
    }
    while (!into.isFull()) {
      Optional<Document> next = current.next();
      if (next.isEmpty()) {
        return false;
      }
      record.reset();
      encoder.encode(next.get(), record);
      current.used(record.size());
      if (!next.get().getName().equals(marker)) {
        into.begin();
        into.append(record.array(), 0, record.size());
        into.end();
      }
    }
    return true;
  }

  private void requireOpen() {
    if (closed) {
      throw new HandlerException(HandlerException.Kind.OTHER, null, "The reader was closed.", null);
    }
  }

  @Override
  public Map<String, Long> usage() {
    return Map.of(FirestoreBackupSession.DOCUMENT_READS, reads.sum());
  }

  @Override
  public void close() {
    closed = true;
    DocumentScan current = scan;
    if (current != null) {
      current.close();
    }
  }
}

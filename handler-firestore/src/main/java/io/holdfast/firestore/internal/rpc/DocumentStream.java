package io.holdfast.firestore.internal.rpc;

import com.google.firestore.v1.Document;
import com.google.firestore.v1.RunQueryResponse;
import com.google.firestore.v1.StructuredQuery;
import com.google.protobuf.Timestamp;
import io.holdfast.firestore.internal.rpc.FirestoreErrors.Access;
import java.util.Optional;

/**
 * The documents of one query as they come. Pulled by one thread; may be closed by another, which
 * ends a wait with an error.
 */
public final class DocumentStream implements AutoCloseable {
  private final PulledStream<RunQueryResponse> stream;
  private final String doing;
  private final String collection;

  private DocumentStream(PulledStream<RunQueryResponse> stream, String doing, String collection) {
    this.stream = stream;
    this.doing = doing;
    this.collection = collection;
  }

  /**
   * Begins a query below the root.
   *
   * @param collection what it is about, for errors
   */
  public static DocumentStream open(
      FirestoreCalls calls, StructuredQuery query, Timestamp readTime, String collection) {
    String what = collection.isEmpty() ? "documents" : collection;
    return new DocumentStream(
        calls.query("", query, readTime),
        "read " + what + " of " + calls.database().display(),
        collection);
  }

  /**
   * The next document; empty after the last one.
   *
   * @throws io.holdfast.spi.HandlerException if the query failed
   * @throws io.holdfast.CancelledException if the thread was interrupted
   */
  public Optional<Document> next() {
    try {
      RunQueryResponse answer = stream.next();
      while (answer != null && !answer.hasDocument()) {
        stream.used(1); // it tells the read time, or how many were skipped
        answer = stream.next();
      }
      return answer == null ? Optional.empty() : Optional.of(answer.getDocument());
    } catch (Throwable e) {
      throw FirestoreCalls.failed(e, Access.READ, doing, collection.isEmpty() ? null : collection);
    }
  }

  /**
   * Says that a document was used, so that others may come.
   *
   * @param bytes about how large it was
   */
  public void used(long bytes) {
    stream.used(bytes);
  }

  @Override
  public void close() {
    stream.close();
  }
}

package io.holdfast.firestore.internal.read;

import com.google.firestore.v1.Document;
import com.google.protobuf.Timestamp;
import io.holdfast.firestore.internal.rpc.DocumentStream;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.Retry;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * All documents of a range at one instant, in the order of their names, however long that takes: in
 * pages, each a query that begins behind the last document, since the service ends long ones. A
 * page that dies goes on in the same way. Pulled by one thread; may be closed by another.
 */
public final class DocumentScan implements AutoCloseable {
  private static final int FIRST_PAGE = 5_000;
  private static final int LARGEST_PAGE = 100_000;

  /** The service ends queries after a minute; pages stay far below. */
  private static final long LONG_PAGE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final FirestoreCalls calls;
  private final String collection;
  private final NameRange range;
  private final Timestamp readTime;
  private final boolean namesOnly;
  private final Retry retry;
  private final LongAdder reads;

  private Optional<String> last = Optional.empty();
  private int pageLimit;
  private int inPage;
  private long pageBegan;
  private boolean done;
  private volatile boolean closed;
  private volatile @Nullable DocumentStream page;

  /**
   * A scan that has not begun.
   *
   * @param collection the id of the collections, or {@link Queries#EVERY_COLLECTION}
   * @param namesOnly whether the documents come without fields
   * @param reads counts the documents that the service gave
   */
  public DocumentScan(
      FirestoreCalls calls,
      String collection,
      NameRange range,
      Timestamp readTime,
      boolean namesOnly,
      Retry retry,
      LongAdder reads) {
    this(
        calls,
        collection,
        range,
        readTime,
        namesOnly,
        retry,
        reads,
        calls.longQueries() ? LARGEST_PAGE : FIRST_PAGE);
  }

  /** A scan of names, for somebody who wants no more than a few. */
  public static DocumentScan ofFew(
      FirestoreCalls calls,
      String collection,
      NameRange range,
      Timestamp readTime,
      Retry retry,
      LongAdder reads,
      int few) {
    return new DocumentScan(calls, collection, range, readTime, true, retry, reads, few);
  }

  private DocumentScan(
      FirestoreCalls calls,
      String collection,
      NameRange range,
      Timestamp readTime,
      boolean namesOnly,
      Retry retry,
      LongAdder reads,
      int firstPage) {
    this.pageLimit = firstPage;
    this.calls = calls;
    this.collection = collection;
    this.range = range;
    this.readTime = readTime;
    this.namesOnly = namesOnly;
    this.retry = retry;
    this.reads = reads;
  }

  /**
   * The next document; empty after the last one.
   *
   * @throws HandlerException if reading failed for good
   * @throws io.holdfast.CancelledException if the thread was interrupted
   */
  public Optional<Document> next() {
    try {
      return pull();
    } catch (HandlerException failure) {
      if (!failure.retryable()) {
        throw failure;
      }
      return goOnAfter(failure);
    }
  }

  /** The failure counts as the first try. */
  private Optional<Document> goOnAfter(HandlerException failure) {
    boolean[] told = {false};
    return retry.call(
        "read " + (collection.isEmpty() ? "documents" : collection),
        () -> {
          if (!told[0]) {
            told[0] = true;
            throw failure;
          }
          return pull();
        });
  }

  /**
   * Says that the document that came last was used, so that others may come.
   *
   * @param bytes about how large it was
   */
  public void used(long bytes) {
    DocumentStream current = page;
    if (current != null) {
      current.used(bytes);
    }
  }

  private Optional<Document> pull() {
    while (!done) {
      DocumentStream current = page == null ? openPage() : page;
      Optional<Document> next;
      try {
        next = current.next();
      } catch (RuntimeException e) {
        current.close();
        page = null;
        throw closed ? closedMeanwhile() : e;
      }
      if (next.isPresent()) {
        last = Optional.of(next.get().getName());
        inPage++;
        reads.increment();
        return next;
      }
      endPage();
    }
    return Optional.empty();
  }

  private DocumentStream openPage() {
    inPage = 0;
    pageBegan = System.nanoTime();
    DocumentStream opened =
        DocumentStream.open(
            calls,
            Queries.page(calls.database(), collection, range, last, pageLimit, namesOnly),
            readTime,
            collection);
    page = opened;
    if (closed) {
      opened.close();
      throw closedMeanwhile();
    }
    return opened;
  }

  private void endPage() {
    page = null;
    if (inPage == 0) {
      reads.increment(); // a query without result is billed as one read
    }
    done = inPage < pageLimit;
    if (System.nanoTime() - pageBegan < LONG_PAGE_NANOS) {
      pageLimit = Math.min(LARGEST_PAGE, 4 * pageLimit);
    }
  }

  private static HandlerException closedMeanwhile() {
    return new HandlerException(
        HandlerException.Kind.OTHER, null, "The reader was closed while it was reading.", null);
  }

  @Override
  public void close() {
    closed = true;
    DocumentStream current = page;
    if (current != null) {
      current.close();
    }
  }
}

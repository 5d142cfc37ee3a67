package io.holdfast.firestore.internal.rpc;

import com.google.api.gax.rpc.ResponseObserver;
import com.google.api.gax.rpc.StreamController;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The answers of a streaming call, pulled: the server sends as many ahead as were asked for, which
 * is few where they are large. Pulled by one thread; may be cancelled by another.
 *
 * @param <T> the type of an answer
 */
final class PulledStream<T> implements ResponseObserver<T>, AutoCloseable {
  /** How many bytes of answers may wait here. */
  private static final long WINDOW_BYTES = 512 << 10;

  private static final int MAX_WINDOW = 64;

  /** How the stream ended. */
  private record End(@Nullable Throwable error) {}

  private final LinkedBlockingQueue<Object> queue = new LinkedBlockingQueue<>();
  private final Duration patience;
  private volatile @Nullable StreamController controller;
  private volatile boolean cancelled;
  private int asked;
  private long averageBytes = WINDOW_BYTES / 8;

  /**
   * A stream that has not begun.
   *
   * @param patience how long an answer may take
   */
  PulledStream(Duration patience) {
    this.patience = patience;
  }

  /**
   * The next answer.
   *
   * @return null after the last one
   * @throws Throwable what the call failed with, as the client gives it
   * @throws InterruptedException if the thread is interrupted
   */
  @SuppressWarnings("unchecked") // what is no end was put there by onResponse
  @Nullable T next() throws Throwable {
    if (cancelled) {
      throw new CancellationException("The stream was closed.");
    }
    Object next = queue.poll();
    if (next == null) {
      next = queue.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
    } else if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (next == null) {
      cancel();
      throw io.grpc.Status.DEADLINE_EXCEEDED
          .withDescription("nothing came for " + patience.toSeconds() + " s")
          .asRuntimeException();
    }
    if (next instanceof End end) {
      queue.add(end);
      if (end.error != null) {
        throw end.error;
      }
      return null;
    }
    return (T) next;
  }

  /** Says that an answer was used, and how large it was; others are asked for. */
  void used(long bytes) {
    averageBytes = (7 * averageBytes + bytes) / 8;
    asked--;
    ask();
  }

  private void ask() {
    StreamController stream = controller;
    int window = (int) Math.max(1, Math.min(MAX_WINDOW, WINDOW_BYTES / Math.max(1, averageBytes)));
    // Half a window at a time: each request is a hop to another thread.
    if (stream != null && asked <= window / 2) {
      int more = window - asked;
      asked += more;
      stream.request(more);
    }
  }

  @Override
  public void onStart(StreamController started) {
    started.disableAutoInboundFlowControl();
    controller = started;
    if (cancelled) {
      started.cancel();
    } else {
      ask();
    }
  }

  @Override
  public void onResponse(T response) {
    queue.add(response);
  }

  @Override
  public void onError(Throwable error) {
    queue.add(new End(error));
  }

  @Override
  public void onComplete() {
    queue.add(new End(null));
  }

  /** Gives up what did not come yet; a thread that waits for it gets an error. */
  void cancel() {
    cancelled = true;
    StreamController stream = controller;
    if (stream != null) {
      stream.cancel();
    }
    queue.add(new End(new CancellationException("The stream was closed.")));
  }

  @Override
  public void close() {
    cancel();
  }
}

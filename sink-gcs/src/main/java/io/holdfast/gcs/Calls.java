package io.holdfast.gcs;

import io.holdfast.CancelledException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Waits for blocking calls so that an interrupt ends the wait: Google's client reads and writes
 * sockets that ignore interrupts, and has no time limit for writing. The calls themselves run on
 * threads of their own, which end with the client's timeouts. Safe to share.
 */
final class Calls implements AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final Duration timeout;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "holdfast-gcs-" + NUMBER.incrementAndGet());
            thread.setDaemon(true);
            return thread;
          });

  /** A call to the storage. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws IOException;
  }

  /** The client failed by itself, or its credentials did: not by what the storage answered. */
  static final class ClientException extends IOException {
    private static final long serialVersionUID = 1L;

    ClientException(RuntimeException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /**
   * @param timeout how long to wait for one call, sending included
   */
  Calls(Duration timeout) {
    this.timeout = timeout;
  }

  /**
   * Runs the call and waits for it. Does not begin it if the thread is already interrupted.
   *
   * @throws IOException what the call threw, or that it took too long
   * @throws CancelledException if the thread is interrupted; its flag stays set
   */
  <T> T run(Call<T> call) throws IOException {
    requireNotInterrupted();
    Future<T> answer;
    try {
      answer = threads.submit(call::run);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("The sink was closed.", e);
    }
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw cancelled(e);
    } catch (TimeoutException e) {
      answer.cancel(true);
      SocketTimeoutException late =
          new SocketTimeoutException("no answer within " + timeout.toSeconds() + " s");
      late.initCause(e);
      throw late;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException io) {
        throw io;
      }
      if (cause instanceof RuntimeException runtime) {
        throw new ClientException(runtime);
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw new IOException(cause);
    }
  }

  /**
   * Ends what the caller does if its thread is interrupted.
   *
   * @throws CancelledException if so; the flag stays set
   */
  static void requireNotInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw cancelled(new InterruptedException());
    }
  }

  /** Runs something that nobody waits for, and whose failure does not matter. */
  void later(Call<?> call) {
    try {
      threads.execute(
          () -> {
            try {
              call.run();
            } catch (IOException | RuntimeException e) {
              // Only a connection that is not needed any more.
            }
          });
    } catch (RejectedExecutionException e) {
      // The sink was closed; its connections end by their timeouts.
    }
  }

  /** Lets the threads end. What runs still does so to its end. */
  @Override
  public void close() {
    threads.shutdown();
  }

  private static CancelledException cancelled(InterruptedException e) {
    return new CancelledException("Interrupted while waiting for Google Cloud Storage.", e);
  }
}

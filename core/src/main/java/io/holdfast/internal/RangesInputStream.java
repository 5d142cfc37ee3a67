package io.holdfast.internal;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.format.ByteRange;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageSink;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Parts of an object, one after another, as one stream. From a sink that is far away several pieces
 * are fetched at the same time and wait in memory for their turn. Used by one thread.
 */
public final class RangesInputStream extends InputStream {
  /** Large enough that a request's way hardly counts, small enough that several fit into memory. */
  private static final int PIECE_BYTES = 4 << 20;

  private static final AtomicInteger numbers = new AtomicInteger();

  private final StorageSink sink;
  private final ObjectKey key;
  private final Deque<ByteRange> waiting;
  private final int parallel;
  private final Deque<Future<byte[]>> fetching = new ArrayDeque<>();
  private @Nullable ExecutorService threads;
  private @Nullable InputStream current;
  private boolean first = true;
  private boolean closed;

  private RangesInputStream(StorageSink sink, ObjectKey key, List<ByteRange> ranges, int parallel) {
    this.sink = sink;
    this.key = key;
    this.waiting = new ArrayDeque<>(ranges);
    this.parallel = parallel;
  }

  /**
   * Opens the beginning at once, so that a missing object is known now; more is fetched when more
   * is read.
   *
   * @param ranges what to read, in this order; at least one, none of them empty
   * @param firstBytes how much is likely to be read by somebody who looks at the beginning only
   */
  public static RangesInputStream open(
      StorageSink sink, ObjectKey key, List<ByteRange> ranges, long firstBytes) {
    int parallel = Math.min(sink.parallelReads(), heapAllows());
    RangesInputStream stream =
        new RangesInputStream(
            sink, key, parallel == 1 ? ranges : pieces(ranges, firstBytes), parallel);
    stream.openNext();
    return stream;
  }

  /** An eighth of the heap may hold pieces. */
  private static int heapAllows() {
    return (int) Math.max(1, Math.min(64, Runtime.getRuntime().maxMemory() / 8 / PIECE_BYTES));
  }

  private static List<ByteRange> pieces(List<ByteRange> ranges, long firstBytes) {
    List<ByteRange> pieces = new ArrayList<>();
    for (ByteRange range : ranges) {
      long from = range.offset();
      long end = from + range.lengthBytes();
      if (pieces.isEmpty()) {
        from = add(pieces, from, Math.min(end, from + firstBytes));
      }
      while (from < end) {
        // At multiples of the size, where storages have the borders of their own pieces.
        from = add(pieces, from, Math.min(end, (from / PIECE_BYTES + 1) * PIECE_BYTES));
      }
    }
    return pieces;
  }

  private static long add(List<ByteRange> pieces, long from, long to) {
    pieces.add(new ByteRange(from, to - from));
    return to;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, into.length);
    if (closed) {
      throw new IOException("The stream was closed.");
    }
    if (count == 0) {
      return 0;
    }
    for (InputStream in = current; in != null; in = current) {
      int got = in.read(into, offset, count);
      if (got > 0) {
        return got;
      }
      in.close();
      current = null;
      next();
    }
    return -1;
  }

  private void next() throws IOException {
    try {
      openNext();
    } catch (BackupException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void openNext() {
    if (parallel > 1 && !first) {
      fetchAhead();
      Future<byte[]> fetched = fetching.poll();
      current = fetched == null ? null : new ByteArrayInputStream(await(fetched));
      return;
    }
    first = false;
    ByteRange range = waiting.poll();
    current = range == null ? null : sink.read(key, range.offset(), range.lengthBytes());
  }

  private void fetchAhead() {
    ExecutorService pool = threads;
    if (pool == null) {
      pool = Executors.newFixedThreadPool(parallel, RangesInputStream::thread);
      threads = pool;
    }
    while (fetching.size() < parallel && !waiting.isEmpty()) {
      ByteRange range = waiting.remove();
      fetching.add(pool.submit(() -> fetch(range)));
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "holdfast-fetch-" + numbers.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  private byte[] fetch(ByteRange range) throws IOException {
    int length = (int) range.lengthBytes();
    try (InputStream in = sink.read(key, range.offset(), length)) {
      byte[] bytes = in.readNBytes(length);
      if (bytes.length < length) {
        throw new IOException("The range of " + key + " at " + range.offset() + " ended early.");
      }
      return bytes;
    }
  }

  private byte[] await(Future<byte[]> fetched) {
    try {
      return fetched.get();
    } catch (InterruptedException e) {
      throw Workers.cancelled("Reading " + key + " was cancelled.", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof CancelledException) {
        throw new BackupException("Reading " + key + " was given up.", cause);
      }
      if (cause instanceof RuntimeException runtime) {
        throw runtime;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw cause instanceof IOException broken
          ? StoredDocument.translate(key, broken)
          : new BackupException("Reading " + key + " failed.", cause);
    }
  }

  /** Gives up what is being fetched, and waits until no thread reads from the sink any more. */
  @Override
  public void close() throws IOException {
    closed = true;
    waiting.clear();
    fetching.clear();
    ExecutorService pool = threads;
    if (pool != null) {
      threads = null;
      pool.shutdownNow();
      awaitEnd(pool);
    }
    InputStream in = current;
    current = null;
    if (in != null) {
      in.close();
    }
  }

  private static void awaitEnd(ExecutorService pool) {
    boolean interrupted = Thread.interrupted();
    boolean ended = false;
    while (!ended) {
      try {
        ended = pool.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

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
  /** Large enough that a request's way and work hardly count. */
  private static final int LARGEST_PIECE_BYTES = 8 << 20;

  private static final int SMALLEST_PIECE_BYTES = 1 << 20;

  /** How much of the heap the pieces may take. */
  private static final int HEAP_SHARE = 6;

  private static final AtomicInteger numbers = new AtomicInteger();

  private final StorageSink sink;
  private final ObjectKey key;
  private final Deque<ByteRange> waiting;
  private final int parallel;
  private final Deque<Future<Piece>> fetching = new ArrayDeque<>();

  /** Buffers to fill again: new ones are as large as old garbage, and cost a collection each. */
  private final Deque<byte[]> spare = new ArrayDeque<>();

  private @Nullable ExecutorService threads;
  private @Nullable InputStream current;
  private byte @Nullable [] currentBuffer;
  private boolean first = true;
  private boolean closed;

  /** What was fetched: the first bytes of a buffer. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Piece(byte[] buffer, int lengthBytes) {}

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
    return open(sink, key, ranges, firstBytes, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /**
   * The same in that much memory.
   *
   * @param allowedBytes how much the pieces may take; little of it means fewer and smaller ones
   */
  public static RangesInputStream open(
      StorageSink sink, ObjectKey key, List<ByteRange> ranges, long firstBytes, long allowedBytes) {
    int parallel = parallel(sink.parallelReads(), allowedBytes);
    RangesInputStream stream =
        new RangesInputStream(
            sink,
            key,
            parallel == 1 ? ranges : pieces(ranges, firstBytes, pieceBytes(parallel, allowedBytes)),
            parallel);
    stream.openNext();
    return stream;
  }

  /** How many pieces can be fetched while another one is read; 1 if none beside it. */
  public static int parallel(int wanted, long allowedBytes) {
    return (int) Math.max(1, Math.min(wanted, allowedBytes / SMALLEST_PIECE_BYTES - 1));
  }

  /** How large pieces may be, if as many are fetched while another one is read. */
  public static int pieceBytes(int parallel, long allowedBytes) {
    int size = LARGEST_PIECE_BYTES;
    while (size > SMALLEST_PIECE_BYTES && (parallel + 1L) * size > allowedBytes) {
      size /= 2;
    }
    return size;
  }

  private static List<ByteRange> pieces(List<ByteRange> ranges, long firstBytes, int pieceBytes) {
    List<ByteRange> pieces = new ArrayList<>();
    for (ByteRange range : ranges) {
      long from = range.offset();
      long end = from + range.lengthBytes();
      if (pieces.isEmpty()) {
        from = add(pieces, from, Math.min(end, from + firstBytes));
      }
      while (from < end) {
        // At multiples of the size, where storages have the borders of their own pieces.
        from = add(pieces, from, Math.min(end, (from / pieceBytes + 1) * pieceBytes));
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
      recycle();
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
      Future<Piece> fetched = fetching.poll();
      if (fetched != null) {
        Piece piece = await(fetched);
        currentBuffer = piece.buffer();
        current = new ByteArrayInputStream(piece.buffer(), 0, piece.lengthBytes());
      }
      return;
    }
    first = false;
    ByteRange range = waiting.poll();
    current = range == null ? null : sink.read(key, range.offset(), range.lengthBytes());
  }

  private void recycle() {
    byte[] read = currentBuffer;
    if (read != null) {
      currentBuffer = null;
      spare.add(read);
    }
  }

  private void fetchAhead() {
    ExecutorService pool = threads;
    if (pool == null) {
      pool = Executors.newFixedThreadPool(parallel, RangesInputStream::thread);
      threads = pool;
    }
    while (fetching.size() < parallel && !waiting.isEmpty()) {
      ByteRange range = waiting.remove();
      byte[] buffer = buffer((int) range.lengthBytes());
      fetching.add(pool.submit(() -> fetch(range, buffer)));
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "holdfast-fetch-" + numbers.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  private byte[] buffer(int lengthBytes) {
    byte[] again = spare.poll();
    return again != null && again.length >= lengthBytes ? again : new byte[lengthBytes];
  }

  private Piece fetch(ByteRange range, byte[] buffer) throws IOException {
    int length = (int) range.lengthBytes();
    try (InputStream in = sink.read(key, range.offset(), length)) {
      if (in.readNBytes(buffer, 0, length) < length) {
        throw new IOException("The range of " + key + " at " + range.offset() + " ended early.");
      }
      return new Piece(buffer, length);
    }
  }

  private Piece await(Future<Piece> fetched) {
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
    spare.clear();
    currentBuffer = null;
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

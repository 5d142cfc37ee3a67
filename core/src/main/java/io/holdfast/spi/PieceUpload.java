package io.holdfast.spi;

import io.holdfast.CancelledException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what is written into pieces, and stores several of them at the same time: what a {@link
 * SinkWriter} for multipart, resumable or chunked uploads stands on. The length need not be known;
 * memory is bounded by one piece more than are stored at the same time, and the writer waits when
 * all are under way.
 *
 * <p>Used by one thread, which must close it. The last piece is stored by {@link #finish}, on the
 * caller's thread, and is the only one that may be shorter than its size; an object that fits into
 * one piece is therefore stored by one call, with no thread. After a failure it can only be closed.
 */
public final class PieceUpload implements AutoCloseable {
  /** Stores one piece. */
  @FunctionalInterface
  public interface Store {
    /**
     * Stores a piece; when it returns, the storage has it. Called from several threads, and
     * interrupted when the upload is given up.
     *
     * @param number which piece, from 0
     * @param offset where it begins in the object, in bytes
     * @param piece its bytes, in a heap buffer, from 0 to the limit; belongs to the caller again
     *     afterwards. To repeat the step, take a duplicate
     * @param last whether it is the last piece, which may be empty only if it is the first, too
     * @throws RuntimeException if it could not be stored
     */
    void store(int number, long offset, ByteBuffer piece, boolean last);
  }

  private static final int FIRST_BYTES = 1 << 16;

  private final String name;
  private final IntUnaryOperator pieceBytes;
  private final int parallel;
  private final Store store;

  /** Guards everything below that is shared with the threads. */
  private final Object lock = new Object();

  private final Deque<Piece> waiting = new ArrayDeque<>();
  private final Deque<ByteBuffer> spare = new ArrayDeque<>();
  private final List<Thread> threads = new ArrayList<>();
  private int underWay;
  private boolean ending;
  private @Nullable Throwable failure;

  private @Nullable ByteBuffer filling;
  private int number;
  private long offset;
  private boolean finished;

  /** A full piece that waits for a thread. */
  private record Piece(int number, long offset, ByteBuffer bytes) {}

  /**
   * An upload in pieces of one size.
   *
   * @param name what its threads are called: {@code s3-upload}
   * @param pieceBytes how large a piece is, in bytes, ≥ 1
   * @param parallel how many pieces are stored at the same time, ≥ 1
   * @param store stores a piece
   */
  public PieceUpload(String name, int pieceBytes, int parallel, Store store) {
    this(name, ignored -> pieceBytes, parallel, store);
  }

  /**
   * An upload in pieces whose size depends on their number, for storages that limit how many there
   * are.
   *
   * @param name what its threads are called: {@code s3-upload}
   * @param pieceBytes how large the piece of that number is, in bytes, ≥ 1
   * @param parallel how many pieces are stored at the same time, ≥ 1
   * @param store stores a piece
   */
  public PieceUpload(String name, IntUnaryOperator pieceBytes, int parallel, Store store) {
    if (parallel < 1 || pieceBytes.applyAsInt(0) < 1) {
      throw new IllegalArgumentException("pieceBytes and parallel must be ≥ 1");
    }
    this.name = name;
    this.pieceBytes = pieceBytes;
    this.parallel = parallel;
    this.store = store;
  }

  /** How many bytes were written so far. */
  public long lengthBytes() {
    return offset + (filling == null ? 0 : filling.position());
  }

  /**
   * Takes all remaining bytes of the buffer, which the caller may reuse afterwards. Waits while as
   * many pieces are under way as may be.
   *
   * @throws CancelledException if the thread is interrupted while it waits
   * @throws RuntimeException what {@code store} threw, also for an earlier piece
   */
  public void write(ByteBuffer bytes) {
    requireUsable();
    while (bytes.hasRemaining()) {
      ByteBuffer piece = filling();
      if (!piece.hasRemaining()) {
        if (piece.capacity() < pieceBytes.applyAsInt(number)) {
          filling = grown(piece);
        } else {
          handOver(piece);
        }
        continue;
      }
      int limit = bytes.limit();
      bytes.limit(bytes.position() + Math.min(bytes.remaining(), piece.remaining()));
      piece.put(bytes);
      bytes.limit(limit);
    }
  }

  /**
   * Stores the last piece and waits until all are stored.
   *
   * @return how many pieces there were, ≥ 1
   * @throws CancelledException if the thread is interrupted while it waits
   * @throws RuntimeException what {@code store} threw
   */
  public int finish() {
    requireUsable();
    finished = true;
    // The last piece goes last: for some storages it closes the object.
    awaitOthers();
    ByteBuffer last = filling();
    last.flip();
    store.store(number, offset, last, true);
    return number + 1;
  }

  /**
   * Gives up what is under way, and waits until no thread stores anything any more. May be called
   * twice, and after {@link #finish}.
   */
  @Override
  public void close() {
    finished = true;
    List<Thread> running;
    synchronized (lock) {
      ending = true;
      waiting.clear();
      spare.clear();
      running = List.copyOf(threads);
      lock.notifyAll();
    }
    filling = null;
    boolean interrupted = false;
    for (Thread thread : running) {
      thread.interrupt();
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void requireUsable() {
    if (finished) {
      throw new IllegalStateException("The upload was finished or closed, or has failed.");
    }
  }

  /** The piece that is being filled; there is one at any time after the first call. */
  private ByteBuffer filling() {
    ByteBuffer piece = filling;
    if (piece == null) {
      int size = pieceBytes.applyAsInt(number);
      piece = ByteBuffer.allocate(number == 0 ? Math.min(size, FIRST_BYTES) : size);
      filling = piece;
    }
    return piece;
  }

  /** Most objects that fit into one piece are much smaller than it. */
  private ByteBuffer grown(ByteBuffer full) {
    long larger = Math.min(pieceBytes.applyAsInt(number), 4L * full.capacity());
    return ByteBuffer.allocate((int) larger).put(full.flip());
  }

  private void handOver(ByteBuffer full) {
    full.flip();
    synchronized (lock) {
      waiting.add(new Piece(number, offset, full));
      if (threads.size() < parallel && underWay + waiting.size() > threads.size()) {
        startThread();
      }
      lock.notifyAll();
      offset += full.limit();
      number++;
      filling = null;
      // One piece may be filled while the others are stored.
      awaitWhile(() -> underWay + waiting.size() > parallel);
      int size = pieceBytes.applyAsInt(number);
      ByteBuffer again = spare.poll();
      if (again != null && again.capacity() == size) {
        again.clear();
        filling = again;
      }
    }
  }

  private void awaitOthers() {
    synchronized (lock) {
      awaitWhile(() -> underWay + waiting.size() > 0);
    }
  }

  /** Whether to wait on. */
  private interface Condition {
    boolean holds();
  }

  private void awaitWhile(Condition condition) {
    while (failure == null && condition.holds()) {
      try {
        lock.wait();
      } catch (InterruptedException e) {
        finished = true;
        Thread.currentThread().interrupt();
        throw new CancelledException("The upload was cancelled. Nothing was published.", e);
      }
    }
    Throwable failed = failure;
    if (failed != null) {
      finished = true;
      if (failed instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) failed;
    }
  }

  private void startThread() {
    Thread thread = new Thread(this::storePieces, "holdfast-" + name + "-" + threads.size());
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  private void storePieces() {
    for (Piece piece = next(); piece != null; piece = next()) {
      try {
        store.store(piece.number(), piece.offset(), piece.bytes(), false);
        done(piece.bytes());
      } catch (RuntimeException | Error e) { // also an OutOfMemoryError must reach the caller
        fail(e);
        return;
      }
    }
  }

  private @Nullable Piece next() {
    synchronized (lock) {
      while (waiting.isEmpty() && !ending && failure == null) {
        try {
          lock.wait();
        } catch (InterruptedException e) {
          return null; // Only close interrupts, and then there is nothing more to do.
        }
      }
      if (ending || failure != null) {
        return null;
      }
      underWay++;
      return waiting.poll();
    }
  }

  private void done(ByteBuffer bytes) {
    synchronized (lock) {
      underWay--;
      spare.add(bytes);
      lock.notifyAll();
    }
  }

  private void fail(Throwable e) {
    synchronized (lock) {
      underWay--;
      if (failure == null) {
        failure = e;
      }
      lock.notifyAll();
    }
  }
}

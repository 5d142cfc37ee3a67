package io.holdfast.internal;

import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes one object to several sinks at the same time, each on a thread of its own with a little
 * room to fall behind. A slow sink slows the others down once its room is used up; one that fails
 * is left out. Used by one thread.
 */
final class CopyingWriter implements SinkWriter {
  /** How far a sink may fall behind the fastest. */
  private static final int ROOM_BYTES = 4 << 20;

  private final Copies copies;
  private final ObjectKey key;
  private final List<Lane> lanes = new ArrayList<>();
  private boolean ended;

  private CopyingWriter(Copies copies, ObjectKey key) {
    this.copies = copies;
    this.key = key;
  }

  /** Begins the object in each sink that works. */
  static CopyingWriter open(Copies copies, ObjectKey key) {
    CopyingWriter writer = new CopyingWriter(copies, key);
    try {
      for (NamedSink sink : copies.working()) {
        try {
          writer.lanes.add(writer.new Lane(sink, sink.sink().write(key, WriteOptions.NONE)));
        } catch (RuntimeException e) {
          copies.failed(sink, e);
        }
      }
    } catch (RuntimeException | Error e) {
      Held.undisturbed(writer::close);
      throw e;
    }
    writer.lanes.forEach(lane -> lane.thread.start());
    return writer;
  }

  @Override
  public void write(ByteBuffer bytes) {
    requireUsable();
    byte[] piece = new byte[bytes.remaining()];
    bytes.get(piece);
    for (Lane lane : lanes) {
      lane.put(piece);
    }
    checkLanes();
  }

  @Override
  public StoredObject commit(ObjectDigest digest) {
    requireUsable();
    ended = true;
    lanes.forEach(lane -> lane.commit(digest));
    try {
      StoredObject stored = null;
      for (Lane lane : lanes) {
        StoredObject object = lane.awaitCommit();
        stored = stored == null ? object : stored;
      }
      checkLanes();
      if (stored == null) {
        throw new IllegalStateException("No sink is left, though that ends the run before.");
      }
      return stored;
    } catch (RuntimeException | Error e) {
      // Whoever takes back what was stored must find all of it.
      Held.undisturbed(this::close);
      throw e;
    }
  }

  private void requireUsable() {
    if (ended) {
      throw new IllegalStateException("The writer of " + key + " was committed or closed.");
    }
  }

  private void checkLanes() {
    for (Lane lane : lanes) {
      Throwable failure = lane.takeFailure();
      if (failure != null) {
        copies.failed(lane.sink, failure);
      }
    }
  }

  @Override
  public void close() {
    ended = true;
    lanes.forEach(Lane::stop);
    RuntimeException first = null;
    for (Lane lane : lanes) {
      try {
        lane.close();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }

  /** One sink's way. Its monitor guards what the two threads share. */
  private final class Lane {
    final NamedSink sink;
    final Thread thread;
    private final SinkWriter writer;
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private @Nullable ObjectDigest digest;
    private @Nullable StoredObject stored;
    private @Nullable Throwable failure;
    private boolean reported;
    private boolean done;

    Lane(NamedSink sink, SinkWriter writer) {
      this.sink = sink;
      this.writer = writer;
      this.thread = new Thread(this::run, "holdfast-copy-to-" + sink.name());
      thread.setDaemon(true);
    }

    /**
     * Waits for room. Of a sink that has failed, by this object or another, nothing is expected.
     */
    synchronized void put(byte[] piece) {
      try {
        while (!done && waitingBytes > 0 && waitingBytes + piece.length > ROOM_BYTES) {
          wait();
        }
      } catch (InterruptedException e) {
        throw Workers.cancelled("The backup was cancelled. Nothing of it is visible.", e);
      }
      if (!done && copies.works(sink)) {
        waiting.add(piece);
        waitingBytes += piece.length;
        notifyAll();
      }
    }

    synchronized void commit(ObjectDigest of) {
      digest = of;
      notifyAll();
    }

    synchronized @Nullable StoredObject awaitCommit() {
      try {
        while (!done) {
          wait();
        }
      } catch (InterruptedException e) {
        throw Workers.cancelled("The backup was cancelled. Nothing of it is listed.", e);
      }
      return stored;
    }

    synchronized @Nullable Throwable takeFailure() {
      Throwable taken = reported ? null : failure;
      reported |= taken != null;
      return taken;
    }

    private void run() {
      try {
        for (byte[] piece = next(); piece != null; piece = next()) {
          writer.write(ByteBuffer.wrap(piece));
        }
        ObjectDigest of = announced();
        if (of != null) {
          StoredObject object = writer.commit(of);
          copies.stored(sink, key);
          end(object, null);
        }
      } catch (InterruptedException e) {
        end(null, null); // given up by close
      } catch (RuntimeException | Error e) { // also an OutOfMemoryError must reach the caller
        end(null, e);
      }
    }

    /** The next piece; null once all are written and the object can be published. */
    private synchronized byte @Nullable [] next() throws InterruptedException {
      while (waiting.isEmpty() && digest == null) {
        wait();
      }
      byte[] piece = waiting.poll();
      if (piece != null) {
        waitingBytes -= piece.length;
        notifyAll();
      }
      return piece;
    }

    private synchronized @Nullable ObjectDigest announced() {
      if (!copies.works(sink)) {
        end(null, null); // it failed for another object of this run
        return null;
      }
      return digest;
    }

    private synchronized void end(@Nullable StoredObject object, @Nullable Throwable e) {
      stored = object;
      failure = e;
      done = true;
      waiting.clear();
      waitingBytes = 0;
      notifyAll();
    }

    void stop() {
      thread.interrupt();
    }

    /** Waits for the thread, for the writer may be used by one only. */
    void close() {
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      try {
        writer.close();
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}

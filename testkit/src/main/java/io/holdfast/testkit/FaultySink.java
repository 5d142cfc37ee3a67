package io.holdfast.testkit;

import io.holdfast.CancelledException;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A sink around another one that fails where a test tells it to, and passes everything else on:
 *
 * <pre>{@code
 * FaultySink sink = new FaultySink(new MemorySink());
 * sink.onNth(Operation.COMMIT, 2).fail(new StorageException(Kind.UNAVAILABLE, null, "down", null));
 * }</pre>
 *
 * <p>Calls are counted for each operation from the sink's beginning; where several faults match a
 * call, the one that was set first strikes. Safe for use by many threads. Closing it closes the
 * sink inside.
 */
public final class FaultySink implements StorageSink {
  /** What can be made to fail. */
  public enum Operation {
    /** {@code StorageSink.write}, which opens a writer. */
    OPEN,
    /** {@code SinkWriter.write}. */
    WRITE,
    /** {@code SinkWriter.commit}. */
    COMMIT,
    /** {@code StorageSink.read}, with the stream that it returns. */
    READ,
    /** {@code StorageSink.stat}. */
    STAT,
    /** {@code StorageSink.list}. */
    LIST,
    /** {@code StorageSink.delete}. */
    DELETE,
    /** {@code StorageSink.leftovers}. */
    LEFTOVERS,
    /** {@code StorageSink.discard}. */
    DISCARD
  }

  /** A fault: when it strikes is settled, what it does is chosen by one of the methods. */
  public final class Fault {
    private final Operation operation;
    private final Predicate<Call> when;

    private Fault(Operation operation, Predicate<Call> when) {
      this.operation = operation;
      this.when = when;
    }

    /** The call throws this instead of doing anything. */
    public void fail(RuntimeException error) {
      add(
          new Effect() {
            @Override
            public void before() {
              throw error;
            }
          });
    }

    /** The call is done, and then throws this: the answer was lost on the way. */
    public void loseAnswer(RuntimeException error) {
      add(
          new Effect() {
            @Override
            public void after() {
              throw error;
            }
          });
    }

    /** The call waits until it is released, and is then done. An interruption ends the wait. */
    public Gate block() {
      Gate gate = new Gate();
      add(
          new Effect() {
            @Override
            public void before() {
              gate.pass();
            }
          });
      return gate;
    }

    /**
     * The stream of a read ends without an error, against the contract.
     *
     * @param lengthBytes after how many bytes
     */
    public void endEarly(long lengthBytes) {
      add(
          new Effect() {
            @Override
            public InputStream around(InputStream in) {
              return new Cut(in, lengthBytes, null);
            }
          });
    }

    /**
     * The stream of a read throws.
     *
     * @param lengthBytes after how many bytes
     */
    public void breakOff(long lengthBytes, IOException error) {
      add(
          new Effect() {
            @Override
            public InputStream around(InputStream in) {
              return new Cut(in, lengthBytes, error);
            }
          });
    }

    /**
     * The stream of a read has one bit turned over.
     *
     * @param position in which byte, counted from the beginning of the stream
     */
    public void flipBit(long position) {
      add(
          new Effect() {
            @Override
            public InputStream around(InputStream in) {
              return new Flipped(in, position);
            }
          });
    }

    private void add(Effect effect) {
      faults.add(new Armed(operation, when, effect));
    }
  }

  /** Holds a call until a test releases it. */
  public static final class Gate {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    private Gate() {}

    /**
     * Waits until a call stands at the gate.
     *
     * @throws AssertionError if none comes in time
     */
    public void awaitReached(Duration patience) throws InterruptedException {
      if (!reached.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("No call reached the gate within " + patience);
      }
    }

    /** Lets every call pass from now on. */
    public void release() {
      released.countDown();
    }

    private void pass() {
      reached.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("Interrupted while waiting for the storage.", e);
      }
    }
  }

  /**
   * A call that is about to be made.
   *
   * @param number which one of its operation, from 1 on
   * @param key the object concerned; empty for lists and leftovers
   */
  private record Call(int number, Optional<ObjectKey> key) {}

  private record Armed(Operation operation, Predicate<Call> when, Effect effect) {}

  private interface Effect {
    default void before() {}

    default void after() {}

    default InputStream around(InputStream in) {
      return in;
    }
  }

  private static final Effect NO_EFFECT = new Effect() {};

  private final StorageSink inside;
  private final Map<Operation, AtomicInteger> calls = new EnumMap<>(Operation.class);
  private final List<Armed> faults = new CopyOnWriteArrayList<>();

  /**
   * @param inside the sink that does the work; closed with this one
   */
  public FaultySink(StorageSink inside) {
    this.inside = inside;
    for (Operation operation : Operation.values()) {
      calls.put(operation, new AtomicInteger());
    }
  }

  /** A fault that strikes at every call. */
  public Fault on(Operation operation) {
    return new Fault(operation, call -> true);
  }

  /**
   * A fault that strikes once.
   *
   * @param number at which call of that operation, counted from the sink's beginning, from 1 on
   */
  public Fault onNth(Operation operation, int number) {
    return new Fault(operation, call -> call.number() == number);
  }

  /** A fault that strikes at every call for a key of that kind. */
  public Fault onKey(Operation operation, Predicate<ObjectKey> keys) {
    return new Fault(operation, call -> call.key().filter(keys).isPresent());
  }

  /** Takes back all faults. */
  public void heal() {
    faults.clear();
  }

  /** How many calls of that operation there were, failed ones included. */
  public int calls(Operation operation) {
    return counter(operation).get();
  }

  @Override
  public String location() {
    return inside.location();
  }

  @Override
  public Set<SinkCapability> capabilities() {
    return inside.capabilities();
  }

  @Override
  public SinkWriter write(ObjectKey key, WriteOptions options) {
    Effect effect = strike(Operation.OPEN, Optional.of(key));
    effect.before();
    SinkWriter writer = inside.write(key, options);
    try {
      effect.after();
    } catch (RuntimeException e) {
      writer.close();
      throw e;
    }
    return new FaultyWriter(key, writer);
  }

  @Override
  public InputStream read(ObjectKey key, long offset, long lengthBytes) {
    Effect effect = strike(Operation.READ, Optional.of(key));
    effect.before();
    return effect.around(inside.read(key, offset, lengthBytes));
  }

  @Override
  public int parallelReads() {
    return inside.parallelReads();
  }

  @Override
  public Optional<StoredObject> stat(ObjectKey key) {
    Effect effect = strike(Operation.STAT, Optional.of(key));
    effect.before();
    return inside.stat(key);
  }

  @Override
  public Stream<StoredObject> list(String prefix) {
    Effect effect = strike(Operation.LIST, Optional.empty());
    effect.before();
    return inside.list(prefix);
  }

  @Override
  public void delete(ObjectKey key) {
    Effect effect = strike(Operation.DELETE, Optional.of(key));
    effect.before();
    inside.delete(key);
    effect.after();
  }

  @Override
  public List<Leftover> leftovers() {
    Effect effect = strike(Operation.LEFTOVERS, Optional.empty());
    effect.before();
    return inside.leftovers();
  }

  @Override
  public void discard(Leftover leftover) {
    Effect effect = strike(Operation.DISCARD, Optional.empty());
    effect.before();
    inside.discard(leftover);
    effect.after();
  }

  @Override
  public void close() {
    inside.close();
  }

  private Effect strike(Operation operation, Optional<ObjectKey> key) {
    Call call = new Call(counter(operation).incrementAndGet(), key);
    for (Armed fault : faults) {
      if (fault.operation() == operation && fault.when().test(call)) {
        return fault.effect();
      }
    }
    return NO_EFFECT;
  }

  private AtomicInteger counter(Operation operation) {
    AtomicInteger counter = calls.get(operation);
    if (counter == null) {
      throw new IllegalStateException("Every operation has a counter");
    }
    return counter;
  }

  private final class FaultyWriter implements SinkWriter {
    private final ObjectKey key;
    private final SinkWriter writer;

    private FaultyWriter(ObjectKey key, SinkWriter writer) {
      this.key = key;
      this.writer = writer;
    }

    @Override
    public void write(ByteBuffer bytes) {
      Effect effect = strike(Operation.WRITE, Optional.of(key));
      effect.before();
      writer.write(bytes);
      effect.after();
    }

    @Override
    public StoredObject commit(ObjectDigest digest) {
      Effect effect = strike(Operation.COMMIT, Optional.of(key));
      effect.before();
      StoredObject stored = writer.commit(digest);
      effect.after();
      return stored;
    }

    @Override
    public void close() {
      writer.close();
    }
  }

  /** Ends after some bytes, or throws there. */
  private static final class Cut extends FilterInputStream {
    private final @Nullable IOException error;
    private long left;

    private Cut(InputStream in, long lengthBytes, @Nullable IOException error) {
      super(in);
      this.left = lengthBytes;
      this.error = error;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left <= 0) {
        if (error != null) {
          throw error;
        }
        return -1;
      }
      int count = super.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = super.skip(Math.min(count, left));
      left -= skipped;
      return skipped;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(super.available(), left);
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  /** Turns over one bit on the way. */
  private static final class Flipped extends FilterInputStream {
    private final long target;
    private long position;

    private Flipped(InputStream in, long target) {
      super(in);
      this.target = target;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      if (count > 0 && target >= position && target < position + count) {
        bytes[offset + (int) (target - position)] ^= 1;
      }
      position += Math.max(0, count);
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = super.skip(count);
      position += skipped;
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}

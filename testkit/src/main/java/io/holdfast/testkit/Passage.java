package io.holdfast.testkit;

import io.holdfast.testkit.ProxyConnection.Struck;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request or answer to the other side: counts what passes, and damages, slows or
 * breaks it in the middle. Used by one thread.
 */
final class Passage {
  /** Long enough for the other side to see the step by itself. */
  private static final long STEP_NANOS = 20_000;

  private final OutputStream out;
  private final IntConsumer counter;
  private final @Nullable NetworkFault fault;
  private long middle;
  private long position;

  /**
   * @param lengthBytes how long the body is; less than 0 if that is not known
   */
  Passage(OutputStream out, IntConsumer counter, @Nullable NetworkFault fault, long lengthBytes) {
    this.out = out;
    this.counter = counter;
    this.fault = fault;
    this.middle = lengthBytes < 0 ? -1 : lengthBytes / 2;
  }

  /** Passes on what belongs to the protocol, and is never damaged. */
  void frame(byte[] bytes, int count) throws IOException {
    write(bytes, 0, count);
  }

  /** Passes on a part of the body. */
  void body(byte[] bytes, int count) throws IOException {
    if (middle < 0) {
      middle = position + count / 2;
    }
    int here = middle >= position && middle < position + count ? (int) (middle - position) : -1;
    position += count;
    NetworkFault.Kind kind = fault == null ? null : fault.kind();
    if (here >= 0 && kind != null) {
      switch (kind) {
        case RESET_IN_REQUEST, RESET_IN_ANSWER -> {
          write(bytes, 0, here);
          throw new Struck();
        }
        case CORRUPT_REQUEST, CORRUPT_ANSWER -> bytes[here] ^= 1;
        default -> {}
      }
    }
    write(bytes, 0, count);
  }

  private void write(byte[] bytes, int from, int count) throws IOException {
    if (fault == null || fault.kind() != NetworkFault.Kind.SLOW) {
      counter.accept(count); // First: who has got the bytes may ask for the count.
      out.write(bytes, from, count);
      return;
    }
    for (int done = 0; done < count; done += fault.bytesPerStep()) {
      int step = Math.min(fault.bytesPerStep(), count - done);
      counter.accept(step);
      out.write(bytes, from + done, step);
      out.flush();
      LockSupport.parkNanos(STEP_NANOS);
    }
  }
}

package io.holdfast.firestore;

import com.google.firestore.v1.Write;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What was asked of the server, and what the service would have billed for it. Thread-safe. */
final class FakeUsage {

  private final Map<FakeMethod, Integer> requests = new EnumMap<>(FakeMethod.class);
  private final Map<FakeMethod, Integer> cancelled = new EnumMap<>(FakeMethod.class);
  private long reads;
  private long writes;
  private long deletes;
  private int largestRequestBytes;
  private int largestWriteCount;
  private boolean documentTwice;
  private int activeCalls;
  private int waitingStreams;

  /**
   * Document reads: one for each document that a query returns or skips by an offset, one for a
   * query without a result, one for each document of a get whether it is there or not, one for each
   * started 1000 index entries of an aggregation, and one for each request for collection ids or
   * partitions. https://cloud.google.com/firestore/pricing#operations
   */
  synchronized long reads() {
    return reads;
  }

  synchronized long writes() {
    return writes;
  }

  synchronized long deletes() {
    return deletes;
  }

  synchronized int requests(FakeMethod method) {
    return requests.getOrDefault(method, 0);
  }

  /** How many calls the client gave up, by a cancellation or by its deadline. */
  synchronized int cancelled(FakeMethod method) {
    return cancelled.getOrDefault(method, 0);
  }

  synchronized int largestRequestBytes() {
    return largestRequestBytes;
  }

  /** The largest number of writes in a request. */
  synchronized int largestWriteCount() {
    return largestWriteCount;
  }

  /** Whether a request had two writes for one document. */
  synchronized boolean documentTwice() {
    return documentTwice;
  }

  /** How many calls are being answered at present. */
  synchronized int activeCalls() {
    return activeCalls;
  }

  /** Waits until no call is being answered, for ten seconds at most. */
  void awaitIdle() throws InterruptedException {
    await("that no call is being answered", () -> activeCalls == 0);
  }

  /** Waits until a stream waits for its client to take what was sent, for ten seconds at most. */
  void awaitBackPressure() throws InterruptedException {
    await("that a stream waits for its client", () -> waitingStreams > 0);
  }

  /** Starts counting anew. */
  synchronized void reset() {
    requests.clear();
    cancelled.clear();
    reads = 0;
    writes = 0;
    deletes = 0;
    largestRequestBytes = 0;
    largestWriteCount = 0;
    documentTwice = false;
  }

  synchronized void begin(FakeMethod method, int bytes) {
    activeCalls++;
    requests.merge(method, 1, Integer::sum);
    largestRequestBytes = Math.max(largestRequestBytes, bytes);
  }

  synchronized void end(FakeMethod method, boolean wasCancelled) {
    activeCalls--;
    notifyAll();
    if (wasCancelled) {
      cancelled.merge(method, 1, Integer::sum);
    }
  }

  synchronized void waitForClient(boolean begin) {
    waitingStreams += begin ? 1 : -1;
    notifyAll();
  }

  synchronized void read(long count) {
    reads += count;
  }

  synchronized void wrote(Write write) {
    if (write.hasDelete()) {
      deletes++;
    } else {
      writes++;
    }
  }

  synchronized void writesInRequest(int count, boolean twice) {
    largestWriteCount = Math.max(largestWriteCount, count);
    documentTwice |= twice;
  }

  private synchronized void await(String what, BooleanSupplier condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      long remaining = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (remaining <= 0) {
        throw new AssertionError("waited in vain " + what);
      }
      wait(remaining);
    }
  }
}

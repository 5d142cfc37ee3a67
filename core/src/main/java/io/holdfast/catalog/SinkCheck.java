package io.holdfast.catalog;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Tries a storage out before backups are trusted to it: writes, reads, lists and deletes a few
 * objects under {@code holdfast-check/}, and tries to overwrite them. Some servers that speak a
 * cloud's protocol accept the condition that nothing is overwritten, and ignore it; some
 * credentials lack a right that is needed only later. Takes about 50 MB of traffic.
 */
public final class SinkCheck {
  /** Too large for one request of any sink. */
  private static final int LARGE_BYTES = 20 << 20;

  private static final int RACERS = 8;
  private static final int LISTED = 1_000;

  private final StorageSink sink;
  private final String folder = "holdfast-check/" + UUID.randomUUID() + "/";
  private final List<String> passed = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final List<String> left = new ArrayList<>();
  private final List<ObjectKey> written = new ArrayList<>();

  private SinkCheck(StorageSink sink) {
    this.sink = sink;
  }

  /**
   * Checks a sink. What it finds is in the report: nothing but an interruption is thrown.
   *
   * @param sink the sink, which stays open
   * @throws CancelledException if the thread is interrupted
   */
  public static SinkReport run(StorageSink sink) {
    return new SinkCheck(sink).run();
  }

  private SinkReport run() {
    check("Objects are listed in the order of their keys.", this::listing);
    check("Small objects are published once, and never overwritten.", () -> createOnly("small", 9));
    check(
        "Objects in many pieces are published once, and never overwritten.",
        () -> createOnly("large", LARGE_BYTES));
    check("Of writers in a race exactly one wins.", this::race);
    check("Ranges are read exactly.", this::ranges);
    check("What is not committed is not visible.", this::discarding);
    check("It lists what interrupted writers leave behind.", sink::leftovers);
    check("Objects can be deleted.", this::deleting);
    return new SinkReport(sink.location(), passed, problems, left);
  }

  /** What goes wrong is told as it is: sinks name the right that is missing. */
  private void check(String promise, Runnable step) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException(
          "The check of "
              + sink.location()
              + " was cancelled. "
              + folder
              + " may hold objects of it.",
          null);
    }
    int before = problems.size();
    try {
      step.run();
    } catch (CancelledException e) {
      throw e;
    } catch (BackupException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    if (problems.size() == before) {
      passed.add(promise);
    }
  }

  private void listing() {
    try (Stream<StoredObject> objects = sink.list("")) {
      List<ObjectKey> some = objects.limit(LISTED).map(StoredObject::key).toList();
      if (!some.equals(some.stream().sorted().toList())) {
        problems.add("Objects are not listed in the order of their keys.");
      }
    }
  }

  private void createOnly(String name, int length) {
    ObjectKey key = ObjectKey.of(folder + name);
    byte[] first = noise(length, 1);
    byte[] second = noise(length, 2);
    // Both begin while the key is free, so that only the storage itself can tell.
    try (SinkWriter one = sink.write(key, WriteOptions.NONE);
        SinkWriter other = sink.write(key, WriteOptions.NONE)) {
      one.write(ByteBuffer.wrap(first));
      other.write(ByteBuffer.wrap(second));
      written.add(key);
      one.commit(ObjectDigest.of(first));
      try {
        other.commit(ObjectDigest.of(second));
        problems.add(
            "The storage lets an object be overwritten ("
                + name
                + "): the condition that it must not exist was ignored. Backups are not safe from"
                + " a second writer there.");
      } catch (StorageException e) {
        if (e.kind() != Kind.ALREADY_EXISTS) {
          throw e;
        }
      }
    }
    expect(key, first, 0, length);
  }

  private void race() {
    ObjectKey key = ObjectKey.of(folder + "race");
    written.add(key);
    CountDownLatch start = new CountDownLatch(RACERS);
    ExecutorService threads = Executors.newFixedThreadPool(RACERS);
    try {
      List<Future<Boolean>> racers = new ArrayList<>();
      for (int i = 0; i < RACERS; i++) {
        byte[] bytes = noise(1_000, 10 + i);
        racers.add(threads.submit(() -> wins(key, bytes, start)));
      }
      int winners = 0;
      for (Future<Boolean> racer : racers) {
        winners += racer.get() ? 1 : 0;
      }
      if (winners != 1) {
        problems.add(
            "Of "
                + RACERS
                + " writers of one key "
                + winners
                + " were told that they had published it: the storage checks and writes in two"
                + " steps.");
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new BackupException("A writer failed: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("The check of " + sink.location() + " was cancelled.", e);
    } finally {
      threads.shutdownNow();
    }
  }

  private boolean wins(ObjectKey key, byte[] bytes, CountDownLatch start)
      throws InterruptedException {
    boolean arrived = false;
    try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(bytes));
      arrived = true;
      start.countDown();
      start.await();
      writer.commit(ObjectDigest.of(bytes));
      return true;
    } catch (StorageException e) {
      if (e.kind() != Kind.ALREADY_EXISTS) {
        throw e;
      }
      return false;
    } finally {
      if (!arrived) {
        start.countDown(); // the others must not wait for one that failed
      }
    }
  }

  private void ranges() {
    ObjectKey key = ObjectKey.of(folder + "large");
    byte[] bytes = noise(LARGE_BYTES, 1);
    expect(key, bytes, LARGE_BYTES / 2 - 7, 100_001);
    expect(key, bytes, LARGE_BYTES - 1, 1);
  }

  private void expect(ObjectKey key, byte[] bytes, int offset, int length) {
    try (InputStream in = sink.read(key, offset, length)) {
      if (!Arrays.equals(in.readAllBytes(), Arrays.copyOfRange(bytes, offset, offset + length))) {
        problems.add("The object " + key + " was read with other bytes than were written.");
      }
    } catch (IOException e) {
      throw new BackupException("The object " + key + " could not be read: " + e.getMessage(), e);
    }
  }

  private void discarding() {
    ObjectKey key = ObjectKey.of(folder + "discarded");
    try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(noise(9, 1)));
    }
    if (sink.stat(key).isPresent()) {
      written.add(key);
      problems.add("An object is visible that was never committed.");
    }
  }

  private void deleting() {
    for (ObjectKey key : written) {
      try {
        sink.delete(key);
        if (sink.stat(key).isPresent()) {
          problems.add("The object " + key + " is still there after it was deleted.");
        }
      } catch (StorageException e) {
        left.add(key.value());
        if (e.kind() != Kind.RETENTION) {
          problems.add(String.valueOf(e.getMessage()));
        }
      }
    }
  }

  private static byte[] noise(int length, long seed) {
    byte[] noise = new byte[length];
    new Random(seed).nextBytes(noise);
    return noise;
  }
}

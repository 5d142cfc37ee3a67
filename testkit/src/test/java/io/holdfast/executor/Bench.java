package io.holdfast.executor;

import io.holdfast.BackupExecutor;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** What the executor's tests have in common: data, a clock, and a look at what is there. */
final class Bench {
  static final Instant NOW = Instant.parse("2026-01-09T00:00:00Z");
  static final String ID = "app-2026-01-09-00-00-00";
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private Bench() {}

  /** A clock that stands until it is moved. */
  static final class HandClock extends Clock {
    private volatile Instant now = NOW;

    void forward(Duration by) {
      now = now.plus(by);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  /** Two collections with records and an empty one between them. */
  static MemoryDatabase shop() {
    return new MemoryDatabase("shop")
        .insert(
            "users",
            "{\"id\":1,\"name\":\"Ada\"}",
            "{\"id\":2,\"name\":\"Lín\"}",
            "{\"id\":3,\"name\":\"😀\"}")
        .create("nothing")
        .insert("posts", "{\"id\":\"p1\"}", "{\"id\":\"p2\",\"text\":\"a\\nb\"}");
  }

  /** Collections whose records do not compress, so that there are frames to speak of. */
  static MemoryDatabase bulk(long seed, int collections, int records, int recordBytes) {
    Random random = new Random(seed);
    MemoryDatabase database = new MemoryDatabase("bulk");
    for (int c = 0; c < collections; c++) {
      List<String> made = new ArrayList<>();
      for (int r = 0; r < records; r++) {
        made.add("{\"id\":" + r + ",\"data\":\"" + noise(random, recordBytes) + "\"}");
      }
      database.insert("c" + c, made);
    }
    return database;
  }

  static String noise(Random random, int bytes) {
    byte[] noise = new byte[bytes * 3 / 4];
    random.nextBytes(noise);
    return Base64.getEncoder().encodeToString(noise);
  }

  static BackupExecutor.Builder executor(BackupHandler source, StorageSink sink) {
    return BackupExecutor.builder()
        .source(source)
        .sink(sink)
        .prefix("app")
        .parallelism(2)
        .retry(Retry.none())
        .clock(Clock.fixed(NOW, ZoneOffset.UTC));
  }

  /** Restores the latest backup into a new database and returns that. */
  static MemoryDatabase restored(BackupExecutor.Builder executor, String ref) {
    MemoryDatabase target = new MemoryDatabase("target");
    executor.target(MemoryHandler.of(target)).build().restoreFromBackup(ref);
    return target;
  }

  static List<String> keys(StorageSink sink) {
    try (Stream<StoredObject> objects = sink.list("")) {
      return objects.map(StoredObject::key).map(ObjectKey::value).toList();
    }
  }

  static List<String> ids(BackupExecutor executor) {
    return executor.list().stream().map(CatalogEntry::backupId).toList();
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static ObjectKey key(String text) {
    return ObjectKey.of(text);
  }

  /** An error with everything behind it, as text. */
  static String trace(Throwable error) {
    StringWriter text = new StringWriter();
    error.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }

  /** Waits for a state that others bring about; looks, and does not guess how long it takes. */
  static void await(String what, BooleanSupplier state) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!state.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("It did not come to this within " + PATIENCE + ": " + what);
      }
      LockSupport.parkNanos(500_000);
    }
  }

  /** The executor's threads that are alive. */
  static List<Thread> workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("holdfast-"))
        .toList();
  }

  /** Whether a worker has a frame ready and no room for it. */
  static boolean waitsForRoom(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        && Stream.of(thread.getStackTrace()).anyMatch(frame -> frame.getMethodName().equals("put"));
  }
}

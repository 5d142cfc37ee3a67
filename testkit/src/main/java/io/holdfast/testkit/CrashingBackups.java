package io.holdfast.testkit;

import io.holdfast.BackupExecutor;
import io.holdfast.Compression;
import io.holdfast.spi.Location;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;

/**
 * The process that {@link StorageSinkCrashContract} kills: takes backups for ever, and tells each
 * step before and after it is taken.
 */
final class CrashingBackups {
  /** The environment variable with the storage's URI. */
  static final String URI = "HOLDFAST_CRASH_URI";

  private static final Instant NOW = Instant.parse("2026-01-09T00:00:00Z");
  private static final int RECORD_BYTES = 1_000_000;

  private CrashingBackups() {}

  /**
   * The process itself.
   *
   * @param arguments at which step it stands still, or 0; how large a document is
   */
  public static void main(String[] arguments) {
    int standAt = Integer.parseInt(arguments[0]);
    MemoryDatabase database = database(Integer.parseInt(arguments[1]));
    Steps steps = new Steps(standAt);
    StorageSink sink = new TellingSink(open(System.getenv(URI)), steps);
    for (int backup = 0; ; backup++) {
      BackupExecutor.builder()
          .source(MemoryHandler.builder(database).splits(2).build())
          .sink(sink)
          .prefix("app")
          .compression(Compression.none())
          .parallelism(2)
          .retry(Retry.standard())
          .verifyAfterBackup(true)
          .clock(Clock.fixed(NOW.plusSeconds(backup), ZoneOffset.UTC))
          .build()
          .createBackup();
      steps.tell("backup complete");
    }
  }

  /** The same data in every process. */
  static MemoryDatabase database(int bytes) {
    Random random = new Random(11);
    MemoryDatabase database = new MemoryDatabase("crash");
    byte[] noise = new byte[RECORD_BYTES * 3 / 4];
    int records = Math.max(1, bytes / 3 / RECORD_BYTES);
    for (int c = 0; c < 3; c++) {
      List<String> made = new ArrayList<>();
      for (int r = 0; r < records; r++) {
        random.nextBytes(noise);
        made.add(
            "{\"id\":" + r + ",\"data\":\"" + Base64.getEncoder().encodeToString(noise) + "\"}");
      }
      database.insert("c" + c, made);
    }
    return database;
  }

  /** Opens a sink by its URI, as an executor does. */
  static StorageSink open(String uri) {
    Location location = Location.parse(uri);
    for (StorageSinkProvider provider : ServiceLoader.load(StorageSinkProvider.class)) {
      if (provider.scheme().equals(location.scheme())) {
        return provider.open(location, ProviderContext.system());
      }
    }
    throw new IllegalStateException("No provider for " + location);
  }

  /** Numbers the steps, and stands still at one of them. */
  private static final class Steps {
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final int standAt;
    private int step;

    private Steps(int standAt) {
      this.standAt = standAt;
    }

    private synchronized void tell(String what) {
      out.println(++step + " " + what);
      if (step == standAt) {
        try {
          new CountDownLatch(1).await(); // The end of this process.
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  /** Tells every step of a write. */
  private static final class TellingSink extends ForwardedSink {
    private final Steps steps;

    private TellingSink(StorageSink inside, Steps steps) {
      super(inside);
      this.steps = steps;
    }

    @Override
    public SinkWriter write(ObjectKey key, WriteOptions options) {
      steps.tell("open " + key);
      SinkWriter writer = super.write(key, options);
      steps.tell("opened " + key);
      return new SinkWriter() {
        @Override
        public void write(ByteBuffer bytes) {
          writer.write(bytes);
          steps.tell("wrote to " + key);
        }

        @Override
        public StoredObject commit(ObjectDigest digest) {
          steps.tell("commit " + key);
          StoredObject stored = writer.commit(digest);
          steps.tell("committed " + key);
          return stored;
        }

        @Override
        public void close() {
          writer.close();
        }
      };
    }

    @Override
    public InputStream read(ObjectKey key, long offset, long lengthBytes) {
      steps.tell("read " + key);
      return super.read(key, offset, lengthBytes);
    }
  }
}

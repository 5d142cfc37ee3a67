package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.CancelledException;
import io.holdfast.Compression;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a restore fetches from a storage over a network: only what it needs, and several ranges at
 * the same time. Bytes are counted where the executor reads the sink and on the wire. A provider
 * extends this class and says where its server is.
 */
@Timeout(300)
public abstract class RangedReadContract {
  private static final int COLLECTIONS = 200;
  private static final int WORKERS = 4;

  /** The port of the server on 127.0.0.1, which the suite puts its proxy in front of. */
  protected abstract int serverPort();

  /**
   * Opens a sink that reaches the server through a proxy. During one test all sinks stand on the
   * same storage. The suite closes them.
   *
   * @param proxyPort the proxy's port on 127.0.0.1
   * @param retry how to repeat steps
   */
  protected abstract StorageSink openSink(int proxyPort, Retry retry);

  /** Opens a sink that reaches the server itself. The suite closes it. */
  protected abstract StorageSink openDirect();

  /** Whether the protocol is HTTP. */
  protected boolean speaksHttp() {
    return true;
  }

  /** How many bytes on the wire a restore may cost beside those that the executor reads. */
  protected int overheadBytes() {
    return 256 * 1024;
  }

  @BeforeEach
  void emptyTheStorage() {
    try (StorageSink direct = openDirect();
        Stream<StoredObject> objects = direct.list("")) {
      objects.map(StoredObject::key).toList().forEach(direct::delete);
    }
  }

  @Test
  void aRestoreOfOneCollectionReadsItsFramesOnly() {
    MemoryDatabase database = new MemoryDatabase("ranges");
    for (int c = 0; c < COLLECTIONS; c++) {
      database.insert("c" + c, records(c, 1, 60_000));
    }
    try (StorageSink direct = openDirect();
        FaultProxy proxy =
            speaksHttp() ? FaultProxy.http(serverPort()) : FaultProxy.tcp(serverPort());
        Counting sink = new Counting(openSink(proxy.port(), Retry.none()))) {
      String id = executor(database, direct).build().createBackup().backupId();
      long documentBytes = largest(direct);
      MemoryDatabase target = new MemoryDatabase("target");
      executor(database, sink)
          .target(MemoryHandler.of(target))
          .build()
          .restoreFromBackup(id, RestoreOptions.DEFAULT.including("c77"));

      assertThat(target.records("c77")).isEqualTo(database.records("c77"));
      assertThat(target.counts()).hasSize(1);
      assertThat(sink.bytes.get())
          .as("bytes read from the sink, the document having %s", documentBytes)
          .isBetween(60_000L, documentBytes / 20);
      assertThat(proxy.bytesToClient())
          .as("bytes from the server")
          .isLessThan(sink.bytes.get() + overheadBytes());
    }
  }

  @Test
  void aLargeCollectionIsReadInRangesAtTheSameTime() {
    MemoryDatabase database = new MemoryDatabase("ranges");
    database.insert("large", records(1, 300, 100_000));
    try (StorageSink direct = openDirect();
        FaultProxy proxy =
            speaksHttp() ? FaultProxy.http(serverPort()) : FaultProxy.tcp(serverPort());
        Counting sink = new Counting(openSink(proxy.port(), Retry.none()))) {
      String id = executor(database, direct).build().createBackup().backupId();
      long documentBytes = largest(direct);
      MemoryDatabase target = new MemoryDatabase("target");
      sink.awaitsAnother = true;
      executor(database, sink).target(MemoryHandler.of(target)).build().restoreFromBackup(id);

      assertThat(target.contentHashes()).isEqualTo(database.contentHashes());
      assertThat(sink.mostOpen.get()).as("ranges open at the same time").isGreaterThan(1);
      assertThat(sink.bytes.get())
          .as("bytes read from the sink, the document having %s", documentBytes)
          .isLessThan(documentBytes + overheadBytes());
    }
  }

  private static BackupExecutor.Builder executor(MemoryDatabase database, StorageSink sink) {
    return BackupExecutor.builder()
        .source(MemoryHandler.of(database))
        .sink(sink)
        .prefix("app")
        .compression(Compression.none())
        .parallelism(WORKERS)
        .retry(Retry.none());
  }

  private static long largest(StorageSink sink) {
    try (Stream<StoredObject> objects = sink.list("")) {
      return objects.mapToLong(StoredObject::lengthBytes).max().orElseThrow();
    }
  }

  private static List<String> records(long seed, int count, int bytes) {
    Random random = new Random(seed);
    byte[] noise = new byte[bytes * 3 / 4];
    List<String> records = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      random.nextBytes(noise);
      records.add(
          "{\"id\":" + r + ",\"data\":\"" + Base64.getEncoder().encodeToString(noise) + "\"}");
    }
    return records;
  }

  /** Counts what is read, and how many streams are open at the same time. */
  private static final class Counting extends ForwardedSink {
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger mostOpen = new AtomicInteger();
    private final CountDownLatch two = new CountDownLatch(2);

    /** Whether a range behind the beginning waits for another one, however fast the server is. */
    private volatile boolean awaitsAnother;

    private Counting(StorageSink inside) {
      super(inside);
    }

    private void awaitAnother() {
      two.countDown();
      try {
        if (!two.await(30, TimeUnit.SECONDS)) {
          two.countDown(); // nobody came: the test says so, and the others need not wait
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("Interrupted while another range was awaited.", e);
      }
    }

    @Override
    public InputStream read(ObjectKey key, long offset, long lengthBytes) {
      InputStream in = super.read(key, offset, lengthBytes);
      mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
      if (awaitsAnother && offset > 0) {
        awaitAnother();
      }
      return new FilterInputStream(in) {
        private boolean closed;

        @Override
        public int read() throws IOException {
          int b = super.read();
          bytes.addAndGet(b < 0 ? 0 : 1);
          return b;
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
          int count = super.read(into, from, length);
          bytes.addAndGet(Math.max(0, count));
          return count;
        }

        @Override
        public void close() throws IOException {
          if (!closed) {
            closed = true;
            open.decrementAndGet();
          }
          super.close();
        }
      };
    }
  }
}

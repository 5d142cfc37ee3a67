package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.ids;
import static io.holdfast.executor.Bench.key;
import static io.holdfast.executor.Bench.keys;
import static io.holdfast.executor.Bench.shop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.BackupEvent;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.Compression;
import io.holdfast.FileSink;
import io.holdfast.executor.Bench.HandClock;
import io.holdfast.format.FormatException;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.testkit.FaultyHandler;
import io.holdfast.testkit.FaultyHandler.Step;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.FaultySink.Operation;
import io.holdfast.testkit.ForwardedSink;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever fails while a backup is taken: the error arrives, and nothing is listed. */
@Timeout(120)
final class BackupFailureTest {
  private final BackupException broken = new BackupException("broken here");

  private final MemorySink store = new MemorySink();
  private final FaultySink sink = new FaultySink(store);
  private final MemoryDatabase database = Bench.bulk(5, 3, 6, 400_000);
  private final MemoryHandler healthy = MemoryHandler.builder(database).splits(3).build();
  private final HandClock clock = new HandClock();

  private BackupExecutor.Builder with(BackupHandler source) {
    return executor(source, sink).clock(clock);
  }

  static Stream<Arguments> handlerSteps() {
    return Stream.of(
        Arguments.of(Step.OPEN_BACKUP, 1),
        Arguments.of(Step.OPEN_READER, 1),
        Arguments.of(Step.OPEN_READER, 2),
        Arguments.of(Step.OPEN_SPLIT, 1),
        Arguments.of(Step.OPEN_SPLIT, 5),
        Arguments.of(Step.READ, 1),
        Arguments.of(Step.READ, 4),
        Arguments.of(Step.READ, 9),
        Arguments.of(Step.FINISH_BACKUP, 1));
  }

  @ParameterizedTest
  @MethodSource("handlerSteps")
  void aFailureOfTheSourceReachesTheCallerAsItIs(Step step, int nth) {
    FaultyHandler faulty = FaultyHandler.around(healthy).fail(step, nth, () -> broken).build();
    assertThat(catchThrowable(() -> with(faulty).build().createBackup())).isSameAs(broken);
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(faulty);
  }

  static Stream<Arguments> sinkSteps() {
    return Stream.of(
        Arguments.of(Operation.STAT, 1),
        Arguments.of(Operation.STAT, 2),
        Arguments.of(Operation.OPEN, 1),
        Arguments.of(Operation.WRITE, 1),
        Arguments.of(Operation.WRITE, 3),
        Arguments.of(Operation.COMMIT, 1),
        Arguments.of(Operation.STAT, 3),
        Arguments.of(Operation.OPEN, 2),
        Arguments.of(Operation.COMMIT, 2));
  }

  @ParameterizedTest
  @MethodSource("sinkSteps")
  void aFailureOfTheSinkReachesTheCallerAsItIs(Operation operation, int nth) {
    StorageException error =
        new StorageException(StorageException.Kind.UNAVAILABLE, null, "down", null);
    sink.onNth(operation, nth).fail(error);
    assertThat(catchThrowable(() -> with(healthy).build().createBackup())).isSameAs(error);
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(healthy);
  }

  @Test
  void aFailureOfTheManifestsWriteReachesTheCallerAndTheDocumentIsTakenBack() {
    sink.onKey(Operation.WRITE, key -> key.value().endsWith(".manifest.json")).fail(broken);
    assertThat(catchThrowable(() -> with(healthy).build().createBackup())).isSameAs(broken);
    assertThat(keys(store)).isEmpty();
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(healthy);
  }

  @Test
  void aDocumentThatCannotBeTakenBackIsSaidSoAndClearedByPrune() {
    StorageException refused =
        new StorageException(StorageException.Kind.PERMISSION_DENIED, null, "no delete", null);
    BackupException own = new BackupException("own");
    sink.onKey(Operation.COMMIT, key -> key.value().endsWith(".manifest.json")).fail(own);
    sink.on(Operation.DELETE).fail(refused);
    assertThat(catchThrowable(() -> with(healthy).build().createBackup()))
        .isSameAs(own)
        .hasSuppressedException(refused);
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(healthy);
  }

  @Test
  void aDocumentWhoseAnswerWasLostIsAnOrphanForPrune() {
    StorageException lost =
        new StorageException(StorageException.Kind.UNAVAILABLE, null, "answer lost", null);
    sink.onNth(Operation.COMMIT, 1).loseAnswer(lost);
    assertThat(catchThrowable(() -> with(healthy).build().createBackup())).isSameAs(lost);
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(healthy);
  }

  @Test
  void aManifestWhoseAnswerWasLostIsFoundToBeOursAndTheBackupIsReported() {
    sink.onNth(Operation.COMMIT, 2)
        .loseAnswer(
            new StorageException(StorageException.Kind.UNAVAILABLE, null, "answer lost", null));
    BackupExecutor executor = with(healthy).build();
    BackupResult result = executor.createBackup();
    assertThat(ids(executor)).containsExactly(result.backupId());
    assertThat(executor.verify("latest").counts()).isEqualTo(database.counts());
  }

  @Test
  void ifNobodyCanTellWhetherTheManifestIsThereTheDocumentIsKept() {
    StorageException lost =
        new StorageException(StorageException.Kind.UNAVAILABLE, null, "answer lost", null);
    StorageException down =
        new StorageException(StorageException.Kind.UNAVAILABLE, null, "down", null);
    sink.onNth(Operation.COMMIT, 2).loseAnswer(lost);
    sink.onNth(Operation.STAT, 4).fail(down);
    sink.onNth(Operation.STAT, 5).fail(down);
    assertThat(catchThrowable(() -> with(healthy).build().createBackup())).isSameAs(lost);
    sink.heal();
    // It was published after all: then it must be whole.
    BackupExecutor executor = with(healthy).build();
    assertThat(ids(executor)).hasSize(1);
    assertThat(executor.verify("latest").counts()).isEqualTo(database.counts());
  }

  @Test
  void aSinkThatStoredFewerBytesThanItTookIsNotBelieved() {
    StorageSink lying =
        new ForwardedSink(store) {
          @Override
          public Optional<StoredObject> stat(ObjectKey key) {
            return super.stat(key)
                .map(o -> new StoredObject(o.key(), o.lengthBytes() - 1, o.modified()));
          }
        };
    assertThatThrownBy(() -> executor(healthy, lying).build().createBackup())
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("not published");
    assertThat(keys(store)).isEmpty();
  }

  @Test
  void aSinkThatStoredOtherBytesIsFoundOutByVerifyingAfterwards() {
    sink.onKey(Operation.READ, key -> key.value().endsWith(".zst")).flipBit(1_000);
    assertThatThrownBy(() -> with(healthy).verifyAfterBackup(true).build().createBackup())
        .isInstanceOf(FormatException.class);
    assertThat(keys(store)).isEmpty();
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(healthy);
  }

  @Test
  void aSessionThatCannotBeClosedFailsTheBackupBeforeItIsPublished() {
    BackupHandler handler =
        new Delegating(healthy) {
          @Override
          public io.holdfast.spi.BackupSession openBackup(BackupRequest request) {
            return new DelegatingBackup(healthy.openBackup(request)) {
              @Override
              public void close() {
                super.close();
                throw broken;
              }
            };
          }
        };
    assertThat(catchThrowable(() -> with(handler).build().createBackup())).isSameAs(broken);
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(healthy);
  }

  @Test
  void readersThatFailToCloseLeaveNoThreadBehind() {
    AtomicBoolean broken = new AtomicBoolean(true);
    BackupHandler handler =
        new Delegating(
            MemoryHandler.builder(database)
                .splits(3)
                .beforeRead(
                    (collection, number) -> {
                      if (collection.equals("c1")) {
                        throw new HandlerException(
                            HandlerException.Kind.UNREACHABLE, collection, "gone", null);
                      }
                    })
                .build()) {
          @Override
          public SplitReader openReader(BackupRequest request) {
            return new DelegatingReader(super.openReader(request)) {
              @Override
              public void close() {
                super.close();
                if (broken.get()) {
                  throw new IllegalStateException("close");
                }
              }
            };
          }
        };
    assertThatThrownBy(() -> with(handler).parallelism(6).build().createBackup())
        .isInstanceOf(HandlerException.class)
        .hasMessage("gone");
    assertThat(Bench.workers()).isEmpty();
    assertThat(keys(store)).isEmpty();
  }

  static Stream<Error> errors() {
    return Stream.of(new StackOverflowError("deep"), new OutOfMemoryError("no heap"));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void anErrorThatKillsAWorkerReachesTheCaller(Error error) {
    BackupHandler handler =
        MemoryHandler.builder(database)
            .splits(3)
            .beforeRead(
                (collection, number) -> {
                  if (collection.equals("c1") && number == 4) {
                    throw error;
                  }
                })
            .build();
    List<BackupEvent> events = new ArrayList<>();
    assertThat(catchThrowable(() -> with(handler).listener(events::add).build().createBackup()))
        .isSameAs(error);
    assertThat(events.get(events.size() - 1)).isInstanceOf(BackupEvent.Failed.class);
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(healthy);
  }

  @Test
  void aRawNewlineInARecordIsFoundWhileTheBackupIsTaken() {
    FaultyHandler faulty = FaultyHandler.around(healthy).newlineInRecord(7).build();
    assertThatThrownBy(() -> with(faulty).build().createBackup())
        .isInstanceOf(FormatException.class);
    assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(healthy);
  }

  @Test
  void aRecordOverTheLimitIsNamed() {
    database.insert("c1", "{\"d\":\"" + "x".repeat(1 << 20) + "\"}");
    assertThatThrownBy(() -> with(healthy).maxRecordBytes(1 << 20).build().createBackup())
        .isInstanceOfSatisfying(
            FormatException.class,
            e -> assertThat(e.kind()).isEqualTo(FormatException.Kind.TOO_LARGE))
        .hasMessageContaining("c1");
    assertThat(keys(store)).isEmpty();
  }

  @Test
  void aSecondBackupInTheSameSecondIsRefusedBeforeAnyWork() {
    BackupExecutor executor = with(healthy).build();
    executor.createBackup();
    FaultyHandler untouched = FaultyHandler.around(healthy).build();
    for (Compression compression : List.of(Compression.DEFAULT, Compression.none())) {
      assertThatThrownBy(() -> with(untouched).compression(compression).build().createBackup())
          .isInstanceOfSatisfying(
              StorageException.class,
              e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.ALREADY_EXISTS));
    }
    assertThat(untouched.calls(Step.OPEN_BACKUP)).isZero();
    assertThat(executor.verify("latest").counts()).isEqualTo(database.counts());
  }

  @Test
  void ofRacingBackupsOfOneNameExactlyOneWinsAndIsWhole(@TempDir Path folder) throws Exception {
    for (int round = 0; round < 25; round++) {
      race(new MemorySink(), true);
      race(new MemorySink(), false);
    }
    for (int round = 0; round < 10; round++) {
      race(FileSink.at(folder.resolve("same" + round)), true);
      race(FileSink.at(folder.resolve("other" + round)), false);
    }
  }

  /** With other codecs the documents have other names, and only the manifest is raced for. */
  private static void race(StorageSink sink, boolean sameDocument) throws Exception {
    int racers = 3;
    CyclicBarrier start = new CyclicBarrier(racers);
    MemoryHandler source =
        MemoryHandler.builder(shop())
            .beforeRead(
                (collection, number) -> {
                  if (collection.equals("users") && number == 1) {
                    meet(start);
                  }
                })
            .build();
    List<Compression> codecs =
        List.of(Compression.zstd(1), Compression.gzip(1), Compression.none());
    ExecutorService pool = Executors.newFixedThreadPool(racers);
    List<Throwable> losers = new ArrayList<>();
    try {
      List<Future<BackupResult>> runs = new ArrayList<>();
      for (int i = 0; i < racers; i++) {
        BackupExecutor executor =
            executor(source, sink).compression(codecs.get(sameDocument ? 0 : i)).build();
        Callable<BackupResult> run = executor::createBackup;
        runs.add(pool.submit(run));
      }
      for (Future<BackupResult> run : runs) {
        try {
          run.get(60, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
          losers.add(e.getCause());
        }
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(losers)
        .hasSize(racers - 1)
        .allSatisfy(
            loser ->
                assertThat(loser)
                    .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.ALREADY_EXISTS)));
    BackupExecutor reader = executor(MemoryHandler.of(shop()), sink).build();
    assertThat(ids(reader)).containsExactly(ID);
    assertThat(reader.verify(ID).records()).isEqualTo(5);
    assertThat(keys(sink)).hasSize(2);
    assertThat(sink.leftovers()).isEmpty();
  }

  private static void meet(CyclicBarrier barrier) throws InterruptedException {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (java.util.concurrent.BrokenBarrierException
        | java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void theLoserThatSharesTheWinnersDocumentLeavesItAlone() {
    // A sink may take equal bytes for its own earlier success, so two runs may share a document.
    BackupExecutor winner = with(healthy).build();
    Consumer<ObjectKey> overtake =
        key -> {
          if (key.equals(key(ID + ".manifest.json")) && keys(store).size() == 1) {
            // The other run publishes its manifest for the very same document first.
            byte[] document = store.bytes(key(ID + ".json.zst")).orElseThrow();
            put(store, ID + ".manifest.json", manifestNaming(document));
          }
        };
    StorageSink shared =
        new ForwardedSink(store) {
          @Override
          public io.holdfast.spi.SinkWriter write(
              ObjectKey key, io.holdfast.spi.WriteOptions options) {
            overtake.accept(key);
            return super.write(key, options);
          }
        };
    assertThatThrownBy(() -> executor(healthy, shared).build().createBackup())
        .isInstanceOf(StorageException.class);
    assertThat(keys(store)).containsExactly(ID + ".json.zst", ID + ".manifest.json");
    assertThat(ids(winner)).containsExactly(ID);
  }

  private static byte[] manifestNaming(byte[] document) {
    return io.holdfast.format.ManifestWriter.write(
        new io.holdfast.format.Manifest(
            ID,
            Bench.NOW,
            Bench.NOW.plusSeconds(1),
            "another run",
            List.of(
                new io.holdfast.format.Manifest.Document(
                    key(ID + ".json.zst"),
                    new io.holdfast.spi.ObjectDigest(document.length, "0".repeat(64)),
                    io.holdfast.format.Codec.ZSTD,
                    io.holdfast.format.Manifest.EncryptionKind.NONE,
                    new io.holdfast.spi.SourceInfo(
                        "memory", "x", "1", Bench.NOW, io.holdfast.spi.Consistency.SNAPSHOT),
                    1_000_000_000,
                    document.length,
                    10,
                    10,
                    List.of())),
            List.of()));
  }

  static void put(StorageSink sink, String key, byte[] bytes) {
    try (io.holdfast.spi.SinkWriter writer =
        sink.write(key(key), io.holdfast.spi.WriteOptions.NONE)) {
      writer.write(java.nio.ByteBuffer.wrap(bytes));
      writer.commit(new io.holdfast.spi.ObjectDigest(bytes.length, Bench.sha256(bytes)));
    }
  }

  private void assertNothingIsLeftButWhatPruneClearsAndTheNextRunWorks(BackupHandler next) {
    assertThat(Bench.workers()).isEmpty();
    assertThat(healthy.openResources()).isZero();
    assertThat(database.openSnapshots()).isZero();
    sink.heal();
    assertThat(ids(with(healthy).build())).isEmpty();
    clock.forward(Duration.ofSeconds(1));
    BackupExecutor executor = with(next).build();
    BackupResult result = executor.createBackup();
    assertThat(executor.verify(result.backupId()).counts()).isEqualTo(database.counts());
    clock.forward(Duration.ofDays(100_000)); // the sink's clock is the real one
    executor.prune(Duration.ofHours(1));
    assertThat(keys(store))
        .containsExactly(result.backupId() + ".json.zst", result.backupId() + ".manifest.json");
    assertThat(store.leftovers()).isEmpty();
  }

  /** Passes every call on. */
  static class Delegating implements BackupHandler {
    final BackupHandler inner;

    Delegating(BackupHandler inner) {
      this.inner = inner;
    }

    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public String location() {
      return inner.location();
    }

    @Override
    public io.holdfast.spi.BackupSession openBackup(BackupRequest request) {
      return inner.openBackup(request);
    }

    @Override
    public SplitReader openReader(BackupRequest request) {
      return inner.openReader(request);
    }

    @Override
    public io.holdfast.spi.RestoreSession openRestore(io.holdfast.spi.RestoreRequest request) {
      return inner.openRestore(request);
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** Passes every call on. */
  static class DelegatingReader implements SplitReader {
    final SplitReader inner;

    DelegatingReader(SplitReader inner) {
      this.inner = inner;
    }

    @Override
    public void open(Split split) {
      inner.open(split);
    }

    @Override
    public boolean read(RecordBuffer into) {
      return inner.read(into);
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  /** Passes every call on. */
  static class DelegatingBackup implements io.holdfast.spi.BackupSession {
    final io.holdfast.spi.BackupSession inner;

    DelegatingBackup(io.holdfast.spi.BackupSession inner) {
      this.inner = inner;
    }

    @Override
    public io.holdfast.spi.SourceInfo source() {
      return inner.source();
    }

    @Override
    public com.fasterxml.jackson.databind.node.ObjectNode schema() {
      return inner.schema();
    }

    @Override
    public List<io.holdfast.spi.CollectionInfo> collections() {
      return inner.collections();
    }

    @Override
    public List<Split> splits(io.holdfast.spi.CollectionInfo collection) {
      return inner.splits(collection);
    }

    @Override
    public List<io.holdfast.spi.NotCaptured> notCaptured() {
      return inner.notCaptured();
    }

    @Override
    public void finish() {
      inner.finish();
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}

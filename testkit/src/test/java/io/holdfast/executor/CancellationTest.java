package io.holdfast.executor;

import static io.holdfast.executor.Bench.PATIENCE;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.ids;
import static io.holdfast.executor.Bench.keys;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.CancelledException;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.SplitReader;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.FaultySink.Operation;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Interrupting the calling thread stops everything, promptly and without a trace. */
@Timeout(120)
final class CancellationTest {
  private final MemorySink store = new MemorySink();
  private final FaultySink sink = new FaultySink(store);
  private final MemoryDatabase database = Bench.bulk(6, 4, 8, 300_000);
  private final MemoryHandler healthy = MemoryHandler.builder(database).splits(2).build();

  /** An operation on a thread of its own, that a test interrupts. */
  private static final class Caller {
    private final AtomicReference<Throwable> thrown = new AtomicReference<>();
    private final AtomicBoolean flag = new AtomicBoolean();
    private final Thread thread;

    Caller(Callable<?> operation) {
      thread =
          new Thread(
              () -> {
                try {
                  operation.call();
                } catch (Throwable e) {
                  thrown.set(e);
                }
                flag.set(Thread.currentThread().isInterrupted());
              },
              "caller");
      thread.start();
    }

    Throwable interruptAndJoin() throws InterruptedException {
      thread.interrupt();
      thread.join(PATIENCE.toMillis());
      if (thread.isAlive()) {
        AssertionError stuck = new AssertionError("the caller is stuck");
        stuck.setStackTrace(thread.getStackTrace());
        throw stuck;
      }
      return thrown.get();
    }

    void assertCancelled() throws InterruptedException {
      assertThat(interruptAndJoin()).isInstanceOf(CancelledException.class);
      assertThat(flag).as("the interrupt flag").isTrue();
      assertThat(Bench.workers()).isEmpty();
    }
  }

  private void assertNothingIsVisible() {
    assertThat(keys(store)).isEmpty();
    assertThat(store.leftovers()).isEmpty();
    assertThat(database.openSnapshots()).isZero();
    assertThat(healthy.openResources()).isZero();
  }

  @Test
  void whileAWorkerIsBlockedInARead() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    MemoryHandler handler =
        MemoryHandler.builder(database)
            .splits(2)
            .beforeRead(
                (collection, number) -> {
                  if (collection.equals("c2")) {
                    reading.countDown();
                    never.await();
                  }
                })
            .build();
    Caller caller = new Caller(executor(handler, sink).build()::createBackup);
    reading.await();
    caller.assertCancelled();
    assertThat(handler.openResources()).isZero();
    assertNothingIsVisible();
  }

  @Test
  void whileAWorkerIsBlockedInAReadThatIgnoresInterruptsAndEndsOnlyWhenItsReaderIsClosed()
      throws Exception {
    CountDownLatch reading = new CountDownLatch(2);
    BackupHandler deaf =
        new BackupFailureTest.Delegating(healthy) {
          @Override
          public SplitReader openReader(BackupRequest request) {
            CountDownLatch closed = new CountDownLatch(1);
            return new BackupFailureTest.DelegatingReader(super.openReader(request)) {
              @Override
              public boolean read(RecordBuffer into) {
                reading.countDown();
                awaitUninterruptibly(closed);
                throw new HandlerException(
                    HandlerException.Kind.UNREACHABLE, null, "socket closed", null);
              }

              @Override
              public void close() {
                closed.countDown();
                super.close();
              }
            };
          }
        };
    Caller caller = new Caller(executor(deaf, sink).build()::createBackup);
    reading.await();
    caller.assertCancelled();
    assertNothingIsVisible();
  }

  @Test
  void whileAWorkerConnectsAndSwallowsTheInterrupt() throws Exception {
    CountDownLatch connecting = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    BackupHandler deaf =
        new BackupFailureTest.Delegating(healthy) {
          @Override
          public SplitReader openReader(BackupRequest request) {
            connecting.countDown();
            try {
              new CountDownLatch(1).await();
            } catch (InterruptedException e) {
              interrupted.countDown(); // a driver that takes the flag away and connects anyway
            }
            CountDownLatch closed = new CountDownLatch(1);
            return new BackupFailureTest.DelegatingReader(super.openReader(request)) {
              @Override
              public boolean read(RecordBuffer into) {
                awaitUninterruptibly(closed);
                throw new HandlerException(
                    HandlerException.Kind.UNREACHABLE, null, "socket closed", null);
              }

              @Override
              public void close() {
                closed.countDown();
                super.close();
              }
            };
          }
        };
    Caller caller = new Caller(executor(deaf, sink).parallelism(1).build()::createBackup);
    connecting.await();
    caller.assertCancelled();
    assertNothingIsVisible();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"OPEN", "WRITE", "COMMIT", "STAT"})
  void whileTheSinkIsBlocked(Operation operation) throws Exception {
    FaultySink.Gate gate = sink.on(operation).block();
    Caller caller = new Caller(executor(healthy, sink).build()::createBackup);
    gate.awaitReached(PATIENCE);
    caller.assertCancelled();
    sink.heal();
    assertNothingIsVisible();
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"OPEN", "WRITE", "COMMIT"})
  void whileTheManifestIsWritten(Operation operation) throws Exception {
    FaultySink.Gate gate =
        sink.onKey(operation, key -> key.value().endsWith(".manifest.json")).block();
    Caller caller = new Caller(executor(healthy, sink).build()::createBackup);
    gate.awaitReached(PATIENCE);
    caller.assertCancelled();
    assertNothingIsVisible();
  }

  @Test
  void whileABackupIsReadBack() throws Exception {
    FaultySink.Gate gate = sink.onNth(Operation.READ, 1).block();
    Caller caller =
        new Caller(executor(healthy, sink).verifyAfterBackup(true).build()::createBackup);
    gate.awaitReached(PATIENCE);
    caller.assertCancelled();
    sink.heal();
    assertNothingIsVisible();
  }

  @Test
  void onAFileSinkWithTheFlagSetBeforehand(@TempDir Path folder) throws Exception {
    FileSink files = FileSink.at(folder);
    Caller caller =
        new Caller(
            () -> {
              Thread.currentThread().interrupt();
              return executor(healthy, files).build().createBackup();
            });
    caller.assertCancelled();
    assertThat(keys(files)).isEmpty();
    assertThat(files.leftovers()).isEmpty();
    assertThat(healthy.openResources()).isZero();
  }

  @Test
  void aSourceWithoutRecordsIsCancelledTooWithTheFlagSetBeforehand() throws Exception {
    Caller caller =
        new Caller(
            () -> {
              Thread.currentThread().interrupt();
              return executor(MemoryHandler.of(new MemoryDatabase("void")), sink)
                  .build()
                  .createBackup();
            });
    caller.assertCancelled();
    assertNothingIsVisible();
  }

  @Test
  void theSessionIsClosedWithTheFlagTakenAwaySoThatItCanStillTalkToItsServer() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    AtomicBoolean flagAtClose = new AtomicBoolean();
    MemoryHandler blocking =
        MemoryHandler.builder(database)
            .beforeRead(
                (collection, number) -> {
                  reading.countDown();
                  new CountDownLatch(1).await();
                })
            .build();
    BackupHandler handler =
        new BackupFailureTest.Delegating(blocking) {
          @Override
          public BackupSession openBackup(BackupRequest request) {
            return new BackupFailureTest.DelegatingBackup(super.openBackup(request)) {
              @Override
              public void close() {
                flagAtClose.compareAndSet(false, Thread.currentThread().isInterrupted());
                super.close();
              }
            };
          }
        };
    Caller caller = new Caller(executor(handler, sink).build()::createBackup);
    reading.await();
    caller.assertCancelled();
    assertThat(flagAtClose).isFalse();
    assertNothingIsVisible();
  }

  @ParameterizedTest
  @EnumSource(io.holdfast.spi.RestoreSession.Ordering.class)
  void whileARestoreWrites(io.holdfast.spi.RestoreSession.Ordering ordering) throws Exception {
    executor(healthy, sink).build().createBackup();
    MemoryDatabase target = new MemoryDatabase("target").insert("c0", "{\"id\":\"mine\"}");
    CountDownLatch writing = new CountDownLatch(1);
    MemoryHandler into =
        MemoryHandler.builder(target)
            .ordering(ordering)
            .beforeWrite(
                (collection, number) -> {
                  if (number == 3) {
                    writing.countDown();
                    new CountDownLatch(1).await();
                  }
                })
            .build();
    BackupExecutor executor = executor(healthy, sink).target(into).build();
    Caller caller =
        new Caller(
            () ->
                executor.restoreFromBackup(
                    "latest", RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE)));
    writing.await();
    caller.assertCancelled();
    assertThat(into.openResources()).isZero();
    assertThat(target.counts()).containsOnlyKeys("c0").containsEntry("c0", 1L);
  }

  @Test
  void whileARestoreReads() throws Exception {
    executor(healthy, sink).build().createBackup();
    MemoryDatabase target = new MemoryDatabase("target");
    MemoryHandler into = MemoryHandler.of(target);
    FaultySink.Gate gate = sink.onKey(Operation.READ, key -> key.value().endsWith(".zst")).block();
    BackupExecutor executor = executor(healthy, sink).target(into).build();
    Caller caller = new Caller(() -> executor.restoreFromBackup("latest"));
    gate.awaitReached(PATIENCE);
    caller.assertCancelled();
    assertThat(into.openResources()).isZero();
    assertThat(target.counts()).isEmpty();
  }

  @Test
  void aRestoreWithTheFlagSetBeforehandIsNotMadeFinal() throws Exception {
    MemoryDatabase empty = new MemoryDatabase("void").create("nothing");
    executor(MemoryHandler.of(empty), sink).build().createBackup();
    MemoryDatabase target = new MemoryDatabase("target");
    BackupExecutor executor = executor(healthy, sink).target(MemoryHandler.of(target)).build();
    Caller caller =
        new Caller(
            () -> {
              Thread.currentThread().interrupt();
              return executor.restoreFromBackup("latest");
            });
    caller.assertCancelled();
    assertThat(target.counts()).isEmpty();
  }

  @Test
  void whileABackupIsVerified() throws Exception {
    executor(healthy, sink).build().createBackup();
    List<String> before = keys(store);
    FaultySink.Gate gate = sink.onKey(Operation.READ, key -> key.value().endsWith(".zst")).block();
    BackupExecutor executor = executor(healthy, sink).build();
    Caller caller = new Caller(() -> executor.verify("latest"));
    gate.awaitReached(PATIENCE);
    caller.assertCancelled();
    assertThat(keys(store)).isEqualTo(before);
    assertThat(ids(executor)).hasSize(1);
  }

  @Test
  void aProtectedActionThatWasInterruptedIsStillMended() throws Exception {
    BackupExecutor executor = executor(healthy, sink).mode(BackupMode.FULL).build();
    var before = database.contentHashes();
    CountDownLatch acting = new CountDownLatch(1);
    Caller caller =
        new Caller(
            () ->
                executor.protectValue(
                    () -> {
                      database.delete("c1", record -> true);
                      acting.countDown();
                      try {
                        new CountDownLatch(1).await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException("action was interrupted", e);
                      }
                      return 1;
                    }));
    acting.await();
    Throwable thrown = caller.interruptAndJoin();
    assertThat(thrown).hasMessage("action was interrupted").hasNoSuppressedExceptions();
    assertThat(caller.flag).isTrue();
    assertThat(database.contentHashes()).isEqualTo(before);
  }
}

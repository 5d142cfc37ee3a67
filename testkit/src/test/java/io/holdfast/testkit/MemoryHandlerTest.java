package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.CancelledException;
import io.holdfast.RestoreMode;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestoreSession;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The double in memory keeps every promise, however it is set up, and stops where it is told to.
 */
final class MemoryHandlerTest {
  private final MemoryDatabase shop =
      new MemoryDatabase("shop").insert("users", "{\"id\":1}", "{\"id\":2}", "{\"id\":3}");

  @Nested
  final class AsItComes extends BackupHandlerContract {
    @Override
    protected HandlerFixture createFixture() {
      return new MemoryFixture(options -> options, handler -> handler);
    }
  }

  @Nested
  final class WithManySplitsAndOneCollectionAfterAnother extends BackupHandlerContract {
    @Override
    protected HandlerFixture createFixture() {
      return new MemoryFixture(
          options ->
              options
                  .splits(7)
                  .withoutEstimates()
                  .ordering(RestoreSession.Ordering.BY_COLLECTION)
                  .consistency(Consistency.POINT_IN_TIME),
          handler -> handler);
    }
  }

  @Nested
  final class FuzzyNotAtomicAndWithoutASchema extends BackupHandlerContract {
    @Override
    protected HandlerFixture createFixture() {
      return new MemoryFixture(
          options ->
              options
                  .splits("events", 3)
                  .consistency(Consistency.FUZZY)
                  .atomic(false)
                  .createsCollections(true),
          handler -> handler) {
        @Override
        public boolean atomicRestore() {
          return false;
        }

        @Override
        public boolean snapshotConsistency() {
          return false;
        }

        @Override
        public boolean refusesUnknownCollections() {
          return false;
        }
      };
    }
  }

  @Test
  void aHookRunsBeforeExactlyTheRecordOrBatchThatItNames() {
    List<String> places = new ArrayList<>();
    MemoryHandler handler =
        MemoryHandler.builder(shop)
            .beforeRead((collection, number) -> places.add("read " + collection + number))
            .beforeWrite((collection, number) -> places.add("write " + collection + number))
            .build();
    Pump pump = Pump.create().mode(RestoreMode.REPLACE).batchRecords(2);
    pump.write(pump.read(handler), handler);
    assertThat(places)
        .containsExactly(
            "read users1", "read users2", "read users3", "write users1", "write users2");
    assertThat(handler.openResources()).isZero();
    assertThat(shop.openSnapshots()).isZero();
  }

  @Test
  void anInterruptedHookCancelsAndKeepsTheFlag() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    MemoryHandler handler =
        MemoryHandler.builder(shop)
            .beforeRead(
                (collection, number) -> {
                  reached.countDown();
                  new CountDownLatch(1).await();
                })
            .build();
    CompletableFuture<Boolean> flag = new CompletableFuture<>();
    Thread reading =
        new Thread(
            () -> {
              assertThatThrownBy(() -> Pump.create().read(handler))
                  .isInstanceOf(CancelledException.class);
              flag.complete(Thread.currentThread().isInterrupted());
            });
    reading.start();
    reached.await();
    reading.interrupt();
    assertThat(flag.get()).isTrue();
    assertThat(handler.openResources()).isZero();
  }

  @Test
  void aSnapshotThatWasLostFailsReadersAndFinish() {
    MemoryHandler handler = MemoryHandler.of(shop);
    try (BackupSession session = handler.openBackup(Pump.create().backupRequest())) {
      shop.loseSnapshots();
      for (Runnable call :
          List.<Runnable>of(() -> Pump.create().read(session, handler), session::finish)) {
        assertThatThrownBy(call::run)
            .isInstanceOfSatisfying(
                HandlerException.class,
                e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.SNAPSHOT_LOST));
      }
    }
  }

  @Test
  void whatCannotBeCapturedIsRefusedUnlessThatIsAllowed() {
    MemoryHandler handler = MemoryHandler.builder(shop).notCaptured("view v", "no rows").build();
    assertThatThrownBy(() -> Pump.create().read(handler))
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("view v");
    assertThat(Pump.create().allowUncaptured().read(handler).notCaptured())
        .containsExactly(new NotCaptured("view v", "no rows"));
  }

  @Test
  void mergingFollowsTheKeyThatWasChosen() {
    MemoryDatabase target = new MemoryDatabase("t").insert("c", "{\"k\":1,\"v\":1}", "{\"k\":2}");
    MemoryHandler handler = MemoryHandler.builder(target).keyField("k").build();
    MemoryBackup backup =
        Pump.create()
            .read(MemoryHandler.of(new MemoryDatabase("s").insert("c", "{\"v\":2,\"k\":1}")));
    Pump.create().mode(RestoreMode.MERGE).write(backup, handler);
    assertThat(target.records("c")).containsExactly("{\"v\":2,\"k\":1}", "{\"k\":2}");
  }

  @Test
  void callsInTheWrongOrderAreTheCallersError() {
    MemoryHandler handler =
        MemoryHandler.builder(new MemoryDatabase("t"))
            .ordering(RestoreSession.Ordering.BY_COLLECTION)
            .build();
    MemoryBackup backup = Pump.create().read(MemoryHandler.of(shop));
    RecordBatch batch = RecordBatch.of(List.of("{\"id\":1}"));
    try (RestoreSession session = handler.openRestore(Pump.create().restoreRequest(backup))) {
      assertThatThrownBy(session::begin).isInstanceOf(IllegalStateException.class);
      session.prepare();
      assertThatThrownBy(() -> session.write("a", batch)).isInstanceOf(IllegalStateException.class);
      session.begin();
      session.write("a", batch);
      session.write("b", batch);
      assertThatThrownBy(() -> session.write("a", batch))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("BY_COLLECTION");
    }
  }
}

package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.NOW;
import static io.holdfast.executor.Bench.key;
import static io.holdfast.executor.Bench.keys;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupEvent;
import io.holdfast.BackupExecutor;
import io.holdfast.CancelledException;
import io.holdfast.ConfigurationException;
import io.holdfast.Encryption;
import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.CopyResult;
import io.holdfast.catalog.IncompleteReplicationException;
import io.holdfast.catalog.Replication;
import io.holdfast.catalog.ReplicationResult;
import io.holdfast.format.FormatException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.FaultySink.Operation;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Backups copied from one sink to another, checked on their way. */
@Timeout(120)
final class ReplicationTest {
  private static final String DOCUMENT = ID + ".json.zst";
  private static final String MANIFEST = ID + ".manifest.json";

  private final MemorySink from = new MemorySink();
  private final MemorySink to = new MemorySink();
  private final FaultySink failing = new FaultySink(to);
  private final MemoryDatabase database = Bench.bulk(1, 3, 6, 300_000);

  private void backup(String time) {
    Bench.executor(MemoryHandler.of(database), from)
        .clock(Clock.fixed(Instant.parse(time), ZoneOffset.UTC))
        .build()
        .createBackup();
  }

  private void backup() {
    backup(NOW.toString());
  }

  private CopyResult copy() {
    return Replication.between(from, failing).copy(ID);
  }

  private void assertCopied() {
    assertThat(keys(to)).isEqualTo(keys(from));
    for (String each : keys(from)) {
      assertThat(to.bytes(key(each)).orElseThrow()).isEqualTo(from.bytes(key(each)).orElseThrow());
    }
    assertThat(to.leftovers()).isEmpty();
    MemoryDatabase target =
        Bench.restored(Bench.executor(MemoryHandler.of(new MemoryDatabase("none")), to), ID);
    assertThat(target.contentHashes()).isEqualTo(database.contentHashes());
  }

  private static StorageException dead() {
    return new StorageException(Kind.UNAVAILABLE, null, "The line is dead.", null);
  }

  @Test
  void aCopyIsTheSameByteForByteAndCanBeRestoredByItself() {
    backup();
    CopyResult result = copy();
    assertThat(result.objects()).isEqualTo(2);
    assertThat(result.bytes())
        .isEqualTo(
            from.bytes(key(DOCUMENT)).orElseThrow().length
                + (long) from.bytes(key(MANIFEST)).orElseThrow().length);
    assertThat(result.wasThere()).isFalse();
    assertCopied();
  }

  @Test
  void copyingTwiceIsCopyingOnce() {
    backup();
    copy();
    assertThat(copy().wasThere()).isTrue();
    assertCopied();
  }

  @Test
  void encryptedBackupsAreCopiedWithoutAnyKey() {
    Bench.executor(MemoryHandler.of(database), from)
        .encryption(Encryption.recipients(AgeKeyPair.generate().recipient()))
        .build()
        .createBackup();
    copy();
    assertThat(keys(to)).isEqualTo(keys(from));
  }

  @Test
  void aDamagedBackupIsNotCopied() {
    backup();
    byte[] bytes = from.bytes(key(DOCUMENT)).orElseThrow();
    bytes[bytes.length / 2] ^= 1;
    from.tamper(key(DOCUMENT), bytes);
    assertThatThrownBy(this::copy)
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("SHA-256 differs")
        .hasMessageContaining("Nothing of it was published");
    assertThat(keys(to)).isEmpty();
    assertThat(to.leftovers()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"OPEN", "WRITE", "COMMIT"})
  void aCopyThatWasInterruptedIsNotListedAndIsCompletedLater(Operation where) {
    backup();
    failing.onKey(where, each -> each.value().equals(MANIFEST)).fail(dead());
    assertThatThrownBy(this::copy).hasMessage("The line is dead.");
    assertThat(new Catalog(to).list("")).isEmpty();
    failing.heal();
    assertThat(copy().objects()).as("the document was there").isEqualTo(1);
    assertCopied();
  }

  @Test
  void anotherObjectUnderOneOfItsNamesIsLeftAloneAndNamed() {
    backup();
    put(to, DOCUMENT, "something else");
    StorageException refused = catchThrowableOfType(StorageException.class, this::copy);
    assertThat(refused.kind()).isEqualTo(Kind.ALREADY_EXISTS);
    assertThat(refused.key()).contains(DOCUMENT);
    assertThat(keys(to)).containsExactly(DOCUMENT);

    to.delete(key(DOCUMENT));
    put(to, MANIFEST, "something else");
    assertThatThrownBy(this::copy).hasMessageContaining(MANIFEST);
    assertThat(keys(to)).containsExactly(MANIFEST);
  }

  @Test
  void aDocumentThatIsMissingBesideItsManifestIsFilledIn() {
    backup();
    copy();
    to.delete(key(DOCUMENT));
    assertThat(copy().objects()).isEqualTo(1);
    assertCopied();
  }

  @Test
  void whatTheOtherSideLacksIsCopiedNewestFirstAndOnlyThat() {
    backup("2026-01-01T00:00:00Z");
    backup("2026-01-02T00:00:00Z");
    backup("2026-01-03T00:00:00Z");
    Replication replication = Replication.between(from, to);
    replication.copy("app-2026-01-02-00-00-00");
    to.delete(key("app-2026-01-02-00-00-00.json.zst"));

    ReplicationResult result = replication.copyMissing("app-");
    assertThat(result.copied())
        .extracting(CopyResult::backupId)
        .containsExactly(
            "app-2026-01-03-00-00-00", "app-2026-01-02-00-00-00", "app-2026-01-01-00-00-00");
    assertThat(result.alreadyThere()).isZero();
    assertThat(keys(to)).isEqualTo(keys(from));
    assertThat(replication.copyMissing("app-"))
        .isEqualTo(new ReplicationResult(List.of(), 3, List.of()));
  }

  @Test
  void oneThatCannotBeCopiedDoesNotKeepTheOthersFromItAndIsAnError() {
    backup("2026-01-01T00:00:00Z");
    backup("2026-01-02T00:00:00Z");
    from.tamper(key("app-2026-01-02-00-00-00.json.zst"), new byte[3]);
    IncompleteReplicationException incomplete =
        catchThrowableOfType(
            IncompleteReplicationException.class,
            () -> Replication.between(from, to).copyMissing(""));
    assertThat(incomplete.result().copied())
        .extracting(CopyResult::backupId)
        .containsExactly("app-2026-01-01-00-00-00");
    assertThat(incomplete.result().failed())
        .extracting(ReplicationResult.Failure::backupId)
        .containsExactly("app-2026-01-02-00-00-00");
    assertThat(incomplete.getSuppressed()).hasSize(1);
    assertThat(incomplete).hasMessageContaining("app-2026-01-02-00-00-00");
  }

  @Test
  void theExecutorCopiesBetweenItsSinksAndOnlyItsOwnBackups() {
    backup();
    Bench.executor(MemoryHandler.of(database), from).prefix("app-two").build().createBackup();
    BackupExecutor executor =
        BackupExecutor.builder()
            .source(MemoryHandler.of(database))
            .sink("near", from)
            .sink("offsite", failing)
            .prefix("app")
            .build();
    assertThat(executor.replicate("near", "offsite").copied()).hasSize(1);
    assertThat(keys(to)).containsExactly(DOCUMENT, MANIFEST);
    assertThat(executor.copies(ID)).allMatch(copy -> copy.stored());
  }

  @Test
  void listenersHearOfIt() {
    backup();
    BlockingQueue<BackupEvent> events = new LinkedBlockingQueue<>();
    Replication.between(from, to).listener(events::add).copy(ID);
    assertThat(events)
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly("Started", "Progressed", "Completed");
    assertThat(events).allMatch(event -> event.operation() == io.holdfast.Operation.COPY);
  }

  @Test
  void repeatedItCopiesWhatHasComeSinceAndGoesOnAfterAFailure() throws Exception {
    BlockingQueue<String> copied = new LinkedBlockingQueue<>();
    failing.onNth(Operation.LIST, 1).fail(dead());
    Replication.Repeated repeated =
        Replication.between(from, failing)
            .listener(
                event -> {
                  if (event instanceof BackupEvent.Completed completed) {
                    copied.add(completed.backupId());
                  }
                })
            .every(Duration.ofMillis(1), "app-");
    try {
      backup();
      assertThat(copied.poll(60, TimeUnit.SECONDS)).isEqualTo(ID);
      backup("2026-01-10T00:00:00Z");
      assertThat(copied.poll(60, TimeUnit.SECONDS)).isEqualTo("app-2026-01-10-00-00-00");
    } finally {
      repeated.close();
      repeated.close();
    }
    backup("2026-01-11T00:00:00Z");
    assertThat(new Catalog(to).list("")).hasSize(2);
  }

  @Test
  void aCopyThatIsCancelledPublishesNothing() throws Exception {
    backup();
    FaultySink.Gate gate = failing.onNth(Operation.WRITE, 2).block();
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread thread = new Thread(() -> outcome.complete(catchThrowable(this::copy)));
    thread.start();
    gate.awaitReached(Bench.PATIENCE);
    thread.interrupt();
    assertThat(outcome.get(60, TimeUnit.SECONDS)).isInstanceOf(CancelledException.class);
    thread.join();
    assertThat(keys(to)).isEmpty();
    assertThat(to.leftovers()).isEmpty();
  }

  @Test
  void aMissingBackupAndTheSamePlaceAreErrors() {
    assertThatThrownBy(this::copy)
        .extracting(e -> ((StorageException) e).kind())
        .isEqualTo(Kind.NOT_FOUND);
    assertThatThrownBy(() -> Replication.between(from, from.reopen()))
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> Replication.between(from, to).every(Duration.ZERO, ""))
        .isInstanceOf(ConfigurationException.class);
  }

  private static void put(StorageSink sink, String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (SinkWriter writer = sink.write(key(name), WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(bytes));
      writer.commit(new ObjectDigest(bytes.length, Bench.sha256(bytes)));
    }
  }
}

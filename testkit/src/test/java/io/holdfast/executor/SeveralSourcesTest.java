package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.NOW;
import static io.holdfast.executor.Bench.key;
import static io.holdfast.executor.Bench.keys;
import static io.holdfast.executor.Bench.shop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupEvent;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.BackupResult;
import io.holdfast.CancelledException;
import io.holdfast.ConfigurationException;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.IncompleteBackupException;
import io.holdfast.MissingSource;
import io.holdfast.ProductionTargetException;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.RestoredSource;
import io.holdfast.SourceResult;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.format.Manifest;
import io.holdfast.format.ManifestReader;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageException;
import io.holdfast.testkit.FaultyHandler;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several sources in one backup, and each restored into its own target. */
@Timeout(120)
final class SeveralSourcesTest {
  private final MemorySink sink = new MemorySink();
  private final MemoryDatabase documents = shop();
  private final MemoryDatabase accounts =
      new MemoryDatabase("accounts").insert("users", "{\"id\":\"a\"}", "{\"id\":\"b\"}");
  private final MemoryDatabase orders = new MemoryDatabase("orders").insert("lines", "{\"id\":7}");
  private final MemoryDatabase documentsCopy = new MemoryDatabase("documents-copy");
  private final MemoryDatabase accountsCopy = new MemoryDatabase("accounts-copy");
  private final MemoryDatabase ordersCopy = new MemoryDatabase("orders-copy");
  private final List<BackupEvent> events = new ArrayList<>();

  private BackupExecutor.Builder settings() {
    return BackupExecutor.builder()
        .sink(sink)
        .prefix("app")
        .parallelism(2)
        .retry(Retry.none())
        .listener(events::add)
        .clock(Clock.fixed(NOW, ZoneOffset.UTC));
  }

  private BackupExecutor.Builder three() {
    return settings()
        .source("documents", MemoryHandler.of(documents))
        .source("accounts", MemoryHandler.of(accounts))
        .source("orders", MemoryHandler.of(orders));
  }

  private BackupExecutor.Builder copying() {
    return three()
        .target("documents", MemoryHandler.of(documentsCopy))
        .target("accounts", MemoryHandler.of(accountsCopy))
        .target("orders", MemoryHandler.of(ordersCopy));
  }

  private BackupExecutor.Builder with(String name, BackupHandler failing) {
    return settings()
        .source("documents", MemoryHandler.of(documents))
        .source(name, failing)
        .source("orders", MemoryHandler.of(orders));
  }

  private static BackupHandler failingAfterOneRecord(MemoryDatabase database) {
    return MemoryHandler.builder(database)
        .beforeRead(
            (collection, number) -> {
              if (number > 1) {
                throw new HandlerException(Kind.UNREACHABLE, null, "the line went dead", null);
              }
            })
        .build();
  }

  private Manifest manifest() {
    return ManifestReader.read(sink.bytes(key(ID + ".manifest.json")).orElseThrow());
  }

  @Test
  void oneRunMakesOneBackupWithADocumentForEach() {
    BackupResult backup = three().build().createBackup();

    assertThat(keys(sink))
        .containsExactly(
            ID + ".accounts.json.zst",
            ID + ".documents.json.zst",
            ID + ".manifest.json",
            ID + ".orders.json.zst");
    assertThat(manifest().documents())
        .extracting(Manifest.Document::name)
        .containsExactly("documents", "accounts", "orders");
    assertThat(backup.counts())
        .containsExactly(
            Map.entry("documents/users", 3L),
            Map.entry("documents/nothing", 0L),
            Map.entry("documents/posts", 2L),
            Map.entry("accounts/users", 2L),
            Map.entry("orders/lines", 1L));
    assertThat(backup.records()).isEqualTo(8);
    assertThat(backup.missing()).isEmpty();
    assertThatThrownBy(backup::source).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theCatalogHasOneEntryAndVerifyReadsAllOfIt() {
    BackupExecutor executor = three().build();
    executor.createBackup();

    assertThat(executor.list()).singleElement().isInstanceOf(CatalogEntry.Backup.class);
    assertThat(executor.verify("latest").counts()).containsEntry("accounts/users", 2L);
    sink.tamper(key(ID + ".accounts.json.zst"), new byte[] {1});
    assertThatThrownBy(() -> executor.verify("latest")).hasMessageContaining("accounts.json.zst");
  }

  @Test
  void allOfItComesBackEachIntoItsOwnTarget() {
    BackupExecutor executor = copying().build();
    executor.createBackup();
    RestoreResult restored = executor.restoreFromBackup("latest");

    assertThat(documentsCopy.contentHashes()).isEqualTo(documents.contentHashes());
    assertThat(accountsCopy.contentHashes()).isEqualTo(accounts.contentHashes());
    assertThat(ordersCopy.contentHashes()).isEqualTo(orders.contentHashes());
    assertThat(restored.sources())
        .contains(new RestoredSource("orders", "memory://orders-copy", Map.of("lines", 1L)));
    assertThat(restored.records()).isEqualTo(8);
  }

  @Test
  void copyToTargetTakesAllOfThem() {
    copying().build().copyToTarget(RestoreOptions.DEFAULT);
    assertThat(ordersCopy.contentHashes()).isEqualTo(orders.contentHashes());
    assertThatThrownBy(
            () ->
                three()
                    .target("orders", MemoryHandler.of(ordersCopy))
                    .build()
                    .copyToTarget(RestoreOptions.DEFAULT))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("documents", "accounts");
  }

  @Test
  void oneSourceIsRestoredByName() {
    BackupExecutor executor = copying().build();
    executor.createBackup();
    executor.restoreFromBackup("latest", RestoreOptions.DEFAULT.fromSources("accounts"));

    assertThat(accountsCopy.contentHashes()).isEqualTo(accounts.contentHashes());
    assertThat(documentsCopy.contentHashes()).isEmpty();
  }

  @Test
  void oneSourceIsRestoredByItsDocumentsKey() {
    BackupExecutor executor = copying().build();
    executor.createBackup();
    executor.restoreFromBackup(ID + ".accounts.json.zst");

    assertThat(accountsCopy.contentHashes()).isEqualTo(accounts.contentHashes());
    assertThat(documentsCopy.contentHashes()).isEmpty();
  }

  @Test
  void aTargetWithoutANameTakesOneSourceThatIsNamed() {
    three().build().createBackup();
    BackupExecutor other = settings().source(MemoryHandler.of(accountsCopy)).build();

    assertThatThrownBy(() -> other.restoreFromBackup("latest"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("documents", "fromSources");
    other.restoreFromBackup("latest", RestoreOptions.DEFAULT.fromSources("accounts"));
    assertThat(accountsCopy.contentHashes()).isEqualTo(accounts.contentHashes());
  }

  @Test
  void aBackupWithoutNamesGoesIntoTheTargetThatIsNamed() {
    settings().source(MemoryHandler.of(accounts)).build().createBackup();
    BackupExecutor executor = copying().build();

    assertThatThrownBy(() -> executor.restoreFromBackup("latest"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("fromSources");
    executor.restoreFromBackup("latest", RestoreOptions.DEFAULT.fromSources("accounts"));
    assertThat(accountsCopy.contentHashes()).isEqualTo(accounts.contentHashes());
    assertThat(documentsCopy.contentHashes()).isEmpty();
  }

  @Test
  void aSourceThatIsNotInTheBackupIsNamedWithThoseThatAre() {
    BackupExecutor executor = copying().build();
    executor.createBackup();
    assertThatThrownBy(
            () ->
                executor.restoreFromBackup("latest", RestoreOptions.DEFAULT.fromSources("acounts")))
        .hasMessageContainingAll("acounts", "documents, accounts, orders");
  }

  @Test
  void aSourceWithoutATargetRefusesTheRestoreBeforeAnythingIsChanged() {
    three().build().createBackup();
    BackupExecutor two =
        settings()
            .source("documents", MemoryHandler.of(documentsCopy))
            .source("accounts", MemoryHandler.of(accountsCopy))
            .build();
    assertThatThrownBy(() -> two.restoreFromBackup("latest"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("orders");
    assertThat(documentsCopy.contentHashes()).isEmpty();
  }

  @Test
  void oneSourceThatFailsInTheMiddleLeavesNothingVisible() {
    BackupHandler failing = failingAfterOneRecord(accounts);
    assertThatThrownBy(() -> with("accounts", failing).build().createBackup())
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("the line went dead");

    assertThat(keys(sink)).isEmpty();
    assertThat(sink.leftovers()).isEmpty();
    assertThat(((MemoryHandler) failing).openResources()).isZero();
  }

  @Test
  void aDocumentThatCannotBeStoredTakesBackTheOnesBeforeIt() {
    FaultySink faulty = new FaultySink(sink);
    faulty
        .onKey(FaultySink.Operation.COMMIT, key -> key.value().contains("orders"))
        .fail(new StorageException(StorageException.Kind.OTHER, null, "full", null));
    assertThatThrownBy(() -> three().sink(faulty).bestEffort().build().createBackup())
        .isInstanceOf(StorageException.class)
        .hasMessage("full");
    assertThat(keys(sink)).isEmpty();
  }

  @Test
  void withBestEffortTheOthersArePublishedAndTheRunIsNoSuccess() {
    BackupExecutor executor =
        with("accounts", failingAfterOneRecord(accounts)).bestEffort().build();
    assertThatThrownBy(executor::createBackup)
        .isInstanceOfSatisfying(
            IncompleteBackupException.class,
            e -> {
              assertThat(e.result().sources())
                  .extracting(SourceResult::name)
                  .containsExactly("documents", "orders");
              assertThat(e.result().missing())
                  .containsExactly(new MissingSource("accounts", "the line went dead"));
              assertThat(e.getSuppressed()).hasSize(1);
            })
        .hasMessageContainingAll("accounts", "the line went dead");

    assertThat(manifest().missing())
        .containsExactly(new MissingSource("accounts", "the line went dead"));
    assertThat(keys(sink)).doesNotContain(ID + ".accounts.json.zst");
    assertThat(events.get(events.size() - 1)).isInstanceOf(BackupEvent.Failed.class);
    assertThat(executor.verify("latest").missing()).hasSize(1);
  }

  @Test
  void withBestEffortASourceThatCannotBeOpenedIsLeftOut() {
    BackupHandler gone =
        FaultyHandler.around(MemoryHandler.of(accounts))
            .fail(
                FaultyHandler.Step.OPEN_BACKUP,
                1,
                () -> new HandlerException(Kind.UNREACHABLE, null, "no answer", null))
            .build();
    assertThatThrownBy(() -> with("accounts", gone).bestEffort().build().createBackup())
        .isInstanceOf(IncompleteBackupException.class);
    assertThat(manifest().documents())
        .extracting(Manifest.Document::name)
        .containsExactly("documents", "orders");
  }

  @Test
  void whereEverySourceFailsThereIsNoBackup() {
    BackupExecutor executor =
        settings()
            .source("documents", failingAfterOneRecord(documents))
            .source("accounts", failingAfterOneRecord(accounts))
            .bestEffort()
            .build();
    assertThatThrownBy(executor::createBackup)
        .isNotInstanceOf(IncompleteBackupException.class)
        .hasMessageContaining("Every source failed");
    assertThat(keys(sink)).isEmpty();
  }

  @Test
  void anIncompleteBackupIsRestoredOnlyBySource() {
    assertThatThrownBy(
            () ->
                with("accounts", failingAfterOneRecord(accounts))
                    .bestEffort()
                    .build()
                    .createBackup())
        .isInstanceOf(IncompleteBackupException.class);
    BackupExecutor executor = copying().build();

    assertThatThrownBy(() -> executor.restoreFromBackup("latest"))
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INCOMPLETE))
        .hasMessageContainingAll("accounts", "fromSources");
    assertThat(documentsCopy.contentHashes()).isEmpty();
    executor.restoreFromBackup("latest", RestoreOptions.DEFAULT.fromSources("documents", "orders"));
    assertThat(documentsCopy.contentHashes()).isEqualTo(documents.contentHashes());
    assertThatThrownBy(
            () ->
                copying()
                    .mode(BackupMode.RESTORE_ONLY)
                    .existingBackup("latest")
                    .build()
                    .protect(() -> {}))
        .hasMessageContainingAll("incomplete", "The action was not run");
  }

  @Test
  void sourcesThatShowThePastShowTheCutAndTheOthersTellTheirSkew() {
    BackupResult backup =
        settings()
            .source("documents", MemoryHandler.builder(documents).readsThePast().build())
            .source("orders", MemoryHandler.of(orders))
            .build()
            .createBackup();

    assertThat(backup.cut()).contains(NOW);
    assertThat(manifest().cut()).contains(NOW);
    assertThat(backup.sources().get(0).skew()).isEqualTo(Duration.ZERO);
    assertThat(backup.sources().get(0).source().asOf()).isEqualTo(NOW);
    SourceResult last = backup.sources().get(1);
    assertThat(last.skew()).isEqualTo(Duration.between(NOW, last.source().asOf()));
    assertThat(last.skew()).isNotEqualTo(Duration.ZERO);
  }

  @Test
  void aSourceThatChangesWhileItIsReadTellsUntilWhen() {
    BackupResult backup =
        settings()
            .source("documents", MemoryHandler.of(documents))
            .source(
                "accounts", MemoryHandler.builder(accounts).consistency(Consistency.FUZZY).build())
            .build()
            .createBackup();
    assertThat(backup.sources().get(0).readUntil()).isEmpty();
    assertThat(backup.sources().get(1).readUntil()).contains(NOW);
    assertThat(manifest().documents().get(1).readUntil()).contains(NOW);
  }

  @Test
  void sourcesAreReadAtTheSameTime() {
    CountDownLatch both = new CountDownLatch(2);
    BackupExecutor executor =
        settings()
            .source("documents", meeting(documents, both))
            .source("accounts", meeting(accounts, both))
            .parallelism(1)
            .build();
    executor.createBackup();
    assertThat(both.getCount()).isZero();
  }

  private static BackupHandler meeting(MemoryDatabase database, CountDownLatch both) {
    return MemoryHandler.builder(database)
        .beforeRead(
            (collection, number) -> {
              both.countDown();
              try {
                if (!both.await(60, TimeUnit.SECONDS)) {
                  throw new IllegalStateException("The other source is not being read.");
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancelledException("interrupted", e);
              }
            })
        .build();
  }

  @Test
  void anInterruptedBackupStopsAllSourcesAndLeavesNothing() {
    Thread caller = Thread.currentThread();
    CountDownLatch never = new CountDownLatch(1);
    MemoryHandler waiting =
        MemoryHandler.builder(accounts)
            .beforeRead(
                (collection, number) -> {
                  caller.interrupt();
                  try {
                    never.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new CancelledException("interrupted", e);
                  }
                })
            .build();
    assertThatThrownBy(() -> with("accounts", waiting).bestEffort().build().createBackup())
        .isInstanceOf(CancelledException.class);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(keys(sink)).isEmpty();
    assertThat(Bench.workers()).isEmpty();
    assertThat(waiting.openResources()).isZero();
  }

  @Test
  void listenersAreToldOnTheCallersThread() {
    List<Thread> threads = new ArrayList<>();
    three().listener(event -> threads.add(Thread.currentThread())).build().createBackup();
    assertThat(threads).isNotEmpty().containsOnly(Thread.currentThread());
    assertThat(events).filteredOn(BackupEvent.CollectionDone.class::isInstance).hasSize(5);
  }

  @Test
  void patternsNameTheSource() {
    BackupResult backup =
        three().include("documents/users").exclude("orders/*").build().createBackup();
    assertThat(backup.counts()).containsOnlyKeys("documents/users", "accounts/users");

    assertThatThrownBy(() -> three().include("users").build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("users", "documents/users");
    assertThatThrownBy(
            () ->
                copying()
                    .build()
                    .restoreFromBackup("latest", RestoreOptions.DEFAULT.including("users")))
        .isInstanceOf(ConfigurationException.class);
    copying()
        .build()
        .restoreFromBackup("latest", RestoreOptions.DEFAULT.excluding("accounts/users"));
    assertThat(accountsCopy.contentHashes()).isEmpty();
    assertThat(documentsCopy.contentHashes()).containsOnlyKeys("users");
  }

  @Test
  void whatCannotBeCarriedTellsOfWhichSource() {
    BackupResult backup =
        with("accounts", MemoryHandler.builder(accounts).notCaptured("rules", "no right").build())
            .allowUncaptured(true)
            .build()
            .createBackup();
    assertThat(backup.notCaptured())
        .containsExactly(new NotCaptured("accounts: rules", "no right"));
  }

  @Test
  void aTargetThatRefusesKeepsTheOthersFromBeingChanged() {
    BackupExecutor executor = copying().build();
    executor.createBackup();
    ordersCopy.insert("lines", "{\"id\":1}");
    assertThatThrownBy(() -> executor.restoreFromBackup("latest"))
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_EMPTY));
    assertThat(documentsCopy.contentHashes()).isEmpty();
    assertThat(accountsCopy.contentHashes()).isEmpty();
  }

  @Test
  void whatCanBeUndoneIsUndoneWhenAnotherTargetFails() {
    three().build().createBackup();
    BackupExecutor executor =
        three()
            .target("documents", MemoryHandler.of(documentsCopy))
            .target(
                "accounts",
                MemoryHandler.builder(accountsCopy)
                    .atomic(false)
                    .beforeWrite(
                        (collection, number) -> {
                          throw new HandlerException(Kind.NO_SPACE, null, "full", null);
                        })
                    .build())
            .target("orders", MemoryHandler.of(ordersCopy))
            .build();
    assertThatThrownBy(() -> executor.restoreFromBackup("latest"))
        .hasMessage("full")
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .anyMatch(text -> text.contains("accounts-copy is partly written"))
                    .anyMatch(text -> text.contains("documents-copy is as it was"))
                    .anyMatch(text -> text.contains("orders-copy is as it was")));
    assertThat(documentsCopy.contentHashes()).isEmpty();
    assertThat(ordersCopy.contentHashes()).isEmpty();
  }

  @Test
  void aTargetThatIsFinalAlreadyIsToldWhenALaterOneFails() {
    three().build().createBackup();
    BackupExecutor executor =
        three()
            .target("documents", MemoryHandler.builder(documentsCopy).atomic(false).build())
            .target(
                "accounts",
                FaultyHandler.around(MemoryHandler.of(accountsCopy))
                    .fail(
                        FaultyHandler.Step.FINISH_RESTORE,
                        1,
                        () -> new HandlerException(Kind.OTHER, null, "no commit", null))
                    .build())
            .target("orders", MemoryHandler.of(ordersCopy))
            .build();
    assertThatThrownBy(() -> executor.restoreFromBackup("latest"))
        .hasMessage("no commit")
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .anyMatch(text -> text.contains("documents-copy holds the backup already")));
  }

  @Test
  void theTargetsAreBackedUpTogetherBeforeTheyAreReplaced() {
    documentsCopy.insert("old", "{\"id\":1}");
    accountsCopy.insert("users", "{\"id\":\"z\"}");
    BackupExecutor executor = copying().build();
    executor.createBackup();
    RestoreResult restored =
        executor.restoreFromBackup("latest", RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE));

    BackupResult safety = restored.safetyBackup().orElseThrow();
    assertThat(safety.counts())
        .containsOnly(Map.entry("documents/old", 1L), Map.entry("accounts/users", 1L));
    assertThat(accountsCopy.contentHashes()).isEqualTo(accounts.contentHashes());
  }

  @Test
  void targetsThatAreProductionAreEachNamed() {
    BackupExecutor executor =
        three()
            .target("documents", MemoryHandler.builder(documentsCopy).production().build())
            .target("accounts", MemoryHandler.builder(accountsCopy).production().build())
            .target("orders", MemoryHandler.of(ordersCopy))
            .build();
    executor.createBackup();
    assertThatThrownBy(
            () ->
                executor.restoreFromBackup(
                    "latest", RestoreOptions.DEFAULT.intoProduction("documents-copy")))
        .isInstanceOf(ProductionTargetException.class)
        .hasMessageContaining("accounts-copy");
    executor.restoreFromBackup(
        "latest", RestoreOptions.DEFAULT.intoProduction("documents-copy", "accounts-copy"));
    assertThat(accountsCopy.contentHashes()).isEqualTo(accounts.contentHashes());
  }

  @Test
  void twoSourcesAreNotRestoredIntoOneDatabase() {
    BackupExecutor executor =
        settings()
            .source("documents", MemoryHandler.of(documents))
            .source("accounts", MemoryHandler.of(accounts))
            .target("documents", MemoryHandler.of(documentsCopy))
            .target("accounts", MemoryHandler.of(documentsCopy))
            .build();
    executor.createBackup();
    assertThatThrownBy(() -> executor.restoreFromBackup("latest"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("fromSources");
    assertThat(documentsCopy.contentHashes()).isEmpty();
  }

  @Test
  void encryptedDocumentsOfOneBackupOpenWithOneKey() {
    AgeKeyPair pair = AgeKeyPair.generate();
    BackupExecutor executor =
        copying()
            .encryption(Encryption.recipients(pair.recipient()))
            .decryptionKeys(DecryptionKeys.identities(pair.identity()))
            .verifyAfterBackup(true)
            .build();
    executor.createBackup();
    assertThat(keys(sink)).contains(ID + ".accounts.json.zst.age");
    executor.restoreFromBackup("latest");
    assertThat(accountsCopy.contentHashes()).isEqualTo(accounts.contentHashes());
  }

  @Test
  void namesAndTheirMistakesAreToldTogether() {
    assertThatThrownBy(
            () ->
                settings()
                    .source(MemoryHandler.of(documents))
                    .source("Accounts", MemoryHandler.of(accounts))
                    .source("orders", MemoryHandler.of(orders))
                    .target("elsewhere", MemoryHandler.of(ordersCopy))
                    .build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContainingAll("\"Accounts\"", "each needs a name", "elsewhere");
    assertThatThrownBy(() -> settings().source(MemoryHandler.of(documents)).bestEffort().build())
        .hasMessageContaining("bestEffort");
  }

  @Test
  void pruneKnowsTheDocumentsOfItsSources() {
    BackupFailureTest.put(sink, "app-2026-01-08-00-00-00.accounts.json.zst", new byte[1]);
    BackupFailureTest.put(sink, "app-2026-01-08-00-00-00.others.json.zst", new byte[1]);
    assertThat(three().clock(Clock.systemUTC()).build().prune(Duration.ZERO))
        .containsExactly("app-2026-01-08-00-00-00.accounts.json.zst");
  }

  @Test
  void deleteTakesAllDocuments() {
    BackupExecutor executor = three().build();
    executor.createBackup();
    executor.delete(ID);
    assertThat(keys(sink)).isEmpty();
  }

  @Test
  void aDryRunPlansAllAndWritesNothing() {
    BackupResult plan = three().dryRun(true).build().createBackup();
    assertThat(plan.counts()).containsEntry("accounts/users", 2L);
    assertThat(keys(sink)).isEmpty();
  }
}

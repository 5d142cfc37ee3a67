package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.ids;
import static io.holdfast.executor.Bench.keys;
import static io.holdfast.executor.Bench.shop;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupExecutor;
import io.holdfast.ConfigurationException;
import io.holdfast.FileSink;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.executor.Bench.HandClock;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.FaultySink;
import io.holdfast.testkit.FaultySink.Operation;
import io.holdfast.testkit.ForwardedSink;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a sink holds, and what may be cleared away. */
@Timeout(120)
final class ListDeletePruneTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final HandClock clock = new HandClock();
  private final MemorySink store = new MemorySink(Set.of(), clock);
  private final FaultySink sink = new FaultySink(store);

  private BackupExecutor.Builder with(String prefix) {
    return executor(MemoryHandler.of(shop()), sink).clock(clock).prefix(prefix);
  }

  private String backup(String prefix) {
    clock.forward(Duration.ofSeconds(1));
    return with(prefix).build().createBackup().backupId();
  }

  private void junk(String key) {
    BackupFailureTest.put(store, key, "junk".getBytes(UTF_8));
  }

  @Test
  void backupsAreListedNewestFirstAndWhatCannotBeReadAmongThem() {
    String first = backup("app");
    clock.forward(Duration.ofSeconds(1));
    junk("app-2026-01-09-00-00-02.manifest.json");
    String third = backup("app");
    junk("app-2026-01-09-00-00-09.json.zst"); // no manifest, no backup
    List<CatalogEntry> entries = with("app").build().list();
    assertThat(entries)
        .extracting(CatalogEntry::backupId)
        .containsExactly(third, "app-2026-01-09-00-00-02", first);
    assertThat(entries.get(1))
        .isInstanceOfSatisfying(
            CatalogEntry.Unreadable.class, entry -> assertThat(entry.reason()).isNotBlank());
  }

  @Test
  void aManifestThatTheStorageFindsDamagedDoesNotHideTheOthers() {
    String first = backup("app");
    String second = backup("app");
    sink.onKey(Operation.READ, key -> key.value().equals(first + ".manifest.json"))
        .fail(new StorageException(StorageException.Kind.CORRUPT, null, "bad block", null));
    assertThat(with("app").build().list())
        .extracting(entry -> entry.getClass().getSimpleName() + " " + entry.backupId())
        .containsExactly("Backup " + second, "Unreadable " + first);
    sink.heal();
    sink.onKey(Operation.READ, key -> key.value().equals(first + ".manifest.json"))
        .fail(new StorageException(StorageException.Kind.UNAVAILABLE, null, "down", null));
    assertThatThrownBy(() -> with("app").build().list()).hasMessage("down");
  }

  @Test
  void aPrefixListsItsOwnBackupsOnly() {
    String own = backup("app");
    String two = backup("app-two");
    String three = backup("app-2");
    String four = backup("app-2026");
    assertThat(ids(with("app").build())).containsExactly(own);
    assertThat(ids(with("app-two").build())).containsExactly(two);
    assertThat(ids(with("app-2").build())).containsExactly(three);
    assertThat(ids(with("app-2026").build())).containsExactly(four);
  }

  @Test
  void backupsWithTheDefaultTimestampsStayListedAfterTheFormatWasChanged() {
    String old = backup("app");
    clock.forward(Duration.ofSeconds(1));
    BackupExecutor fine = with("app").timestampFormat("yyyy/MM/dd/HHmmss.SSS").build();
    String recent = fine.createBackup().backupId();
    assertThat(recent).isEqualTo("app-2026/01/09/000002.000");
    assertThat(ids(fine)).containsExactly(recent, old);
    assertThat(fine.verify("latest").backupId()).isEqualTo(recent);
    fine.delete(recent);
    assertThat(ids(fine)).containsExactly(old);
    assertThat(keys(store)).hasSize(2);
  }

  @Test
  void deletingTakesTheManifestFirstAndTheDocumentsAfterIt() {
    backup("app");
    String id = ids(with("app").build()).get(0);
    List<String> deleted = new ArrayList<>();
    BackupExecutor executor =
        executor(
                MemoryHandler.of(shop()),
                new ForwardedSink(store) {
                  @Override
                  public void delete(ObjectKey key) {
                    deleted.add(key.value());
                    super.delete(key);
                  }
                })
            .build();
    executor.delete(id);
    assertThat(deleted).containsExactly(id + ".manifest.json", id + ".json.zst");
    assertThat(keys(store)).isEmpty();
    executor.delete(id); // it is gone, so this succeeds
    executor.delete("no/../such name");
  }

  @Test
  void aManifestThatMayNotBeDeletedKeepsItsBackupWhole() {
    String id = backup("app");
    sink.on(Operation.DELETE)
        .fail(new StorageException(StorageException.Kind.RETENTION, null, "retained", null));
    BackupExecutor executor = with("app").build();
    assertThatThrownBy(() -> executor.delete(id)).hasMessage("retained");
    assertThat(executor.verify(id).records()).isEqualTo(5);
  }

  @Test
  void aDocumentThatMayNotBeDeletedIsNamedAndLeftToPrune() {
    String id = backup("app");
    sink.onKey(Operation.DELETE, key -> key.value().endsWith(".zst"))
        .fail(new StorageException(StorageException.Kind.RETENTION, null, "retained", null));
    BackupExecutor executor = with("app").build();
    assertThatThrownBy(() -> executor.delete(id))
        .isInstanceOfSatisfying(
            StorageException.class,
            e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.RETENTION))
        .hasMessageContaining(id + ".json.zst")
        .hasMessageContaining("retained");
    assertThat(ids(executor)).isEmpty();
    sink.heal();
    clock.forward(HOUR.multipliedBy(2));
    assertThat(executor.prune(HOUR)).containsExactly(id + ".json.zst");
  }

  @Test
  void anUnreadableBackupIsDeletedWithItsDocumentsAndNobodyElses() {
    junk("app-2026.01.manifest.json");
    junk("app-2026.01.json.zst");
    junk("app-2026.01.02.manifest.json"); // an id that begins with the other and a dot
    junk("app-2026.01.02.json.zst");
    with("app").build().delete("app-2026.01");
    assertThat(keys(store))
        .containsExactly("app-2026.01.02.json.zst", "app-2026.01.02.manifest.json");
  }

  @Test
  void latestIsNoIdToDelete() {
    String id = backup("app");
    assertThatThrownBy(() -> with("app").build().delete("latest"))
        .isInstanceOf(ConfigurationException.class);
    assertThat(ids(with("app").build())).containsExactly(id);
  }

  @Test
  void pruneClearsOldLeftoversOfItsPrefixAndNothingElse() {
    String whole = backup("app");
    junk("app-2026-01-08-00-00-00.json.zst");
    junk("app-2026-01-08-00-00-01.json.gz.age");
    junk("app-2026-01-08-00-00-02.json");
    List<String> kept =
        List.of(
            whole + ".json.zst",
            whole + ".manifest.json",
            "app-2026-01-08-00-00-03.manifest.json", // unreadable, but there
            "app-2026-01-08-00-00-03.json.zst",
            "app-two-2026-01-08-00-00-00.json.zst",
            "app-2-2026-01-08-00-00-00.json.zst",
            "app-notes.json",
            "app-2026-01-08-00-00-00.json.zst.bak",
            "app-2026-01-08-00-00-00.txt",
            "application.json",
            "app-2026-01-08-00-00-04.extra.json.zst",
            "other-2026-01-08-00-00-00.json.zst");
    kept.subList(2, kept.size()).forEach(this::junk);
    SinkWriter unfinished = store.write(ObjectKey.of("app-x"), WriteOptions.NONE);
    unfinished.write(ByteBuffer.wrap(new byte[3]));
    clock.forward(HOUR.multipliedBy(2));
    junk("app-2026-01-09-02-00-00.json.zst"); // young: somebody may be writing its manifest
    SinkWriter writing = store.write(ObjectKey.of("app-y"), WriteOptions.NONE);

    List<String> before = keys(store);
    List<String> planned = with("app").dryRun(true).build().prune(HOUR);
    assertThat(keys(store)).isEqualTo(before);
    List<String> cleared = with("app").build().prune(HOUR);
    assertThat(cleared).isEqualTo(planned).hasSize(4);
    assertThat(cleared)
        .contains(
            "app-2026-01-08-00-00-00.json.zst",
            "app-2026-01-08-00-00-01.json.gz.age",
            "app-2026-01-08-00-00-02.json");
    List<String> left = new ArrayList<>(kept);
    left.add("app-2026-01-09-02-00-00.json.zst");
    assertThat(keys(store)).containsExactlyInAnyOrderElementsOf(left);
    assertThat(store.leftovers()).hasSize(1);
    writing.close();
    unfinished.close();
    assertThat(with("app").build().prune(HOUR)).isEmpty();
  }

  @Test
  void pruneWithAnAgeThatMakesNoSenseClearsNothing() {
    junk("app-2026-01-08-00-00-00.json.zst");
    assertThatThrownBy(() -> with("app").build().prune(Duration.ofHours(-1)))
        .isInstanceOf(ConfigurationException.class);
    assertThat(with("app").build().prune(Duration.ofSeconds(Long.MAX_VALUE))).isEmpty();
    assertThat(keys(store)).hasSize(1);
  }

  @Test
  void pruneLeavesForeignFilesInAFolderAlone(@TempDir Path folder) throws Exception {
    FileSink files = FileSink.at(folder);
    Files.writeString(folder.resolve("app-notes.txt"), "mine");
    Files.writeString(folder.resolve(".hidden"), "mine");
    Files.writeString(folder.resolve("app-2026-01-08-00-00-00.json.zst"), "orphan");
    Files.createDirectories(folder.resolve("app-2026-01-08-00-00-00.d"));
    BackupExecutor executor = executor(MemoryHandler.of(shop()), files).clock(clock).build();
    executor.createBackup();
    clock.forward(Duration.ofDays(100_000));
    assertThat(executor.prune(HOUR)).containsExactly("app-2026-01-08-00-00-00.json.zst");
    assertThat(folder.resolve("app-notes.txt")).exists();
    assertThat(folder.resolve(".hidden")).exists();
    assertThat(executor.verify(ID).records()).isEqualTo(5);
  }
}

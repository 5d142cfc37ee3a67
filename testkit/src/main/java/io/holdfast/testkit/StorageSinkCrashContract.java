package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.Compression;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@code StorageSink} keeps when the process that uses it is killed: a child process
 * takes backups for ever and is killed at random moments. What is listed afterwards is whole, the
 * next backup works, and what the dead process left is listed and swept by {@code prune}.
 *
 * <p>The child opens the sink by its URI through the provider on this process's class path. Repeat
 * a run with {@code -Dholdfast.seed=…}.
 */
public abstract class StorageSinkCrashContract {
  private static final Instant NOW = Instant.parse("2026-01-09T00:00:00Z");
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int MAX_SPINS = 3_000_000;

  /**
   * The URI of a storage that is empty: another folder or prefix at every call.
   *
   * @param number which kill it is for, from 0
   */
  protected abstract String storage(int number);

  /**
   * What lies in the storage beside those objects: temp files, unfinished uploads, chunks. Looked
   * at without the sink, or the sink would vouch for itself.
   *
   * @param uri what {@link #storage} returned
   * @param objects the objects that the sink lists
   */
  protected abstract List<String> strangers(String uri, List<ObjectKey> objects);

  /** System properties for the child: credentials, endpoints. */
  protected Map<String, String> systemProperties() {
    return Map.of();
  }

  /** Environment variables for the child, beside those of this process. */
  protected Map<String, String> environment() {
    return Map.of();
  }

  /** Whether {@code leftovers} lists what a dead process has left, so that prune can sweep it. */
  protected boolean listsLeftovers() {
    return true;
  }

  /** How often the child is killed. */
  protected int kills() {
    return 20;
  }

  /** How large the document of a backup is, in bytes, about: several pieces of an upload. */
  protected int documentBytes() {
    return 24 * 1024 * 1024;
  }

  @Test
  @Timeout(1800)
  void whateverTheMomentOfTheKillOnlyWholeBackupsAreListedAndTheNextRunWorks(TestReporter reporter)
      throws Exception {
    long seed = Long.getLong("holdfast.seed", System.nanoTime());
    reporter.publishEntry("holdfast.seed", Long.toString(seed));
    Random random = new Random(seed);
    MemoryDatabase database = CrashingBackups.database(documentBytes());
    int steps = stepsOfABackup();
    Tally tally = new Tally();
    for (int kill = 0; kill < kills(); kill++) {
      String uri = storage(kill);
      // Two backups' steps: half of the kills find one that is complete.
      int step = 1 + random.nextInt(2 * steps);
      // Half of them at an exact step, half of them a little after one while it goes on.
      boolean exact = random.nextBoolean();
      String moment = killAt(uri, step, exact, exact ? 0 : random.nextInt(MAX_SPINS));
      tally.moments.add(moment);
      check(uri, database, "-Dholdfast.seed=" + seed + ", " + moment, tally);
    }
    reporter.publishEntry("crash", tally.toString());
    assertThat(tally.listed).as("whole backups that were listed after kills").isPositive();
    if (listsLeftovers()) {
      assertThat(tally.killsThatLeft).as("kills that left something behind").isPositive();
    }
  }

  /** What was found after all kills. */
  private static final class Tally {
    private int listed;
    private int swept;
    private int killsThatLeft;
    private final List<String> moments = new ArrayList<>();

    @Override
    public String toString() {
      return listed
          + " whole backups listed, "
          + swept
          + " leftovers swept after "
          + killsThatLeft
          + " of the kills, which were "
          + moments;
    }
  }

  private void check(String uri, MemoryDatabase database, String moment, Tally tally) {
    // Leftovers have the storage's time, so the clock is ahead of that.
    Clock later = Clock.fixed(NOW.plus(Duration.ofDays(100_000)), ZoneOffset.UTC);
    Clock nextDay = Clock.fixed(NOW.plus(Duration.ofDays(1)), ZoneOffset.UTC);
    try (StorageSink sink = CrashingBackups.open(uri);
        BackupExecutor executor = executor(database).sink(uri).clock(nextDay).build();
        BackupExecutor sweeper = executor(database).sink(uri).clock(later).build()) {
      List<CatalogEntry> entries = executor.list();
      assertWhole(executor, database, entries, moment);
      BackupResult next = executor.createBackup();
      List<String> gone = sweeper.prune(Duration.ofHours(1));
      assertThat(sweeper.prune(Duration.ofHours(1))).as("swept twice, %s", moment).isEmpty();
      List<CatalogEntry> after = executor.list();
      assertThat(after)
          .as(moment)
          .extracting(CatalogEntry::backupId)
          .contains(next.backupId())
          .containsAll(entries.stream().map(CatalogEntry::backupId).toList());
      assertWhole(executor, database, after, moment);

      List<ObjectKey> objects = keys(sink);
      assertThat(objects).as("document and manifest of each, %s", moment).hasSize(2 * after.size());
      if (listsLeftovers()) {
        assertThat(sink.leftovers()).as("leftovers, %s", moment).isEmpty();
        assertThat(strangers(uri, objects)).as("what else is there, %s", moment).isEmpty();
      }
      tally.listed += entries.size();
      tally.swept += gone.size();
      tally.killsThatLeft += gone.isEmpty() ? 0 : 1;
    }
  }

  private static void assertWhole(
      BackupExecutor executor, MemoryDatabase database, List<CatalogEntry> entries, String moment) {
    for (CatalogEntry entry : entries) {
      assertThat(entry).as(moment).isInstanceOf(CatalogEntry.Backup.class);
      assertThat(executor.verify(entry.backupId()).counts())
          .as("%s, %s", entry.backupId(), moment)
          .isEqualTo(database.counts());
    }
  }

  private static BackupExecutor.Builder executor(MemoryDatabase database) {
    return BackupExecutor.builder()
        .source(MemoryHandler.of(database))
        .prefix("app")
        .compression(Compression.none())
        .retry(Retry.standard());
  }

  private static List<ObjectKey> keys(StorageSink sink) {
    try (Stream<StoredObject> objects = sink.list("")) {
      return objects.map(StoredObject::key).toList();
    }
  }

  /** Counts the steps until the first backup is complete, in a storage of its own. */
  private int stepsOfABackup() throws Exception {
    try (Child child = new Child(storage(-1), 0)) {
      String line = child.await(text -> text.endsWith(" backup complete"));
      return Integer.parseInt(line.substring(0, line.indexOf(' ')));
    }
  }

  /** Kills the child at a step or some spins after it, and tells when that was. */
  private String killAt(String uri, int step, boolean exact, int spins) throws Exception {
    try (Child child = new Child(uri, exact ? step : 0)) {
      String line = child.await(text -> text.startsWith(step + " "));
      for (int i = 0; i < spins; i++) {
        Thread.onSpinWait();
      }
      return (exact ? "at " : spins + " spins after ") + line;
    }
  }

  /** The process that is killed, at the latest when this is closed. */
  private final class Child implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;

    private Child(String uri, int standAt) throws IOException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
      systemProperties().forEach((name, value) -> command.add("-D" + name + "=" + value));
      String logging = System.getProperty("logback.configurationFile");
      if (logging != null) {
        command.add("-Dlogback.configurationFile=" + logging);
      }
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.add(CrashingBackups.class.getName());
      // The URI may hold a secret, and a command line is for everyone to see.
      command.addAll(List.of(Integer.toString(standAt), Integer.toString(documentBytes())));
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().put(CrashingBackups.URI, uri);
      builder.environment().putAll(environment());
      process = builder.start();
      out = process.inputReader(StandardCharsets.UTF_8);
    }

    /** The first line of that kind. */
    private String await(Predicate<String> kind) throws Exception {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (kind.test(line)) {
          return line;
        }
      }
      throw new AssertionError("The child ended by itself, with " + process.waitFor());
    }

    /** Kills it, with SIGKILL where there are signals, and waits until it is gone. */
    @Override
    public void close() {
      process.destroyForcibly();
      process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
      assertThat(process.exitValue()).as("killed, not ended").isNotZero();
    }
  }
}

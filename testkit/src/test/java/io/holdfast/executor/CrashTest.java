package io.holdfast.executor;

import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.ids;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.FileSink;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that takes backups is killed at many moments: what is listed afterwards is whole, the
 * rest is cleared by prune, and the next run works.
 */
final class CrashTest {
  private static final int KILLS = 36;

  /** The steps of one backup as the child announces them, about: 8 writes and what is around. */
  private static final int STEPS_OF_A_BACKUP = 20;

  private static MemoryDatabase database() {
    return Bench.bulk(11, 3, 8, 300_000);
  }

  /** Takes backups for ever, and tells each step before and after it is taken. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) throws Exception {
      boolean wait = args[1].equals("wait");
      int stop = Integer.parseInt(args[2]);
      StorageSink sink =
          new Telling(FileSink.at(Path.of(args[0])), wait ? stop : Integer.MAX_VALUE);
      Bench.HandClock clock = new Bench.HandClock();
      BackupExecutor executor =
          executor(MemoryHandler.builder(database()).splits(2).build(), sink)
              .clock(clock)
              .verifyAfterBackup(true)
              .build();
      while (true) {
        executor.createBackup();
        clock.forward(Duration.ofSeconds(1));
      }
    }
  }

  /** Announces every step on standard output, and stands still at one of them. */
  private static final class Telling extends ForwardedSink {
    private final int stopAt;
    private int step;

    Telling(StorageSink inside, int stopAt) {
      super(inside);
      this.stopAt = stopAt;
    }

    private void tell(String what) {
      System.out.println(++step + " " + what);
      System.out.flush();
      if (step == stopAt) {
        Bench.await("the end of this process", () -> false);
      }
    }

    @Override
    public SinkWriter write(ObjectKey key, WriteOptions options) {
      tell("open " + key);
      SinkWriter writer = super.write(key, options);
      tell("opened " + key);
      return new SinkWriter() {
        @Override
        public void write(ByteBuffer bytes) {
          writer.write(bytes);
          tell("wrote to " + key);
        }

        @Override
        public StoredObject commit(ObjectDigest digest) {
          tell("commit " + key);
          StoredObject stored = writer.commit(digest);
          tell("committed " + key);
          return stored;
        }

        @Override
        public void close() {
          writer.close();
        }
      };
    }
  }

  @Test
  @Timeout(600)
  void whateverTheMomentOfTheKillOnlyWholeBackupsAreListedAndTheNextRunWorks(@TempDir Path root)
      throws Exception {
    List<String> moments = new ArrayList<>();
    int listed = 0;
    int cleared = 0;
    int duringBackup = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Path folder = root.resolve("kill" + kill);
      // Half of them at an exact step, half of them just after one while it goes on.
      boolean exact = kill % 2 == 0;
      int step = 1 + kill * (2 * STEPS_OF_A_BACKUP) / KILLS + (exact ? 0 : 1);
      String moment = killAt(folder, exact, step);
      moments.add(moment);

      Bench.HandClock clock = new Bench.HandClock();
      clock.forward(Duration.ofDays(1));
      FileSink sink = FileSink.at(folder);
      BackupExecutor executor = executor(MemoryHandler.of(database()), sink).clock(clock).build();
      List<CatalogEntry> entries = executor.list();
      assertThat(entries).as(moment).allMatch(CatalogEntry.Backup.class::isInstance);
      for (CatalogEntry entry : entries) {
        assertThat(executor.verify(entry.backupId()).counts()).isEqualTo(database().counts());
      }
      listed += entries.size();
      BackupResult next = executor.createBackup();
      clock.forward(Duration.ofDays(100_000)); // ahead of the file system's clock
      List<String> gone = executor.prune(Duration.ofHours(1));
      cleared += gone.size();
      duringBackup += gone.isEmpty() ? 0 : 1;
      assertThat(ids(executor)).as(moment).hasSize(entries.size() + 1).contains(next.backupId());
      executor.verify(next.backupId());
      assertThat(files(folder)).as(moment).hasSize(2 * (entries.size() + 1));
    }
    System.out.println(
        "CrashTest: "
            + KILLS
            + " kills at "
            + moments
            + "; "
            + listed
            + " whole backups listed, "
            + cleared
            + " leftovers cleared after "
            + duringBackup
            + " of the kills");
    assertThat(duringBackup).isGreaterThan(KILLS / 2);
    assertThat(listed).isPositive();
  }

  private static String killAt(Path folder, boolean exact, int step) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile="
                    + System.getProperty("logback.configurationFile", ""),
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                folder.toString(),
                exact ? "wait" : "run",
                Integer.toString(step))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(step + " ")) {
          child.destroyForcibly();
          assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
          assertThat(child.exitValue()).as("killed, not ended").isNotZero();
          return (exact ? "at " : "after ") + line;
        }
      }
      throw new AssertionError("The child ended by itself, with " + child.waitFor());
    } finally {
      child.destroyForcibly();
    }
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

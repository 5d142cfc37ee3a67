package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.BackupExecutor;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreStrategy;
import io.holdfast.postgres.TestPostgres.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A backup of one major restored into another gives the same database as pg_dump and psql, both of
 * the newer one, make of the older. Two runs against two servers: {@code
 * dev/postgres-across-majors} does them, and hands a folder from one to the other in the system
 * property {@code holdfast.across}.
 */
@Timeout(300)
class AcrossMajorsTest {
  private Path folder;

  @BeforeEach
  void findTheFolder() {
    String given = System.getProperty("holdfast.across", "");
    assumeTrue(!given.isEmpty(), "dev/postgres-across-majors runs this");
    folder = Path.of(given);
  }

  private Path script() {
    return folder.resolve("every-object.sql");
  }

  @Test
  void backUpTheOlder() throws Exception {
    assumeTrue(!Files.exists(script()), "The older one's turn is over");
    // The newest there is, since it writes what the newer server will be asked to take.
    PgDump dump = PgDump.find(Integer.getInteger("holdfast.across.major", 18)).orElseThrow();
    try (Database original = EveryObject.createForPgDump()) {
      Backups.take(original, folder.resolve("backups"));
      Files.writeString(script(), dump.plain(original));
    }
  }

  @ParameterizedTest
  @EnumSource
  void restoreIntoTheNewer(RestoreStrategy strategy) throws Exception {
    assumeTrue(Files.exists(script()), "It is the older one's turn");
    PgDump dump = PgDump.forServer();
    try (Database byPsql = EveryObject.empty();
        Database target = EveryObject.empty()) {
      dump.restore(Files.readString(script()), byPsql);
      try (BackupExecutor executor = Backups.into(target, folder.resolve("backups")).build()) {
        executor.restoreFromBackup("latest", RestoreOptions.DEFAULT.withStrategy(strategy));
      }
      dump.of(target).assertSameAs(dump.of(byPsql));
      withoutVersions(EveryObject.texts(target))
          .assertSameAs(withoutVersions(EveryObject.texts(byPsql)));
      assertThat(Contents.hashes(target)).isEqualTo(Contents.hashes(byPsql));
    }
  }

  /** Whether an extension stays as old as it was, or is as new as the server has it, is open. */
  private static PgDump.Output withoutVersions(PgDump.Output texts) {
    return new PgDump.Output(
        texts.of(), texts.lines().stream().filter(line -> !line.startsWith("extension ")).toList());
  }
}

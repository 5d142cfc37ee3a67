package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.FileSink;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.postgres.TestPostgres.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No damage to a stored backup goes unnoticed, or changes the database that it is restored to. */
@Timeout(300)
class PostgresDamageTest {
  private static final int PLACES = 42;
  private static final RestoreOptions REPLACE =
      RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE);

  private static final String TABLES =
      """
      CREATE TABLE people (id serial PRIMARY KEY, name text, photo bytea);
      CREATE TABLE visits (person int REFERENCES people, at timestamptz, cost numeric);
      """;

  @TempDir private Path folder;

  @ParameterizedTest(name = "encrypted: {0}")
  @ValueSource(booleans = {false, true})
  void everyDamageIsRefusedAndChangesNothing(boolean encrypted) throws Exception {
    long seed = System.nanoTime();
    System.out.println("PostgresDamageTest, encrypted " + encrypted + ", seed " + seed);
    Random random = new Random(seed);
    AgeKeyPair pair = AgeKeyPair.generate();
    try (Database source = TestPostgres.createDatabase();
        Database target = TestPostgres.createDatabase()) {
      source.execute(
          TABLES,
          """
          INSERT INTO people (name, photo)
            SELECT 'name ' || i, decode(md5('photo' || i), 'hex') FROM generate_series(1, 60) i;
          INSERT INTO visits
            SELECT 1 + i % 60, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 hour', i / 7.0
              FROM generate_series(1, 200) i;
          """);
      target.execute(
          TABLES,
          "INSERT INTO people (name) VALUES ('mine')",
          "INSERT INTO visits VALUES (1, '2000-01-01', 1)");
      BackupExecutor executor =
          BackupExecutor.builder()
              .source(PostgresHandler.of(source.dataSource()))
              .target(PostgresHandler.of(target.dataSource()))
              .sink(FileSink.at(folder))
              .encryption(encrypted ? Encryption.recipients(pair.recipient()) : Encryption.none())
              .decryptionKeys(DecryptionKeys.identities(pair.identity()))
              .build();
      String id = executor.createBackup().backupId();
      Map<String, String> before = RestoreFixture.fingerprint(target);
      List<String> unnoticed = new ArrayList<>();
      for (Path file : files()) {
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < PLACES; i++) {
          String what = damage(file, whole, i, random);
          Map<String, Throwable> refusals = new LinkedHashMap<>();
          refusals.put("verify", catchThrowable(() -> executor.verify(id)));
          refusals.put("restore", catchThrowable(() -> executor.restoreFromBackup(id, REPLACE)));
          refusals.put(
              "restore that is not atomic",
              catchThrowable(() -> executor.restoreFromBackup(id, REPLACE.withoutAtomicity())));
          refusals.forEach(
              (call, thrown) -> {
                if (!(thrown instanceof BackupException)) {
                  unnoticed.add(call + " of " + what + ": " + thrown);
                }
              });
          assertThat(RestoreFixture.fingerprint(target)).as(what).isEqualTo(before);
        }
        Files.write(file, whole);
      }
      assertThat(unnoticed).isEmpty();
      // And what was not damaged passes.
      assertThat(executor.verify(id).records()).isEqualTo(260);
      executor.restoreFromBackup(id, REPLACE);
      assertThat(RestoreFixture.fingerprint(target)).isEqualTo(RestoreFixture.fingerprint(source));
    }
  }

  /** Document and manifest. */
  private List<Path> files() throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      List<Path> files = walk.filter(Files::isRegularFile).sorted().toList();
      assertThat(files).hasSize(2);
      return files;
    }
  }

  private static String damage(Path file, byte[] whole, int number, Random random)
      throws IOException {
    int place = random.nextInt(whole.length);
    byte[] damaged;
    String what;
    switch (number % 3) {
      case 0 -> {
        int bit = random.nextInt(8);
        damaged = whole.clone();
        damaged[place] ^= (byte) (1 << bit);
        what = "bit " + bit + " of byte " + place;
      }
      case 1 -> {
        damaged = Arrays.copyOf(whole, place);
        what = "cut at " + place;
      }
      default -> {
        byte[] more = new byte[1 + random.nextInt(40)];
        random.nextBytes(more);
        if (random.nextBoolean()) {
          Arrays.fill(more, (byte) '\n');
        }
        damaged = Arrays.copyOf(whole, whole.length + more.length);
        System.arraycopy(more, 0, damaged, whole.length, more.length);
        what = more.length + " bytes added, " + Arrays.toString(more);
      }
    }
    Files.write(file, damaged);
    return file.getFileName() + ": " + what + ", length " + whole.length;
  }
}

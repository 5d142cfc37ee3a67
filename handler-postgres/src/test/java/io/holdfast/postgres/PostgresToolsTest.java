package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.holdfast.AgeKeyPair;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.Compression;
import io.holdfast.Encryption;
import io.holdfast.FileSink;
import io.holdfast.postgres.TestPostgres.Database;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A backup of a database is read by {@code zstd}, {@code gzip}, {@code age} and {@code jq} alone,
 * long after this library is gone.
 */
@Timeout(120)
class PostgresToolsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static Database database;

  @TempDir private Path folder;

  @BeforeAll
  static void fillADatabase() throws Exception {
    database = TestPostgres.createDatabase();
    database.execute(
        """
        CREATE SCHEMA "Größe 2";
        CREATE TABLE "Größe 2"."Order Items" (id int, note text, photo bytea);
        INSERT INTO "Größe 2"."Order Items"
          SELECT i, E'tab\\t "quoted" \\\\ 😀 ' || i, decode(md5(i::text), 'hex')
            FROM generate_series(1, 30000) i;
        CREATE TABLE numbers (i bigint, n numeric, d double precision);
        INSERT INTO numbers VALUES (9007199254740993, 1e-30, 'NaN'), (-1, 'Infinity', 0.1);
        CREATE TABLE nobody ();
        SELECT lo_from_bytea(4711, '\\x00ff');
        """);
  }

  @AfterAll
  static void dropIt() throws Exception {
    database.close();
  }

  @Test
  void zstdAndJqFindTheCounts() throws Exception {
    BackupResult backup = backup(Compression.zstd(1), Encryption.none());
    assertThat(jq(".stats", List.of(List.of("zstd", "-dc", document(".json.zst")))))
        .isEqualTo(counts(backup));
  }

  @Test
  void gzipAndJqFindTheCounts() throws Exception {
    BackupResult backup = backup(Compression.gzip(6), Encryption.none());
    assertThat(jq(".stats", List.of(List.of("gzip", "-dc", document(".json.gz")))))
        .isEqualTo(counts(backup));
  }

  @Test
  void jqFindsTheCountsInAPlainDocument() throws Exception {
    BackupResult backup = backup(Compression.none(), Encryption.none());
    assertThat(jq(".stats", List.of(List.of("cat", document(".json"))))).isEqualTo(counts(backup));
  }

  @Test
  void ageZstdAndJqFindTheCountsOfAnEncryptedBackup() throws Exception {
    AgeKeyPair pair = AgeKeyPair.generate();
    BackupResult backup = backup(Compression.zstd(1), Encryption.recipients(pair.recipient()));
    Path key = Files.writeString(folder.resolve("key.txt"), pair.identity().revealString() + "\n");
    assertThat(
            jq(
                ".stats",
                List.of(
                    List.of("age", "-d", "-i", key.toString(), document(".json.zst.age")),
                    List.of("zstd", "-dc"))))
        .isEqualTo(counts(backup));
  }

  /** The counts that the document states are those of the records that it holds. */
  @Test
  void jqCountsAsManyRecordsAsTheDocumentStates() throws Exception {
    BackupResult backup = backup(Compression.zstd(1), Encryption.none());
    assertThat(
            jq(
                ".collections | map_values(length)",
                List.of(List.of("zstd", "-dc", document(".json.zst")))))
        .isEqualTo(counts(backup));
  }

  private BackupResult backup(Compression compression, Encryption encryption) {
    return BackupExecutor.builder()
        .source(PostgresHandler.of(database.dataSource()))
        .sink(FileSink.at(folder.resolve("backups")))
        .compression(compression)
        .encryption(encryption)
        .build()
        .createBackup();
  }

  private static Map<String, Long> counts(BackupResult backup) {
    assertThat(backup.counts())
        .containsEntry("\"Größe 2\".\"Order Items\"", 30_000L)
        .containsEntry("public.nobody", 0L);
    return new TreeMap<>(backup.counts());
  }

  private String document(String ending) throws IOException {
    try (Stream<Path> walk = Files.walk(folder.resolve("backups"))) {
      List<String> found =
          walk.map(Path::toString)
              .filter(name -> name.endsWith(ending) && !name.endsWith(".manifest.json"))
              .toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  /** What jq makes of what the commands make of each other's output. */
  private static Map<String, Long> jq(String filter, List<List<String>> commands) throws Exception {
    List<ProcessBuilder> pipeline = new ArrayList<>();
    for (List<String> command : commands) {
      pipeline.add(new ProcessBuilder(command));
    }
    pipeline.add(new ProcessBuilder("jq", "-c", filter));
    for (ProcessBuilder builder : pipeline) {
      String tool = builder.command().get(0);
      assumeTrue(isInstalled(tool), tool + " is not installed here");
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    }
    List<Process> processes = ProcessBuilder.startPipeline(pipeline);
    JsonNode found;
    try (InputStream out = processes.get(processes.size() - 1).getInputStream()) {
      found = MAPPER.readTree(out);
    }
    for (Process process : processes) {
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).isZero();
    }
    Map<String, Long> counts = new TreeMap<>();
    found.properties().forEach(entry -> counts.put(entry.getKey(), entry.getValue().longValue()));
    return counts;
  }

  private static boolean isInstalled(String tool) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
  }
}

package io.holdfast.firestore;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.BackupHandler;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The snapshot of a fixed database, as the first version wrote it, gives that database for ever.
 * What it holds stands beside it as raw protobuf, so neither the handler nor the tests' own data
 * can change what is expected.
 */
@Timeout(120)
class GoldenFirestoreTest {
  private static final String NAME = "golden-2026-01-09-00-00-00";

  @Test
  void theFirstVersionsBackupIsRestoredValueForValue() throws Exception {
    try (RawFirestore target = TestFirestore.create();
        BackupHandler handler = FirestoreHandler.at(TestFirestore.uri(target));
        BackupExecutor executor =
            BackupExecutor.builder().source(handler).sink(FileSink.at(folder())).build()) {
      executor.verify(NAME);
      executor.restoreFromBackup(NAME);
      FirestoreRoundTripTest.assertEqual(target.contents(), expected());
    }
  }

  @Test
  void itsDocumentIsRestoredWithoutItsManifestToo() throws Exception {
    try (RawFirestore target = TestFirestore.create();
        BackupHandler handler = FirestoreHandler.at(TestFirestore.uri(target));
        BackupExecutor executor =
            BackupExecutor.builder()
                .source(handler)
                .sink(FileSink.at(folder().resolve("none")))
                .build()) {
      Path document = Files.createTempDirectory("golden").resolve(NAME + ".json.zst");
      Files.copy(folder().resolve(NAME + ".json.zst"), document);
      executor.restoreFromFile(document, RestoreOptions.DEFAULT);
      FirestoreRoundTripTest.assertEqual(target.contents(), expected());
      Files.delete(document);
    }
  }

  private static Map<String, String> expected() throws IOException, URISyntaxException {
    Map<String, String> expected = new TreeMap<>();
    for (String line : Files.readAllLines(folder().resolve("expected.txt"))) {
      int space = line.indexOf(' ');
      String path = new String(HexFormat.of().parseHex(line, 0, space), StandardCharsets.UTF_8);
      expected.put(path, line.substring(space + 1));
    }
    assertThat(expected).hasSizeGreaterThan(50);
    return expected;
  }

  private static Path folder() throws URISyntaxException {
    URL there = GoldenFirestoreTest.class.getResource("golden");
    return Path.of(Objects.requireNonNull(there).toURI());
  }
}

package io.holdfast.firestore;

import io.holdfast.BackupExecutor;
import io.holdfast.FileSink;
import io.holdfast.spi.BackupHandler;
import io.holdfast.testkit.FirestoreEmulator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Wrote the golden files. They are never written again: what this version wrote once, every later
 * one must read. Kept to show how they came about, and for those of the next form.
 */
final class GoldenFirestoreFiles {
  private GoldenFirestoreFiles() {}

  /** Takes the folder to write into; an executor refuses to replace what is there. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    Files.createDirectories(folder);
    try (FirestoreEmulator emulator = FirestoreEmulator.start("1g");
        RawFirestore database = new RawFirestore(emulator.hostPort(), "demo-golden", "(default)");
        BackupHandler handler =
            FirestoreHandler.at("firestore://demo-golden?emulator=" + emulator.hostPort());
        BackupExecutor executor =
            BackupExecutor.builder()
                .source(handler)
                .sink(FileSink.at(folder))
                .prefix("golden")
                .clock(Clock.fixed(Instant.parse("2026-01-09T00:00:00Z"), ZoneOffset.UTC))
                .build()) {
      GeneratedDatabase.fill(database, 2026, 400);
      List<String> expected = new ArrayList<>();
      for (Map.Entry<String, String> document : database.contents().entrySet()) {
        byte[] path = document.getKey().getBytes(StandardCharsets.UTF_8);
        expected.add(HexFormat.of().formatHex(path) + " " + document.getValue());
      }
      Files.write(folder.resolve("expected.txt"), expected);
      executor.createBackup();
    }
  }
}

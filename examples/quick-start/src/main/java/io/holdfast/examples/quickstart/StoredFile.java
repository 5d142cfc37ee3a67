package io.holdfast.examples.quickstart;

import com.github.luben.zstd.ZstdInputStream;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.catalog.CatalogEntry;
import io.holdfast.format.Manifest;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The file that a backup is, looked at as anyone could: with zstd, and the manifest's list of where
 * each collection begins.
 */
final class StoredFile {
  private static final int COLLECTIONS_SHOWN = 7;

  /** More than any line on the screen takes. */
  private static final int BYTES_SHOWN = 4 * Screen.WIDTH;

  private final Manifest.Document document;
  private final Path path;
  private final Choices choices;

  private StoredFile(Manifest.Document document, Path path, Choices choices) {
    this.document = document;
    this.path = path;
    this.choices = choices;
  }

  /** The file of a backup that was just taken into a folder. */
  static StoredFile of(BackupExecutor executor, BackupResult backup, Choices choices) {
    for (CatalogEntry entry : executor.list()) {
      if (entry instanceof CatalogEntry.Backup listed
          && listed.backupId().equals(backup.backupId())) {
        Manifest.Document document = listed.manifest().documents().get(0);
        Path folder = Path.of(URI.create(choices.sink()));
        return new StoredFile(document, folder.resolve(document.key().value()), choices);
      }
    }
    throw new IllegalStateException(backup.backupId() + " is not listed");
  }

  Path path() {
    return path;
  }

  private boolean encrypted() {
    return document.encryption() != Manifest.EncryptionKind.NONE;
  }

  /** Shows the first lines, and the first record of some collections. */
  void showHead(Screen screen) throws IOException {
    if (encrypted()) {
      screen.line("It is encrypted, so there is nothing to see without the key.");
      return;
    }
    try (InputStream header = decompressed(0)) {
      for (int i = 0; i < 4; i++) {
        screen.cutLine(firstBytesOfLine(header));
      }
    }
    int shown = 0;
    for (Manifest.Collection collection : document.collections()) {
      if (collection.records() > 0 && shown < COLLECTIONS_SHOWN) {
        shown++;
        screen.cutLine("\"" + collection.name().replace("\"", "\\\"") + "\":[");
        try (InputStream frame = decompressed(collection.frames().offset(0))) {
          screen.cutLine(firstBytesOfLine(frame));
        }
        screen.line(
            collection.records() == 1
                ? "],"
                : "… " + Screen.number(collection.records() - 1) + " more ],");
      }
    }
    int rest = document.collections().size() - shown;
    screen.line(rest > 0 ? "… " + rest + " more collections, then \"stats\"" : "…");
  }

  /** Says how to read it without Holdfast. */
  void showCommands(Screen screen) {
    String open =
        encrypted() ? choices.ageCommand() + " " + path + " | zstd -dc" : "zstd -dc " + path;
    screen.line(open + " | head -c 2000");
    screen.line(open + " | jq .stats");
    document.collections().stream()
        .filter(collection -> collection.records() > 0 && !collection.name().matches(".*['\"].*"))
        .findFirst()
        .ifPresent(
            collection ->
                screen.line(
                    open + " | jq -c '.collections[\"" + collection.name() + "\"][]' | head"));
  }

  private InputStream decompressed(long offset) throws IOException {
    FileChannel channel = FileChannel.open(path);
    try {
      channel.position(offset);
      return new BufferedInputStream(new ZstdInputStream(Channels.newInputStream(channel)));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** A line's beginning; the rest of the line is skipped. */
  private static String firstBytesOfLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      if (line.size() < BYTES_SHOWN) {
        line.write(next);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }
}

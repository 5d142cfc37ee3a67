package io.holdfast.executor;

import io.holdfast.spi.ObjectKey;
import io.holdfast.testkit.StorageSinkCrashContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that takes backups into a folder is killed at many moments: what is listed afterwards
 * is whole, the rest is cleared by prune, and the next run works.
 */
final class CrashTest extends StorageSinkCrashContract {
  @TempDir private Path root;

  @Override
  protected int kills() {
    return 12;
  }

  @Override
  protected String storage(int number) {
    return folder(number).toUri().toString();
  }

  private Path folder(int number) {
    return root.resolve("kill" + number);
  }

  @Override
  protected List<String> strangers(String uri, List<ObjectKey> objects) {
    Path folder = Path.of(URI.create(uri));
    List<Path> known = objects.stream().map(key -> folder.resolve(key.value())).toList();
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> !known.contains(file))
          .map(Path::toString)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.holdfast.testkit;

import io.holdfast.FileSink;
import io.holdfast.spi.StorageSink;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileSinkTest extends StorageSinkContract {
  @TempDir Path folder;

  @Override
  protected StorageSink openSink() {
    return FileSink.at(folder.resolve("backups"));
  }
}

package io.holdfast.testkit;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;

/** HTTP takes turns, too: the suite as sinks of other protocols run it. */
@Tag("long") // MongoDB's sink runs the same in every build.
@DisplayName("HttpSink, faults of connections")
final class HttpSinkConnectionFaultTest extends StorageSinkFaultContract {
  private static final int PIECE_BYTES = 300_000;

  private static HttpStore store;

  @BeforeAll
  static void start() throws IOException {
    store = new HttpStore();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Override
  protected boolean speaksHttp() {
    return false;
  }

  @Override
  protected int largeBytes() {
    return 1_000_000;
  }

  @Override
  protected int backupBytes() {
    return 500_000;
  }

  @Override
  protected int serverPort() {
    return store.port();
  }

  @Override
  protected StorageSink openSink(int proxyPort, Retry retry) {
    return new HttpSink(proxyPort, retry, PIECE_BYTES, Duration.ofSeconds(1), null);
  }

  @Override
  protected StorageSink openDirect() {
    return new HttpSink(store.port(), Retry.none(), PIECE_BYTES, Duration.ofSeconds(60), null);
  }
}

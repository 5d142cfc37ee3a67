package io.holdfast.testkit;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;

@Tag("long") // The sinks of S3 and Google run the same in every build.
@DisplayName("HttpSink, faults")
final class HttpSinkFaultTest extends StorageSinkFaultContract {
  private static final int PIECE_BYTES = 1_500_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

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
  protected int largeBytes() {
    return 5_000_000;
  }

  @Override
  protected int backupBytes() {
    return 2_000_000;
  }

  @Override
  protected int serverPort() {
    return store.port();
  }

  @Override
  protected StorageSink openSink(int proxyPort, Retry retry) {
    return new HttpSink(proxyPort, retry, PIECE_BYTES, TIMEOUT, null);
  }

  @Override
  protected StorageSink openDirect() {
    return new HttpSink(store.port(), Retry.none(), PIECE_BYTES, Duration.ofSeconds(60), null);
  }
}

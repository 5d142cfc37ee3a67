package io.holdfast.testkit;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;

@DisplayName("HttpSink, ranges")
final class HttpSinkRangedReadTest extends RangedReadContract {
  private final HttpStore store = new HttpStore();

  HttpSinkRangedReadTest() throws IOException {}

  @Override
  protected int serverPort() {
    return store.port();
  }

  @Override
  protected StorageSink openSink(int proxyPort, Retry retry) {
    return new HttpSink(proxyPort, retry, 6 << 20, Duration.ofSeconds(30), null);
  }

  @Override
  protected StorageSink openDirect() {
    return openSink(store.port(), Retry.none());
  }

  @AfterEach
  void closeStore() {
    store.close();
  }
}

package io.holdfast.testkit;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;

@DisplayName("HttpSink")
final class HttpSinkTest extends StorageSinkContract {
  private final HttpStore store = new HttpStore();

  HttpSinkTest() throws IOException {}

  @Override
  protected StorageSink openSink() {
    return new HttpSink(store.port(), Retry.none(), 1 << 20, Duration.ofSeconds(30), null);
  }

  @AfterEach
  void closeStore() {
    store.close();
  }
}

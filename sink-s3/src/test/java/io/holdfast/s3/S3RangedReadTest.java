package io.holdfast.s3;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.RangedReadContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("A restore from S3 reads what it needs")
final class S3RangedReadTest extends RangedReadContract {
  private static S3MockStorage storage;

  @BeforeAll
  static void start() {
    storage = new S3MockStorage();
  }

  @AfterAll
  static void stop() {
    storage.close();
  }

  @Override
  protected int serverPort() {
    return storage.port();
  }

  @Override
  protected StorageSink openSink(int proxyPort, Retry retry) {
    return S3MockStorage.open(proxyPort, retry, OwnClient.Timeouts.STANDARD);
  }

  @Override
  protected StorageSink openDirect() {
    return openSink(storage.port(), Retry.none());
  }
}

package io.holdfast.s3;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkFaultContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("An S3 sink on a network that fails")
final class S3NetworkFaultTest extends StorageSinkFaultContract {
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
    return S3MockStorage.open(proxyPort, retry, S3MockStorage.IMPATIENT);
  }

  @Override
  protected StorageSink openDirect() {
    return S3MockStorage.open(storage.port(), Retry.none(), OwnClient.Timeouts.STANDARD);
  }

  @Override
  protected boolean createOnlyIsAtomic() {
    return false;
  }

  /** Two parts. */
  @Override
  protected int largeBytes() {
    return 6_000_000;
  }

  @Override
  protected int backupBytes() {
    return 3_000_000;
  }
}

package io.holdfast.gcs;

import com.google.cloud.storage.Storage;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkFaultContract;
import io.holdfast.testservers.GcsServer;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("A sink in Google Cloud Storage on a network that fails")
final class GcsNetworkFaultTest extends StorageSinkFaultContract {
  private static GcsServer server;
  private static Storage client;
  private static String bucket;

  @BeforeAll
  static void start() {
    server = GcsServer.start();
    client = TestBuckets.client(server.endpoint());
    bucket = TestBuckets.create(client);
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    server.close();
  }

  @Override
  protected int serverPort() {
    return server.port();
  }

  @Override
  protected StorageSink openSink(int proxyPort, Retry retry) {
    return open(
        TestBuckets.client(URI.create("http://127.0.0.1:" + proxyPort)),
        retry,
        Duration.ofSeconds(2));
  }

  @Override
  protected StorageSink openDirect() {
    return open(client, Retry.none(), Duration.ofMinutes(1));
  }

  private static StorageSink open(Storage through, Retry retry, Duration timeout) {
    return GcsSink.builder(through, bucket)
        .prefix("backups")
        .pieceBytes(1024 * 1024)
        .retry(retry)
        .timeout(timeout)
        .build();
  }

  @Override
  protected boolean asksForLeftovers() {
    return false;
  }

  /** A session that took a damaged piece cannot take it back: its end is refused. */
  @Override
  protected boolean survives(FaultCase fault) {
    return fault != FaultCase.UPLOAD_DAMAGED;
  }

  @Override
  protected int largeBytes() {
    return 3_000_000;
  }

  @Override
  protected int backupBytes() {
    return 2_000_000;
  }
}

package io.holdfast.gcs;

import com.google.cloud.storage.Storage;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.RangedReadContract;
import io.holdfast.testservers.GcsServer;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("A restore from Google Cloud Storage reads what it needs")
final class GcsRangedReadTest extends RangedReadContract {
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
    Storage through = TestBuckets.client(URI.create("http://127.0.0.1:" + proxyPort));
    return GcsSink.builder(through, bucket).prefix("backups").retry(retry).build();
  }

  @Override
  protected StorageSink openDirect() {
    return openSink(server.port(), Retry.none());
  }
}

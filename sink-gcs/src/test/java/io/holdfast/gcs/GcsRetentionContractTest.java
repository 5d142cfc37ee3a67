package io.holdfast.gcs;

import com.google.cloud.storage.BlobInfo.Retention.Mode;
import com.google.cloud.storage.Storage;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkContract;
import io.holdfast.testservers.GcsServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract, with a bucket that can keep single objects, and pieces of the usual size. */
class GcsRetentionContractTest extends StorageSinkContract {
  private static GcsServer server;
  private static Storage client;

  private final String bucket = TestBuckets.create(client);

  @BeforeAll
  static void startServer() {
    server = GcsServer.start();
    client = TestBuckets.client(server.endpoint());
  }

  @AfterAll
  static void stopServer() throws Exception {
    client.close();
    server.close();
  }

  @Override
  protected StorageSink openSink() {
    return GcsSink.builder(client, bucket).retentionMode(Mode.LOCKED).build();
  }

  @Override
  protected boolean showsLeftoversAtOnce() {
    return false;
  }
}

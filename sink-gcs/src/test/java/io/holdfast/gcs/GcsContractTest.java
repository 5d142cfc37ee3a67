package io.holdfast.gcs;

import com.google.cloud.storage.Storage;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkContract;
import io.holdfast.testservers.GcsServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract, through the JSON API. */
class GcsContractTest extends StorageSinkContract {
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
    // The smallest pieces, so that the contract's objects are uploaded in several.
    return GcsSink.builder(client, bucket).prefix("backups/of us").pieceBytes(256 * 1024).build();
  }

  @Override
  protected boolean showsLeftoversAtOnce() {
    return false;
  }

  @Override
  protected int manyObjects() {
    return 1_100; // A page has 1000.
  }
}

package io.holdfast.gcs;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.Storage;
import io.holdfast.spi.ObjectKey;
import io.holdfast.testkit.StorageSinkCrashContract;
import io.holdfast.testservers.GcsServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("A process that writes to Google Cloud Storage is killed")
final class GcsCrashTest extends StorageSinkCrashContract {
  private static GcsServer server;
  private static Storage client;

  @BeforeAll
  static void start() {
    server = GcsServer.start();
    client = TestBuckets.client(server.endpoint());
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    server.close();
  }

  @Override
  protected String storage(int number) {
    return TestBuckets.uri(server, TestBuckets.create(client), "");
  }

  /** Sessions expire, and cannot be listed; documents without a manifest can. */
  @Override
  protected boolean listsLeftovers() {
    return false;
  }

  @Override
  protected int kills() {
    return 8;
  }

  @Override
  protected List<String> strangers(String uri, List<ObjectKey> objects) {
    String bucket = uri.substring("gs://".length(), uri.indexOf("/backups"));
    List<String> known = objects.stream().map(key -> "backups/" + key).toList();
    List<String> strangers = new ArrayList<>();
    for (Blob blob : client.list(bucket).iterateAll()) {
      if (!known.contains(blob.getName())) {
        strangers.add(blob.getName());
      }
    }
    return strangers;
  }
}

package io.holdfast.gcs;

import com.google.cloud.NoCredentials;
import com.google.cloud.ServiceOptions;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BucketTargetOption;
import com.google.cloud.storage.StorageOptions;
import io.holdfast.testservers.GcsServer;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/** Google's client on a test server, and fresh buckets. */
final class TestBuckets {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private TestBuckets() {}

  static Storage client(URI endpoint) {
    return StorageOptions.http()
        .setHost(endpoint.toString())
        .setProjectId("test")
        .setRetrySettings(ServiceOptions.getNoRetrySettings())
        .setCredentials(NoCredentials.getInstance())
        .build()
        .getService();
  }

  /** A new bucket; objects in it can be put under retention. */
  static String create(Storage client) {
    String name = "holdfast-test-" + NUMBER.incrementAndGet();
    client.create(BucketInfo.of(name), BucketTargetOption.enableObjectRetention(true));
    return name;
  }

  static String uri(GcsServer server, String bucket, String parameters) {
    return "gs://" + bucket + "/backups?endpoint=" + server.endpoint() + parameters;
  }
}

package io.holdfast.examples.daily;

import com.google.cloud.NoCredentials;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.StorageOptions;
import io.holdfast.testservers.GcsServer;
import io.holdfast.testservers.MongoServer;
import io.holdfast.testservers.S3ProxyServer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A server that speaks a storage's protocol, with an empty bucket in it.
 *
 * @param uri of the bucket
 * @param stop ends the server
 */
record Storage(String uri, Runnable stop) implements AutoCloseable {
  private static final String BUCKET = "nightly-backups";

  static Storage start(String scheme) {
    return switch (scheme) {
      case "s3" -> s3();
      case "gs" -> gcs();
      default -> mongo();
    };
  }

  private static Storage s3() {
    S3ProxyServer server = S3ProxyServer.start();
    System.setProperty("aws.accessKeyId", S3ProxyServer.ACCESS_KEY);
    System.setProperty("aws.secretAccessKey", S3ProxyServer.SECRET_KEY);
    try (S3Client client =
        S3Client.builder()
            .endpointOverride(server.endpoint())
            .forcePathStyle(true)
            .region(Region.US_EAST_1)
            .build()) {
      client.createBucket(request -> request.bucket(BUCKET));
    }
    return new Storage(
        "s3://" + BUCKET + "/daily?region=us-east-1&path-style=true&endpoint=" + server.endpoint(),
        server::close);
  }

  private static Storage gcs() {
    GcsServer server = GcsServer.start();
    StorageOptions.newBuilder()
        .setHost(server.endpoint().toString())
        .setProjectId("demo")
        .setCredentials(NoCredentials.getInstance())
        .build()
        .getService()
        .create(BucketInfo.of(BUCKET));
    return new Storage("gs://" + BUCKET + "/daily?endpoint=" + server.endpoint(), server::close);
  }

  private static Storage mongo() {
    MongoServer server = MongoServer.start();
    return new Storage("mongodb://127.0.0.1:" + server.port() + "/" + BUCKET, server::close);
  }

  @Override
  public void close() {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
    stop.run();
  }
}

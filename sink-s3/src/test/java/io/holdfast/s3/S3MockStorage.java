package io.holdfast.s3;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testservers.S3MockServer;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import software.amazon.awssdk.services.s3.S3Client;

/** An S3Mock with a bucket, and sinks on it by URI. */
final class S3MockStorage implements AutoCloseable {
  static final String BUCKET = "holdfast";
  static final OwnClient.Timeouts IMPATIENT =
      new OwnClient.Timeouts(
          Duration.ofMillis(1500), Duration.ofMillis(1500), Duration.ofSeconds(3));

  private final S3MockServer server = S3MockServer.start();

  S3MockStorage() {
    try (S3Client client = client()) {
      client.createBucket(request -> request.bucket(BUCKET));
    }
  }

  S3Client client() {
    return GivenClient.of(server.endpoint(), "any", "any");
  }

  int port() {
    return server.endpoint().getPort();
  }

  static String uri(int port, String prefix) {
    return "s3://"
        + BUCKET
        + "/"
        + prefix
        + "?region=us-east-1&path-style=true&endpoint="
        + URI.create("http://127.0.0.1:" + port);
  }

  static StorageSink open(int port, Retry retry, OwnClient.Timeouts timeouts) {
    return S3Uri.parse(
            Location.parse(uri(port, "backups")),
            new ProviderContext(
                retry, Map.of("AWS_ACCESS_KEY_ID", "any", "AWS_SECRET_ACCESS_KEY", "any")),
            timeouts)
        .sizes(GivenClient.SMALL)
        .build();
  }

  @Override
  public void close() {
    server.close();
  }
}

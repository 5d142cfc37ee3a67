package io.holdfast.s3;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkContract;
import io.holdfast.testservers.S3MockServer;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.services.s3.S3Client;

/** On S3Mock, which knows checksums, but is not atomic; opened by its location. */
class S3MockContractTest extends StorageSinkContract {
  private static final ProviderContext ENVIRONMENT =
      new ProviderContext(
          Retry.standard(), Map.of("AWS_ACCESS_KEY_ID", "any", "AWS_SECRET_ACCESS_KEY", "any"));

  private static S3MockServer server;

  private final String prefix = UUID.randomUUID().toString();

  @BeforeAll
  static void start() {
    server = S3MockServer.start();
    try (S3Client client = GivenClient.of(server.endpoint(), "any", "any")) {
      client.createBucket(request -> request.bucket("holdfast"));
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected StorageSink openSink() {
    Location location =
        Location.parse(
            "s3://holdfast/" + prefix + "?path-style=true&endpoint=" + server.endpoint());
    return S3Uri.parse(location, ENVIRONMENT, OwnClient.Timeouts.STANDARD)
        .sizes(GivenClient.SMALL)
        .build();
  }

  @Override
  protected boolean createOnlyIsAtomic() {
    return false;
  }
}

package io.holdfast.s3;

import io.holdfast.testservers.S3MockServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import software.amazon.awssdk.services.s3.S3Client;

/** On S3Mock, which knows checksums, but is not atomic. */
class S3MockContractTest extends S3ContractTest {
  private static S3MockServer server;
  private static S3Client client;

  @BeforeAll
  static void start() {
    server = S3MockServer.start();
    client = connect(server.endpoint(), "any", "any");
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Override
  S3Client client() {
    return client;
  }

  @Override
  protected boolean createOnlyIsAtomic() {
    return false;
  }
}

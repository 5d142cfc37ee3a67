package io.holdfast.s3;

import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkContract;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** The contract on a server: every test has a prefix of its own in one bucket. */
abstract class S3ContractTest extends StorageSinkContract {
  /** Small enough for the contract's objects to have several; as small as S3 lets them be. */
  static final PieceSizes SMALL = new PieceSizes(5 * 1024 * 1024, 5 * 1024 * 1024, 750, 4, 10_000);

  static final String BUCKET = "holdfast";

  private final String prefix = UUID.randomUUID().toString();

  /** A client as an application makes it, with the SDK's own retries and checksums. */
  static S3Client clientOf(
      URI endpoint, String accessKey, String secretKey, ExecutionInterceptor... interceptors) {
    return S3Client.builder()
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .forcePathStyle(true)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, secretKey)))
        .overrideConfiguration(all -> all.executionInterceptors(List.of(interceptors)))
        .build();
  }

  /** Such a client, and a bucket. */
  static S3Client connect(
      URI endpoint, String accessKey, String secretKey, ExecutionInterceptor... interceptors) {
    S3Client client = clientOf(endpoint, accessKey, secretKey, interceptors);
    client.createBucket(request -> request.bucket(BUCKET));
    return client;
  }

  abstract S3Client client();

  @Override
  protected StorageSink openSink() {
    return describe(S3Sink.builder(client(), BUCKET).prefix(prefix).sizes(SMALL)).build();
  }

  /** What a server needs besides. */
  S3Sink.Builder describe(S3Sink.Builder sink) {
    return sink;
  }
}

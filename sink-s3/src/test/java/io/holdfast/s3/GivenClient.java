package io.holdfast.s3;

import java.net.URI;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Clients as an application makes them: with the SDK's own retries and checksums. */
final class GivenClient {
  /** Small enough for the contract's objects to have several; as small as S3 lets them be. */
  static final PieceSizes SMALL = new PieceSizes(5 * 1024 * 1024, 5 * 1024 * 1024, 750, 4, 10_000);

  private GivenClient() {}

  static S3Client of(
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
}

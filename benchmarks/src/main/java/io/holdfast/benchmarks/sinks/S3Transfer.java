package io.holdfast.benchmarks.sinks;

import java.net.URI;
import java.nio.file.Path;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * A file by one {@code PutObject} and one {@code GetObject} of the AWS SDK, with its default
 * settings.
 */
final class S3Transfer implements Transfer {
  private final S3Client client;
  private final BucketUri location;

  /** A transfer to where the sink of that URI stores. */
  S3Transfer(String uri) {
    location = BucketUri.parse(uri);
    client = client(location);
  }

  private static S3Client client(BucketUri location) {
    S3ClientBuilder builder =
        S3Client.builder()
            .forcePathStyle(location.parameter("path-style").map(Boolean::valueOf).orElse(false))
            .httpClientBuilder(Apache5HttpClient.builder());
    location.parameter("region").map(Region::of).ifPresent(builder::region);
    location.parameter("endpoint").map(URI::create).ifPresent(builder::endpointOverride);
    return builder.build();
  }

  /** Makes the bucket. */
  void createBucket() {
    client.createBucket(request -> request.bucket(location.bucket()));
  }

  @Override
  public void upload(Path file) {
    client.putObject(
        request -> request.bucket(location.bucket()).key(location.object()),
        RequestBody.fromFile(file));
  }

  @Override
  public void download(Path file) {
    client.getObject(
        request -> request.bucket(location.bucket()).key(location.object()),
        ResponseTransformer.toFile(file));
  }

  @Override
  public void delete() {
    client.deleteObject(request -> request.bucket(location.bucket()).key(location.object()));
  }

  @Override
  public void close() {
    client.close();
  }
}

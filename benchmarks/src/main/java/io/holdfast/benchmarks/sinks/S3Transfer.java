package io.holdfast.benchmarks.sinks;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * A file by the AWS SDK with its default settings: by one {@code GetObject}, and by one {@code
 * PutObject} or in parts.
 */
final class S3Transfer implements Transfer {
  private static final int PART_BYTES = 8 << 20;
  private static final int PARALLEL = 4;

  private final S3Client client;
  private final BucketUri location;
  private final boolean inParts;

  /**
   * A transfer to where the sink of that URI stores.
   *
   * @param inParts whether uploads are cut into parts, of which several are sent at a time
   */
  S3Transfer(String uri, boolean inParts) {
    this.inParts = inParts;
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
  public void upload(Path file) throws IOException {
    if (inParts) {
      uploadParts(file);
    } else {
      client.putObject(
          request -> request.bucket(location.bucket()).key(location.object()),
          RequestBody.fromFile(file));
    }
  }

  private void uploadParts(Path file) throws IOException {
    String upload =
        client
            .createMultipartUpload(
                request -> request.bucket(location.bucket()).key(location.object()))
            .uploadId();
    ExecutorService threads = Executors.newFixedThreadPool(PARALLEL);
    try (FileChannel channel = FileChannel.open(file)) {
      List<Callable<CompletedPart>> tasks = new ArrayList<>();
      long parts = (channel.size() + PART_BYTES - 1) / PART_BYTES;
      for (int number = 1; number <= parts; number++) {
        int part = number;
        tasks.add(() -> uploadPart(upload, part, channel));
      }
      List<CompletedPart> completed = new ArrayList<>();
      for (Future<CompletedPart> part : threads.invokeAll(tasks)) {
        completed.add(part.get());
      }
      client.completeMultipartUpload(
          request ->
              request
                  .bucket(location.bucket())
                  .key(location.object())
                  .uploadId(upload)
                  .multipartUpload(whole -> whole.parts(completed)));
    } catch (InterruptedException | ExecutionException e) {
      throw new IOException(e);
    } finally {
      threads.shutdown();
    }
  }

  private CompletedPart uploadPart(String upload, int number, FileChannel file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(PART_BYTES);
    long from = (long) (number - 1) * PART_BYTES;
    int got = 0;
    while (got >= 0 && bytes.hasRemaining()) {
      got = file.read(bytes, from + bytes.position());
    }
    int length = bytes.position();
    UploadPartResponse answer =
        client.uploadPart(
            request ->
                request
                    .bucket(location.bucket())
                    .key(location.object())
                    .uploadId(upload)
                    .partNumber(number),
            RequestBody.fromContentProvider(
                () -> new ByteArrayInputStream(bytes.array(), 0, length),
                length,
                "application/octet-stream"));
    return CompletedPart.builder()
        .partNumber(number)
        .eTag(answer.eTag())
        .checksumCRC32(answer.checksumCRC32())
        .build();
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

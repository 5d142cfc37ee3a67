package io.holdfast.benchmarks.sinks;

import com.google.auth.oauth2.GoogleCredentials;
import com.google.cloud.NoCredentials;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.BucketInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file by {@code createFrom} and {@code downloadTo} of Google's client, with its default
 * settings.
 */
final class GcsTransfer implements Transfer {
  private final Storage client;
  private final BlobId blob;

  /** A transfer to where the sink of that URI stores. */
  GcsTransfer(String uri) {
    BucketUri location = BucketUri.parse(uri);
    client = client(location);
    blob = BlobId.of(location.bucket(), location.object());
  }

  private static Storage client(BucketUri location) {
    StorageOptions.Builder options = StorageOptions.http();
    location.parameter("project").ifPresent(options::setProjectId);
    Optional<String> endpoint = location.parameter("endpoint");
    endpoint.ifPresent(options::setHost);
    if (endpoint.filter(host -> host.startsWith("http:")).isPresent()) {
      options.setCredentials(NoCredentials.getInstance());
    }
    location.parameter("credentials").map(Path::of).ifPresent(file -> read(options, file));
    return options.build().getService();
  }

  private static void read(StorageOptions.Builder options, Path credentials) {
    try (InputStream in = Files.newInputStream(credentials)) {
      options.setCredentials(GoogleCredentials.fromStream(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes the bucket. */
  void createBucket() {
    client.create(BucketInfo.of(blob.getBucket()));
  }

  @Override
  public void upload(Path file) throws IOException {
    client.createFrom(BlobInfo.newBuilder(blob).build(), file);
  }

  @Override
  public void download(Path file) {
    client.downloadTo(blob, file);
  }

  @Override
  public void delete() {
    client.delete(blob);
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (Exception e) { // what the interface declares; nothing depends on it any more
      throw new IllegalStateException(e);
    }
  }
}

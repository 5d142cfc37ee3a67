package io.holdfast.gcs;

import com.google.auth.Credentials;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.cloud.NoCredentials;
import com.google.cloud.ServiceOptions;
import com.google.cloud.http.HttpTransportOptions;
import com.google.cloud.storage.HttpStorageOptions;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.StorageOptions;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Opens {@code gs://bucket/prefix}. All parameters are optional:
 *
 * <ul>
 *   <li>{@code credentials}: a key file; else the application default credentials
 *   <li>{@code project}: the project to bill, for buckets whose requester pays
 *   <li>{@code endpoint}: another address by https, or an emulator by http on this machine, which
 *       is sent no credentials; the environment variable {@code STORAGE_EMULATOR_HOST} names one,
 *       too
 *   <li>{@code storage-class}, {@code kms-key}: instead of the bucket's defaults
 *   <li>{@code retain}: {@code 30d}, {@code 12h}; {@code retention-mode}: {@code unlocked} or
 *       {@code locked}. The bucket must have object retention enabled
 *   <li>{@code temporary-hold}, {@code event-based-hold}: {@code true} or {@code false}
 * </ul>
 */
public final class GcsSinkProvider implements StorageSinkProvider {
  private static final int CONNECT_MILLIS = 20_000;
  private static final int READ_MILLIS = 60_000;

  @Override
  public String scheme() {
    return "gs";
  }

  @Override
  public StorageSink open(Location location, ProviderContext context) {
    GcsUri uri = GcsUri.parse(location, context);
    return GcsSink.owning(() -> client(uri), uri.sink());
  }

  private static Storage client(GcsUri uri) {
    HttpStorageOptions.Builder options =
        StorageOptions.http()
            .setTransportOptions(
                HttpTransportOptions.newBuilder()
                    .setConnectTimeout(CONNECT_MILLIS)
                    .setReadTimeout(READ_MILLIS)
                    .build())
            // Holdfast retries itself.
            .setRetrySettings(ServiceOptions.getNoRetrySettings())
            .setCredentials(credentials(uri));
    uri.endpoint().ifPresent(options::setHost);
    uri.project().ifPresent(project -> options.setProjectId(project).setQuotaProjectId(project));
    if (uri.project().isEmpty()) {
      // No request here needs one; without this the client would look for one in the network.
      options.setProjectId("unused");
    }
    return options.build().getService();
  }

  private static Credentials credentials(GcsUri uri) {
    if (uri.emulator()) {
      return NoCredentials.getInstance();
    }
    try {
      return uri.credentials().isPresent()
          ? fromFile(uri.credentials().get())
          : GoogleCredentials.getApplicationDefault();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static GoogleCredentials fromFile(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return GoogleCredentials.fromStream(in);
    }
  }
}

package io.holdfast.s3;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/**
 * The client of a sink that was opened by its location. It is made at the first use, since finding
 * the region and the credentials may ask the network. Safe for use by many threads.
 */
final class OwnClient implements AutoCloseable {
  /** What servers other than Amazon's take if nothing is said. */
  private static final Region CUSTOMARY = Region.US_EAST_1;

  private static final int MOST_CONNECTIONS = 100;

  private final S3Connection connection;
  private final Timeouts timeouts;
  private @Nullable S3Client client;
  private @Nullable SdkHttpClient http;
  private boolean closed;

  /**
   * After what time a connection counts as broken.
   *
   * @param connect until it is established
   * @param silence while nothing arrives
   * @param call for a whole request, besides the time for the bytes it sends
   */
  record Timeouts(Duration connect, Duration silence, Duration call) {
    static final Timeouts STANDARD =
        new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofMinutes(2));
  }

  OwnClient(S3Connection connection, Timeouts timeouts) {
    this.connection = connection;
    this.timeouts = timeouts;
  }

  S3Connection connection() {
    return connection;
  }

  /** How long a request may take that sends no data. */
  Duration patience() {
    return timeouts.call();
  }

  /**
   * The client.
   *
   * @throws SdkClientException if no region is found
   * @throws IllegalStateException if the sink was closed
   */
  synchronized S3Client client() {
    if (closed) {
      throw new IllegalStateException("The sink was closed.");
    }
    S3Client opened = client;
    if (opened == null) {
      opened = open();
      client = opened;
    }
    return opened;
  }

  @Override
  public synchronized void close() {
    closed = true;
    S3Client opened = client;
    SdkHttpClient connections = http;
    client = null;
    http = null;
    if (opened != null) {
      opened.close();
    }
    if (connections != null) {
      connections.close(); // The SDK leaves open what it was given.
    }
  }

  private S3Client open() {
    Region region = region();
    SdkHttpClient connections =
        new InterruptibleHttpClient(
            Apache5HttpClient.builder()
                .maxConnections(MOST_CONNECTIONS)
                .tcpKeepAlive(true)
                .connectionTimeout(timeouts.connect())
                .connectionAcquisitionTimeout(timeouts.silence())
                .socketTimeout(timeouts.silence())
                .build());
    S3ClientBuilder builder =
        S3Client.builder()
            .region(region)
            .credentialsProvider(credentials())
            .forcePathStyle(connection.pathStyle())
            // A signature of every chunk is not understood everywhere; that of the body is.
            .serviceConfiguration(S3Configuration.builder().chunkedEncodingEnabled(false).build())
            // Every part has a checksum of ours; and what is read is a range, which has none.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .overrideConfiguration(
                // Holdfast repeats; nothing is to be repeated twice.
                all ->
                    all.retryStrategy(AwsRetryStrategy.doNotRetry())
                        .apiCallTimeout(timeouts.call()))
            .httpClient(connections);
    connection.endpoint().ifPresent(url -> builder.endpointOverride(URI.create(url)));
    connection
        .profile()
        .ifPresent(name -> builder.overrideConfiguration(all -> all.defaultProfileName(name)));
    http = connections;
    return builder.build();
  }

  private Region region() {
    Optional<String> named =
        connection
            .region()
            .or(() -> connection.context().variable("AWS_REGION"))
            .or(() -> connection.context().variable("AWS_DEFAULT_REGION"));
    if (named.isPresent()) {
      return Region.of(named.get());
    }
    if (connection.endpoint().isEmpty()) {
      DefaultAwsRegionProviderChain.Builder chain = DefaultAwsRegionProviderChain.builder();
      connection.profile().ifPresent(chain::profileName);
      return chain.build().getRegion();
    }
    try {
      // Not the default chain: off Amazon's machines it waits for an answer that never comes.
      Region ofProfile =
          new AwsProfileRegionProvider(
                  ProfileFile::defaultProfileFile, connection.profile().orElse(null))
              .getRegion();
      return ofProfile == null ? CUSTOMARY : ofProfile;
    } catch (SdkClientException e) {
      return CUSTOMARY;
    }
  }

  private AwsCredentialsProvider credentials() {
    if (connection.profile().isPresent()) {
      return ProfileCredentialsProvider.create(connection.profile().get());
    }
    Optional<String> access = connection.context().variable("AWS_ACCESS_KEY_ID");
    Optional<String> secret = connection.context().variable("AWS_SECRET_ACCESS_KEY");
    if (access.isPresent() && secret.isPresent()) {
      return StaticCredentialsProvider.create(
          connection
              .context()
              .variable("AWS_SESSION_TOKEN")
              .<AwsCredentials>map(
                  token -> AwsSessionCredentials.create(access.get(), secret.get(), token))
              .orElseGet(() -> AwsBasicCredentials.create(access.get(), secret.get())));
    }
    return DefaultCredentialsProvider.builder().build();
  }
}

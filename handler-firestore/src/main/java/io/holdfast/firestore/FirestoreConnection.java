package io.holdfast.firestore;

import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.core.FixedCredentialsProvider;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.rpc.FixedHeaderProvider;
import com.google.api.gax.rpc.TransportChannelProvider;
import com.google.auth.Credentials;
import com.google.cloud.firestore.FirestoreOptions;
import com.google.cloud.firestore.v1.FirestoreClient;
import com.google.cloud.firestore.v1.FirestoreSettings;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.firestore.internal.rpc.FirestoreCalls;
import io.holdfast.spi.HandlerException;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a database is reached: the client is made when it is first needed, and closed with the
 * connection unless it was given. Safe for use by many threads.
 */
final class FirestoreConnection implements AutoCloseable {
  private final DatabaseName database;
  private final Optional<String> emulator;
  private final TransportChannelProvider transport;
  private final CredentialsProvider credentials;
  private final boolean given;
  private @Nullable FirestoreClient client;
  private boolean closed;

  private FirestoreConnection(
      DatabaseName database,
      Optional<String> emulator,
      TransportChannelProvider transport,
      CredentialsProvider credentials,
      @Nullable FirestoreClient given) {
    this.database = database;
    this.emulator = emulator;
    this.transport = transport;
    this.credentials = credentials;
    this.client = given;
    this.given = given != null;
  }

  /** To the service, with credentials or the application's default ones. */
  static FirestoreConnection toService(DatabaseName database, Optional<Credentials> credentials) {
    return new FirestoreConnection(
        database,
        Optional.empty(),
        FirestoreSettings.defaultTransportChannelProvider(),
        credentials
            .<CredentialsProvider>map(FixedCredentialsProvider::create)
            .orElseGet(() -> FirestoreSettings.defaultCredentialsProviderBuilder().build()),
        null);
  }

  /**
   * To an emulator, past its rules.
   *
   * @param hostPort where it listens
   */
  static FirestoreConnection toEmulator(DatabaseName database, String hostPort) {
    return new FirestoreConnection(
        database,
        Optional.of(hostPort),
        InstantiatingGrpcChannelProvider.newBuilder()
            .setEndpoint(hostPort)
            .setChannelConfigurator(channel -> channel.usePlaintext())
            .setHeaderProvider(FixedHeaderProvider.create("authorization", "Bearer owner"))
            .build(),
        NoCredentialsProvider.create(),
        null);
  }

  /** As an application's own client reaches its database; that client stays as it is. */
  static FirestoreConnection like(FirestoreOptions options) {
    DatabaseName database = new DatabaseName(options.getProjectId(), options.getDatabaseId());
    String emulator = options.getEmulatorHost();
    if (emulator != null) {
      return toEmulator(database, emulator);
    }
    TransportChannelProvider transport = options.getTransportChannelProvider();
    return new FirestoreConnection(
        database,
        Optional.empty(),
        transport.needsEndpoint() ? transport.withEndpoint(options.getHost()) : transport,
        options.getCredentialsProvider(),
        null);
  }

  /** Through a client that stays open. */
  static FirestoreConnection through(FirestoreClient client, DatabaseName database) {
    FirestoreSettings settings = client.getSettings(); // null for one made from a stub
    return new FirestoreConnection(
        database,
        Optional.empty(),
        FirestoreSettings.defaultTransportChannelProvider(),
        settings == null ? NoCredentialsProvider.create() : settings.getCredentialsProvider(),
        client);
  }

  DatabaseName database() {
    return database;
  }

  /** Where the emulator listens; empty for the service. */
  Optional<String> emulator() {
    return emulator;
  }

  /**
   * The credentials, for Google's other APIs; empty if there are none, as for an emulator.
   *
   * @throws HandlerException of kind {@code UNAUTHENTICATED} if they cannot be loaded
   */
  Optional<Credentials> credentials() {
    try {
      return Optional.ofNullable(credentials.getCredentials());
    } catch (IOException e) {
      throw noCredentials(e);
    }
  }

  /**
   * The calls of the database.
   *
   * @param longQueries as in {@link FirestoreCalls}
   * @throws HandlerException of kind {@code UNAUTHENTICATED} if there are no credentials
   */
  synchronized FirestoreCalls calls(boolean longQueries) {
    if (closed) {
      throw new IllegalStateException("The handler of " + database.display() + " was closed.");
    }
    FirestoreClient open = client;
    if (open == null) {
      open = open();
      client = open;
    }
    return new FirestoreCalls(open, database, longQueries);
  }

  private FirestoreClient open() {
    try {
      return FirestoreClient.create(
          FirestoreSettings.newBuilder()
              .setTransportChannelProvider(transport)
              .setCredentialsProvider(credentials)
              .build());
    } catch (IOException e) {
      throw noCredentials(e);
    }
  }

  private HandlerException noCredentials(IOException e) {
    return new HandlerException(
        HandlerException.Kind.UNAUTHENTICATED,
        null,
        "There are no usable credentials for "
            + database.display()
            + ": "
            + e.getMessage()
            + " Run 'gcloud auth application-default login', or set GOOGLE_APPLICATION_CREDENTIALS"
            + " to the file of a service account's key.",
        e);
  }

  @Override
  public synchronized void close() {
    closed = true;
    FirestoreClient open = client;
    if (open != null && !given) {
      open.close();
      client = null;
    }
  }
}

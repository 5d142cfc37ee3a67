package io.holdfast.firestore;

import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.rpc.FixedHeaderProvider;
import com.google.cloud.firestore.v1.FirestoreClient;
import com.google.cloud.firestore.v1.FirestoreSettings;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A Firestore for tests, in this process and over gRPC: it answers as the documentation of {@code
 * google.firestore.v1} says, and misbehaves on command ({@link #faults()}). It has what the
 * official emulator lacks: PartitionQuery, the service's limits, throttling, and read times that
 * are too old.
 *
 * <p>A request that it does not know how to answer fails with INTERNAL, and is remembered in {@link
 * #complaints()}; the methods that it does not have are UNIMPLEMENTED. Thread-safe. Whoever started
 * it closes it.
 */
final class FakeFirestore implements AutoCloseable {

  private static final String UNSUPPORTED = "FakeFirestore: unsupported ";

  private final FakeTime time;
  private final FakeLimits limits = new FakeLimits();
  private final FakeFaults faults = new FakeFaults();
  private final FakeUsage usage = new FakeUsage();
  private final Map<String, FakeDatabase> databases = new ConcurrentSkipListMap<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool(FakeFirestore::daemon);
  private final Server server;

  private FakeFirestore(Clock clock) {
    this.time = new FakeTime(clock);
    try {
      this.server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              // The limit on requests is the service's own, with its own words.
              .maxInboundMessageSize(64 << 20)
              .addService(new FakeService(this, threads).definition())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static FakeFirestore start() {
    return start(Clock.systemUTC());
  }

  static FakeFirestore start(Clock clock) {
    return new FakeFirestore(clock);
  }

  /** {@code 127.0.0.1:port}, plaintext. */
  String endpoint() {
    return "127.0.0.1:" + server.getPort();
  }

  int port() {
    return server.getPort();
  }

  /** A client of this server that tries nothing twice. The caller closes it. */
  FirestoreClient connect() {
    return connect(endpoint());
  }

  /** A client of a server without encryption that tries nothing twice. The caller closes it. */
  static FirestoreClient connect(String endpoint) {
    try {
      FirestoreSettings.Builder settings =
          FirestoreSettings.newBuilder()
              .setCredentialsProvider(NoCredentialsProvider.create())
              // The emulator asks for it; this server does not.
              .setHeaderProvider(FixedHeaderProvider.create("authorization", "Bearer owner"))
              .setTransportChannelProvider(
                  InstantiatingGrpcChannelProvider.newBuilder()
                      .setEndpoint(endpoint)
                      .setChannelConfigurator(channel -> channel.usePlaintext())
                      .build());
      settings.applyToAllUnaryMethods(
          method -> {
            method.setRetryableCodes();
            return null;
          });
      settings.runQuerySettings().setRetryableCodes();
      settings.runAggregationQuerySettings().setRetryableCodes();
      settings.batchGetDocumentsSettings().setRetryableCodes();
      return FirestoreClient.create(settings.build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A database, which is created if it does not exist. Requests for others are NOT_FOUND. */
  FakeDatabase database(String project, String database) {
    return databases.computeIfAbsent(
        "projects/" + project + "/databases/" + database,
        name -> new FakeDatabase(name, time, limits));
  }

  /** Project {@code demo}, database {@code (default)}. */
  FakeDatabase database() {
    return database("demo", "(default)");
  }

  List<FakeDatabase> databases() {
    return List.copyOf(databases.values());
  }

  FakeFaults faults() {
    return faults;
  }

  FakeUsage usage() {
    return usage;
  }

  FakeLimits limits() {
    return limits;
  }

  FakeTime time() {
    return time;
  }

  /** Lets time pass: what was read at an hour ago becomes too old. */
  void advance(Duration duration) {
    time.advance(duration);
  }

  /**
   * The requests that this server failed with INTERNAL because it could not answer them. A test
   * should find none.
   */
  List<String> complaints() {
    return List.copyOf(complaints);
  }

  void complain(String complaint) {
    complaints.add(complaint);
  }

  Optional<FakeDatabase> find(String name) {
    return Optional.ofNullable(databases.get(name));
  }

  /** What to throw where a request cannot be answered rightly. */
  static RuntimeException unsupported(String what) {
    return Status.INTERNAL.withDescription(UNSUPPORTED + what).asRuntimeException();
  }

  /** Whether it is from {@link #unsupported}, and not a fault that was ordered. */
  static boolean isUnsupported(Status status) {
    return status.getCode() == Status.Code.INTERNAL
        && status.getDescription() != null
        && status.getDescription().startsWith(UNSUPPORTED);
  }

  @Override
  public void close() {
    faults.clear();
    server.shutdownNow();
    threads.shutdownNow();
    try {
      if (!server.awaitTermination(10, TimeUnit.SECONDS)
          || !threads.awaitTermination(10, TimeUnit.SECONDS)) {
        throw new AssertionError("FakeFirestore: calls go on after close");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "fake-firestore");
    thread.setDaemon(true);
    return thread;
  }
}

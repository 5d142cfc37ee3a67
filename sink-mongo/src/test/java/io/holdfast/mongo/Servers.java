package io.holdfast.mongo;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.client.MongoClients;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.ProxiedExchange;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Sinks by URI, for the suites that put a network that fails in front of the server. */
final class Servers {
  private Servers() {}

  /** A sink that gives up soon on a server that is silent, and soon asks again for one lost. */
  static StorageSink impatient(int port, Retry retry) {
    MongoClientSettings settings =
        MongoClientSettings.builder(
                MongoUri.settings(
                    new ConnectionString(
                        "mongodb://127.0.0.1:"
                            + port
                            + "/?serverSelectionTimeoutMS=1000&connectTimeoutMS=1000"
                            + "&socketTimeoutMS=1000")))
            .applyToServerSettings(
                server ->
                    server
                        .minHeartbeatFrequency(5, TimeUnit.MILLISECONDS)
                        // No more than it has to: each is an exchange, too.
                        .heartbeatFrequency(10, TimeUnit.MINUTES))
            .build();
    MongoStore store =
        new MongoStore(
            () -> MongoClients.create(settings),
            true,
            "faults",
            "mongodb://127.0.0.1/faults",
            retry);
    return MongoSink.of(
        store,
        MongoSink.Builder.COLLECTION,
        MongoLayout.CHUNKS,
        MongoSink.Builder.CHUNK_BYTES,
        Clock.systemUTC());
  }

  static StorageSink open(int port, String parameters, Retry retry) {
    return new MongoSinkProvider()
        .open(
            Location.parse("mongodb://127.0.0.1:" + port + "/faults" + parameters),
            new ProviderContext(retry, Map.of()));
  }

  /** The driver's own conversation with the server is nothing that a sink does. */
  static boolean isOperation(ProxiedExchange exchange) {
    String begin = exchange.path();
    return !begin.contains("isMaster") && !begin.contains("ismaster") && !begin.contains("hello");
  }
}

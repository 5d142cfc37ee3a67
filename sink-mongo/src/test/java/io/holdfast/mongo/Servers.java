package io.holdfast.mongo;

import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.ProxiedExchange;
import java.util.Map;

/** Sinks by URI, for the suites that put a network that fails in front of the server. */
final class Servers {
  private Servers() {}

  /** A sink that gives up soon on a server that is silent. */
  static StorageSink impatient(int port, Retry retry) {
    return open(
        port,
        "?serverSelectionTimeoutMS=1500&connectTimeoutMS=1500&socketTimeoutMS=1500"
            // As few heartbeats as may be: each is an exchange, too.
            + "&heartbeatFrequencyMS=600000",
        retry);
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

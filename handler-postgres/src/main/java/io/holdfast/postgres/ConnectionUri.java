package io.holdfast.postgres;

import io.holdfast.ConfigurationException;
import io.holdfast.Secret;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.List;
import java.util.Map;

/** Reads libpq's connection URIs. */
final class ConnectionUri {
  private ConnectionUri() {}

  static ConnectionSettings parse(Location location, ProviderContext context) {
    if (!context.environment().isEmpty() || !location.scheme().isEmpty()) {
      throw new ConfigurationException(List.of("URIs are not read yet."));
    }
    return new ConnectionSettings("", "", "", Secret.of(""), Map.of());
  }
}

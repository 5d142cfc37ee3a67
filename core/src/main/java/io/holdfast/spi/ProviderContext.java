package io.holdfast.spi;

import java.util.Map;
import java.util.Optional;

/**
 * What core lends to providers.
 *
 * @param retry how to repeat idempotent steps
 * @param environment environment variables; a map, so that tests can give their own
 */
public record ProviderContext(Retry retry, Map<String, String> environment) {
  /** Copies the map. */
  public ProviderContext {
    environment = Map.copyOf(environment);
  }

  /** The process's own environment, with the default retry. */
  public static ProviderContext system() {
    return new ProviderContext(Retry.standard(), System.getenv());
  }

  /** The value of an environment variable; empty if it is not set or is the empty string. */
  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }
}

package io.holdfast.spi;

/**
 * Opens sinks for one URI scheme. Found by {@link java.util.ServiceLoader}; two providers for one
 * scheme are an error that names both.
 */
public interface StorageSinkProvider {
  /** The scheme that it serves, in lower case: {@code file}. */
  String scheme();

  /**
   * Opens the sink. Checks the URI, does not contact the storage.
   *
   * @param location the URI as the user wrote it; may hold a secret, so it must not be printed
   * @param context what core lends to providers
   * @throws io.holdfast.ConfigurationException with every problem of the URI
   */
  StorageSink open(Location location, ProviderContext context);
}

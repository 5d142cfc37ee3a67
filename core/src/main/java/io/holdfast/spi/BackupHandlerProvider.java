package io.holdfast.spi;

import java.util.Set;

/**
 * Opens handlers for one or more URI schemes. Found by {@link java.util.ServiceLoader}; two
 * providers for one scheme are an error that names both.
 */
public interface BackupHandlerProvider {
  /** The schemes that it serves, in lower case: {@code postgresql}, {@code postgres}. */
  Set<String> schemes();

  /**
   * Opens the handler. Checks the URI, does not contact the database.
   *
   * @param location the URI as the user wrote it; may hold a secret, so it must not be printed
   * @param context what core lends to providers
   * @throws io.holdfast.ConfigurationException with every problem of the URI
   */
  BackupHandler open(Location location, ProviderContext context);
}

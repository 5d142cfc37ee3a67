package io.holdfast.internal;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupHandlerProvider;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** Finds providers on the class path by the scheme of a URI. */
public final class Providers {
  private Providers() {}

  /** The handler for a URI. */
  public static BackupHandler handler(String uri, ProviderContext context) {
    Location location = Location.parse(uri);
    return choose(
            location,
            "database",
            ServiceLoader.load(BackupHandlerProvider.class),
            BackupHandlerProvider::schemes)
        .open(location, context);
  }

  /** The sink for a URI. */
  public static StorageSink sink(String uri, ProviderContext context) {
    Location location = Location.parse(uri);
    return choose(
            location,
            "storage",
            ServiceLoader.load(StorageSinkProvider.class),
            provider -> Set.of(provider.scheme()))
        .open(location, context);
  }

  /** A module that lacks its driver must not come out as an error of the JVM. */
  private static <P> List<P> loaded(Iterable<P> providers) {
    try {
      List<P> all = new ArrayList<>();
      providers.forEach(all::add);
      return all;
    } catch (ServiceConfigurationError e) {
      throw new ConfigurationException(
          List.of(
              "A provider on the class path cannot be loaded: "
                  + e.getMessage()
                  + (e.getCause() == null ? "" : " (" + e.getCause() + ")")));
    }
  }

  static <P> P choose(
      Location location, String what, Iterable<P> providers, Function<P, Set<String>> schemes) {
    Map<String, P> byScheme = new TreeMap<>();
    for (P provider : loaded(providers)) {
      for (String scheme : schemes.apply(provider)) {
        P other = byScheme.putIfAbsent(scheme, provider);
        if (other != null && scheme.equals(location.scheme())) {
          throw new ConfigurationException(
              List.of(
                  "Two providers serve the scheme "
                      + scheme
                      + ": "
                      + other.getClass().getName()
                      + " and "
                      + provider.getClass().getName()
                      + ". Remove one of them from the class path."));
        }
      }
    }
    P provider = byScheme.get(location.scheme());
    if (provider == null) {
      throw new ConfigurationException(
          List.of(
              "No "
                  + what
                  + " provider for the scheme "
                  + location.scheme()
                  + " is on the class path. Found: "
                  + (byScheme.isEmpty() ? "none" : String.join(", ", byScheme.keySet()))
                  + ". Add the module that serves it, holdfast-handler-postgres for postgresql,"
                  + " holdfast-handler-firestore for firestore, or holdfast-handler-firebase-auth for"
                  + " firebase-auth, say."));
    }
    return provider;
  }
}

package io.holdfast.postgres;

import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupHandlerProvider;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.Set;

/** Opens {@link PostgresHandler}s for {@code postgresql://} and {@code postgres://}. */
public final class PostgresHandlerProvider implements BackupHandlerProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PostgresHandlerProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("postgresql", "postgres");
  }

  @Override
  public BackupHandler open(Location location, ProviderContext context) {
    return PostgresHandler.builder(location, context).build();
  }
}

package io.holdfast.firestore;

import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupHandlerProvider;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.Set;

/** Opens {@link FirestoreHandler}s for {@code firestore://}. */
public final class FirestoreHandlerProvider implements BackupHandlerProvider {
  /** For {@link java.util.ServiceLoader}. */
  public FirestoreHandlerProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("firestore");
  }

  @Override
  public BackupHandler open(Location location, ProviderContext context) {
    return FirestoreHandler.builder(location, context).build();
  }
}

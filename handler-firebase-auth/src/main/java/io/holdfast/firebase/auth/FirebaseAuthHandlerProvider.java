package io.holdfast.firebase.auth;

import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupHandlerProvider;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.Set;

/** Opens {@link FirebaseAuthHandler}s for {@code firebase-auth://}. */
public final class FirebaseAuthHandlerProvider implements BackupHandlerProvider {
  /** For {@link java.util.ServiceLoader}. */
  public FirebaseAuthHandlerProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of("firebase-auth");
  }

  @Override
  public BackupHandler open(Location location, ProviderContext context) {
    return FirebaseAuthHandler.builder(location, context).build();
  }
}

package io.holdfast.firebase.auth;

import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupHandlerProvider;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.Set;

/** Opens {@link FirebaseAuthFile}s for {@code firebase-auth-file://}. */
public final class FirebaseAuthFileProvider implements BackupHandlerProvider {
  /** For {@link java.util.ServiceLoader}. */
  public FirebaseAuthFileProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of(FirebaseAuthFile.NAME);
  }

  @Override
  public BackupHandler open(Location location, ProviderContext context) {
    return FirebaseAuthFile.builder(location).build();
  }
}

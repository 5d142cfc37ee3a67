package io.holdfast.firestore;

import com.google.auth.Credentials;
import io.holdfast.ConfigurationException;
import io.holdfast.firestore.internal.names.DatabaseName;
import io.holdfast.google.internal.ServiceUri;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads {@code firestore://project[/database][?emulator=host:port][&credentials=file]}. Collects
 * every problem before it throws; contacts nothing.
 */
final class FirestoreUri {
  /** https://firebase.google.com/docs/firestore/manage-databases, "Database ID". */
  private static final Pattern DATABASE = Pattern.compile("\\(default\\)|[A-Za-z0-9-]{1,63}");

  private FirestoreUri() {}

  /**
   * The connection that a URI names.
   *
   * @throws ConfigurationException with every problem
   */
  static FirestoreConnection parse(Location location, ProviderContext context) {
    ServiceUri uri = new ServiceUri(location.reveal(), "firestore://project[/database]", List.of());
    String id = uri.part().orElse(DatabaseName.DEFAULT);
    if (!DATABASE.matcher(id).matches()) {
      uri.problem(
          "The id of a database consists of letters, digits and hyphens, up to 63, or is"
              + " (default).");
    }
    Optional<String> emulator = uri.emulator(context, "FIRESTORE_EMULATOR_HOST", "127.0.0.1:8080");
    Optional<Credentials> credentials =
        uri.credentials(
            emulator, com.google.cloud.firestore.v1.FirestoreSettings.getDefaultServiceScopes());
    if (!uri.problems().isEmpty()) {
      throw new ConfigurationException(uri.problems());
    }
    DatabaseName database = new DatabaseName(uri.project(), id);
    return emulator
        .map(hostPort -> FirestoreConnection.toEmulator(database, hostPort))
        .orElseGet(() -> FirestoreConnection.toService(database, credentials));
  }
}

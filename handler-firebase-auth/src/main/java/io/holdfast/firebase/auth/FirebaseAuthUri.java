package io.holdfast.firebase.auth;

import com.google.auth.Credentials;
import io.holdfast.ConfigurationException;
import io.holdfast.google.internal.ServiceUri;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads {@code firebase-auth://project[/tenant][?emulator=host:port][&credentials=file]
 * [&allowPlaintext=true]}. Collects every problem before it throws; contacts nothing.
 */
final class FirebaseAuthUri {
  private static final String ALLOW_PLAINTEXT = "allowPlaintext";
  private static final Pattern TENANT = Pattern.compile("[A-Za-z0-9_-]{1,63}");

  private FirebaseAuthUri() {}

  /**
   * What a URI says.
   *
   * @param connection which project and how
   * @param allowPlaintext whether backups may be stored without encryption
   */
  record Parsed(AuthConnection connection, boolean allowPlaintext) {}

  /**
   * The connection that a URI names.
   *
   * @throws ConfigurationException with every problem
   */
  static Parsed parse(Location location, ProviderContext context) {
    ServiceUri uri =
        new ServiceUri(
            location.reveal(), "firebase-auth://project[/tenant]", List.of(ALLOW_PLAINTEXT));
    String tenant = uri.part().orElse("");
    if (uri.part().isPresent() && !TENANT.matcher(tenant).matches()) {
      uri.problem("The id of a tenant consists of letters, digits, hyphens and underscores.");
    }
    Optional<String> emulator =
        uri.emulator(context, "FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9099");
    Optional<Credentials> credentials = uri.credentials(emulator, AuthConnection.SCOPES);
    String plaintext = uri.parameter(ALLOW_PLAINTEXT).orElse("false");
    if (!plaintext.equals("true") && !plaintext.equals("false")) {
      uri.problem("allowPlaintext is true or false.");
    }
    if (!uri.problems().isEmpty()) {
      throw new ConfigurationException(uri.problems());
    }
    return new Parsed(
        new AuthConnection(
            uri.project(), tenant, emulator, credentials, Optional.empty(), AuthConnection.SERVICE),
        plaintext.equals("true"));
  }
}

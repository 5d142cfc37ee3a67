package io.holdfast.firestore.internal.definitions;

import com.google.auth.Credentials;
import java.net.URI;
import java.util.List;
import java.util.Map;

/** Credentials with a token that must show up nowhere. */
public final class FakeCredentials extends Credentials {
  static final String TOKEN = "ya29.very-secret-token";
  private static final long serialVersionUID = 1L;

  private FakeCredentials() {}

  public static FakeCredentials valid() {
    return new FakeCredentials();
  }

  @Override
  public String getAuthenticationType() {
    return "OAuth2";
  }

  @Override
  public Map<String, List<String>> getRequestMetadata(URI uri) {
    return Map.of(
        "Authorization", List.of("Bearer " + TOKEN), "x-goog-user-project", List.of("billed"));
  }

  @Override
  public boolean hasRequestMetadata() {
    return true;
  }

  @Override
  public boolean hasRequestMetadataOnly() {
    return true;
  }

  @Override
  public void refresh() {}
}

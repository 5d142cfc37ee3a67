package io.holdfast.google.internal;

import com.google.auth.Credentials;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;

/** Credentials with a token that must show up nowhere. */
final class FakeCredentials extends Credentials {
  static final String TOKEN = "ya29.very-secret-token";
  private static final long serialVersionUID = 1L;

  private final transient IOException failure;
  private final String token;

  private FakeCredentials(String token, IOException failure) {
    this.token = token;
    this.failure = failure;
  }

  static FakeCredentials valid() {
    return new FakeCredentials(TOKEN, null);
  }

  static FakeCredentials withToken(String token) {
    return new FakeCredentials(token, null);
  }

  static FakeCredentials failing(IOException failure) {
    return new FakeCredentials(TOKEN, failure);
  }

  @Override
  public String getAuthenticationType() {
    return "OAuth2";
  }

  @Override
  public Map<String, List<String>> getRequestMetadata(URI uri) throws IOException {
    if (failure != null) {
      throw failure;
    }
    return Map.of(
        "Authorization", List.of("Bearer " + token), "x-goog-user-project", List.of("billed"));
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

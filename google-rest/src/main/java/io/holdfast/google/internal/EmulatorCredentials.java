package io.holdfast.google.internal;

import com.google.auth.Credentials;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Firebase's emulators take from their owner, whom no rule holds back: {@code Authorization:
 * Bearer owner}. It is no secret, so it is sent over plain HTTP too.
 */
public final class EmulatorCredentials extends Credentials {
  private static final long serialVersionUID = 1L;
  private static final Map<String, List<String>> OWNER =
      Map.of("Authorization", List.of("Bearer owner"));

  @Override
  public String getAuthenticationType() {
    return "Emulator";
  }

  @Override
  public Map<String, List<String>> getRequestMetadata(@Nullable URI uri) {
    return OWNER;
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

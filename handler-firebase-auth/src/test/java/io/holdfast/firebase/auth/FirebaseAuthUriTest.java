package io.holdfast.firebase.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FirebaseAuthUriTest {
  private static FirebaseAuthHandler at(String uri, Map<String, String> environment) {
    return FirebaseAuthHandler.builder(
            Location.parse(uri), new ProviderContext(Retry.none(), environment))
        .build();
  }

  @Test
  void namesAProjectATenantAndAnEmulator() {
    assertThat(at("firebase-auth://shop", Map.of()).location()).isEqualTo("firebase-auth://shop");
    assertThat(at("firebase-auth://shop/acme-x1?emulator=h:9", Map.of()).location())
        .isEqualTo("firebase-auth://shop/acme-x1?emulator=h:9");
    Map<String, String> variable = Map.of("FIREBASE_AUTH_EMULATOR_HOST", "localhost:9099");
    assertThat(at("firebase-auth://shop", variable).location())
        .isEqualTo("firebase-auth://shop?emulator=localhost:9099");
    assertThat(at("firebase-auth://shop?emulator=none", variable).location())
        .isEqualTo("firebase-auth://shop");
  }

  @Test
  void everyMistakeIsTold() {
    assertThatThrownBy(
            () ->
                at(
                    "firebase-auth:///a%2Fb?emulator=h&emulater=x&allowPlaintext=yes"
                        + "&credentials=/no/such/file&credentials=x",
                    Map.of()))
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.problems()).hasSize(8))
        .hasMessageContainingAll(
            "project",
            "tenant",
            "must be host:port",
            "emulater is not known",
            "true or false",
            "not both",
            "cannot be read",
            "given twice");
  }
}

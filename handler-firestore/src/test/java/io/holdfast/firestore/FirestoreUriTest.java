package io.holdfast.firestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FirestoreUriTest {
  private static String at(String uri, Map<String, String> environment) {
    try (FirestoreHandler handler =
        FirestoreHandler.builder(
                Location.parse(uri), new ProviderContext(Retry.none(), environment))
            .build()) {
      return handler.location();
    }
  }

  @Test
  void namesAProjectADatabaseAndAnEmulator() {
    assertThat(at("firestore://shop?emulator=h:9", Map.of()))
        .isEqualTo("firestore://shop?emulator=h:9");
    assertThat(at("firestore://shop/orders/?emulator=h:9", Map.of()))
        .isEqualTo("firestore://shop/orders?emulator=h:9");
    Map<String, String> variable = Map.of("FIRESTORE_EMULATOR_HOST", "localhost:8080");
    assertThat(at("firestore://shop", variable))
        .isEqualTo("firestore://shop?emulator=localhost:8080");
    assertThat(at("firestore://shop?emulator=none", variable)).isEqualTo("firestore://shop");
  }

  @Test
  void everyMistakeIsTold() {
    assertThatThrownBy(
            () ->
                at(
                    "firestore:///a_b?emulator=h&emulater=x&credentials=/no/such/file&credentials=x",
                    Map.of()))
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.problems()).hasSize(7))
        .hasMessageContainingAll(
            "project",
            "id of a database",
            "must be host:port",
            "there are emulator and credentials",
            "not both",
            "cannot be read",
            "given twice");
    assertThatThrownBy(() -> at("firestore:shop", Map.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("firestore://project[/database]");
  }
}

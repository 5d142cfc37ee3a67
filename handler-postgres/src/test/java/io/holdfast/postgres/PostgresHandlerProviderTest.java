package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupHandlerProvider;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class PostgresHandlerProviderTest {
  @Test
  void isFoundForBothSchemesAndContactsNothing() {
    BackupHandlerProvider provider =
        ServiceLoader.load(BackupHandlerProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(PostgresHandlerProvider.class::isInstance)
            .findFirst()
            .orElseThrow();
    assertThat(provider.schemes()).containsExactlyInAnyOrder("postgresql", "postgres");
    try (BackupHandler handler =
        provider.open(
            Location.parse("postgres://u:pw@nowhere.invalid/db"), ProviderContext.system())) {
      assertThat(handler.name()).isEqualTo("postgres");
      assertThat(handler.location()).isEqualTo("postgresql://nowhere.invalid:5432/db");
    }
  }
}

package io.holdfast.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocationTest {
  @ParameterizedTest
  @CsvSource({
    "postgresql://ada:hunter2@host/db, postgresql://ada:***@host/db",
    "postgresql://host:5432/db, postgresql://host:5432/db",
    "postgresql://ada@host:5432/db, postgresql://ada@host:5432/db",
    "file:///var/backups, file:///var/backups",
    "s3://bucket/a@b, s3://bucket/a@b",
    "postgresql://host/db?sslmode=require, postgresql://host/db?sslmode=require",
    "postgresql://host/db?user=ada&password=hunter2&x=1, postgresql://host/db?user=ada&password=***&x=1",
  })
  void printsEverythingButThePassword(String text, String printed) {
    assertThat(Location.parse(text)).hasToString(printed);
    assertThat(Location.parse(text).reveal()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgresql://ada:hun@hunter2@host/db",
        "postgresql://ada:x/hunter2@host/db",
        "postgresql://ada:x?hunter2@host/db",
        "postgresql://ada:x#hunter2@host/db",
        "postgresql://ada:123/hunter2@host/db",
        "postgresql://ada:x@hunter2/x@host/db",
        "postgresql://:hunter2@host/db",
        "postgresql://ada@tenant:hunter2@host/db",
        "mongodb://ada:hunter2@h1:1,h2:2/db",
        "mongodb:ada:hunter2@host",
        "jdbc:oracle:thin:ada/hunter2@host",
        "jdbc:sqlserver://host;user=ada;password=hunter2;encrypt=true",
        "postgresql://host/db?PASSWORD=hunter2",
        "postgresql://host/db?password=a#hunter2",
        "postgresql://host/db?password=a;hunter2",
        "postgresql://host/db?password==hunter2",
        "postgresql://host/db?sslpassword=hunter2&a=b",
        "postgresql://host/db?a=b&pwd=hunter2",
        "s3://bucket?secret_access_key=hunter2",
        "https://host/c?sv=1&sig=hunter2",
        "gs://bucket?access_token=hunter2",
        "s3://bucket?passphrase=hunter2",
      })
  void neverPrintsAPasswordHoweverOddlyWritten(String text) {
    assertThat(Location.parse(text).toString()).doesNotContain("hunter2").contains("***");
  }

  @Test
  void theSchemeIsInLowerCase() {
    assertThat(Location.parse("  PostgreSQL://h/db ").scheme()).isEqualTo("postgresql");
    assertThat(Location.parse("s3+http://x").scheme()).isEqualTo("s3+http");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "/var/backups", "://x", "1a://x", "ada hunter2@host:x"})
  void withoutASchemeItIsRefusedWithoutBeingShown(String text) {
    assertThatThrownBy(() -> Location.parse(text))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageNotContaining("hunter2");
  }
}

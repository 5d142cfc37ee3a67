package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import java.io.File;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileSinkProviderTest {
  private final StorageSinkProvider provider =
      ServiceLoader.load(StorageSinkProvider.class).stream()
          .map(ServiceLoader.Provider::get)
          .filter(found -> found.scheme().equals("file"))
          .findFirst()
          .orElseThrow();

  private StorageSink open(String location) {
    return provider.open(Location.parse(location), ProviderContext.system());
  }

  @ParameterizedTest
  @CsvSource({
    "file:///nowhere/backups,        file:///nowhere/backups",
    "file:///nowhere/backups/,       file:///nowhere/backups",
    "file:/nowhere/backups,          file:///nowhere/backups",
    "FILE:///nowhere/backups,        file:///nowhere/backups",
    "file:///nowhere/my%20backups,   file:///nowhere/my%20backups",
    "file:///nowhere/100%25%23/%3F,  file:///nowhere/100%25%23/%3F",
    "file:///,                       file:///",
  })
  void anAbsolutePathIsOpened(String location, String opened) {
    assumeTrue(File.separatorChar == '/', "the paths are those of POSIX systems");
    assertThat(open(location).location()).isEqualTo(opened);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:backups",
        "file:./backups",
        "file://host/backups",
        "file://backups",
        "file:///backups?mode=0700",
        "file:///backups#latest",
        "file:///my backups",
        "file:///backups%zz",
        "file:",
        "file://",
        "file:///a%00b",
      })
  void anythingElseIsRefusedWithAReason(String location) {
    ConfigurationException refused =
        catchThrowableOfType(ConfigurationException.class, () -> open(location));
    assertThat(refused).isNotNull();
    assertThat(refused.problems()).hasSize(1);
    assertThat(refused.getMessage()).contains("file sink");
  }

  @Test
  void everyProblemIsNamedAtOnce() {
    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class, () -> open("file://host/backups?key=secret#latest"));
    List<String> problems = refused.problems();
    assertThat(problems).hasSize(3);
    assertThat(problems.get(0)).contains("host");
    assertThat(problems.get(1)).contains("parameters");
    assertThat(problems.get(2)).contains("fragment");
    assertThat(refused.getMessage()).doesNotContain("secret");
  }
}

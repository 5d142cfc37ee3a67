package io.holdfast.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.ConfigurationException;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GcsSinkProviderTest {
  private static final ProviderContext NOWHERE = new ProviderContext(Retry.none(), Map.of());

  @TempDir private Path folder;

  private static StorageSink open(String uri) {
    return new GcsSinkProvider().open(Location.parse(uri), NOWHERE);
  }

  private static GcsUri parse(String uri, Map<String, String> environment) {
    return GcsUri.parse(Location.parse(uri), new ProviderContext(Retry.none(), environment));
  }

  private static List<String> problems(String uri) {
    return catchThrowableOfType(ConfigurationException.class, () -> open(uri)).problems();
  }

  @Test
  void itIsFoundByItsScheme() {
    assertThat(ServiceLoader.load(StorageSinkProvider.class).stream())
        .anyMatch(
            provider ->
                provider.type() == GcsSinkProvider.class && provider.get().scheme().equals("gs"));
  }

  @Test
  void theLocationIsTheBucketAndThePrefixWithoutParameters() {
    try (StorageSink sink = open("gs://my-bucket")) {
      assertThat(sink.location()).isEqualTo("gs://my-bucket");
      assertThat(sink.capabilities()).containsExactly(SinkCapability.METADATA);
    }
    try (StorageSink sink = open("gs://my-bucket/of%20us/backups/?storage-class=nearline")) {
      assertThat(sink.location()).isEqualTo("gs://my-bucket/of us/backups");
      assertThat(sink).hasToString("GcsSink[gs://my-bucket/of us/backups]");
    }
  }

  @Test
  void retentionIsACapabilityIfItIsConfigured() {
    for (String parameter : new String[] {"retain=30d", "retention-mode=locked"}) {
      try (StorageSink sink = open("gs://my-bucket?" + parameter)) {
        assertThat(sink.capabilities()).contains(SinkCapability.RETENTION);
      }
    }
  }

  @Test
  void everythingCanBeGiven() throws Exception {
    Path key = Files.writeString(folder.resolve("key.json"), "{}");
    try (StorageSink sink =
        open(
            "gs://my-bucket/backups?credentials="
                + key
                + "&project=shop&endpoint=https://storage.example.com&storage-class=COLDLINE"
                + "&kms-key=projects/p/locations/l/keyRings/r/cryptoKeys/k&retain=12h"
                + "&retention-mode=unlocked&temporary-hold=true&event-based-hold=false")) {
      assertThat(sink.location()).isEqualTo("gs://my-bucket/backups");
    }
  }

  @Test
  void everyProblemIsToldAtOnce() {
    assertThat(
            problems(
                "gs://My_Bucket!/a//b?storage-class=c:d&kms-key=key&retain=forever&colour=red"
                    + "&retention-mode=hard&temporary-hold=yes&endpoint=http://storage.example.com"
                    + "&project=a b&retain=1d&credentials=/no/such/file&nothing"))
        .hasSize(13)
        .anyMatch(problem -> problem.contains("bucket is missing or malformed"))
        .anyMatch(problem -> problem.contains("prefix"))
        .anyMatch(problem -> problem.contains("storage-class"))
        .anyMatch(problem -> problem.contains("kms-key"))
        .anyMatch(problem -> problem.contains("retain must be"))
        .anyMatch(problem -> problem.contains("retain is given twice"))
        .anyMatch(problem -> problem.contains("colour is not known"))
        .anyMatch(problem -> problem.contains("retention-mode"))
        .anyMatch(problem -> problem.contains("temporary-hold"))
        .anyMatch(problem -> problem.contains("endpoint must begin with https"))
        .anyMatch(problem -> problem.contains("credentials cannot be read"))
        .anyMatch(problem -> problem.contains("project"));
  }

  @Test
  void malformedUrisAreRefused() {
    assertThat(problems("gs:bucket")).hasSize(1);
    assertThat(problems("gs://")).hasSize(1);
    assertThat(problems("gs://bucket/a#b")).isNotEmpty();
    assertThat(problems("gs://bucket/%zz")).isNotEmpty();
    assertThat(problems("gs://bucket/../b")).hasSize(1);
    assertThat(problems("gs://bucket?endpoint=https://user:secret@host"))
        .hasSize(1)
        .noneMatch(problem -> problem.contains("secret"));
  }

  @Test
  void anEmulatorIsOnThisMachineAndTakesNoCredentials() throws Exception {
    for (String host : new String[] {"127.0.0.1:9023", "localhost:9023", "[::1]:9023"}) {
      GcsUri uri = parse("gs://bucket?endpoint=http://" + host, Map.of());
      assertThat(uri.emulator()).isTrue();
      assertThat(uri.endpoint()).contains("http://" + host);
    }
    Path key = Files.writeString(folder.resolve("key.json"), "{}");
    assertThat(problems("gs://bucket?endpoint=http://127.0.0.1:1&credentials=" + key)).hasSize(1);
    assertThat(parse("gs://bucket?endpoint=https://storage.example.com", Map.of()).emulator())
        .isFalse();
  }

  @Test
  void theEnvironmentNamesAnEmulatorUnlessTheUriSaysOtherwise() {
    Map<String, String> environment = Map.of("STORAGE_EMULATOR_HOST", "localhost:9023");
    assertThat(parse("gs://bucket", environment).endpoint()).contains("http://localhost:9023");
    assertThat(parse("gs://bucket", environment).emulator()).isTrue();
    assertThat(
            parse("gs://bucket", Map.of("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")).endpoint())
        .contains("http://127.0.0.1:1");
    GcsUri real = parse("gs://bucket?endpoint=https://storage.googleapis.com", environment);
    assertThat(real.emulator()).isFalse();

    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class,
            () -> parse("gs://bucket", Map.of("STORAGE_EMULATOR_HOST", "gcs.example.com:80")));
    assertThat(refused.problems()).hasSize(1).allMatch(p -> p.contains("STORAGE_EMULATOR_HOST"));
  }
}

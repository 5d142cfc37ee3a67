package io.holdfast.executor;

import static io.holdfast.executor.Bench.shop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.AgeKeyPair;
import io.holdfast.BackupException;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.ConfigurationException;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.Secret;
import io.holdfast.executor.TestProviders.Opened;
import io.holdfast.spi.StorageException;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A configuration is checked whole, before anything is contacted. */
final class BuilderTest {
  private static final String PASSWORD = "sEcReT-hunter2";

  private final MemorySink sink = new MemorySink();

  @BeforeEach
  @AfterEach
  void forget() {
    TestProviders.forget();
  }

  private static BackupExecutor.Builder given() {
    return BackupExecutor.builder().source(MemoryHandler.of(shop())).sink(new MemorySink());
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    ConfigurationException e =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                BackupExecutor.builder()
                    .sink("nowhere://x")
                    .prefix("bad prefix")
                    .timestampFormat("yyyy")
                    .mode(BackupMode.RESTORE_ONLY)
                    .parallelism(0)
                    .maxRecordBytes(1)
                    .environment(" ")
                    .verifyAfterBackup(true)
                    .encryption(Encryption.recipients(AgeKeyPair.generate().recipient()))
                    .build());
    assertThat(e.problems()).hasSize(8);
    assertThat(e.getMessage())
        .contains("source", "nowhere", "bad prefix", "RESTORE_ONLY", "parallelism")
        .contains("maxRecordBytes", "verifyAfterBackup", "environment");
  }

  @Test
  void anUnknownSchemeListsWhatIsThere() {
    assertThatThrownBy(() -> given().sink("s4://bucket").build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("s4")
        .hasMessageContaining("file");
    assertThatThrownBy(() -> given().source("oracle://db").build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("oracle")
        .hasMessageContaining("testdb");
    assertThatThrownBy(() -> given().sink("/var/backups").build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("file:///");
  }

  @Test
  void twoProvidersForOneSchemeAreAnErrorThatNamesBoth() {
    assertThatThrownBy(() -> given().sink("twice://x").build())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(TestProviders.TwiceA.class.getName())
        .hasMessageContaining(TestProviders.TwiceB.class.getName());
    given().sink("testsink://x").build().close(); // the others are not concerned
  }

  @Test
  void whatWasOpenedFromUrisIsClosedAndWhatWasGivenIsNot() {
    MemoryHandler mine = MemoryHandler.of(shop());
    BackupExecutor executor =
        BackupExecutor.builder().source("testdb://a").target(mine).sink("testsink://b").build();
    assertThat(TestProviders.opened()).extracting(Opened::closed).containsExactly(0, 0);
    executor.close();
    executor.close();
    assertThat(TestProviders.opened()).allMatch(opened -> opened.closed() >= 1);
    BackupExecutor.builder().source(mine).sink(sink).build().createBackup();
  }

  @Test
  void whatWasOpenedIsClosedAgainIfSomethingElseIsWrong() {
    assertThatThrownBy(
            () -> BackupExecutor.builder().source("testdb://a").sink("nowhere://b").build())
        .isInstanceOf(ConfigurationException.class);
    assertThat(TestProviders.opened()).hasSize(1).allMatch(opened -> opened.closed() == 1);
    // Also if a provider breaks in a way that it should not.
    assertThatThrownBy(
            () -> BackupExecutor.builder().source("testdb://a").sink("testsink://break").build())
        .isInstanceOf(IllegalStateException.class);
    assertThat(TestProviders.opened()).hasSize(2).allMatch(opened -> opened.closed() == 1);
  }

  @Test
  void aHandlerThatCannotBeClosedDoesNotKeepTheSinkOpen() {
    BackupExecutor executor =
        BackupExecutor.builder().source("testdb://unclosable").sink("testsink://b").build();
    assertThatThrownBy(executor::close).hasMessage("cannot close");
    assertThat(TestProviders.opened()).allMatch(opened -> opened.closed() == 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "no-dot", ".manifest.json", ".x.manifest.json", ".manifest.json.more", ". x"})
  void suffixesThatMakeNoDocumentOfTheirOwnAreRefused(String suffix) {
    assertThatThrownBy(() -> given().suffix(suffix).build())
        .isInstanceOf(ConfigurationException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"HH:mm", "yyyy MM", "EEEE, d", "'x", "yyyy-MM-dd'T'HH:mm", "'x/.'dd", "nope"})
  void formatsThatMakeUnsafeNamesAreRefused(String format) {
    assertThatThrownBy(() -> given().timestampFormat(format).build())
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void namesThatAreTooLongForAManifestAreRefusedAtOnce() {
    assertThatThrownBy(() -> given().prefix("p".repeat(170)).build())
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void timestampsAreTheSameInEveryCountry() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      BackupExecutor executor =
          Bench.executor(MemoryHandler.of(shop()), sink)
              .timestampFormat("dd-MMM-yyyy-HH-mm-ss")
              .build();
      assertThat(executor.createBackup().backupId()).isEqualTo("app-09-Jan-2026-00-00-00");
      assertThat(Bench.ids(executor)).hasSize(1);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void nothingPrintsASecret() {
    BackupExecutor.Builder builder =
        BackupExecutor.builder()
            .source("testdb://user:" + PASSWORD + "@host/a?password=" + PASSWORD)
            .sink("testsink://user:" + PASSWORD + "@host")
            .encryption(Encryption.passphrase(Secret.of(PASSWORD)))
            .decryptionKeys(DecryptionKeys.passphrase(Secret.of(PASSWORD)));
    BackupExecutor executor = builder.build();
    for (Object printed : new Object[] {builder, executor}) {
      assertThat(printed.toString()).doesNotContain(PASSWORD);
    }
    executor.close();
    for (String uri :
        new String[] {
          "nowhere://user:" + PASSWORD + "@host",
          "twice://user:" + PASSWORD + "@host",
          "//user:" + PASSWORD + "@host",
          "file://user:" + PASSWORD + "@host/x",
          "file:///x?password=" + PASSWORD,
          "file:/// " + PASSWORD
        }) {
      assertThatThrownBy(() -> given().sink(uri).build())
          .isInstanceOf(ConfigurationException.class)
          .satisfies(e -> assertThat(Bench.trace(e)).doesNotContain(PASSWORD));
    }
  }

  @Test
  void theLatestOfAnEmptySinkIsNotFound() {
    BackupExecutor executor = given().build();
    assertThatThrownBy(() -> executor.verify("latest"))
        .isInstanceOf(BackupException.class)
        .isInstanceOfSatisfying(
            StorageException.class,
            e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.NOT_FOUND));
    assertThat(executor.list()).isEmpty();
  }
}

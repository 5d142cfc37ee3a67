package io.holdfast.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.AgeKeyPair;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickStartTest {
  private static EmbeddedServer server;

  @TempDir private Path folder;

  private final Captured captured = new Captured();

  @BeforeAll
  static void fillAShop() throws Exception {
    server = EmbeddedServer.start();
    server.createDatabase("shop");
    Shop shop = new Shop(new Captured().screen());
    shop.createTables(server.database("shop"));
    shop.fill(server.database("shop"), 0.01);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private int run(String... args) {
    return QuickStart.run(captured.screen(), args);
  }

  @Test
  void ownDatabaseIsBackedUpAndVerifiedAndLeftAsItIs() throws Exception {
    Fingerprint before = Fingerprint.of(server.database("shop"));

    int code = run(server.uri("shop"), "--to", folder.toUri().toString());

    assertThat(captured.errors()).isEmpty();
    assertThat(captured.output())
        .contains("intact")
        .contains("\"shop.categories\":[")
        .contains("zstd -dc " + folder)
        .contains("executor.restoreFromBackup(\"backup-");
    assertThat(captured.output().lines()).allMatch(QuickStartTest::fitsOrIsACommand);
    assertThat(code).isZero();
    assertThat(before.differencesTo(Fingerprint.of(server.database("shop")))).isEmpty();
  }

  private static boolean fitsOrIsACommand(String line) {
    return line.codePointCount(0, line.length()) <= Screen.WIDTH || line.contains("/");
  }

  @Test
  void backupForAPublicKeyIsNotReadWithoutItsSecretKey() {
    String recipient = AgeKeyPair.generate().recipient();

    int code = run(server.uri("shop"), "--to", folder.toUri().toString(), "--recipient", recipient);

    assertThat(captured.errors()).isEmpty();
    assertThat(captured.output())
        .contains("encrypted to 1 key", "age -d -i key.txt ")
        .contains("only the secret key opens it")
        .doesNotContain("Category 1");
    assertThat(code).isZero();
  }

  @Test
  void backupForAPublicKeyIsVerifiedWithItsSecretKey() throws Exception {
    AgeKeyPair pair = AgeKeyPair.generate();
    Path key = Files.writeString(folder.resolve("key.txt"), pair.identity().revealString() + "\n");
    assertThat(key.toFile().setReadable(false, false) && key.toFile().setReadable(true)).isTrue();

    int code =
        run(
            server.uri("shop"),
            "--to",
            folder.resolve("backups").toUri().toString(),
            "--recipient",
            pair.recipient(),
            "--identity",
            key.toString());

    assertThat(captured.errors()).isEmpty();
    assertThat(captured.output()).contains("intact").doesNotContain("AGE-SECRET-KEY");
    assertThat(code).isZero();
  }

  @Test
  void failureIsOneSentenceWithoutAStackTraceOrAPassword() {
    int code = run("postgresql://app:hunter2@localhost:1/shop", "--to", folder.toUri().toString());

    assertThat(code).isEqualTo(QuickStart.FAILED);
    assertThat(captured.errors())
        .contains("localhost:1")
        .doesNotContain("hunter2")
        .doesNotContain("\tat ");
  }

  @Test
  void verboseFailureHasAStackTraceAndNoPassword() {
    int code =
        run(
            "postgresql://app:hunter2@localhost:1/shop",
            "--verbose",
            "--to",
            folder.toUri().toString());

    assertThat(code).isEqualTo(QuickStart.FAILED);
    assertThat(captured.errors()).contains("\tat ").doesNotContain("hunter2");
  }

  @Test
  void unknownKindOfDatabaseIsWrongUsage() {
    assertThat(run("oracle://app:hunter2@localhost/shop")).isEqualTo(QuickStart.WRONG_USAGE);
    assertThat(captured.errors()).contains("oracle").doesNotContain("hunter2");
  }

  @Test
  void secondUriIsWrongUsageAndIsNotRepeated() {
    assertThat(run("postgresql://a@b/c", "postgresql://a:hunter2@b/d"))
        .isEqualTo(QuickStart.WRONG_USAGE);
    assertThat(captured.errors()).contains("--help").doesNotContain("hunter2");
  }

  @Test
  void unknownOptionIsWrongUsage() {
    assertThat(run("--fast")).isEqualTo(QuickStart.WRONG_USAGE);
    assertThat(captured.errors()).contains("--fast");
  }

  @Test
  void passphraseAndRecipientTogetherAreWrongUsage() {
    assertThat(run("--passphrase-env", "X", "--recipient", "age1x"))
        .isEqualTo(QuickStart.WRONG_USAGE);
  }

  @Test
  void missingPassphraseIsWrongUsage() {
    assertThat(run("postgresql://a@b/c", "--passphrase-env", "HOLDFAST_NOT_SET"))
        .isEqualTo(QuickStart.WRONG_USAGE);
    assertThat(captured.errors()).contains("environment variable");
  }

  @Test
  void helpShowsExamplesAndExitCodes() {
    assertThat(run("--help")).isZero();
    assertThat(captured.output()).contains("Examples:", "Exit codes:", "--passphrase-env");
  }
}

package io.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.holdfast.internal.age.IdentityFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class DecryptionKeysTest {
  private final AgeKeyPair one = AgeKeyPair.generate();
  private final AgeKeyPair two = AgeKeyPair.generate();

  @TempDir Path folder;

  @Test
  void anIdentityFileHoldsKeysCommentsAndBlankLines() throws IOException {
    Path file =
        file(
            "# created: 2026-01-09T00:00:00Z\r\n# public key: "
                + one.recipient()
                + "\r\n"
                + one.identity().revealString()
                + "\r\n\n   \n# the second\n  "
                + two.identity().revealString());
    DecryptionKeys keys = DecryptionKeys.identityFile(file);
    assertThat(keys.identitySecrets()).hasSize(2);
    assertThat(keys.identitySecrets().get(0).matches(one.identity())).isTrue();
    assertThat(keys.identitySecrets().get(1).matches(two.identity())).isTrue();
  }

  @Test
  void badLinesAreNamedByTheirNumberAndNotRepeated() throws IOException {
    String secret = one.identity().revealString();
    Path file = file("# x\nhunter2\n" + secret + "\n" + secret.substring(0, 70) + "\n");
    ConfigurationException error =
        catchThrowableOfType(ConfigurationException.class, () -> DecryptionKeys.identityFile(file));
    assertThat(error.problems()).hasSize(2);
    assertThat(error.problems().get(0)).contains("line 2 ");
    assertThat(error.problems().get(1)).contains("line 4 ").contains("damaged");
    assertThat(error)
        .hasMessageNotContaining("hunter2")
        .hasMessageNotContaining(secret.substring(20, 40));
  }

  @Test
  void aKeyFileThatIsItselfEncryptedIsNamedAsSuch() throws IOException {
    assertThatThrownBy(
            () -> DecryptionKeys.identityFile(file("age-encryption.org/v1\n-> scrypt x 18\n")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("age -d");
  }

  @Test
  void aFileWithoutKeysIsAnError() throws IOException {
    assertThatThrownBy(() -> DecryptionKeys.identityFile(file("# nothing\n")))
        .hasMessageContaining("holds no age secret key");
    assertThatThrownBy(() -> DecryptionKeys.identityFile(folder.resolve("missing")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("There is no identity file");
    assertThatThrownBy(() -> DecryptionKeys.identityFile(folder))
        .isInstanceOf(ConfigurationException.class);
    assertThatThrownBy(() -> DecryptionKeys.identityFile(file("#".repeat(2 << 20))))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("1 MiB");
  }

  @Test
  void badIdentitiesAreNamedByTheirPositionAndNotRepeated() {
    String secret = one.identity().revealString();
    ConfigurationException error =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                DecryptionKeys.identities(
                    two.identity(), Secret.of(secret + "x"), Secret.of(one.recipient())));
    assertThat(error.problems()).hasSize(2);
    assertThat(error.problems().get(0))
        .startsWith("Identity 2 ")
        .doesNotContain(secret.substring(20));
    assertThat(error.problems().get(1)).startsWith("Identity 3 is a public key");
    assertThatThrownBy(() -> DecryptionKeys.identities())
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void keysAdd() {
    DecryptionKeys all =
        DecryptionKeys.identities(one.identity())
            .and(DecryptionKeys.passphrase(Secret.of("x")))
            .and(DecryptionKeys.none())
            .and(DecryptionKeys.identities(two.identity()));
    assertThat(all.identitySecrets()).hasSize(2);
    assertThat(all.passphraseSecrets()).hasSize(1);
    assertThat(all.isNone()).isFalse();
    assertThat(DecryptionKeys.none().isNone()).isTrue();
    assertThat(all).hasToString("DecryptionKeys[identities=2, passphrases=1]");
  }

  @Test
  void aFileThatEverybodyMayReadIsReadWithAWarning() throws IOException {
    Path file = file(one.identity().revealString());
    assumeTrue(
        Files.getFileStore(file).supportsFileAttributeView("posix"), "needs a POSIX file system");
    Logger logger = (Logger) LoggerFactory.getLogger(IdentityFile.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    logger.setAdditive(false);
    try {
      DecryptionKeys.identityFile(file);
      assertThat(log.list).isEmpty();
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
      assertThat(DecryptionKeys.identityFile(file).identitySecrets()).hasSize(1);
      assertThat(log.list).hasSize(1);
      assertThat(log.list.get(0).getFormattedMessage())
          .contains("chmod 600")
          .doesNotContain("AGE-SECRET-KEY");
    } finally {
      logger.setAdditive(true);
      logger.detachAppender(log);
    }
  }

  /** A file that only its owner may read, as age-keygen makes it. */
  private Path file(String content) throws IOException {
    Path file = Files.writeString(folder.resolve("key.txt"), content);
    if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
    return file;
  }
}

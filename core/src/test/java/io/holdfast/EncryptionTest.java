package io.holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.exceptionfactory.jagged.bech32.Bech32;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EncryptionTest {
  private static final AgeKeyPair PAIR = AgeKeyPair.generate();

  @Test
  void everyBadRecipientIsNamedAtOnce() {
    String good = PAIR.recipient();
    String typo = good.substring(0, 20) + (good.charAt(20) == 'q' ? 'p' : 'q') + good.substring(21);
    ConfigurationException error =
        catchThrowableOfType(
            ConfigurationException.class,
            () -> Encryption.recipients(good, typo, "", "ssh-ed25519 AAAA", "age1yubikey1qqq"));
    assertThat(error.problems()).hasSize(4);
    assertThat(error.problems().get(0)).startsWith("Recipient 2 ").contains(typo);
    assertThat(error.problems().get(1)).startsWith("Recipient 3 ");
    assertThat(error.problems().get(2)).startsWith("Recipient 4 ").contains("SSH");
    assertThat(error.problems().get(3)).startsWith("Recipient 5 ");
  }

  @Test
  void aSecretKeyInTheWrongPlaceIsRefusedAndNotRepeated() {
    String secret = PAIR.identity().revealString();
    for (String pasted :
        List.of(
            secret,
            " " + secret + "\n",
            secret.toLowerCase(java.util.Locale.ROOT),
            "identity=" + secret,
            "age1 " + secret)) {
      ConfigurationException error =
          catchThrowableOfType(
              ConfigurationException.class, () -> Encryption.recipients(PAIR.recipient(), pasted));
      assertThat(error).hasMessageContaining("Recipient 2 is a secret key");
      assertThat(error.getMessage().toUpperCase(java.util.Locale.ROOT))
          .doesNotContain(secret.substring(20));
    }
  }

  @Test
  void whatMayBeAPassphraseInTheWrongPlaceIsNotRepeated() {
    assertThatThrownBy(() -> Encryption.recipients("hunter2"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void aPublicKeyWithoutSecrecyIsRefused() {
    String lowOrder = Bech32.getEncoder().encode("age", new byte[32]).toString();
    assertThatThrownBy(() -> Encryption.recipients(lowOrder))
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void atLeastOneRecipientIsNeeded() {
    assertThatThrownBy(() -> Encryption.recipients())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("No recipient");
    assertThatThrownBy(() -> Encryption.recipients(List.of()))
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void noMoreRecipientsThanReadersAccept() {
    List<String> recipients = new ArrayList<>();
    for (int i = 0; i <= Encryption.MAX_RECIPIENTS; i++) {
      recipients.add(AgeKeyPair.generate().recipient());
    }
    assertThatThrownBy(() -> Encryption.recipients(recipients))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("at most 256");
  }

  @Test
  void spaceAndRepetitionsDoNotMatter() {
    assertThat(Encryption.recipients(" " + PAIR.recipient() + "\n", PAIR.recipient()).publicKeys())
        .containsExactly(PAIR.recipient());
  }

  @Test
  void aPassphraseThatNobodyCouldTypeIsRefused() {
    for (String bad : List.of("", "two\nlines", "from a file\n", "half \ud83d")) {
      assertThatThrownBy(() -> Encryption.passphrase(Secret.of(bad)))
          .isInstanceOf(ConfigurationException.class);
    }
    assertThatThrownBy(() -> DecryptionKeys.passphrase(Secret.of("")))
        .isInstanceOf(ConfigurationException.class);
  }

  @Test
  void nothingPrintsASecret() {
    assertThat(Encryption.passphrase(Secret.of("hunter2")).toString())
        .isEqualTo("age, passphrase ***");
    assertThat(Encryption.recipients(PAIR.recipient()).toString()).contains(PAIR.recipient());
    assertThat(Encryption.none().toString()).isEqualTo("no encryption");
    assertThat(PAIR.toString()).contains(PAIR.recipient()).doesNotContain("AGE-SECRET");
    assertThat(DecryptionKeys.identities(PAIR.identity()).toString()).doesNotContain("AGE-SECRET");
  }
}

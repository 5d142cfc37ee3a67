package io.holdfast.internal.age;

import com.exceptionfactory.jagged.FileKey;
import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import io.holdfast.Secret;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Says what is wrong with a key, in words that never hold the key: whatever is not a public key by
 * its first letters may be a secret that was pasted into the wrong place.
 */
public final class AgeKeys {
  private static final String SECRET_KEY = "AGE-SECRET-KEY-1";
  private static final int SHOWN = 80;

  private AgeKeys() {}

  /** What is wrong with a recipient, as the end of a sentence; empty if it can be encrypted to. */
  public static Optional<String> recipientProblem(String recipient) {
    if (recipient.toUpperCase(Locale.ROOT).contains(SECRET_KEY)) {
      return Optional.of(
          "is a secret key (AGE-SECRET-KEY-1…). Give the public key that belongs to it (age1…,"
              + " `age-keygen -y` prints it), and treat the secret key as exposed if this"
              + " configuration is shared.");
    }
    if (!recipient.startsWith("age1")) {
      return Optional.of(
          "is not an age public key: it does not begin with age1. (Only X25519 keys are"
              + " supported, no SSH keys. The text is not shown, since it may be a secret.)");
    }
    try {
      // The trial also refuses points of low order, which have the right form and no secrecy.
      x25519Writer(recipient).getRecipientStanzas(new FileKey());
      return Optional.empty();
    } catch (GeneralSecurityException | RuntimeException e) {
      String shown =
          recipient.length() <= SHOWN ? recipient : recipient.substring(0, SHOWN) + "… (cut)";
      return Optional.of(
          "is not an X25519 public key, or was mistyped: "
              + shown.replaceAll("[^\\x21-\\x7e…() ]", "?"));
    }
  }

  /** What is wrong with a secret key, as the end of a sentence; empty if it can be used. */
  public static Optional<String> identityProblem(Secret identity) {
    String text = identity.revealString();
    if (text.startsWith("age1")) {
      return Optional.of(
          "is a public key (age1…); reading takes the secret key, AGE-SECRET-KEY-1….");
    }
    if (text.startsWith("AGE-PLUGIN-")) {
      return Optional.of("belongs to an age plugin; only X25519 keys are supported.");
    }
    if (text.startsWith("age-encryption.org/") || text.startsWith("-----BEGIN")) {
      return Optional.of(
          "is not a key but the start of an encrypted file or a key of another kind. If the key is"
              + " itself protected with a passphrase, decrypt it first with `age -d`.");
    }
    if (!text.startsWith(SECRET_KEY)) {
      return Optional.of("is not an age secret key: it does not begin with AGE-SECRET-KEY-1.");
    }
    try {
      x25519Reader(identity);
      return Optional.empty();
    } catch (GeneralSecurityException | RuntimeException e) {
      // What jagged says about it may quote it.
      return Optional.of("is damaged or incomplete: its checksum is wrong.");
    }
  }

  /** What is wrong with a passphrase, in whole sentences; empty if nothing is. */
  public static List<String> passphraseProblems(Secret passphrase) {
    if (passphrase.isEmpty()) {
      return List.of("The passphrase is empty.");
    }
    try {
      Arrays.fill(utf8(passphrase), (byte) 0);
      return List.of();
    } catch (CharacterCodingException e) {
      return List.of("The passphrase holds half of a surrogate pair, which is not text.");
    }
  }

  /** Whether a line break is in it. */
  public static boolean hasLineBreak(Secret passphrase) {
    char[] text = passphrase.reveal();
    try {
      for (char c : text) {
        if (c == '\n' || c == '\r') {
          return true;
        }
      }
      return false;
    } finally {
      Secret.clear(text);
    }
  }

  static RecipientStanzaWriter x25519Writer(String recipient) throws GeneralSecurityException {
    return X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(recipient);
  }

  static RecipientStanzaReader x25519Reader(Secret identity) throws GeneralSecurityException {
    char[] text = identity.reveal();
    try {
      return X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(CharBuffer.wrap(text));
    } finally {
      Secret.clear(text);
    }
  }

  /** The passphrase's UTF-8 bytes, for the caller to clear. */
  static byte[] utf8(Secret passphrase) throws CharacterCodingException {
    char[] text = passphrase.reveal();
    // Four bytes are the most that a char can take, so it is encoded in one go and not reallocated.
    byte[] encoded = new byte[4 * text.length];
    try {
      CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();
      ByteBuffer into = ByteBuffer.wrap(encoded);
      CoderResult result = encoder.encode(CharBuffer.wrap(text), into, true);
      if (result.isError()) {
        result.throwException();
      }
      encoder.flush(into);
      return Arrays.copyOf(encoded, into.position());
    } finally {
      Secret.clear(text);
      Arrays.fill(encoded, (byte) 0);
    }
  }
}

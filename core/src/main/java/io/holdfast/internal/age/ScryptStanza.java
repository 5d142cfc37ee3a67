package io.holdfast.internal.age;

import com.exceptionfactory.jagged.FileKey;
import com.exceptionfactory.jagged.RecipientStanza;
import com.exceptionfactory.jagged.framework.crypto.CipherKey;
import com.exceptionfactory.jagged.framework.crypto.EncryptedFileKey;
import com.exceptionfactory.jagged.framework.crypto.FileKeyDecryptorFactory;
import com.exceptionfactory.jagged.framework.crypto.FileKeyEncryptorFactory;
import io.holdfast.EncryptionException;
import io.holdfast.EncryptionException.Kind;
import io.holdfast.Secret;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.crypto.BadPaddingException;
import org.bouncycastle.crypto.generators.SCrypt;
import org.jspecify.annotations.Nullable;

/**
 * The passphrase recipient of age: a salt, a work factor, and the file key wrapped by scrypt of the
 * passphrase. Only this class touches Bouncy Castle.
 */
final class ScryptStanza {
  /** Log2 of N, as age writes it: about a second and 256 MiB. */
  static final int WRITTEN_WORK_FACTOR = 18;

  /** The most that is read, as with age: 4 GiB. Beyond, a hostile header could stop the machine. */
  static final int MAX_WORK_FACTOR = 22;

  private static final String SALT_LABEL = "age-encryption.org/v1/scrypt";
  private static final int SALT_BYTES = 16;
  private static final int BLOCK_SIZE = 8;
  private static final int KEY_BYTES = 32;
  private static final Pattern DECIMAL = Pattern.compile("[1-9][0-9]*");

  private final byte[] salt;
  private final int workFactor;
  private final byte[] wrappedKey;

  private ScryptStanza(byte[] salt, int workFactor, byte[] wrappedKey) {
    this.salt = salt;
    this.workFactor = workFactor;
    this.wrappedKey = wrappedKey;
  }

  static List<RecipientStanza> wrap(FileKey fileKey, Secret passphrase, int workFactor)
      throws GeneralSecurityException {
    byte[] salt = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    CipherKey wrapKey = wrapKey(passphrase, salt, workFactor);
    byte[] body =
        new FileKeyEncryptorFactory()
            .newFileKeyEncryptor()
            .getEncryptedFileKey(fileKey, wrapKey)
            .getEncoded();
    wrapKey.destroy();
    String encodedSalt = Base64.getEncoder().withoutPadding().encodeToString(salt);
    return List.of(
        new Stanza(Stanza.SCRYPT, List.of(encodedSalt, Integer.toString(workFactor)), body));
  }

  /**
   * Reads the stanza's parts without deriving anything.
   *
   * @throws EncryptionException TAMPERED if it is malformed, UNSUPPORTED if it asks for too much
   */
  static ScryptStanza of(Stanza stanza) {
    List<String> arguments = stanza.getArguments();
    byte[] body = stanza.getBody();
    if (arguments.size() != 2
        || !DECIMAL.matcher(arguments.get(1)).matches()
        || body.length != AgeHeader.WRAPPED_KEY_BYTES) {
      throw AgeHeader.malformed("its passphrase recipient has the wrong form");
    }
    Optional<byte[]> salt = AgeHeader.decode(arguments.get(0));
    if (salt.isEmpty() || salt.get().length != SALT_BYTES) {
      throw AgeHeader.malformed("its passphrase recipient has the wrong salt");
    }
    String factor = arguments.get(1);
    if (factor.length() > 2 || Integer.parseInt(factor) > MAX_WORK_FACTOR) {
      throw new EncryptionException(
          Kind.UNSUPPORTED,
          "The file asks for more work to check a passphrase than is allowed (at most 2^"
              + MAX_WORK_FACTOR
              + "). No backup is written like that; the header may have been made to exhaust this"
              + " machine.",
          null);
    }
    return new ScryptStanza(salt.get(), Integer.parseInt(factor), body);
  }

  /** The file key, or empty if the passphrase is another one. */
  Optional<FileKey> open(Secret passphrase) throws GeneralSecurityException {
    CipherKey wrapKey = wrapKey(passphrase, salt, workFactor);
    try {
      return Optional.of(
          new FileKeyDecryptorFactory()
              .newFileKeyDecryptor()
              .getFileKey(new EncryptedFileKey(wrappedKey), wrapKey));
    } catch (BadPaddingException e) {
      return Optional.empty();
    } finally {
      wrapKey.destroy();
    }
  }

  private static CipherKey wrapKey(Secret passphrase, byte[] salt, int workFactor)
      throws GeneralSecurityException {
    long needed = (128L * BLOCK_SIZE) << workFactor;
    if (needed > Runtime.getRuntime().maxMemory()) {
      throw tooLittleHeap(needed, null);
    }
    byte[] label = SALT_LABEL.getBytes(StandardCharsets.US_ASCII);
    byte[] labelledSalt =
        ByteBuffer.allocate(label.length + salt.length).put(label).put(salt).array();
    byte[] password = new byte[0];
    try {
      password = AgeKeys.utf8(passphrase);
      // The key keeps this very array, without a copy: clearing it here would leave a key of zeros.
      return new CipherKey(
          SCrypt.generate(password, labelledSalt, 1 << workFactor, BLOCK_SIZE, 1, KEY_BYTES));
    } catch (CharacterCodingException e) {
      throw new InvalidKeyException("The passphrase is not text", e);
    } catch (OutOfMemoryError e) {
      // Its big arrays did not fit; nothing else was touched, and they are garbage already.
      throw tooLittleHeap(needed, e);
    } catch (NoClassDefFoundError e) {
      // Applications that use public keys only may leave Bouncy Castle out.
      throw new EncryptionException(
          Kind.UNSUPPORTED,
          "Passphrases need Bouncy Castle on the class path: org.bouncycastle:bcprov-jdk18on.",
          e);
    } finally {
      Arrays.fill(password, (byte) 0);
    }
  }

  private static EncryptionException tooLittleHeap(
      long neededBytes, @Nullable OutOfMemoryError cause) {
    return new EncryptionException(
        Kind.UNSUPPORTED,
        "Checking a passphrase for this file takes "
            + (neededBytes >> 20)
            + " MiB of free heap, and this JVM has at most "
            + (Runtime.getRuntime().maxMemory() >> 20)
            + " MiB in all. Give it more (-Xmx).",
        cause);
  }
}

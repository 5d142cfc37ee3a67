package io.holdfast.internal.age;

import com.exceptionfactory.jagged.PayloadException;
import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.EncryptionException;
import io.holdfast.EncryptionException.Kind;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ReadableByteChannel;
import java.security.GeneralSecurityException;
import java.security.SignatureException;
import java.util.ArrayList;
import java.util.List;

/**
 * Encrypts and decrypts whole streams as age files, in memory of a few chunks of 64 KiB. Streams
 * that are passed in stay open.
 */
public final class AgeStreams {
  private static final int BUFFER_BYTES = 1 << 16;

  private AgeStreams() {}

  /** Whether these first bytes (22 or more of them) begin an age file of version 1. */
  public static boolean isAge(byte[] firstBytes) {
    return AgeHeader.beginsWithVersionLine(firstBytes);
  }

  /**
   * A stream whose bytes arrive in the sink encrypted; with {@link Encryption#none()}, as they are.
   * The header is written at once. Only {@link EncryptingOutputStream#finish()} completes the file.
   *
   * @param sink receives the file in pieces of up to 64 KiB and is never closed here
   * @throws IOException only what the sink throws
   * @throws EncryptionException of kind UNSUPPORTED if this JVM cannot derive the key
   */
  public static EncryptingOutputStream encrypting(OutputStream sink, Encryption encryption)
      throws IOException {
    return encrypting(sink, encryption, ScryptStanza.WRITTEN_WORK_FACTOR);
  }

  /** As above, with another work factor, since hundreds of tests cannot take a second each. */
  static EncryptingOutputStream encrypting(
      OutputStream sink, Encryption encryption, int scryptWorkFactor) throws IOException {
    if (encryption.isNone()) {
      return EncryptingOutputStream.plain(sink);
    }
    try {
      List<RecipientStanzaWriter> writers = new ArrayList<>();
      for (String recipient : encryption.publicKeys()) {
        writers.add(AgeKeys.x25519Writer(recipient));
      }
      encryption
          .passphraseSecret()
          .ifPresent(
              passphrase ->
                  writers.add(fileKey -> ScryptStanza.wrap(fileKey, passphrase, scryptWorkFactor)));
      return EncryptingOutputStream.of(
          sink,
          new StandardEncryptingChannelFactory()
              .newEncryptingChannel(new SinkChannel(sink), writers));
    } catch (GeneralSecurityException e) {
      throw new EncryptionException(
          Kind.UNSUPPORTED,
          "The backup cannot be encrypted on this Java runtime. Nothing of it was written.",
          e);
    }
  }

  /**
   * The plaintext of an age file. The header is read and checked at once.
   *
   * <p>Every byte that comes out was authenticated, but only the end of the stream says that
   * nothing is missing behind it: <b>read until -1</b> before trusting the whole. From the first
   * error on, every further read fails with it.
   *
   * <p>{@code read} throws {@link EncryptionException} of kind TAMPERED if a byte was changed, cut
   * off, moved or added.
   *
   * @param source is read to its end and never closed here
   * @throws IOException only what the source throws
   * @throws EncryptionException of kind KEY_MISSING, WRONG_KEY, TAMPERED (the header was changed,
   *     is incomplete or malformed, or has a passphrase next to other recipients, which age
   *     forbids) or UNSUPPORTED (not an age file, another version, ASCII armor, only recipients of
   *     unknown types, or a passphrase work factor beyond 2^22 or beyond this JVM's heap)
   */
  public static InputStream decrypting(InputStream source, DecryptionKeys keys) throws IOException {
    InputStream buffered = new BufferedInputStream(source, BUFFER_BYTES);
    AgeHeader header = AgeHeader.read(buffered);
    StanzaOpener opener = new StanzaOpener(header, keys);
    try {
      // One reader that tries all keys, not one reader a key: so a key that opened the header and a
      // MAC that then does not match cannot be taken for a wrong key, and jagged goes over it once.
      ReadableByteChannel channel =
          new StandardDecryptingChannelFactory()
              .newDecryptingChannel(new SourceChannel(header.bytes(), buffered), List.of(opener));
      return new DecryptingInputStream(channel);
    } catch (SignatureException e) {
      throw new EncryptionException(
          Kind.TAMPERED,
          "A key opens the file, but the header was changed: its authentication code does not"
              + " match. Use another copy of the backup.",
          e);
    } catch (GeneralSecurityException | PayloadException e) {
      throw DecryptingInputStream.tampered(e);
    }
  }
}

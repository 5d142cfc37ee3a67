package io.holdfast.internal.age;

import com.exceptionfactory.jagged.bech32.Bech32;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.ChaCha20ParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.SCrypt;

/**
 * Writes age files piece by piece from the specification, without jagged's help and without its
 * scruples, so that files can be made that no proper writer would make. The key, the passphrase and
 * the "randomness" are those of the published test vectors (C2SP CCTV, age), so that files can be
 * compared with theirs.
 */
final class RawAge {
  static final String IDENTITY =
      "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
  static final String PASSPHRASE = "password";

  private static final byte[] FILE_KEY = "YELLOW SUBMARINE".getBytes(StandardCharsets.US_ASCII);

  private final ByteArrayOutputStream file = new ByteArrayOutputStream();
  private final Cipher random;
  private byte[] payloadKey = new byte[0];
  private long counter;

  RawAge() {
    try {
      random = Cipher.getInstance("ChaCha20");
      random.init(
          Cipher.ENCRYPT_MODE,
          new SecretKeySpec(ascii("TEST RANDOMNESS TEST RANDOMNESS!"), "ChaCha20"),
          new ChaCha20ParameterSpec(new byte[12], 0));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static RawAge v1() {
    return new RawAge().line("age-encryption.org/v1");
  }

  byte[] bytes() {
    return file.toByteArray();
  }

  byte[] random(int length) {
    return random.update(new byte[length]);
  }

  RawAge raw(byte[] bytes) {
    file.writeBytes(bytes);
    return this;
  }

  RawAge line(String line) {
    return raw((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
  }

  RawAge body(byte[] body) {
    String text = base64(body);
    int at = 0;
    for (; text.length() - at >= 64; at += 64) {
      line(text.substring(at, at + 64));
    }
    return line(text.substring(at));
  }

  static byte[] scalar(String identity) {
    return Bech32.getDecoder().decode(identity).getData();
  }

  static byte[] basePoint() {
    byte[] nine = new byte[32];
    nine[0] = 9;
    return nine;
  }

  /** The words of an X25519 stanza and its body. */
  Words x25519(String identity) {
    try {
      byte[] ephemeral = random(32);
      byte[] share = multiply(ephemeral, basePoint());
      byte[] recipient = multiply(scalar(identity), basePoint());
      byte[] secret = multiply(scalar(identity), share);
      byte[] key = hkdf(secret, join(share, recipient), "age-encryption.org/v1/X25519");
      return new Words("-> X25519 " + base64(share), seal(key, new byte[12], FILE_KEY));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  Words scrypt(String passphrase, int workFactor, int saltLength) {
    byte[] salt = random(saltLength);
    byte[] key =
        SCrypt.generate(
            passphrase.getBytes(StandardCharsets.UTF_8),
            join(ascii("age-encryption.org/v1/scrypt"), salt),
            1 << workFactor,
            8,
            1,
            32);
    return new Words(
        "-> scrypt " + base64(salt) + " " + workFactor, seal(key, new byte[12], FILE_KEY));
  }

  RawAge stanza(Words words) {
    return line(words.line()).body(words.body());
  }

  /** The MAC of everything so far. */
  String mac() {
    return base64(hmac(hkdf(FILE_KEY, new byte[0], "header"), join(bytes(), ascii("---"))));
  }

  RawAge macLine() {
    return line("--- " + mac());
  }

  RawAge nonce() {
    byte[] nonce = random(16);
    payloadKey = hkdf(FILE_KEY, nonce, "payload");
    return raw(nonce);
  }

  RawAge chunk(byte[] plain, boolean last) {
    byte[] nonce = new byte[12];
    for (int i = 0; i < 8; i++) {
      nonce[10 - i] = (byte) (counter >>> (8 * i));
    }
    nonce[11] = (byte) (last ? 1 : 0);
    counter++;
    return raw(seal(payloadKey, nonce, plain));
  }

  /** A header for the well-known identity, its MAC, and a nonce: ready for chunks. */
  static RawAge readyForChunks() {
    RawAge age = v1();
    return age.stanza(age.x25519(IDENTITY)).macLine().nonce();
  }

  /** MAC, nonce and one chunk that says {@code age}, as most published vectors end. */
  byte[] finished() {
    return macLine().nonce().chunk(ascii("age"), true).bytes();
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The same bytes in base64 with a bit set that belongs to none of them. */
  static String notCanonical(String base64) {
    String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int last = alphabet.indexOf(base64.charAt(base64.length() - 1));
    return base64.substring(0, base64.length() - 1) + alphabet.charAt(last + 1);
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static byte[] join(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] seal(byte[] key, byte[] nonce, byte[] plain) {
    try {
      Cipher cipher = Cipher.getInstance("ChaCha20-Poly1305");
      cipher.init(
          Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
      return cipher.doFinal(plain);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] hkdf(byte[] secret, byte[] salt, String info) {
    byte[] extracted = hmac(salt.length == 0 ? new byte[32] : salt, secret);
    return hmac(extracted, join(ascii(info), new byte[] {1}));
  }

  private static byte[] hmac(byte[] key, byte[] data) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] multiply(byte[] scalar, byte[] point) throws GeneralSecurityException {
    KeyFactory factory = KeyFactory.getInstance("X25519");
    KeyAgreement agreement = KeyAgreement.getInstance("X25519");
    agreement.init(
        factory.generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, scalar)));
    byte[] bigEndian = new byte[32];
    for (int i = 0; i < 32; i++) {
      bigEndian[i] = point[31 - i];
    }
    bigEndian[0] &= 0x7f;
    agreement.doPhase(
        factory.generatePublic(
            new XECPublicKeySpec(NamedParameterSpec.X25519, new BigInteger(1, bigEndian))),
        true);
    return agreement.generateSecret();
  }

  /** A stanza's first line and its body, for tests to spoil before they are written. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Words(String line, byte[] body) {}
}

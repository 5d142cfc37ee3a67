package io.holdfast.internal.age;

import com.exceptionfactory.jagged.RecipientStanza;
import io.holdfast.EncryptionException;
import io.holdfast.EncryptionException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The header of an age file, read strictly: exactly the form that the specification gives, of at
 * most {@value #MAX_BYTES} bytes.
 *
 * <p>Jagged reads it again and checks its authentication code, but it checks the code of the header
 * as it would have written it. Since every header that passes here has one spelling only, the two
 * are the same bytes.
 */
final class AgeHeader {
  /** Room for {@link io.holdfast.Encryption#MAX_RECIPIENTS} and more, within jagged's 64 KiB. */
  static final int MAX_BYTES = 32 * 1024;

  /** A file key of 16 bytes and its tag. */
  static final int WRAPPED_KEY_BYTES = 32;

  private static final String VERSION_LINE = "age-encryption.org/v1\n";
  private static final String ANY_VERSION = "age-encryption.org/";
  private static final String ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----";
  private static final int X25519_SHARE_BYTES = 32;
  private static final int MAC_BYTES = 32;
  private static final int BODY_LINE = 64;
  private static final int NAMED_TYPES = 5;
  private static final int NAMED_LENGTH = 24;

  private final byte[] bytes;
  private final List<Stanza> stanzas;
  private final Optional<ScryptStanza> scrypt;

  private AgeHeader(byte[] bytes, List<Stanza> stanzas, Optional<ScryptStanza> scrypt) {
    this.bytes = bytes;
    this.stanzas = stanzas;
    this.scrypt = scrypt;
  }

  static boolean beginsWithVersionLine(byte[] firstBytes) {
    byte[] line = VERSION_LINE.getBytes(StandardCharsets.US_ASCII);
    return firstBytes.length >= line.length
        && Arrays.equals(firstBytes, 0, line.length, line, 0, line.length);
  }

  /**
   * Reads a header and leaves the source at the first byte behind it.
   *
   * @param source is read byte by byte, so a buffered one
   */
  static AgeHeader read(InputStream source) throws IOException {
    Lines lines = new Lines(source);
    requireVersion(lines);
    List<Stanza> stanzas = new ArrayList<>();
    String line = lines.next();
    while (line.startsWith("-> ")) {
      stanzas.add(stanza(line, lines));
      line = lines.next();
    }
    if (!line.startsWith("--- ")) {
      throw malformed("a line is neither a recipient nor its end");
    }
    Optional<byte[]> mac = decode(line.substring(4));
    if (mac.isEmpty() || mac.get().length != MAC_BYTES) {
      throw malformed("its authentication code has the wrong form");
    }
    if (stanzas.isEmpty()) {
      throw malformed("it names no recipient");
    }
    return new AgeHeader(lines.all(), stanzas, checked(stanzas));
  }

  /** The header as it stands in the file. */
  byte[] bytes() {
    return bytes.clone();
  }

  List<RecipientStanza> stanzas() {
    return List.copyOf(stanzas);
  }

  boolean hasX25519() {
    return stanzas.stream().anyMatch(stanza -> stanza.is(Stanza.X25519));
  }

  Optional<ScryptStanza> scrypt() {
    return scrypt;
  }

  /** For messages: {@code with a passphrase}, {@code to 2 X25519 keys}. */
  String recipientsInWords() {
    if (scrypt.isPresent()) {
      return "with a passphrase";
    }
    long keys = stanzas.stream().filter(stanza -> stanza.is(Stanza.X25519)).count();
    if (keys > 0) {
      return "to " + keys + (keys == 1 ? " X25519 key" : " X25519 keys");
    }
    return "to recipients of type "
        + stanzas.stream()
            .map(Stanza::getType)
            .distinct()
            .limit(NAMED_TYPES)
            .map(type -> type.substring(0, Math.min(NAMED_LENGTH, type.length())))
            .collect(Collectors.joining(", "));
  }

  static EncryptionException malformed(String what) {
    return new EncryptionException(
        Kind.TAMPERED,
        "The encrypted file's header is damaged: " + what + ". Use another copy of the backup.",
        null);
  }

  /** Base64 in its one canonical spelling without padding; empty if it is anything else. */
  static Optional<byte[]> decode(String text) {
    if (text.indexOf('=') >= 0) {
      return Optional.empty();
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(text);
      // The JDK's decoder lets bits be set that no byte takes; encoding again shows them.
      boolean canonical = Base64.getEncoder().withoutPadding().encodeToString(decoded).equals(text);
      return canonical ? Optional.of(decoded) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static void requireVersion(Lines lines) throws IOException {
    String start = lines.start();
    if (start.equals(VERSION_LINE)) {
      return;
    }
    if (!start.isEmpty() && VERSION_LINE.startsWith(start)) {
      throw cutOff();
    }
    String reason;
    if (start.isEmpty()) {
      reason = "It is empty.";
    } else if (start.startsWith(ANY_VERSION)) {
      reason =
          "It says that it is of another version of age, or its line ends were converted by a"
              + " transfer in text mode.";
    } else if (ARMOR.startsWith(start.substring(0, Math.min(start.length(), ARMOR.length())))) {
      reason = "It is in ASCII armor; `age -d` reads it, and backups are never written like that.";
    } else {
      reason = "It does not begin like one.";
    }
    throw new EncryptionException(
        Kind.UNSUPPORTED, "This is not an age file of version 1. " + reason, null);
  }

  private static Stanza stanza(String argumentLine, Lines lines) throws IOException {
    String[] words = argumentLine.substring(3).split(" ", -1);
    for (String word : words) {
      if (word.isEmpty() || !word.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
        throw malformed("a recipient has the wrong form");
      }
    }
    StringBuilder body = new StringBuilder();
    String line;
    do {
      line = lines.next();
      if (line.length() > BODY_LINE) {
        throw malformed("a line is too long");
      }
      body.append(line);
    } while (line.length() == BODY_LINE);
    byte[] decoded =
        decode(body.toString()).orElseThrow(() -> malformed("a recipient's body is not base64"));
    return new Stanza(words[0], List.of(words).subList(1, words.length), decoded);
  }

  private static Optional<ScryptStanza> checked(List<Stanza> stanzas) {
    Optional<ScryptStanza> scrypt = Optional.empty();
    for (Stanza stanza : stanzas) {
      if (stanza.is(Stanza.SCRYPT)) {
        if (stanzas.size() > 1) {
          // Otherwise whoever knows the passphrase could make a file that seems to come from
          // somebody who does, for other recipients. The specification says so.
          throw malformed("a passphrase stands next to other recipients, which age forbids");
        }
        scrypt = Optional.of(ScryptStanza.of(stanza));
      } else if (stanza.is(Stanza.X25519)) {
        requireX25519(stanza);
      }
    }
    return scrypt;
  }

  private static void requireX25519(Stanza stanza) {
    Optional<byte[]> share =
        stanza.getArguments().size() == 1 ? decode(stanza.getArguments().get(0)) : Optional.empty();
    if (share.isEmpty()
        || share.get().length != X25519_SHARE_BYTES
        || stanza.getBody().length != WRAPPED_KEY_BYTES) {
      throw malformed("an X25519 recipient has the wrong form");
    }
  }

  private static EncryptionException cutOff() {
    return new EncryptionException(
        Kind.TAMPERED,
        "The encrypted file is cut off inside its header. Use another copy of the backup.",
        null);
  }

  /** Reads lines, keeps their bytes, and stops at the size limit. */
  private static final class Lines {
    private final InputStream source;
    private final ByteArrayOutputStream all = new ByteArrayOutputStream(512);

    Lines(InputStream source) {
      this.source = source;
    }

    byte[] all() {
      return all.toByteArray();
    }

    /** As many bytes as the version line has, or fewer at the end of the file. */
    String start() throws IOException {
      byte[] start = source.readNBytes(VERSION_LINE.length());
      all.writeBytes(start);
      return new String(start, StandardCharsets.ISO_8859_1);
    }

    /** A line without its line feed. */
    String next() throws IOException {
      StringBuilder line = new StringBuilder(80);
      while (true) {
        int b = source.read();
        if (b < 0) {
          throw cutOff();
        }
        if (all.size() == MAX_BYTES) {
          throw new EncryptionException(
              Kind.UNSUPPORTED,
              "The encrypted file's header is larger than "
                  + MAX_BYTES
                  + " bytes. It is damaged, or has more recipients than are supported.",
              null);
        }
        all.write(b);
        if (b == '\n') {
          return line.toString();
        }
        line.append((char) b);
      }
    }
  }
}

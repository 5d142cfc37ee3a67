package io.holdfast.internal.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.exceptionfactory.jagged.bech32.Bech32;
import io.holdfast.AgeKeyPair;
import io.holdfast.DecryptionKeys;
import io.holdfast.EncryptionException;
import io.holdfast.EncryptionException.Kind;
import io.holdfast.Secret;
import io.holdfast.internal.age.RawAge.Words;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases of the published age test vectors (C2SP CCTV, age), built here from the specification
 * by {@link RawAge}, under the names that they have there. Left out are those for ASCII armor and
 * for post-quantum keys, which are not supported.
 */
class AgeVectorsTest {
  private static final int C = Age.CHUNK;
  private static final DecryptionKeys IDENTITY =
      DecryptionKeys.identities(Secret.of(RawAge.IDENTITY));
  private static final DecryptionKeys PASSPHRASE =
      DecryptionKeys.passphrase(Secret.of(RawAge.PASSPHRASE));
  private static final DecryptionKeys BOTH = IDENTITY.and(PASSPHRASE);

  private final List<DynamicTest> vectors = new ArrayList<>();

  /** Text copied from the published vector "x25519" (0BSD): it anchors all that is built here. */
  @Test
  void theBuilderWritesThePublishedFile() {
    RawAge age = RawAge.v1();
    byte[] file = age.stanza(age.x25519(RawAge.IDENTITY)).finished();
    String published =
        """
        age-encryption.org/v1
        -> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc
        hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE
        --- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg
        """;
    assertThat(new String(file, 0, Age.headerLength(file), StandardCharsets.US_ASCII))
        .isEqualTo(published);
    assertThat(Age.decrypt(file, IDENTITY)).asString().isEqualTo("age");
  }

  @TestFactory
  List<DynamicTest> versionAndMac() {
    RawAge crlf = RawAge.v1();
    byte[] good = crlf.stanza(crlf.x25519(RawAge.IDENTITY)).finished();
    refused("header_crlf", withHeader(good, text(good).replace("\n", "\r\n")), Kind.UNSUPPORTED);
    refused(
        "version_unsupported",
        withHeader(good, text(good).replace("/v1", "/v1234")),
        Kind.UNSUPPORTED);
    refused("version 2", withHeader(good, text(good).replace("/v1", "/v2")), Kind.UNSUPPORTED);
    refused(
        "not age at all",
        "{\"backup_id\":\"2026-01-09T00:00:00Z\"}".getBytes(StandardCharsets.US_ASCII),
        Kind.UNSUPPORTED);
    refused("empty", new byte[0], Kind.UNSUPPORTED);
    refused(
        "armor",
        "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n".getBytes(StandardCharsets.US_ASCII),
        Kind.UNSUPPORTED);
    String mac = text(good).substring(text(good).lastIndexOf("--- ")).strip();
    replaced("hmac_bad", good, mac, "--- " + RawAge.base64(new byte[32]));
    replaced("hmac_extra_space", good, "--- ", "---  ");
    replaced("hmac_garbage", good, mac, mac + "AAA");
    replaced("hmac_missing", good, mac, "---");
    replaced("hmac_no_space", good, "--- ", "---");
    replaced("hmac_not_canonical", good, mac, RawAge.notCanonical(mac));
    replaced("hmac_trailing_space", good, mac, mac + " ");
    replaced("hmac_truncated", good, mac, mac.substring(0, mac.length() - 1));
    RawAge nobody = RawAge.v1();
    refused("no recipient", nobody.finished(), Kind.TAMPERED);
    return vectors;
  }

  @TestFactory
  List<DynamicTest> stanzas() {
    byte[] small = new byte[] {1, 2, 3};
    accepted(
        "stanza_valid_characters",
        withExtra(new Words("-> !\"#$%&'()*+,-./ 0123456789:;<=>?@ABC [\\]^_`abc {|}~", small)));
    accepted("stanza_no_arguments", withExtra(new Words("-> stanza", small)));
    accepted("stanza_empty_body", withExtra(new Words("-> empty", new byte[0])));
    accepted("stanza_empty_last_line", withExtra(new Words("-> stanza", new byte[48])));
    accepted("two full lines and an empty one", withExtra(new Words("-> stanza", new byte[96])));
    lines("stanza_bad_start", "-- stanza", "AQID");
    lines("stanza_base64_padding", "-> stanza", "AQI=");
    lines("stanza_empty_argument", "-> stanza  argument", "AQID");
    lines("trailing space", "-> stanza ", "AQID");
    lines("no type", "-> ", "AQID");
    lines("stanza_invalid_character", "-> stanza è", "AQID");
    lines("control character", "-> stanza \t", "AQID");
    lines("stanza_long_line", "-> stanza", "A".repeat(68));
    lines("stanza_missing_body", "-> stanza");
    lines("stanza_missing_final_line", "-> stanza", "A".repeat(64));
    lines("stanza_multiple_short_lines", "-> stanza", "AQID", "AQID");
    lines("stanza_not_canonical", "-> stanza", "AQJ");
    lines("stanza_spurious_cr", "-> stanza", "AQID\r");
    return vectors;
  }

  @TestFactory
  List<DynamicTest> x25519() {
    RawAge good = RawAge.v1();
    Words words = good.x25519(RawAge.IDENTITY);
    String share = words.line().substring("-> X25519 ".length());
    accepted("x25519", one(words));
    byte[] badTag = words.body().clone();
    badTag[31] ^= 1;
    refused("x25519_bad_tag", one(new Words(words.line(), badTag)), Kind.WRONG_KEY);
    refused(
        "x25519_extra_argument",
        one(new Words(words.line() + " 1234", words.body())),
        Kind.TAMPERED);
    refused(
        "x25519_long_share", one(new Words("-> X25519 A" + share, words.body())), Kind.TAMPERED);
    refused(
        "x25519_short_share",
        one(new Words("-> X25519 " + share.substring(4), words.body())),
        Kind.TAMPERED);
    refused(
        "x25519_not_canonical_share",
        one(new Words("-> X25519 " + RawAge.notCanonical(share), words.body())),
        Kind.TAMPERED);
    refused(
        "x25519_lowercase", one(new Words("-> x25519 " + share, words.body())), Kind.UNSUPPORTED);
    refused("x25519_long_file_key", one(new Words(words.line(), new byte[48])), Kind.TAMPERED);
    refused(
        "x25519_low_order",
        one(new Words("-> X25519 " + RawAge.base64(new byte[32]), words.body())),
        Kind.WRONG_KEY);
    refused(
        "x25519_identity",
        one(new Words("-> X25519 " + RawAge.base64(one32()), words.body())),
        Kind.WRONG_KEY);
    RawAge lines = RawAge.v1();
    Words notCanonical = lines.x25519(RawAge.IDENTITY);
    refused(
        "x25519_not_canonical_body",
        lines
            .line(notCanonical.line())
            .line(RawAge.notCanonical(RawAge.base64(notCanonical.body())))
            .finished(),
        Kind.TAMPERED);
    RawAge other = RawAge.v1();
    refused("x25519_no_match", other.stanza(other.x25519(identity(7))).finished(), Kind.WRONG_KEY);
    RawAge two = RawAge.v1();
    accepted(
        "x25519_multiple_recipients",
        two.stanza(two.x25519(identity(7))).stanza(two.x25519(RawAge.IDENTITY)).finished());
    RawAge grease = RawAge.v1();
    accepted(
        "x25519_grease",
        grease
            .line("-> grease")
            .line("")
            .stanza(grease.x25519(RawAge.IDENTITY))
            .line("-> +-grease !")
            .line("AQID")
            .finished());
    RawAge wrongMac = RawAge.v1();
    byte[] added = wrongMac.stanza(wrongMac.x25519(RawAge.IDENTITY)).finished();
    replaced(
        "a recipient added afterwards",
        added,
        "\n--- ",
        "\n-> X25519 " + share + "\n" + RawAge.base64(words.body()) + "\n--- ");
    return vectors;
  }

  @TestFactory
  List<DynamicTest> scrypt() {
    RawAge age = RawAge.v1();
    Words words = age.scrypt(RawAge.PASSPHRASE, 10, 16);
    String salt = words.line().split(" ", -1)[2];
    accepted("scrypt", one(words));
    byte[] badTag = words.body().clone();
    badTag[0] ^= 1;
    refused("scrypt_bad_tag", one(new Words(words.line(), badTag)), Kind.WRONG_KEY);
    refused("scrypt_no_match", one(RawAge.v1().scrypt("wrong", 10, 16)), Kind.WRONG_KEY);
    refused(
        "scrypt_uppercase",
        one(new Words(words.line().replace("scrypt", "Scrypt"), words.body())),
        Kind.UNSUPPORTED);
    refused(
        "scrypt_extra_argument", one(new Words(words.line() + " 10", words.body())), Kind.TAMPERED);
    refused("scrypt_long_file_key", one(new Words(words.line(), new byte[48])), Kind.TAMPERED);
    refused(
        "scrypt_not_canonical_salt",
        one(new Words("-> scrypt " + RawAge.notCanonical(salt) + " 10", words.body())),
        Kind.TAMPERED);
    refused("scrypt_salt_long", one(RawAge.v1().scrypt(RawAge.PASSPHRASE, 10, 17)), Kind.TAMPERED);
    refused("scrypt_salt_short", one(RawAge.v1().scrypt(RawAge.PASSPHRASE, 10, 15)), Kind.TAMPERED);
    refused("scrypt_salt_missing", one(new Words("-> scrypt 10", words.body())), Kind.TAMPERED);
    refused(
        "scrypt_work_factor_missing",
        one(new Words("-> scrypt " + salt, words.body())),
        Kind.TAMPERED);
    for (String factor : List.of("0", "-10", "+10", "010", "0x0a", "10a", "a10", "1e1", "١٠")) {
      RawAge raw = RawAge.v1();
      refused(
          "work factor " + factor,
          raw.line("-> scrypt " + salt + " " + factor).body(words.body()).finished(),
          Kind.TAMPERED);
    }
    refused(
        "scrypt_work_factor_wrong",
        one(new Words("-> scrypt " + salt + " 9", words.body())),
        Kind.WRONG_KEY);
    for (String factor : List.of("23", "30", "64", "18446744073709551626")) {
      refused(
          "work factor " + factor,
          one(new Words("-> scrypt " + salt + " " + factor, words.body())),
          Kind.UNSUPPORTED);
    }
    RawAge mixed = RawAge.v1();
    refused(
        "scrypt_and_x25519",
        mixed
            .stanza(mixed.scrypt(RawAge.PASSPHRASE, 10, 16))
            .stanza(mixed.x25519(RawAge.IDENTITY))
            .finished(),
        Kind.TAMPERED);
    RawAge behind = RawAge.v1();
    refused(
        "x25519 and scrypt",
        behind
            .stanza(behind.x25519(RawAge.IDENTITY))
            .stanza(behind.scrypt(RawAge.PASSPHRASE, 10, 16))
            .finished(),
        Kind.TAMPERED);
    RawAge twice = RawAge.v1();
    refused(
        "scrypt_double",
        twice
            .stanza(twice.scrypt(RawAge.PASSPHRASE, 10, 16))
            .stanza(twice.scrypt("other", 10, 16))
            .finished(),
        Kind.TAMPERED);
    RawAge grease = RawAge.v1();
    refused(
        "scrypt and an unknown recipient",
        grease
            .stanza(grease.scrypt(RawAge.PASSPHRASE, 10, 16))
            .line("-> grease")
            .line("")
            .finished(),
        Kind.TAMPERED);
    return vectors;
  }

  @TestFactory
  List<DynamicTest> streams() {
    byte[] full = new byte[C];
    byte[] part = new byte[10];
    byte[] none = new byte[0];
    plain("stream_empty_payload", RawAge.readyForChunks().chunk(none, true), 0, true);
    plain("stream_last_chunk_full", RawAge.readyForChunks().chunk(full, true), C, true);
    plain(
        "stream_last_chunk_full_second",
        RawAge.readyForChunks().chunk(full, false).chunk(full, true),
        2 * C,
        true);
    plain(
        "stream_three_chunks",
        RawAge.readyForChunks().chunk(full, false).chunk(full, false).chunk(part, true),
        2 * C + 10,
        true);
    plain(
        "stream_last_chunk_empty",
        RawAge.readyForChunks().chunk(full, false).chunk(none, true),
        C,
        false);
    plain("stream_no_chunks", RawAge.readyForChunks(), 0, false);
    plain("stream_no_final", RawAge.readyForChunks().chunk(part, false), 0, false);
    plain("stream_no_final_full", RawAge.readyForChunks().chunk(full, false), 0, false);
    plain(
        "stream_no_final_two_chunks",
        RawAge.readyForChunks().chunk(full, false).chunk(part, false),
        C,
        false);
    plain(
        "stream_no_final_two_chunks_full",
        RawAge.readyForChunks().chunk(full, false).chunk(full, false),
        C,
        false);
    plain(
        "stream_short_chunk",
        RawAge.readyForChunks().chunk(part, false).chunk(part, true),
        0,
        false);
    plain(
        "stream_short_second_chunk",
        RawAge.readyForChunks().chunk(full, false).chunk(part, false).chunk(part, true),
        C,
        false);
    plain(
        "stream_trailing_garbage_short",
        RawAge.readyForChunks().chunk(part, true).raw(part),
        0,
        false);
    plain(
        "stream_trailing_garbage_long",
        RawAge.readyForChunks().chunk(full, true).raw(part),
        0,
        false);
    plain(
        "stream_two_final_chunks",
        RawAge.readyForChunks().chunk(part, true).chunk(part, true),
        0,
        false);
    plain(
        "stream_two_final_chunks_full",
        RawAge.readyForChunks().chunk(full, true).chunk(part, true),
        0,
        false);
    plain(
        "stream_two_final_chunks_empty",
        RawAge.readyForChunks().chunk(full, true).chunk(none, true),
        0,
        false);
    RawAge nonceless = RawAge.v1();
    plain(
        "stream_no_nonce", nonceless.stanza(nonceless.x25519(RawAge.IDENTITY)).macLine(), 0, false);
    RawAge shortNonce = RawAge.v1();
    plain(
        "stream_short_nonce",
        shortNonce.stanza(shortNonce.x25519(RawAge.IDENTITY)).macLine().raw(new byte[15]),
        0,
        false);
    plain("stream_missing_tag", RawAge.readyForChunks().raw(new byte[1]), 0, false);
    // The chunk counter has many bytes; what counts to 256 and above must use them all.
    for (int chunks : new int[] {255, 256, 257}) {
      RawAge many = RawAge.readyForChunks();
      RawAge emptyEnd = RawAge.readyForChunks();
      for (int i = 0; i < chunks; i++) {
        many.chunk(full, false);
        emptyEnd.chunk(full, false);
      }
      plain("stream_" + (chunks + 1) + "_chunks", many.chunk(part, true), chunks * C + 10, true);
      plain(chunks + " chunks and an empty one", emptyEnd.chunk(none, true), chunks * C, false);
    }
    return vectors;
  }

  @Test
  void aHeaderThatAsksForTooMuchWorkIsRefusedAtOnce() {
    Words words = RawAge.v1().scrypt(RawAge.PASSPHRASE, 1, 16);
    byte[] file = one(new Words(words.line().replaceAll(" 1$", " 30"), words.body()));
    Assertions.assertTimeout(
        Duration.ofSeconds(5),
        () -> assertThat(Age.outcome(file, PASSPHRASE).error().kind()).isEqualTo(Kind.UNSUPPORTED));
  }

  @Test
  void aWorkFactorBeyondTheHeapOfThisJvmIsRefusedAtOnce() {
    org.junit.jupiter.api.Assumptions.assumeTrue(
        Runtime.getRuntime().maxMemory() < 4L << 30, "needs a JVM with less than 4 GiB of heap");
    Words words = RawAge.v1().scrypt(RawAge.PASSPHRASE, 1, 16);
    byte[] file = one(new Words(words.line().replaceAll(" 1$", " 22"), words.body()));
    EncryptionException error = Age.outcome(file, PASSPHRASE).error();
    assertThat(error.kind()).isEqualTo(Kind.UNSUPPORTED);
    assertThat(error).hasMessageContaining("4096 MiB").hasMessageContaining("-Xmx");
  }

  @Test
  void anEndlessHeaderIsGivenUpEarly() {
    byte[] lines = "-> X 1\nAQID\n".repeat(100_000).getBytes(StandardCharsets.US_ASCII);
    byte[] oneLine = ("-> " + "x".repeat(1_000_000)).getBytes(StandardCharsets.US_ASCII);
    for (byte[] endless : List.of(lines, oneLine)) {
      Age.Outcome outcome = Age.outcome(RawAge.v1().raw(endless).bytes(), BOTH);
      assertThat(outcome.error().kind()).isEqualTo(Kind.UNSUPPORTED);
      assertThat(outcome.error().getMessage()).hasSizeLessThan(300);
    }
  }

  @Test
  void withoutAKeyTheErrorSaysWhatIsNeeded() {
    RawAge age = RawAge.v1();
    byte[] forKey = age.stanza(age.x25519(RawAge.IDENTITY)).finished();
    byte[] forPassphrase = one(RawAge.v1().scrypt(RawAge.PASSPHRASE, 10, 16));
    EncryptionException error = Age.outcome(forKey, DecryptionKeys.none()).error();
    assertThat(error.kind()).isEqualTo(Kind.KEY_MISSING);
    assertThat(error).hasMessageContaining("1 X25519 key");
    error = Age.outcome(forPassphrase, DecryptionKeys.none()).error();
    assertThat(error.kind()).isEqualTo(Kind.KEY_MISSING);
    assertThat(error).hasMessageContaining("passphrase");
    // A key of the other sort is a wrong key, and the message says which sort it must be.
    error = Age.outcome(forPassphrase, IDENTITY).error();
    assertThat(error.kind()).isEqualTo(Kind.WRONG_KEY);
    assertThat(error).hasMessageContaining("with a passphrase");
    error = Age.outcome(forKey, PASSPHRASE).error();
    assertThat(error.kind()).isEqualTo(Kind.WRONG_KEY);
    assertThat(error).hasMessageContaining("0 secret key(s)");
  }

  @Test
  void noErrorHoldsASecret() {
    List<byte[]> files = new ArrayList<>();
    RawAge age = RawAge.v1();
    byte[] forKey = age.stanza(age.x25519(RawAge.IDENTITY)).finished();
    files.add(one(RawAge.v1().scrypt("other", 10, 16)));
    RawAge other = RawAge.v1();
    files.add(other.stanza(other.x25519(identity(3))).finished());
    for (int cut = 0; cut < forKey.length; cut += 7) {
      files.add(Arrays.copyOf(forKey, cut));
    }
    DecryptionKeys keys =
        DecryptionKeys.identities(AgeKeyPair.generate().identity(), Secret.of(RawAge.IDENTITY))
            .and(DecryptionKeys.passphrase(Secret.of("hunter2-hunter2")));
    for (byte[] file : files) {
      EncryptionException error = Age.outcome(file, keys).error();
      java.io.StringWriter trace = new java.io.StringWriter();
      error.printStackTrace(new java.io.PrintWriter(trace));
      assertThat(trace.toString()).doesNotContain("hunter2", "AGE-SECRET-KEY-1");
    }
    assertThat(keys.toString()).doesNotContain("hunter2", "AGE-SECRET-KEY-1");
  }

  private void accepted(String name, byte[] file) {
    vectors.add(
        dynamicTest(name, () -> assertThat(Age.decrypt(file, BOTH)).asString().isEqualTo("age")));
  }

  private void refused(String name, byte[] file, Kind kind) {
    vectors.add(
        dynamicTest(
            name,
            () -> {
              Age.Outcome outcome = Age.outcome(file, BOTH);
              assertThat(outcome.plain()).isEmpty();
              assertThat(outcome.error()).isNotNull();
              assertThat(outcome.error().kind()).isEqualTo(kind);
            }));
  }

  private void replaced(String name, byte[] file, String from, String to) {
    String header = text(file);
    assertThat(header).contains(from);
    refused(name, withHeader(file, header.replace(from, to)), Kind.TAMPERED);
  }

  /** A stanza of those lines, then a good one for our key, under a MAC that covers both. */
  private void lines(String name, String... lines) {
    RawAge age = RawAge.v1();
    for (String line : lines) {
      age.line(line);
    }
    refused(name, age.stanza(age.x25519(RawAge.IDENTITY)).finished(), Kind.TAMPERED);
  }

  private void plain(String name, RawAge age, int released, boolean success) {
    byte[] file = age.bytes();
    vectors.add(
        dynamicTest(
            name,
            () -> {
              Age.Outcome outcome = Age.outcome(file, IDENTITY);
              assertThat(outcome.plain()).hasSize(released);
              if (success) {
                assertThat(outcome.error()).isNull();
              } else {
                assertThat(outcome.error()).isNotNull();
                assertThat(outcome.error().kind()).isEqualTo(Kind.TAMPERED);
              }
            }));
  }

  private static byte[] withExtra(Words extra) {
    RawAge age = RawAge.v1();
    return age.stanza(extra).stanza(age.x25519(RawAge.IDENTITY)).finished();
  }

  private static byte[] one(Words words) {
    return RawAge.v1().stanza(words).finished();
  }

  private static byte[] one32() {
    byte[] one = new byte[32];
    one[0] = 1;
    return one;
  }

  private static String identity(int seed) {
    byte[] scalar = Age.random(32, seed);
    return Bech32.getEncoder().encode("AGE-SECRET-KEY-", scalar).toString();
  }

  private static String text(byte[] file) {
    return new String(file, 0, Age.headerLength(file), StandardCharsets.ISO_8859_1);
  }

  private static byte[] withHeader(byte[] file, String header) {
    return RawAge.join(
        header.getBytes(StandardCharsets.ISO_8859_1),
        Arrays.copyOfRange(file, Age.headerLength(file), file.length));
  }
}

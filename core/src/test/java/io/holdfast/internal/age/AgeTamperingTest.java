package io.holdfast.internal.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.AgeKeyPair;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.EncryptionException;
import io.holdfast.EncryptionException.Kind;
import io.holdfast.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Whatever is done to a file, it ends in an error, and only genuine plaintext comes before that.
 */
class AgeTamperingTest {
  private static final AgeKeyPair PAIR = AgeKeyPair.generate();
  private static final AgeKeyPair SECOND = AgeKeyPair.generate();
  private static final DecryptionKeys KEYS = DecryptionKeys.identities(PAIR.identity());
  private static final Secret PASSPHRASE = Secret.of("correct horse battery staple");

  @Test
  void everySingleBitOfTheHeaderAndTheNonceMatters() {
    byte[] plain = Age.random(1000, 1);
    byte[] forKeys =
        Age.encrypt(plain, Encryption.recipients(PAIR.recipient(), SECOND.recipient()));
    byte[] forPassphrase = Age.encrypt(plain, Encryption.passphrase(PASSPHRASE));
    Map<Kind, Integer> kinds = new EnumMap<>(Kind.class);
    int flips = 0;
    for (byte[] file : new byte[][] {forKeys, forPassphrase}) {
      DecryptionKeys keys = file == forKeys ? KEYS : DecryptionKeys.passphrase(PASSPHRASE);
      for (int at = 0; at < Age.headerLength(file) + 16; at++) {
        for (int bit = 0; bit < 8; bit++) {
          kinds.merge(assertRefused(file, at, bit, plain, keys), 1, Integer::sum);
          flips++;
        }
      }
    }
    System.out.println("AgeTamperingTest header: " + flips + " flips, " + kinds);
  }

  @Test
  void bitsFlippedAnywhereInTheChunksAreFound() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] plain = Age.random(3 * Age.CHUNK + 777, seed);
    byte[] file = Age.encrypt(plain, Encryption.recipients(PAIR.recipient()));
    int payload = Age.headerLength(file) + 16;
    TreeSet<Integer> positions = new TreeSet<>();
    for (int chunk = 0; chunk < 4; chunk++) {
      int start = payload + chunk * Age.STORED_CHUNK;
      int end = Math.min(file.length, start + Age.STORED_CHUNK);
      positions.add(start);
      for (int tag = 1; tag <= 17; tag++) {
        positions.add(end - tag);
      }
      for (int i = 0; i < 100; i++) {
        positions.add(start + random.nextInt(end - start));
      }
    }
    for (int at : positions) {
      assertThat(assertRefused(file, at, random.nextInt(8), plain, KEYS))
          .as("seed %s, byte %s", seed, at)
          .isEqualTo(Kind.TAMPERED);
    }
    System.out.println(
        "AgeTamperingTest chunks: " + positions.size() + " flips, all TAMPERED, seed " + seed);
  }

  @Test
  void aFileThatIsCutAnywhereIsNeverWhole() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int cuts = 0;
    for (int size : new int[] {0, 1, Age.CHUNK, 2 * Age.CHUNK, 3 * Age.CHUNK + 5}) {
      byte[] plain = Age.random(size, seed);
      byte[] file = Age.encrypt(plain, Encryption.recipients(PAIR.recipient()));
      int payload = Age.headerLength(file) + 16;
      TreeSet<Integer> lengths = new TreeSet<>();
      for (int length = 0; length <= payload + 17; length++) {
        lengths.add(length);
      }
      for (int boundary = payload; boundary <= file.length; boundary += Age.STORED_CHUNK) {
        for (int near = -18; near <= 18; near++) {
          lengths.add(boundary + near);
        }
      }
      for (int i = 0; i < 50; i++) {
        lengths.add(random.nextInt(file.length));
      }
      for (int near = 1; near <= 40; near++) {
        lengths.add(file.length - near);
      }
      for (int length : lengths.headSet(file.length)) {
        Age.Outcome outcome = Age.outcome(Arrays.copyOf(file, length), KEYS);
        assertThat(outcome.error()).as("%s of %s bytes", length, file.length).isNotNull();
        assertThat(outcome.error().kind())
            .isEqualTo(length == 0 ? Kind.UNSUPPORTED : Kind.TAMPERED);
        assertGenuine(outcome, plain);
        cuts++;
      }
    }
    System.out.println("AgeTamperingTest: " + cuts + " cuts");
  }

  @Test
  void whateverIsAppendedIsFound() {
    for (int size : new int[] {0, 1, Age.CHUNK - 1, Age.CHUNK, 2 * Age.CHUNK, 3 * Age.CHUNK + 5}) {
      byte[] plain = Age.random(size, 3);
      byte[] file = Age.encrypt(plain, Encryption.recipients(PAIR.recipient()));
      for (int extra : new int[] {1, 15, 16, 17, 100, Age.STORED_CHUNK, 2 * Age.STORED_CHUNK + 1}) {
        for (byte[] tail : new byte[][] {new byte[extra], Age.random(extra, 4)}) {
          Age.Outcome outcome = Age.outcome(RawAge.join(file, tail), KEYS);
          assertThat(outcome.error()).as("%s bytes and %s more", size, extra).isNotNull();
          assertThat(outcome.error().kind()).isEqualTo(Kind.TAMPERED);
          assertGenuine(outcome, plain);
        }
      }
      assertThat(Age.outcome(RawAge.join(file, file), KEYS).error()).isNotNull();
    }
  }

  @Test
  void chunksThatWereSwappedRepeatedOrLeftOutAreFound() {
    byte[] plain = Age.random(4 * Age.CHUNK, 5);
    byte[] file = Age.encrypt(plain, Encryption.recipients(PAIR.recipient()));
    for (int[] order :
        new int[][] {{1, 0, 2, 3}, {0, 0, 2, 3}, {0, 2, 3}, {0, 1, 3, 2}, {0, 1, 2, 3, 3}, {3}}) {
      byte[] changed = Arrays.copyOf(file, Age.headerLength(file) + 16);
      for (int chunk : order) {
        int start = Age.headerLength(file) + 16 + chunk * Age.STORED_CHUNK;
        changed = RawAge.join(changed, Arrays.copyOfRange(file, start, start + Age.STORED_CHUNK));
      }
      Age.Outcome outcome = Age.outcome(changed, KEYS);
      assertThat(outcome.error()).as(Arrays.toString(order)).isNotNull();
      assertThat(outcome.error().kind()).isEqualTo(Kind.TAMPERED);
      assertGenuine(outcome, plain);
    }
  }

  @Test
  void aHeaderOfOneFileDoesNotOpenThePayloadOfAnother() {
    Encryption encryption = Encryption.recipients(PAIR.recipient());
    byte[] one = Age.encrypt(Age.random(5000, 6), encryption);
    byte[] two = Age.encrypt(Age.random(5000, 7), encryption);
    byte[] mixed =
        RawAge.join(
            Arrays.copyOf(one, Age.headerLength(one)),
            Arrays.copyOfRange(two, Age.headerLength(two), two.length));
    assertThat(Age.outcome(mixed, KEYS).error().kind()).isEqualTo(Kind.TAMPERED);
  }

  /** Without the guard in DecryptingInputStream, jagged would hand out 64 KiB of old bytes here. */
  @Test
  void afterTheFirstErrorNothingComesOutAnyMore() throws IOException {
    byte[] file =
        Age.encrypt(Age.random(3 * Age.CHUNK, 8), Encryption.recipients(PAIR.recipient()));
    file[Age.headerLength(file) + 16 + Age.STORED_CHUNK] ^= 1;
    InputStream in = AgeStreams.decrypting(new ByteArrayInputStream(file), KEYS);
    assertThat(in.readNBytes(Age.CHUNK)).hasSize(Age.CHUNK);
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> in.read(new byte[100])).isInstanceOf(EncryptionException.class);
      assertThatThrownBy(in::read).isInstanceOf(EncryptionException.class);
    }
  }

  private static Kind assertRefused(
      byte[] file, int at, int bit, byte[] plain, DecryptionKeys keys) {
    byte[] changed = file.clone();
    changed[at] ^= (byte) (1 << bit);
    Age.Outcome outcome = Age.outcome(changed, keys);
    assertThat(outcome.error()).as("byte %s, bit %s", at, bit).isNotNull();
    assertGenuine(outcome, plain);
    return outcome.error().kind();
  }

  /** What came out is a beginning of the original, in whole chunks. */
  private static void assertGenuine(Age.Outcome outcome, byte[] plain) {
    int length = outcome.plain().length;
    assertThat(length).isLessThanOrEqualTo(plain.length);
    assertThat(Arrays.equals(outcome.plain(), 0, length, plain, 0, length)).isTrue();
    assertThat(length % Age.CHUNK == 0).isTrue();
  }
}

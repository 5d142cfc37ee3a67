package io.holdfast.internal.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.AgeKeyPair;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.EncryptionException;
import io.holdfast.Secret;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AgeRoundTripTest {
  private static final AgeKeyPair PAIR = AgeKeyPair.generate();
  private static final Secret PASSPHRASE = Secret.of("grüße, 備份 🔑");

  static IntStream sizes() {
    int c = Age.CHUNK;
    return IntStream.of(
        0, 1, 2, c - 1, c, c + 1, 2 * c - 1, 2 * c, 2 * c + 1, 5 * c - 1, 5 * c, 5 * c + 1);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void everySizeComesBackFromAPublicKey(int size) {
    byte[] plain = Age.random(size, size);
    byte[] file = Age.encrypt(plain, Encryption.recipients(PAIR.recipient()));
    assertThat(Age.decrypt(file, DecryptionKeys.identities(PAIR.identity()))).isEqualTo(plain);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void everySizeComesBackFromAPassphrase(int size) {
    byte[] plain = Age.random(size, size);
    byte[] file = Age.encrypt(plain, Encryption.passphrase(PASSPHRASE));
    assertThat(Age.decrypt(file, DecryptionKeys.passphrase(PASSPHRASE))).isEqualTo(plain);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void aFileIsAsLongAsTheSpecificationSays(int size) {
    byte[] file = Age.encrypt(new byte[size], Encryption.recipients(PAIR.recipient()));
    int chunks = Math.max(1, (size + Age.CHUNK - 1) / Age.CHUNK);
    assertThat(file).hasSize(Age.headerLength(file) + 16 + size + 16 * chunks);
    assertThat(AgeStreams.isAge(file)).isTrue();
  }

  @Test
  void randomSizesWrittenAndReadInRandomPiecesComeBack() throws IOException {
    long seed = System.nanoTime();
    System.out.println("AgeRoundTripTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      byte[] plain = Age.random(random.nextInt(4 * Age.CHUNK), random.nextLong());
      ByteArrayOutputStream sink = new ByteArrayOutputStream();
      EncryptingOutputStream out =
          AgeStreams.encrypting(sink, Encryption.recipients(PAIR.recipient()));
      for (int at = 0; at < plain.length; ) {
        int piece = Math.min(plain.length - at, 1 + random.nextInt(100_000));
        if (piece == 1) {
          out.write(plain[at]);
        } else {
          out.write(plain, at, piece);
        }
        at += piece;
      }
      out.finish();
      InputStream in =
          AgeStreams.decrypting(
              new Stuttering(sink.toByteArray(), random),
              DecryptionKeys.identities(PAIR.identity()));
      ByteArrayOutputStream back = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 + random.nextInt(100_000)];
      int read;
      while ((read = in.read(buffer)) != -1) {
        back.write(buffer, 0, read);
      }
      assertThat(in.read()).isEqualTo(-1);
      assertThat(back.toByteArray()).as("seed %s, round %s", seed, round).isEqualTo(plain);
    }
  }

  @Test
  void eachOfSeveralRecipientsOpensTheFileByItself() {
    List<AgeKeyPair> pairs = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      pairs.add(AgeKeyPair.generate());
    }
    byte[] plain = Age.random(70_000, 1);
    byte[] file =
        Age.encrypt(
            plain, Encryption.recipients(pairs.stream().map(AgeKeyPair::recipient).toList()));
    for (AgeKeyPair pair : pairs) {
      assertThat(Age.decrypt(file, DecryptionKeys.identities(pair.identity()))).isEqualTo(plain);
    }
  }

  @Test
  void theRightKeyIsFoundAmongOthersWhereverItStands() {
    byte[] file = Age.encrypt(new byte[9], Encryption.recipients(PAIR.recipient()));
    byte[] locked = Age.encrypt(new byte[9], Encryption.passphrase(PASSPHRASE));
    DecryptionKeys other =
        DecryptionKeys.identities(AgeKeyPair.generate().identity())
            .and(DecryptionKeys.passphrase(Secret.of("another")));
    DecryptionKeys right =
        DecryptionKeys.identities(PAIR.identity()).and(DecryptionKeys.passphrase(PASSPHRASE));
    for (DecryptionKeys keys : List.of(right, right.and(other), other.and(right))) {
      assertThat(Age.decrypt(file, keys)).hasSize(9);
      assertThat(Age.decrypt(locked, keys)).hasSize(9);
    }
  }

  @Test
  void asManyRecipientsAsAreAllowedCanBeReadBack() {
    List<String> recipients = new ArrayList<>();
    for (int i = 1; i < Encryption.MAX_RECIPIENTS; i++) {
      recipients.add(AgeKeyPair.generate().recipient());
    }
    recipients.add(PAIR.recipient());
    byte[] file = Age.encrypt(new byte[200_000], Encryption.recipients(recipients));
    assertThat(Age.decrypt(file, DecryptionKeys.identities(PAIR.identity()))).hasSize(200_000);
  }

  @Test
  void withoutEncryptionBytesPassAsTheyAre() throws IOException {
    ByteArrayOutputStream sink = new ByteArrayOutputStream();
    EncryptingOutputStream out = AgeStreams.encrypting(sink, Encryption.none());
    out.write("plain".getBytes(StandardCharsets.UTF_8));
    out.finish();
    assertThat(sink.toString(StandardCharsets.UTF_8)).isEqualTo("plain");
  }

  @Test
  void twoFilesOfTheSamePlaintextHaveNothingInCommonBehindTheHeader() {
    Encryption encryption = Encryption.recipients(PAIR.recipient());
    byte[] one = Age.encrypt(new byte[1000], encryption);
    byte[] two = Age.encrypt(new byte[1000], encryption);
    int header = Age.headerLength(one);
    assertThat(java.util.Arrays.copyOfRange(one, header, one.length))
        .isNotEqualTo(java.util.Arrays.copyOfRange(two, header, two.length));
  }

  @Test
  void neitherSideClosesTheStreamItWasGiven() throws IOException {
    AtomicBoolean closed = new AtomicBoolean();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    OutputStream sink =
        new FilterOutputStream(bytes) {
          @Override
          public void close() {
            closed.set(true);
          }
        };
    try (EncryptingOutputStream out =
        AgeStreams.encrypting(sink, Encryption.recipients(PAIR.recipient()))) {
      out.finish();
      out.finish();
    }
    InputStream source =
        new FilterInputStream(new ByteArrayInputStream(bytes.toByteArray())) {
          @Override
          public void close() {
            closed.set(true);
          }
        };
    InputStream in = AgeStreams.decrypting(source, DecryptionKeys.identities(PAIR.identity()));
    assertThat(in.readAllBytes()).isEmpty();
    in.close();
    in.close();
    assertThat(closed).isFalse();
    assertThatThrownBy(in::read).isInstanceOf(IOException.class);
  }

  @Test
  void closingWithoutFinishLeavesAFileThatIsRecognisedAsCutOff() throws IOException {
    for (int size : new int[] {0, 100, Age.CHUNK, 2 * Age.CHUNK, 2 * Age.CHUNK + 1}) {
      ByteArrayOutputStream sink = new ByteArrayOutputStream();
      EncryptingOutputStream out =
          AgeStreams.encrypting(sink, Encryption.recipients(PAIR.recipient()));
      out.write(new byte[size]);
      out.close();
      assertThatThrownBy(out::finish).isInstanceOf(IOException.class);
      Age.Outcome outcome =
          Age.outcome(sink.toByteArray(), DecryptionKeys.identities(PAIR.identity()));
      assertThat(outcome.error()).as("%s bytes", size).isNotNull();
      assertThat(outcome.error().kind()).isEqualTo(EncryptionException.Kind.TAMPERED);
    }
  }

  @Test
  void afterAFailedWriteNothingMoreIsWrittenUnderTheSameNonce() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    AtomicBoolean full = new AtomicBoolean();
    OutputStream sink =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new AssertionError("byte by byte");
          }

          @Override
          public void write(byte[] b, int offset, int length) throws IOException {
            if (full.get()) {
              throw new IOException("disk full");
            }
            bytes.write(b, offset, length);
          }
        };
    EncryptingOutputStream out =
        AgeStreams.encrypting(sink, Encryption.recipients(PAIR.recipient()));
    out.write(new byte[Age.CHUNK + 1]);
    full.set(true);
    assertThatThrownBy(() -> out.write(new byte[2 * Age.CHUNK])).hasMessage("disk full");
    full.set(false);
    int length = bytes.size();
    assertThatThrownBy(() -> out.write(1)).hasMessageContaining("earlier write");
    assertThatThrownBy(out::finish).hasMessageContaining("earlier write");
    out.close();
    assertThat(bytes.size()).isEqualTo(length);
  }

  @Test
  void afterAFailedReadOfTheSourceEveryReadFails() throws IOException {
    byte[] file = Age.encrypt(new byte[3 * Age.CHUNK], Encryption.recipients(PAIR.recipient()));
    InputStream source =
        new InputStream() {
          private final InputStream in = new ByteArrayInputStream(file, 0, 150_000);
          private boolean failed;

          @Override
          public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
          }

          @Override
          public int read(byte[] into, int offset, int length) throws IOException {
            int read = in.read(into, offset, length);
            if (read < 0 && !failed) {
              failed = true;
              throw new IOException("connection reset");
            }
            return read;
          }
        };
    InputStream in = AgeStreams.decrypting(source, DecryptionKeys.identities(PAIR.identity()));
    assertThatThrownBy(in::readAllBytes).hasMessage("connection reset");
    assertThatThrownBy(in::readAllBytes).hasMessageContaining("earlier read");
  }

  /** Returns fewer bytes than asked for, as networks do. */
  private static final class Stuttering extends ByteArrayInputStream {
    private final Random random;

    Stuttering(byte[] bytes, Random random) {
      super(bytes);
      this.random = random;
    }

    @Override
    public synchronized int read(byte[] into, int offset, int length) {
      return super.read(into, offset, length <= 1 ? length : 1 + random.nextInt(length));
    }
  }
}

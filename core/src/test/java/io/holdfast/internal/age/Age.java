package io.holdfast.internal.age;

import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.EncryptionException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Random;

/** Whole byte arrays in and out, for tests. */
final class Age {
  /** So little work that hundreds of files with a passphrase take no time. */
  static final int FAST = 4;

  static final int CHUNK = 64 * 1024;
  static final int STORED_CHUNK = CHUNK + 16;

  private Age() {}

  static byte[] encrypt(byte[] plain, Encryption encryption) {
    ByteArrayOutputStream sink = new ByteArrayOutputStream();
    try (EncryptingOutputStream out = AgeStreams.encrypting(sink, encryption, FAST)) {
      out.write(plain);
      out.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sink.toByteArray();
  }

  static byte[] decrypt(byte[] file, DecryptionKeys keys) {
    try (InputStream in = AgeStreams.decrypting(new ByteArrayInputStream(file), keys)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a reader gets who takes every byte it can, and how it ended. */
  static Outcome outcome(byte[] file, DecryptionKeys keys) {
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    try (InputStream in = AgeStreams.decrypting(new ByteArrayInputStream(file), keys)) {
      byte[] buffer = new byte[CHUNK];
      int read;
      while ((read = in.read(buffer)) != -1) {
        plain.write(buffer, 0, read);
      }
      return new Outcome(plain.toByteArray(), null);
    } catch (EncryptionException e) {
      return new Outcome(plain.toByteArray(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Where the header ends, behind the line with the MAC. */
  static int headerLength(byte[] file) {
    for (int i = 0; ; i++) {
      if (file[i] == '\n' && file[i + 1] == '-' && file[i + 2] == '-' && file[i + 3] == '-') {
        int end = i + 1;
        while (file[end] != '\n') {
          end++;
        }
        return end + 1;
      }
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Outcome(byte[] plain, EncryptionException error) {}
}

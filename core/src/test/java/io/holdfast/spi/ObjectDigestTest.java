package io.holdfast.spi;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What identifies an object's bytes. */
final class ObjectDigestTest {
  /** FIPS 180-2, appendix B.1. */
  private static final String OF_ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @Test
  void isTheLengthAndTheSha256() {
    assertThat(ObjectDigest.of("abc".getBytes(US_ASCII))).isEqualTo(new ObjectDigest(3, OF_ABC));
    assertThat(ObjectDigest.of(new byte[0]).sha256())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void digitsAreLowerCase() {
    assertThat(new ObjectDigest(3, OF_ABC.toUpperCase(Locale.ROOT)).sha256()).isEqualTo(OF_ABC);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "ba78", "zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"})
  void whatIsNoDigestIsRefused(String text) {
    assertThatThrownBy(() -> new ObjectDigest(3, text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aNegativeLengthIsRefused() {
    assertThatThrownBy(() -> new ObjectDigest(-1, OF_ABC))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

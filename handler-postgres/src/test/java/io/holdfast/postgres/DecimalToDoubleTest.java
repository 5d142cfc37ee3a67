package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A number that is read at all is the one that the JDK, slowly, reads. */
class DecimalToDoubleTest {
  private static final int ROUNDS = 200_000;

  private final DecimalToDouble number = new DecimalToDouble();
  private final SplittableRandom random = new SplittableRandom(20260109);

  private boolean read(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return number.read(bytes, 0, bytes.length) && number.end() == bytes.length;
  }

  /** Compares bits, so that a zero has its sign. */
  private void assertReadAsTheJdkDoes(String text) {
    if (!read(text)
        || Double.doubleToRawLongBits(number.value())
            != Double.doubleToRawLongBits(Double.parseDouble(text))) {
      assertThat(read(text)).as(text).isTrue();
      assertThat(number.value()).as(text).isEqualTo(Double.parseDouble(text));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "0.0",
        "-0.000",
        "1",
        "9007199254740993",
        "-9007199254740993.0",
        "9223372036854775808",
        "9999999999999999999",
        "9999999999999999999e-27",
        "1e22",
        "1e23",
        "1E+55",
        "1e-27",
        "0.00012345678901234567",
        "908034.9536896333",
        "1.7976931348623157e40",
        "4.5035996273704995e15"
      })
  void numbersAreRead(String text) {
    assertReadAsTheJdkDoes(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "+1",
        ".5",
        "5.",
        "-.5",
        "1e",
        "1e+",
        "1e1000",
        "1e9999999999",
        "1e56",
        "1e-28",
        "0.1e-27",
        "12345678901234567890",
        "18446744073709551616",
        "1.2.3",
        "1 ",
        "0x1",
        "1f",
        "NaN",
        "Infinity"
      })
  void whatIsNoNumberOrNotInReachIsLeftToOthers(String text) {
    assertThat(read(text)).isFalse();
  }

  @Test
  void whateverFollowsTheNumberIsLeft() {
    byte[] bytes = "[1.5,2]".getBytes(StandardCharsets.US_ASCII);
    assertThat(number.read(bytes, 1, bytes.length)).isTrue();
    assertThat(number.value()).isEqualTo(1.5);
    assertThat(number.end()).isEqualTo(4);
  }

  @Test
  void anyDigitsWithAnyPowerAreRead() {
    for (int i = 0; i < ROUNDS; i++) {
      long digits = random.nextLong() >>> random.nextInt(1, 64);
      assertReadAsTheJdkDoes(digits + "e" + random.nextInt(-27, 56));
    }
  }

  @Test
  void whatIsWrittenWithAsFewDigitsAsPossibleIsRead() {
    for (int i = 0; i < ROUNDS; i++) {
      double value = random.nextDouble(0.1, 1) * Math.pow(10, random.nextInt(-9, 30));
      assertReadAsTheJdkDoes(Double.toString(random.nextBoolean() ? value : -value));
    }
  }

  @Test
  void numbersHalfWayBetweenTwoDoublesAndNextToThatAreRead() {
    for (int i = 0; i < ROUNDS; i++) {
      // An odd number of 54 bits is half way; so it is with further factors of 2.
      int power = random.nextInt(-4, 24);
      BigInteger five = BigInteger.valueOf(5).pow(Math.abs(power));
      int bits = power < 0 ? 54 : Math.max(1, 55 - five.bitLength());
      BigInteger odd = BigInteger.valueOf(random.nextLong() >>> (64 - bits) | 1).setBit(bits - 1);
      BigInteger digits = power < 0 ? odd.multiply(five) : odd.shiftLeft(random.nextInt(8));
      for (int step = -1; step <= 1; step++) {
        BigInteger near = digits.add(BigInteger.valueOf(step));
        if (near.signum() > 0 && near.toString().length() <= 19) {
          assertReadAsTheJdkDoes(near + "e" + power);
        }
      }
    }
  }

  @Test
  void nineteenDigitsOfTheMiddleOfTwoDoublesAreRead() {
    MathContext down = new MathContext(19, RoundingMode.DOWN);
    for (int i = 0; i < ROUNDS; i++) {
      double value = random.nextDouble() * Math.pow(10, random.nextInt(-6, 17));
      BigDecimal middle =
          new BigDecimal(value)
              .add(new BigDecimal(Math.nextUp(value)))
              .divide(BigDecimal.valueOf(2))
              .round(down);
      if (middle.scale() <= 27) {
        assertReadAsTheJdkDoes(middle.unscaledValue() + "e" + -middle.scale());
      }
    }
  }
}

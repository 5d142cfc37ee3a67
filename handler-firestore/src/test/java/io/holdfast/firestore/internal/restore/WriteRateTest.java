package io.holdfast.firestore.internal.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** With a clock of its own; nothing waits. */
class WriteRateTest {
  private final List<Duration> pauses = new ArrayList<>();
  private long now = 1_000_000_000L;
  private WriteRate rate = rampingUp();

  private WriteRate rampingUp() {
    return WriteRate.rampingUp(500, () -> now, pauses::add);
  }

  private void pass(Duration duration) {
    now += duration.toNanos();
  }

  private double perSecond() {
    return rate.perSecond(now);
  }

  @Test
  void theRateGrowsByHalfEveryFiveMinutes() {
    assertThat(perSecond()).isEqualTo(500);
    pass(Duration.ofSeconds(299));
    assertThat(perSecond()).isEqualTo(500);
    pass(Duration.ofSeconds(1));
    assertThat(perSecond()).isEqualTo(750);
    pass(Duration.ofMinutes(5));
    assertThat(perSecond()).isEqualTo(1_125);
    pass(Duration.ofMinutes(80));
    assertThat(perSecond()).isEqualTo(500 * Math.pow(1.5, 18), within(1e-6));
  }

  @Test
  void whoComesTooEarlyWaitsUntilItsTurn() throws Exception {
    rate.acquire(500);
    assertThat(pauses).isEmpty();
    rate.acquire(250);
    rate.acquire(500);
    assertThat(pauses).containsExactly(Duration.ofSeconds(1), Duration.ofMillis(1_500));
    pass(Duration.ofSeconds(10));
    rate.acquire(500);
    assertThat(pauses).as("time that nobody used is not saved up").hasSize(2);
    rate.acquire(1);
    assertThat(pauses).last().isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void writingTooFastHalvesTheRateAndItRecoversByTheMinute() {
    rate.tooFast();
    assertThat(perSecond()).isEqualTo(250);
    pass(Duration.ofSeconds(2));
    rate.tooFast();
    assertThat(perSecond()).isEqualTo(125);
    pass(Duration.ofSeconds(60));
    assertThat(perSecond()).isEqualTo(250);
    pass(Duration.ofSeconds(60));
    assertThat(perSecond()).isEqualTo(500);
    pass(Duration.ofMinutes(3));
    assertThat(perSecond()).as("it grew meanwhile").isEqualTo(750);
  }

  @Test
  void manyRefusalsOfOneMomentAreOne() {
    for (int i = 0; i < 30; i++) {
      rate.tooFast();
      pass(Duration.ofMillis(30));
    }
    assertThat(perSecond()).isEqualTo(250);
  }

  @Test
  void itNeverComesToAStandstill() {
    for (int i = 0; i < 100; i++) {
      pass(Duration.ofSeconds(2));
      rate.tooFast();
    }
    assertThat(perSecond()).isEqualTo(500.0 / 64);
    pass(Duration.ofMinutes(6));
    assertThat(perSecond()).isGreaterThanOrEqualTo(500);
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE + 1, -1_000_000_000_000L, Long.MAX_VALUE - 1_000_000_000L})
  void aClockMayBeginAnywhere(long zero) {
    now = zero; // nanoTime says nothing but differences: "may be negative", and it may overflow
    rate = rampingUp();
    assertThat(perSecond()).isEqualTo(500);
    pass(Duration.ofMinutes(5));
    assertThat(perSecond()).isEqualTo(750);
    rate.tooFast();
    assertThat(perSecond()).isEqualTo(375);
  }

  @Test
  void turnsComeInOrderWhenTheClockOverflows() throws Exception {
    now = Long.MAX_VALUE - 100_000_000L;
    rate = rampingUp();
    rate.acquire(500);
    rate.acquire(500);
    rate.acquire(500);
    assertThat(pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
    pass(Duration.ofSeconds(4));
    rate.acquire(500);
    assertThat(pauses).hasSize(2);
  }

  @Test
  void withoutALimitNobodyWaits() throws Exception {
    WriteRate unlimited = WriteRate.unlimited();
    unlimited.tooFast();
    unlimited.acquire(1_000_000_000);
    unlimited.acquire(1_000_000_000);
    assertThat(unlimited.perSecond(0)).isInfinite();
  }

  @Test
  void aWaitMayBeInterrupted() throws Exception {
    WriteRate interrupted =
        WriteRate.rampingUp(
            500,
            () -> now,
            pause -> {
              throw new InterruptedException();
            });
    interrupted.acquire(1);
    assertThatThrownBy(() -> interrupted.acquire(1)).isInstanceOf(InterruptedException.class);
  }
}

package io.holdfast.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class RetryTest {
  private final List<Duration> slept = new ArrayList<>();
  private int calls;

  private Retry retry(int attempts) {
    return Retry.of(attempts, Duration.ofMillis(100), Duration.ofMillis(250))
        .withSleeper(slept::add);
  }

  private static StorageException unavailable(String message) {
    return new StorageException(StorageException.Kind.UNAVAILABLE, null, message, null);
  }

  private Supplier<String> failing(int times) {
    return () -> {
      calls++;
      if (calls <= times) {
        throw unavailable("try " + calls);
      }
      return "done";
    };
  }

  @Test
  void aStepThatSucceedsRunsOnce() {
    assertThat(retry(5).call("work", failing(0))).isEqualTo("done");
    assertThat(calls).isEqualTo(1);
    assertThat(slept).isEmpty();
  }

  @Test
  void waitsLongerEachTimeUpToTheMaximum() {
    assertThat(retry(5).call("work", failing(4))).isEqualTo("done");
    assertThat(calls).isEqualTo(5);
    assertThat(slept).hasSize(4);
    long[] most = {100, 200, 250, 250};
    for (int i = 0; i < most.length; i++) {
      assertThat(slept.get(i).toMillis()).isBetween(most[i] / 2, most[i]);
    }
  }

  @Test
  void theFirstWaitToo() {
    Retry.of(2, Duration.ofHours(1), Duration.ofMillis(10))
        .withSleeper(slept::add)
        .call("work", failing(1));
    assertThat(slept.get(0)).isLessThanOrEqualTo(Duration.ofMillis(10));
  }

  @Test
  void theLastErrorCarriesTheEarlierOnes() {
    assertThatThrownBy(() -> retry(3).call("work", failing(9)))
        .hasMessage("try 3")
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .containsExactly("try 1", "try 2"));
    assertThat(calls).isEqualTo(3);
  }

  @Test
  void anErrorThatIsThrownTwiceDoesNotSuppressItself() {
    StorageException same = unavailable("same");
    assertThatThrownBy(
            () ->
                retry(3)
                    .call(
                        "work",
                        () -> {
                          throw same;
                        }))
        .isSameAs(same)
        .hasNoSuppressedExceptions();
  }

  @Test
  void anErrorThatARetryCannotHelpPassesAtOnce() {
    assertThatThrownBy(
            () ->
                retry(5)
                    .call(
                        "work",
                        () -> {
                          calls++;
                          throw new BackupException("for good");
                        }))
        .hasMessage("for good");
    assertThatThrownBy(
            () ->
                retry(5)
                    .call(
                        "work",
                        () -> {
                          calls++;
                          throw new IllegalStateException("a bug");
                        }))
        .hasMessage("a bug");
    assertThat(calls).isEqualTo(2);
    assertThat(slept).isEmpty();
  }

  @Test
  void noneTriesOnce() {
    assertThatThrownBy(() -> Retry.none().call("work", failing(1))).hasMessage("try 1");
  }

  @Test
  void anInterruptionCancelsAndStaysVisible() {
    Retry interrupted =
        retry(5)
            .withSleeper(
                duration -> {
                  throw new InterruptedException();
                });
    assertThatThrownBy(() -> interrupted.call("connect to the source", failing(9)))
        .isInstanceOf(CancelledException.class)
        .hasMessageContaining("connect to the source")
        .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessage("try 1"));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(calls).isEqualTo(1);
  }

  @Test
  void nonsenseIsRefused() {
    Duration second = Duration.ofSeconds(1);
    assertThatThrownBy(() -> Retry.of(0, second, second))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Retry.of(1, second.negated(), second))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aServerThatAsksForALongerWaitGetsItUpToFiveMinutes() {
    List<Duration> waits = new ArrayList<>();
    Iterator<Duration> asked =
        List.of(Duration.ofSeconds(30), Duration.ofDays(2), Duration.ZERO).iterator();
    Retry retry = Retry.of(4, Duration.ofMillis(10), Duration.ofMillis(10)).withSleeper(waits::add);
    String done =
        retry.call(
            "ask",
            () -> {
              if (asked.hasNext()) {
                throw new AskedToWait(asked.next());
              }
              return "done";
            });
    assertThat(done).isEqualTo("done");
    assertThat(waits.subList(0, 2)).containsExactly(Duration.ofSeconds(30), Duration.ofMinutes(5));
    assertThat(waits.get(2)).isLessThan(Duration.ofSeconds(1));
  }

  private static final class AskedToWait extends BackupException {
    private static final long serialVersionUID = 1L;
    private final Duration wait;

    AskedToWait(Duration wait) {
      super("too many requests");
      this.wait = wait;
    }

    @Override
    public boolean retryable() {
      return true;
    }

    @Override
    public Optional<Duration> retryAfter() {
      return Optional.of(wait);
    }
  }
}

package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedMethod;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.HttpSink.Flaw;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

/** Shows that the suite for faults can fail: it is run on sinks that are wrong. */
@Tag("long")
class StorageSinkFaultContractTest {
  @ParameterizedTest
  @CsvSource({
    "WAITS_FOR_EVER, Writing, aSmallObjectIsPublishedOnceOrNotAtAll",
    "GIVES_UP_AT_ONCE, Reading, aRangeIsReadExactlyOrNotToItsEnd",
    "REPEATS_BY_ITSELF, OtherCalls, nothingIsRepeatedBesideWhatTheSinkIsTold",
    "IGNORES_RETRY_AFTER, OtherCalls, aServerGetsTheTimeThatItAsksFor",
    "CALLS_EVERYTHING_OTHER, OtherCalls, lookingAndDeletingTellTheTruthOrFail",
    "FORGETS_ITS_OWN_SUCCESS, Writing, aSmallObjectIsPublishedOnceOrNotAtAll",
    "TAKES_ANY_SUCCESS_FOR_ITS_OWN, Writing, ofManyWritersWhoseAnswersAreLostAtMostOneWins",
    "OVERWRITES, Writing, ofManyWritersWhoseAnswersAreLostAtMostOneWins",
    "SENDS_NO_CHECKSUM, Writing, anObjectOfManyPiecesIsPublishedOnceOrNotAtAll",
    "LEAVES_UPLOADS, Writing, anObjectOfManyPiecesIsPublishedOnceOrNotAtAll",
    "ENDS_WHERE_THE_CONNECTION_DOES, Reading, aRangeIsReadExactlyOrNotToItsEnd",
    "READS_THE_WHOLE_OBJECT, Reading, aRangeCostsItsBytesAndNotTheObjects",
    "READS_ONE_RANGE_AT_A_TIME, Reading, manyRangesAreReadAtTheSameTime",
    "FORGETS_TO_DELETE, OtherCalls, lookingAndDeletingTellTheTruthOrFail"
  })
  void theSuiteNoticesASinkThat(Flaw flaw, String group, String noticedBy) throws Exception {
    Class<?> nested = Class.forName(StorageSinkFaultContract.class.getName() + "$" + group);
    Events tests = run(flaw, selectNestedMethod(List.of(Subject.class), nested, noticedBy));
    assertThat(tests.failed().count()).as("failed tests").isPositive();
  }

  @Test
  void theSuitePassesTheSinkWithoutAFlaw() {
    Events tests = run(null, selectClass(Subject.class));
    assertThat(tests.started().count()).as("tests run").isGreaterThan(60);
    assertThat(tests.failed().list()).isEmpty();
  }

  private static Events run(@Nullable Flaw flaw, DiscoverySelector what) {
    Subject.flaw = flaw;
    return EngineTestKit.engine("junit-jupiter").selectors(what).execute().testEvents();
  }

  /**
   * Run by the tests above only; Surefire passes over nested classes. Small, since it runs often.
   */
  static class Subject extends StorageSinkFaultContract {
    private static final int PIECE_BYTES = 60_000;
    private static @Nullable Flaw flaw;
    private static HttpStore store;

    @BeforeAll
    static void start() throws IOException {
      store = new HttpStore();
    }

    @AfterAll
    static void stop() {
      store.close();
    }

    @Override
    protected int largeBytes() {
      return 200_000;
    }

    @Override
    protected int backupBytes() {
      return 300_000;
    }

    @Override
    protected Duration patience() {
      return Duration.ofSeconds(4);
    }

    @Override
    protected int serverPort() {
      return store.port();
    }

    @Override
    protected StorageSink openSink(int proxyPort, Retry retry) {
      return new HttpSink(proxyPort, retry, PIECE_BYTES, Duration.ofMillis(500), flaw);
    }

    /** Looks at what is there, so it is without the flaw. */
    @Override
    protected StorageSink openDirect() {
      return new HttpSink(store.port(), Retry.none(), PIECE_BYTES, Duration.ofSeconds(60), null);
    }
  }
}

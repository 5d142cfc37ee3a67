package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.HttpSink.Flaw;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Shows that the suite for faults can fail: it is run on sinks that are wrong. */
class StorageSinkFaultContractTest {
  @ParameterizedTest
  @CsvSource({
    "WAITS_FOR_EVER, aSmallObjectIsPublishedOnceOrNotAtAll",
    "GIVES_UP_AT_ONCE, aRangeIsReadExactlyOrNotToItsEnd",
    "REPEATS_BY_ITSELF, nothingIsRepeatedBesideWhatTheSinkIsTold",
    "IGNORES_RETRY_AFTER, aServerGetsTheTimeThatItAsksFor",
    "CALLS_EVERYTHING_OTHER, lookingAndDeletingTellTheTruthOrFail",
    "FORGETS_ITS_OWN_SUCCESS, aSmallObjectIsPublishedOnceOrNotAtAll",
    "TAKES_ANY_SUCCESS_FOR_ITS_OWN, ofManyWritersWhoseAnswersAreLostAtMostOneWins",
    "OVERWRITES, ofManyWritersWhoseAnswersAreLostAtMostOneWins",
    "SENDS_NO_CHECKSUM, anObjectOfManyPiecesIsPublishedOnceOrNotAtAll",
    "LEAVES_UPLOADS, anObjectOfManyPiecesIsPublishedOnceOrNotAtAll",
    "ENDS_WHERE_THE_CONNECTION_DOES, aRangeIsReadExactlyOrNotToItsEnd",
    "READS_THE_WHOLE_OBJECT, aRangeCostsItsBytesAndNotTheObjects",
    "READS_ONE_RANGE_AT_A_TIME, manyRangesAreReadAtTheSameTime",
    "FORGETS_TO_DELETE, lookingAndDeletingTellTheTruthOrFail"
  })
  void theSuiteNoticesASinkThat(Flaw flaw, String noticedBy) {
    assertThat(failedTests(flaw)).contains(noticedBy);
  }

  @Test
  void theSuitePassesTheSinkWithoutAFlaw() {
    assertThat(failedTests(null)).isEmpty();
  }

  private static Set<String> failedTests(@Nullable Flaw flaw) {
    Subject.flaw = flaw;
    EngineExecutionResults results =
        EngineTestKit.engine("junit-jupiter").selectors(selectClass(Subject.class)).execute();
    assertThat(results.testEvents().started().count()).as("tests run").isGreaterThan(60);
    Set<String> failed = new TreeSet<>();
    results
        .testEvents()
        .failed()
        .map(event -> event.getTestDescriptor().getSource().orElseThrow())
        .forEach(source -> failed.add(((MethodSource) source).getMethodName()));
    return failed;
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

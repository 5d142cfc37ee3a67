package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.holdfast.spi.StorageSink;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Shows that the suite can fail: it is run on sinks that are wrong. */
class StorageSinkContractTest {
  @ParameterizedTest
  @EnumSource
  void theSuiteNoticesASinkThat(WrongSink wrong) {
    assertThat(failedTests(wrong::around)).contains(wrong.noticedBy);
  }

  @Test
  void theSuitePassesASinkThatOnlyForwards() {
    assertThat(failedTests(ForwardingSink::new)).isEmpty();
  }

  @Test
  void theSuitePassesAFaultySinkWithoutFaults() {
    assertThat(failedTests(FaultySink::new)).isEmpty();
  }

  private static List<String> failedTests(Function<MemorySink, StorageSink> maker) {
    Subject.maker = maker;
    EngineExecutionResults results =
        EngineTestKit.engine("junit-jupiter").selectors(selectClass(Subject.class)).execute();
    assertThat(results.testEvents().started().count()).as("tests run").isGreaterThan(40);
    return results.testEvents().failed().stream()
        .map(event -> event.getTestDescriptor().getSource().orElseThrow())
        .map(source -> ((MethodSource) source).getMethodName())
        .toList();
  }

  /** Run by the tests above only; Surefire passes over nested classes. */
  static class Subject extends StorageSinkContract {
    private static Function<MemorySink, StorageSink> maker;

    private final MemorySink storage = new MemorySink();
    private final StorageSink sink = maker.apply(storage);

    /** One sink for all, so that a wrong one may remember things. */
    @Override
    protected StorageSink openSink() {
      return sink;
    }
  }
}

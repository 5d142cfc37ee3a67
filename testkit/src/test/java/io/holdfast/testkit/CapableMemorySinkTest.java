package io.holdfast.testkit;

import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.StorageSink;
import java.time.Clock;
import java.util.EnumSet;

/** The same suite where every optional capability is there. */
class CapableMemorySinkTest extends StorageSinkContract {
  private final MemorySink storage =
      new MemorySink(EnumSet.allOf(SinkCapability.class), Clock.systemUTC());

  @Override
  protected StorageSink openSink() {
    return storage.reopen();
  }
}

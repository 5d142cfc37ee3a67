package io.holdfast.mongo;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.RangedReadContract;
import io.holdfast.testservers.MongoServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("A restore from MongoDB reads what it needs")
final class MongoRangedReadTest extends RangedReadContract {
  private static MongoServer server;

  @BeforeAll
  static void start() {
    server = MongoServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  protected int serverPort() {
    return server.port();
  }

  @Override
  protected StorageSink openSink(int proxyPort, Retry retry) {
    return Servers.open(proxyPort, "", retry);
  }

  @Override
  protected StorageSink openDirect() {
    return openSink(server.port(), Retry.none());
  }

  @Override
  protected boolean speaksHttp() {
    return false;
  }

  /** Whole chunks travel: one at each end of a range. */
  @Override
  protected int overheadBytes() {
    return 4 * 1024 * 1024;
  }
}

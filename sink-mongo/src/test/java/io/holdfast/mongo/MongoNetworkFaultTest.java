package io.holdfast.mongo;

import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.ProxiedExchange;
import io.holdfast.testkit.StorageSinkFaultContract;
import io.holdfast.testservers.MongoServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("A MongoDB sink on a network that fails")
final class MongoNetworkFaultTest extends StorageSinkFaultContract {
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
    return Servers.impatient(proxyPort, retry);
  }

  @Override
  protected StorageSink openDirect() {
    return Servers.open(server.port(), "", Retry.none());
  }

  @Override
  protected boolean speaksHttp() {
    return false;
  }

  @Override
  protected boolean isOperation(ProxiedExchange exchange) {
    return Servers.isOperation(exchange);
  }

  /** Chunks are checked when they are read. */
  @Override
  protected boolean noticesDamagedUploads() {
    return false;
  }

  /** First the object goes, then its chunks. */
  @Override
  protected boolean deletesAtOnce() {
    return false;
  }

  @Override
  protected int largeBytes() {
    return 5_000_000;
  }

  @Override
  protected int backupBytes() {
    return 3_000_000;
  }

  /** A chunk at each end. */
  @Override
  protected int rangeOverheadBytes() {
    return 4 * 1024 * 1024 + 64 * 1024;
  }
}

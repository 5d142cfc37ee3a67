package io.holdfast.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkContract;
import io.holdfast.testservers.MongoServer;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("A MongoDB sink in chunks")
final class MongoContractTest extends StorageSinkContract {
  private static MongoServer server;
  private static MongoClient client;

  /** Another one for each test: JUnit makes an instance for each. */
  private final String database = "t" + UUID.randomUUID().toString().replace("-", "");

  @BeforeAll
  static void start() {
    server = MongoServer.start();
    client = MongoClients.create(server.uri());
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @AfterEach
  void dropIt() {
    client.getDatabase(database).drop();
  }

  @Override
  protected StorageSink openSink() {
    return MongoSink.builder(client, database).build();
  }

  /** More than one page. */
  @Override
  protected int manyObjects() {
    return 1_100;
  }
}

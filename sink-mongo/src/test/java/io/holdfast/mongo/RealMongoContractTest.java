package io.holdfast.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoDatabase;
import io.holdfast.spi.Location;
import io.holdfast.spi.StorageSink;
import io.holdfast.testkit.StorageSinkContract;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * The contract against a real MongoDB. The user of the URI needs {@code readWrite} on its database,
 * in which each test makes collections of its own and drops them.
 */
@DisplayName("A MongoDB sink on a real server")
@EnabledIfEnvironmentVariable(
    named = RealMongoContractTest.VARIABLE,
    matches = ".+",
    disabledReason = "names a database to test in: mongodb://user:password@host/database")
final class RealMongoContractTest extends StorageSinkContract {
  static final String VARIABLE = "HOLDFAST_TEST_MONGODB_URI";

  private static MongoUri uri;
  private static MongoClient client;

  /** Another one for each test: JUnit makes an instance for each. */
  private final String collection = "holdfast-test-" + UUID.randomUUID();

  @BeforeAll
  static void start() {
    uri = MongoUri.parse(Location.parse(System.getenv(VARIABLE)));
    client = uri.connect();
  }

  @AfterAll
  static void stop() {
    client.close();
  }

  @AfterEach
  void dropIt() {
    MongoDatabase database = client.getDatabase(uri.database());
    database.getCollection(collection + ".objects").drop();
    database.getCollection(collection + ".chunks").drop();
  }

  @Override
  protected StorageSink openSink() {
    return MongoSink.builder(client, uri.database()).collection(collection).build();
  }
}

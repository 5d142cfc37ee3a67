package io.holdfast.mongo;

import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.MongoDatabase;
import io.holdfast.spi.ObjectKey;
import io.holdfast.testkit.StorageSinkCrashContract;
import io.holdfast.testservers.MongoServer;
import java.util.ArrayList;
import java.util.List;
import org.bson.Document;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("A process that writes to MongoDB is killed")
final class MongoCrashTest extends StorageSinkCrashContract {
  private static MongoServer server;
  private static MongoClient client;

  @BeforeAll
  static void start() {
    server = MongoServer.start("1g");
    client = MongoClients.create(server.uri());
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Override
  protected String storage(int number) {
    client.getDatabase("kill" + (number - 1)).drop(); // the server keeps all in memory
    return "mongodb://127.0.0.1:" + server.port() + "/kill" + number;
  }

  @Override
  protected int kills() {
    return 8;
  }

  /** Documents of objects that are not among the known ones, and chunks of no known object. */
  @Override
  protected List<String> strangers(String uri, List<ObjectKey> objects) {
    MongoDatabase database = client.getDatabase(uri.substring(uri.lastIndexOf('/') + 1));
    List<String> known = objects.stream().map(ObjectKey::value).toList();
    List<String> uploads = new ArrayList<>();
    List<String> strangers = new ArrayList<>();
    for (Document object : database.getCollection("holdfast.objects").find()) {
      if (known.contains(object.getString("key"))) {
        uploads.add(object.getString("_id"));
      } else {
        strangers.add(object.toJson());
      }
    }
    for (Document chunk :
        database
            .getCollection("holdfast.chunks")
            .find()
            .projection(new Document("upload", 1).append("n", 1))) {
      if (!uploads.contains(chunk.getString("upload"))) {
        strangers.add(chunk.toJson());
      }
    }
    return strangers;
  }
}

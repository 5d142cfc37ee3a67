package io.holdfast.benchmarks.sinks;

import io.holdfast.testservers.GcsServer;
import io.holdfast.testservers.MongoServer;
import io.holdfast.testservers.S3MockServer;
import java.util.Map;

/** The services that there are sinks for, each with the client that its sink is built on. */
enum Service {
  /** Amazon S3. */
  S3("S3", "one PutObject or GetObject of the AWS SDK") {
    @Override
    Place startServer() {
      S3MockServer server = S3MockServer.start();
      // It takes any; both clients find them there.
      System.setProperty("aws.accessKeyId", "benchmark");
      System.setProperty("aws.secretAccessKey", "benchmark");
      String uri = "s3://benchmark?region=us-east-1&path-style=true&endpoint=" + server.endpoint();
      try (S3Transfer client = new S3Transfer(uri)) {
        client.createBucket();
      }
      return Place.local(
          "Adobe's S3Mock on this machine, which stores in files",
          uri,
          Map.of("AWS_ACCESS_KEY_ID", "benchmark", "AWS_SECRET_ACCESS_KEY", "benchmark"),
          server::close);
    }

    @Override
    Transfer plain(String uri) {
      return new S3Transfer(uri);
    }
  },

  /** Google Cloud Storage. */
  GCS("Google Cloud Storage", "createFrom or downloadTo of Google's client") {
    @Override
    Place startServer() {
      GcsServer server = GcsServer.start();
      String uri = "gs://benchmark?project=benchmark&endpoint=" + server.endpoint();
      try (GcsTransfer client = new GcsTransfer(uri)) {
        client.createBucket();
      }
      return Place.local(
          "the project's own test server on this machine, which stores in files",
          uri,
          Map.of(),
          server::close);
    }

    @Override
    Transfer plain(String uri) {
      return new GcsTransfer(uri);
    }
  },

  /** MongoDB. */
  MONGO("MongoDB", "GridFS of the MongoDB driver") {
    @Override
    Place startServer() {
      MongoServer server = MongoServer.start("4g");
      return Place.local(
          "mongo-java-server on this machine, which stores in memory",
          server.uri() + "/benchmark",
          Map.of(),
          server::close);
    }

    @Override
    Transfer plain(String uri) {
      return new MongoTransfer(uri);
    }
  };

  private final String title;
  private final String client;

  Service(String title, String client) {
    this.title = title;
    this.client = client;
  }

  String title() {
    return title;
  }

  /** What the plain arms do. */
  String client() {
    return client;
  }

  /** Starts a server for tests, empty but for a bucket. */
  abstract Place startServer();

  abstract Transfer plain(String uri);

  /** A transfer to where the sink of that URI stores. */
  Transfer transfer(Side side, String uri, String sha256) {
    return switch (side) {
      case HOLDFAST -> new HoldfastTransfer(uri, sha256);
      case PLAIN -> plain(uri);
    };
  }
}

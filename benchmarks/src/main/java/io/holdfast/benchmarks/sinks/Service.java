package io.holdfast.benchmarks.sinks;

import io.holdfast.testservers.GcsServer;
import io.holdfast.testservers.MongoServer;
import io.holdfast.testservers.S3MockServer;
import java.util.Map;

/** The services that there are sinks for, each with the client that its sink is built on. */
enum Service {
  /** Amazon S3. */
  S3("S3") {
    @Override
    Place startServer() {
      S3MockServer server = S3MockServer.start();
      // It takes any; both clients find them there.
      System.setProperty("aws.accessKeyId", "benchmark");
      System.setProperty("aws.secretAccessKey", "benchmark");
      String uri = "s3://benchmark?region=us-east-1&path-style=true&endpoint=" + server.endpoint();
      try (S3Transfer client = new S3Transfer(uri, false)) {
        client.createBucket();
      }
      return Place.local(
          "Adobe's S3Mock on this machine, which stores in files",
          uri,
          Map.of("AWS_ACCESS_KEY_ID", "benchmark", "AWS_SECRET_ACCESS_KEY", "benchmark"),
          server::close);
    }

    @Override
    Map<Side, String> peers(Part part) {
      return part == Part.UPLOAD
          ? Map.of(
              Side.PLAIN,
              "AWS SDK, PutObject",
              Side.PLAIN_IN_PARTS,
              "AWS SDK, UploadPart, 8 MiB, 4 at a time")
          : Map.of(Side.PLAIN, "AWS SDK, GetObject");
    }

    @Override
    Transfer plain(String uri, boolean inParts) {
      return new S3Transfer(uri, inParts);
    }
  },

  /** Google Cloud Storage. */
  GCS("Google Cloud Storage") {
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
    Map<Side, String> peers(Part part) {
      return Map.of(
          Side.PLAIN, "Google's client, " + (part == Part.UPLOAD ? "createFrom" : "downloadTo"));
    }

    @Override
    Transfer plain(String uri, boolean inParts) {
      return new GcsTransfer(uri);
    }
  },

  /** MongoDB. */
  MONGO("MongoDB") {
    @Override
    Place startServer() {
      MongoServer server = MongoServer.start("8g");
      return Place.local(
          "mongo-java-server on this machine, which stores in memory",
          server.uri() + "/benchmark",
          Map.of(),
          server::close);
    }

    @Override
    Map<Side, String> peers(Part part) {
      return Map.of(Side.PLAIN, "MongoDB driver, GridFS");
    }

    @Override
    Transfer plain(String uri, boolean inParts) {
      return new MongoTransfer(uri);
    }
  };

  private final String title;

  Service(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /** Starts a server for tests, empty but for a bucket. */
  abstract Place startServer();

  /** Whom an upload or a download is compared with, and what they are called. */
  abstract Map<Side, String> peers(Part part);

  abstract Transfer plain(String uri, boolean inParts);

  /** A transfer to where the sink of that URI stores. */
  Transfer transfer(Side side, String uri, String sha256) {
    return switch (side) {
      case HOLDFAST -> new HoldfastTransfer(uri, sha256);
      case PLAIN -> plain(uri, false);
      case PLAIN_IN_PARTS -> plain(uri, true);
    };
  }
}

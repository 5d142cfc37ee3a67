package io.holdfast.benchmarks.sinks;

import com.mongodb.ConnectionString;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.client.gridfs.GridFSBucket;
import com.mongodb.client.gridfs.GridFSBuckets;
import com.mongodb.client.gridfs.GridFSDownloadStream;
import com.mongodb.client.gridfs.model.GridFSFile;
import com.mongodb.client.model.Filters;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A file by {@code uploadFromStream} of the driver's GridFS, and by what {@code downloadToStream}
 * does, with the driver's default settings.
 */
final class MongoTransfer implements Transfer {
  private static final String NAME = "plain";

  /**
   * Chunks of 255 KiB in one answer: as many as a MongoDB sends, whose answers end at 16 MiB. The
   * server for tests knows no such end, and the driver refuses what it sends then.
   */
  private static final int BATCH = 64;

  private final MongoClient client;
  private final GridFSBucket bucket;

  /** A transfer to where the sink of that URI stores. */
  MongoTransfer(String uri) {
    ConnectionString location = new ConnectionString(withoutOurParameters(uri));
    client = MongoClients.create(location);
    bucket =
        GridFSBuckets.create(
            client.getDatabase(Objects.requireNonNull(location.getDatabase())), "benchmark");
  }

  private static String withoutOurParameters(String uri) {
    int question = uri.indexOf('?');
    if (question < 0) {
      return uri;
    }
    List<String> parameters = new ArrayList<>();
    for (String parameter : uri.substring(question + 1).split("&", -1)) {
      if (!parameter.startsWith("collection=") && !parameter.startsWith("layout=")) {
        parameters.add(parameter);
      }
    }
    return uri.substring(0, question + 1) + String.join("&", parameters);
  }

  @Override
  public void upload(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      bucket.uploadFromStream(NAME, in);
    }
  }

  @Override
  public void download(Path file) throws IOException {
    // downloadToStream does the same, but has no size of a batch.
    try (GridFSDownloadStream in = bucket.openDownloadStream(NAME).batchSize(BATCH);
        OutputStream out = Files.newOutputStream(file)) {
      byte[] buffer = new byte[in.getGridFSFile().getChunkSize()];
      for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
        out.write(buffer, 0, got);
      }
    }
  }

  @Override
  public void delete() {
    for (GridFSFile file :
        bucket.find(Filters.eq("filename", NAME)).into(new ArrayList<GridFSFile>())) {
      bucket.delete(file.getObjectId());
    }
  }

  @Override
  public void close() {
    client.close();
  }
}

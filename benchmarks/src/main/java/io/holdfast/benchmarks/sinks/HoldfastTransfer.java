package io.holdfast.benchmarks.sinks;

import io.holdfast.format.ByteRange;
import io.holdfast.internal.RangesInputStream;
import io.holdfast.spi.Location;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.StorageSinkProvider;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/**
 * A file through a sink, as a backup writes it and a restore reads it: in buffers of 256 KiB, with
 * its SHA-256 computed on the way.
 */
final class HoldfastTransfer implements Transfer {
  /** Everything that is written lies there. */
  static final String FOLDER = "benchmark/";

  private static final ObjectKey KEY = ObjectKey.of(FOLDER + "object");
  private static final int BUFFER_BYTES = 1 << 18;

  /**
   * How much is written to a file at a time, which no restore does: Linux takes larger pages for
   * larger writes, and a virtual machine may have to fetch them from its host, which took as long
   * as the download.
   */
  private static final int WRITTEN_BYTES = 1 << 16;

  private final StorageSink sink;
  private final String sha256;

  /**
   * A transfer.
   *
   * @param uri the sink's
   * @param sha256 of what is uploaded, and so of what must come back
   */
  HoldfastTransfer(String uri, String sha256) {
    this.sink = open(Location.parse(uri));
    this.sha256 = sha256;
  }

  private static StorageSink open(Location location) {
    for (StorageSinkProvider provider : ServiceLoader.load(StorageSinkProvider.class)) {
      if (provider.scheme().equals(location.scheme())) {
        return provider.open(location, ProviderContext.system());
      }
    }
    throw new IllegalArgumentException("No sink has the scheme " + location.scheme());
  }

  @Override
  public void upload(Path file) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    long length = 0;
    try (InputStream in = Files.newInputStream(file);
        SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
      for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
        digest.update(buffer, 0, got);
        writer.write(ByteBuffer.wrap(buffer, 0, got));
        length += got;
      }
      writer.commit(new ObjectDigest(length, hex(digest)));
    }
  }

  @Override
  public void download(Path file) throws IOException {
    long length =
        sink.stat(KEY)
            .map(StoredObject::lengthBytes)
            .orElseThrow(() -> new IOException("There is no object " + KEY));
    MessageDigest digest = sha256();
    byte[] buffer = new byte[WRITTEN_BYTES];
    try (InputStream in =
            RangesInputStream.open(sink, KEY, List.of(new ByteRange(0, length)), BUFFER_BYTES);
        OutputStream out = Files.newOutputStream(file)) {
      for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
        digest.update(buffer, 0, got);
        out.write(buffer, 0, got);
      }
    }
    if (!hex(digest).equals(sha256)) {
      throw new IOException("What came back has another SHA-256 than what was uploaded.");
    }
  }

  @Override
  public void delete() {
    try (Stream<StoredObject> objects = sink.list(FOLDER)) {
      objects.map(StoredObject::key).toList().forEach(sink::delete);
    }
  }

  @Override
  public void close() {
    sink.close();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}

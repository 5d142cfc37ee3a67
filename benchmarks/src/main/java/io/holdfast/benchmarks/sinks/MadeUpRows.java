package io.holdfast.benchmarks.sinks;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A source that makes its rows up, of a thousand bytes that hardly compress, as fast as a sink can
 * take them. Cannot be restored into.
 */
final class MadeUpRows implements BackupHandler {
  /** The JSON of each row, about. */
  static final int ROW_BYTES = 1000;

  private static final String COLLECTION = "rows";
  private static final int NOISE_BYTES = 970;
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  private final long rows;

  MadeUpRows(long rows) {
    this.rows = rows;
  }

  @Override
  public String name() {
    return "made-up";
  }

  @Override
  public String location() {
    return "made-up:rows";
  }

  @Override
  public BackupSession openBackup(BackupRequest request) {
    return new Session();
  }

  @Override
  public SplitReader openReader(BackupRequest request) {
    return new Reader(rows);
  }

  @Override
  public RestoreSession openRestore(RestoreRequest request) {
    throw new UnsupportedOperationException("Made-up rows are not restored.");
  }

  @Override
  public void close() {
    // Nothing is held.
  }

  /** One collection of one split. */
  private static final class Session implements BackupSession {
    @Override
    public SourceInfo source() {
      return new SourceInfo("made-up", COLLECTION, "1", Instant.now(), Consistency.SNAPSHOT);
    }

    @Override
    public ObjectNode schema() {
      return JsonNodeFactory.instance.objectNode();
    }

    @Override
    public List<CollectionInfo> collections() {
      return List.of(new CollectionInfo(COLLECTION, -1, -1));
    }

    @Override
    public List<Split> splits(CollectionInfo collection) {
      return List.of(new Split(collection.name(), 0, Map.of(), -1));
    }

    @Override
    public List<NotCaptured> notCaptured() {
      return List.of();
    }

    @Override
    public void finish() {
      // Made-up rows do not change.
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }

  /** Makes the rows. */
  private static final class Reader implements SplitReader {
    private final SplittableRandom random = new SplittableRandom(1);
    private final byte[] noise = new byte[NOISE_BYTES];
    private long left;

    Reader(long rows) {
      left = rows;
    }

    @Override
    public void open(Split split) {
      // There is only one.
    }

    @Override
    public boolean read(RecordBuffer into) {
      while (left > 0 && !into.isFull()) {
        into.begin();
        into.append("{\"id\":" + left + ",\"data\":\"");
        fill();
        into.append(noise, 0, noise.length);
        into.append("\"}");
        into.end();
        left--;
      }
      return left > 0;
    }

    /** Six bits of noise in each byte. */
    private void fill() {
      for (int i = 0; i < noise.length; ) {
        long bits = random.nextLong();
        for (int n = 0; n < 10 && i < noise.length; n++, bits >>>= 6) {
          noise[i++] = (byte) ALPHABET.charAt((int) (bits & 63));
        }
      }
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }
}

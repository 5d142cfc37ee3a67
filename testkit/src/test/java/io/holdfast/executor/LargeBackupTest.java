package io.holdfast.executor;

import static io.holdfast.executor.Bench.executor;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.BackupResult;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.CollectionInfo;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.NotCaptured;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.SourceInfo;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.ForwardedSink;
import io.holdfast.testkit.MemorySink;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory does not grow with the database. */
@Tag("long")
final class LargeBackupTest {
  private static final int COLLECTIONS = 9;
  private static final int SPLITS = 4;
  private static final int RECORDS_OF_A_SPLIT = 60_000;
  private static final int RECORD_BYTES = 1_000;
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  @Test
  @Timeout(900)
  void twoGigabytesPassThroughAHeapOf96Megabytes() throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-cp",
                System.getProperty("java.class.path"),
                "-Dlogback.configurationFile="
                    + System.getProperty("logback.configurationFile", ""),
                Child.class.getName())
            .redirectErrorStream(true)
            .start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      out.lines().forEach(lines::add);
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      child.destroyForcibly();
    }
    lines.forEach(System.out::println);
    assertThat(child.exitValue()).isZero();
    assertThat(lines).anyMatch(line -> line.startsWith("taken: "));
  }

  /** Takes the backup and says how large it was. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      BackupResult result =
          executor(new Generator(), new Swallowing()).parallelism(4).build().createBackup();
      if (result.rawBytes() < 2L << 30
          || result.records() != (long) COLLECTIONS * SPLITS * RECORDS_OF_A_SPLIT) {
        throw new AssertionError("not all of it: " + result);
      }
      Runtime runtime = Runtime.getRuntime();
      System.out.println(
          "taken: "
              + result.records()
              + " records, "
              + result.rawBytes()
              + " bytes, "
              + result.storedBytes()
              + " stored, in "
              + result.duration()
              + " with a heap of "
              + (runtime.maxMemory() >> 20)
              + " MB");
    }
  }

  /** Counts, and keeps the manifest only. */
  private static final class Swallowing extends ForwardedSink {
    private final Map<ObjectKey, Long> lengths = new ConcurrentHashMap<>();

    Swallowing() {
      super(new MemorySink());
    }

    @Override
    public SinkWriter write(ObjectKey key, WriteOptions options) {
      if (key.value().endsWith(".manifest.json")) {
        return super.write(key, options);
      }
      return new SinkWriter() {
        private long length;

        @Override
        public void write(ByteBuffer bytes) {
          length += bytes.remaining();
          bytes.position(bytes.limit());
        }

        @Override
        public StoredObject commit(ObjectDigest digest) {
          lengths.put(key, length);
          return new StoredObject(key, length, Instant.EPOCH);
        }

        @Override
        public void close() {
          // Nothing is held.
        }
      };
    }

    @Override
    public Optional<StoredObject> stat(ObjectKey key) {
      Long length = lengths.get(key);
      return length == null
          ? super.stat(key)
          : Optional.of(new StoredObject(key, length, Instant.EPOCH));
    }
  }

  /** A source that makes its records up. */
  private static final class Generator implements BackupHandler {
    @Override
    public String name() {
      return "generator";
    }

    @Override
    public String location() {
      return "generator:";
    }

    @Override
    public BackupSession openBackup(BackupRequest request) {
      return new BackupSession() {
        @Override
        public SourceInfo source() {
          return new SourceInfo("generator", "g", "1", Bench.NOW, Consistency.SNAPSHOT);
        }

        @Override
        public ObjectNode schema() {
          return JsonNodeFactory.instance.objectNode();
        }

        @Override
        public List<CollectionInfo> collections() {
          List<CollectionInfo> collections = new ArrayList<>();
          for (int c = 0; c < COLLECTIONS; c++) {
            collections.add(new CollectionInfo("c" + c, -1, -1));
          }
          return collections;
        }

        @Override
        public List<Split> splits(CollectionInfo collection) {
          List<Split> splits = new ArrayList<>();
          for (int s = 0; s < SPLITS; s++) {
            splits.add(new Split(collection.name(), s, Map.of(), -1));
          }
          return splits;
        }

        @Override
        public List<NotCaptured> notCaptured() {
          return List.of();
        }

        @Override
        public void finish() {
          // Made-up records do not change.
        }

        @Override
        public void close() {
          // Nothing is held.
        }
      };
    }

    @Override
    public SplitReader openReader(BackupRequest request) {
      return new SplitReader() {
        private final SplittableRandom random = new SplittableRandom(1);
        private final byte[] noise = new byte[RECORD_BYTES];
        private int left;

        @Override
        public void open(Split split) {
          left = RECORDS_OF_A_SPLIT;
          if (split.collection().equals("c0") && split.ordinal() == 0) {
            // The worst case: all that may wait for the first collection does.
            Bench.await(
                "the other workers wait for room",
                () -> Bench.workers().stream().filter(Bench::waitsForRoom).count() == 3);
          }
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

        /** Six bits of noise in each byte, so that a frame does not compress to nothing. */
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
      };
    }

    @Override
    public RestoreSession openRestore(RestoreRequest request) {
      throw new AssertionError("nothing is restored here");
    }

    @Override
    public void close() {
      // Nothing is held.
    }
  }
}

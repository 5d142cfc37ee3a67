package io.holdfast.gcs;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.cloud.storage.Storage;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testservers.GcsServer;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An object that does not fit into an {@code int}, nor into memory. */
@Tag("long")
class GcsLargeObjectTest {
  @Test
  void anObjectOfMoreThanTwoGigabytesArrivesUnchanged() throws Exception {
    long lengthBytes = (1L << 31) + 12_345;
    ObjectKey key = ObjectKey.of("large");
    byte[] chunk = new byte[1 << 20];
    new Random(1).nextBytes(chunk);
    CRC32C written = new CRC32C();
    CRC32C read = new CRC32C();
    try (GcsServer server = GcsServer.start()) {
      Storage client = TestBuckets.client(server.endpoint());
      try (GcsSink sink = GcsSink.builder(client, TestBuckets.create(client)).build()) {
        try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
          for (long left = lengthBytes; left > 0; left -= chunk.length) {
            ByteBuffer next = ByteBuffer.wrap(chunk, 0, (int) Math.min(left, chunk.length));
            chunk[0]++;
            written.update(next.duplicate());
            writer.write(next);
          }
          writer.commit(new ObjectDigest(lengthBytes, "0".repeat(64)));
        }
        try (InputStream in = sink.read(key, 0, lengthBytes)) {
          byte[] buffer = new byte[1 << 20];
          for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
            read.update(buffer, 0, got);
          }
        }
      } finally {
        client.close();
      }
    }
    assertThat(read.getValue()).isEqualTo(written.getValue());
  }
}

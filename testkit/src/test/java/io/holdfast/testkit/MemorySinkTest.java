package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageSink;
import io.holdfast.spi.WriteOptions;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MemorySinkTest extends StorageSinkContract {
  private final MemorySink storage = new MemorySink();

  @Override
  protected StorageSink openSink() {
    return storage.reopen();
  }

  @Test
  void keysMayBeFoldersOfOtherKeys() {
    put(storage, "a", WriteOptions.NONE);
    put(storage, "a/b", WriteOptions.NONE);
    assertThat(storage.list("")).hasSize(2);
  }

  @Test
  void whatATestTampersWithIsReadAsTampered() {
    ObjectKey key = put(storage, "a", WriteOptions.NONE);
    storage.tamper(key, new byte[] {9});
    assertThat(storage.bytes(key)).contains(new byte[] {9});
    assertThat(storage.stat(key).orElseThrow().lengthBytes()).isEqualTo(1);
    assertThatThrownBy(() -> storage.tamper(ObjectKey.of("b"), new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void retentionEndsWhenItsTimeHasCome() {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-09T00:00:00Z"));
    MemorySink sink = new MemorySink(Set.of(SinkCapability.RETENTION), movable(now));
    Instant until = now.get().plusSeconds(60);
    ObjectKey key = put(sink, "a", new WriteOptions(Map.of(), Optional.of(until)));

    now.set(until.minusNanos(1));
    assertThatThrownBy(() -> sink.delete(key))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("retained until 2026-01-09T00:01:00Z");
    now.set(until);
    sink.delete(key);
    assertThat(sink.stat(key)).isEmpty();
  }

  private static Clock movable(AtomicReference<Instant> now) {
    return new Clock() {
      @Override
      public ZoneOffset getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        return this;
      }

      @Override
      public Instant instant() {
        return now.get();
      }
    };
  }

  private static ObjectKey put(StorageSink sink, String name, WriteOptions options) {
    ObjectKey key = ObjectKey.of(name);
    try (SinkWriter writer = sink.write(key, options)) {
      writer.write(ByteBuffer.allocate(3));
      // The sink checks the length only.
      writer.commit(new ObjectDigest(3, "0".repeat(64)));
    }
    return key;
  }
}

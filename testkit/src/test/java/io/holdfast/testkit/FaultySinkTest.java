package io.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.CancelledException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testkit.FaultySink.Gate;
import io.holdfast.testkit.FaultySink.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FaultySinkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final MemorySink inside = new MemorySink();
  private final FaultySink sink = new FaultySink(inside);
  private final ObjectKey a = ObjectKey.of("a");
  private final ObjectKey b = ObjectKey.of("b");
  private final StorageException down =
      new StorageException(Kind.UNAVAILABLE, null, "The storage is down.", null);

  private void put(ObjectKey key) {
    try (SinkWriter writer = sink.write(key, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(new byte[] {0, 1, 2, 3, 4, 5, 6, 7}));
      writer.commit(new ObjectDigest(8, "0".repeat(64)));
    }
  }

  @Test
  void theNthCallFailsAndNoOther() {
    sink.onNth(Operation.COMMIT, 2).fail(down);
    put(a);
    assertThatThrownBy(() -> put(b)).isSameAs(down);
    assertThat(inside.stat(b)).isEmpty();
    put(b);
    assertThat(sink.calls(Operation.COMMIT)).isEqualTo(3);
  }

  @Test
  void everyOperationCanFail() {
    put(a);
    for (Operation operation : Operation.values()) {
      sink.on(operation).fail(down);
    }
    assertThatThrownBy(() -> sink.write(b, WriteOptions.NONE)).isSameAs(down);
    assertThatThrownBy(() -> sink.read(a, 0, 1)).isSameAs(down);
    assertThatThrownBy(() -> sink.stat(a)).isSameAs(down);
    assertThatThrownBy(() -> sink.list("")).isSameAs(down);
    assertThatThrownBy(() -> sink.delete(a)).isSameAs(down);
    assertThatThrownBy(sink::leftovers).isSameAs(down);
    assertThat(inside.stat(a)).isPresent();

    sink.heal();
    sink.on(Operation.WRITE).fail(down);
    assertThatThrownBy(() -> put(b)).isSameAs(down);
    sink.heal();
    put(b);
  }

  @Test
  void aFaultCanBeBoundToKeys() {
    sink.onKey(Operation.OPEN, key -> key.value().endsWith("b")).fail(down);
    put(a);
    assertThatThrownBy(() -> put(b)).isSameAs(down);
  }

  @Test
  void anAnswerCanBeLostAfterTheCommit() {
    sink.on(Operation.COMMIT).loseAnswer(down);
    assertThatThrownBy(() -> put(a)).isSameAs(down);
    assertThat(inside.stat(a)).isPresent();
  }

  @Test
  void aStreamCanEndEarlyBreakOffOrCarryAFlippedBit() throws IOException {
    put(a);
    sink.onNth(Operation.READ, 1).endEarly(3);
    sink.onNth(Operation.READ, 2).breakOff(3, new IOException("cut"));
    sink.onNth(Operation.READ, 3).flipBit(6);

    try (InputStream in = sink.read(a, 0, 8)) {
      assertThat(in.readAllBytes()).containsExactly(0, 1, 2);
    }
    try (InputStream in = sink.read(a, 0, 8)) {
      assertThat(in.readNBytes(3)).containsExactly(0, 1, 2);
      assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessage("cut");
    }
    try (InputStream in = sink.read(a, 0, 8)) {
      assertThat(in.readNBytes(5)).containsExactly(0, 1, 2, 3, 4);
      assertThat(in.readAllBytes()).containsExactly(5, 7, 7);
    }
    try (InputStream in = sink.read(a, 0, 8)) {
      assertThat(in.readAllBytes()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }
  }

  @Test
  void aCallCanBeHeldUntilItIsReleased() throws Exception {
    Gate gate = sink.on(Operation.COMMIT).block();
    CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> put(a));
    gate.awaitReached(PATIENCE);
    assertThat(inside.stat(a)).isEmpty();
    gate.release();
    writing.get(60, TimeUnit.SECONDS);
    assertThat(inside.stat(a)).isPresent();
  }

  @Test
  void anInterruptionEndsTheHold() {
    sink.on(Operation.DELETE).block();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> sink.delete(a)).isInstanceOf(CancelledException.class);
    assertThat(Thread.interrupted()).isTrue();
  }
}

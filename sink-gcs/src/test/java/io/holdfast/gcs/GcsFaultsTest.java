package io.holdfast.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobTargetOption;
import io.holdfast.CancelledException;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testservers.GcsServer;
import io.holdfast.testservers.GcsServer.Fault;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a writer and a reader do when requests fail on their way. */
@Timeout(120)
class GcsFaultsTest {
  private static final int PIECE = 1024 * 1024;
  private static final ObjectKey KEY = ObjectKey.of("folder/object");

  private static GcsServer server;
  private static Storage client;

  private final String bucket = TestBuckets.create(client);
  private final Retry retry =
      Retry.of(4, Duration.ofMillis(1), Duration.ofMillis(1)).withSleeper(duration -> {});
  private final GcsSink sink =
      GcsSink.builder(client, bucket).pieceBytes(PIECE).retry(retry).build();

  @BeforeAll
  static void startServer() {
    server = GcsServer.start();
    client = TestBuckets.client(server.endpoint());
  }

  @AfterAll
  static void stopServer() throws Exception {
    client.close();
    server.close();
  }

  @AfterEach
  void closeTheSink() {
    sink.close();
  }

  @Test
  void anUploadGoesOnWhereABrokenPieceEnded() throws Exception {
    server.fail("PUT", "1048576-2097151/*", Fault.HALF, 0, 1);
    byte[] content = noise(3 * PIECE + 17);
    put(content);
    assertThat(get(content.length)).isEqualTo(content);
  }

  @Test
  void anUploadSurvives503InTheMiddleAndAtItsEnd() throws Exception {
    server.fail("PUT", "0-1048575/*", Fault.STATUS, 503, 2);
    server.fail("PUT", "/2097169", Fault.STATUS, 503, 2);
    byte[] content = noise(2 * PIECE + 17);
    put(content);
    assertThat(get(content.length)).isEqualTo(content);
  }

  @Test
  void aLostAnswerToTheLastPieceIsASuccess() throws Exception {
    server.fail("PUT", "/2097169", Fault.LOST_ANSWER, 0, 1);
    byte[] content = noise(2 * PIECE + 17);
    StoredObject stored = put(content);
    assertThat(stored.lengthBytes()).isEqualTo(content.length);
    assertThat(get(content.length)).isEqualTo(content);
  }

  @Test
  void aLostAnswerToAPieceIsNotSentTwice() throws Exception {
    server.fail("PUT", "0-1048575/*", Fault.LOST_ANSWER, 0, 1);
    byte[] content = noise(2 * PIECE + 17);
    put(content);
    assertThat(get(content.length)).isEqualTo(content);
  }

  @Test
  void aLostAnswerToASmallObjectIsASuccess() throws Exception {
    server.fail("POST", "uploadType=multipart", Fault.LOST_ANSWER, 0, 1);
    put(noise(100));
    assertThat(get(100)).isEqualTo(noise(100));
  }

  @Test
  void theSameBytesOfAnotherWriterAreNoSuccess() {
    client.create(BlobInfo.newBuilder(bucket, KEY.value()).build(), noise(100));
    StorageException refused = catchThrowableOfType(StorageException.class, () -> put(noise(100)));
    assertThat(refused.kind()).isEqualTo(Kind.ALREADY_EXISTS);
  }

  @Test
  void aLostAnswerToTheBeginningOfAnUploadBeginsAnother() throws Exception {
    server.fail("POST", "uploadType=resumable", Fault.LOST_ANSWER, 0, 1);
    byte[] content = noise(2 * PIECE);
    put(content);
    assertThat(get(content.length)).isEqualTo(content);
  }

  @Test
  void aKeyThatIsTakenDuringALongUploadIsRefusedAtItsEnd() {
    byte[] content = noise(2 * PIECE + 17);
    try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(content));
      client.create(
          BlobInfo.newBuilder(bucket, KEY.value()).build(),
          noise(5),
          BlobTargetOption.doesNotExist());
      StorageException refused =
          catchThrowableOfType(
              StorageException.class, () -> writer.commit(ObjectDigest.of(content)));
      assertThat(refused.kind()).isEqualTo(Kind.ALREADY_EXISTS);
    }
    assertThat(client.readAllBytes(BlobId.of(bucket, KEY.value()))).isEqualTo(noise(5));
  }

  @Test
  void aCommitThatFailsForGoodPublishesNothingEvenIfTheStorageDid() {
    // The object is published, but neither the answer nor any question about it arrives in time.
    server.fail("PUT", "/2097169", Fault.LOST_ANSWER, 0, 1);
    server.fail("PUT", "*/*", Fault.STATUS, 503, 3);
    byte[] content = noise(2 * PIECE + 17);
    try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(content));
      StorageException failed =
          catchThrowableOfType(
              StorageException.class, () -> writer.commit(ObjectDigest.of(content)));
      assertThat(failed.kind()).isEqualTo(Kind.UNAVAILABLE);
    }
    assertThat(sink.stat(KEY)).isEmpty();
  }

  @Test
  void aSmallCommitThatFailsForGoodPublishesNothingEvenIfTheStorageDid() {
    server.fail("POST", "uploadType=multipart", Fault.LOST_ANSWER, 0, 1);
    server.fail("POST", "uploadType=multipart", Fault.STATUS, 503, 3);
    try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(noise(10)));
      StorageException failed =
          catchThrowableOfType(
              StorageException.class, () -> writer.commit(ObjectDigest.of(noise(10))));
      assertThat(failed.kind()).isEqualTo(Kind.UNAVAILABLE);
    }
    assertThat(sink.stat(KEY)).isEmpty();
  }

  @Test
  void aWriterThatIsClosedWhileInterruptedCancelsItsUpload() {
    SinkWriter writer = sink.write(KEY, WriteOptions.NONE);
    byte[] content = noise(2 * PIECE + 17);
    writer.write(ByteBuffer.wrap(content));
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> writer.commit(ObjectDigest.of(content)))
          .isInstanceOf(CancelledException.class);
      writer.close();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(sink.stat(KEY)).isEmpty();
  }

  @Test
  void aReaderGoesOnAfterABrokenConnectionInTheSameObjectOnly() throws Exception {
    byte[] content = noise(3 * PIECE);
    put(content);
    server.fail("GET", "alt=media", Fault.STATUS, 503, 2);
    assertThat(get(content.length)).isEqualTo(content);
  }

  @Test
  void metadataIsKeptAndTheSinksOwnLabelIsNotToBeChosen() {
    WriteOptions labelled = new WriteOptions(Map.of("origin", "test"), Optional.empty());
    try (SinkWriter writer = sink.write(KEY, labelled)) {
      writer.commit(ObjectDigest.of(new byte[0]));
    }
    Blob blob = client.get(BlobId.of(bucket, KEY.value()));
    assertThat(blob.getMetadata()).containsEntry("origin", "test");

    WriteOptions reserved =
        new WriteOptions(Map.of(ObjectSettings.UPLOAD_ID, "mine"), Optional.empty());
    StorageException refused =
        catchThrowableOfType(StorageException.class, () -> sink.write(KEY, reserved));
    assertThat(refused.kind()).isEqualTo(Kind.UNSUPPORTED);
  }

  @Test
  void aHeldObjectIsNotDeletedAndTheHoldNamed() {
    try (GcsSink holding =
        GcsSink.builder(client, bucket).temporaryHold(true).eventBasedHold(true).build()) {
      try (SinkWriter writer = holding.write(KEY, WriteOptions.NONE)) {
        writer.commit(ObjectDigest.of(new byte[0]));
      }
      StorageException refused =
          catchThrowableOfType(StorageException.class, () -> holding.delete(KEY));
      assertThat(refused.kind()).isEqualTo(Kind.RETENTION);
      assertThat(refused)
          .hasMessageContaining("temporary hold")
          .hasMessageContaining("event-based hold")
          .hasMessageContaining("unchanged");
      assertThat(holding.stat(KEY)).isPresent();
    }
  }

  @Test
  void aRetainedObjectIsNotDeletedAndTheTimeNamed() {
    try (GcsSink retaining = GcsSink.builder(client, bucket).retain(Duration.ofDays(30)).build()) {
      try (SinkWriter writer = retaining.write(KEY, WriteOptions.NONE)) {
        writer.commit(ObjectDigest.of(new byte[0]));
      }
      Blob blob = client.get(BlobId.of(bucket, KEY.value()));
      assertThat(blob.getRetention().getMode()).isEqualTo(BlobInfo.Retention.Mode.UNLOCKED);
      StorageException refused =
          catchThrowableOfType(StorageException.class, () -> retaining.delete(KEY));
      assertThat(refused.kind()).isEqualTo(Kind.RETENTION);
      assertThat(refused)
          .hasMessageContaining("until " + blob.getRetention().getRetainUntilTime().toInstant());
    }
  }

  @Test
  void namesThatAreNoKeysAreNotListed() {
    for (String name : new String[] {"a/../b", ".hidden", "schön", "a//b", "ok"}) {
      client.create(BlobInfo.newBuilder(bucket, name).build());
    }
    try (var objects = sink.list("")) {
      assertThat(objects.map(object -> object.key().value())).containsExactly("ok");
    }
  }

  @Test
  void aMissingBucketIsAnErrorAndNoEmptyStorage() {
    try (GcsSink nowhere = GcsSink.builder(client, "no-such-bucket").retry(retry).build()) {
      for (Runnable call :
          new Runnable[] {
            () -> nowhere.stat(KEY),
            () -> nowhere.list("").forEach(object -> {}),
            () -> nowhere.delete(KEY),
            () -> nowhere.read(KEY, 0, 1)
          }) {
        StorageException refused = catchThrowableOfType(StorageException.class, call::run);
        assertThat(refused.kind()).isEqualTo(Kind.NOT_FOUND);
        assertThat(refused).hasMessageContaining("there is no bucket no-such-bucket");
      }
    }
  }

  private StoredObject put(byte[] content) {
    try (SinkWriter writer = sink.write(KEY, WriteOptions.NONE)) {
      writer.write(ByteBuffer.wrap(content));
      return writer.commit(ObjectDigest.of(content));
    }
  }

  private byte[] get(int lengthBytes) throws Exception {
    try (InputStream in = sink.read(KEY, 0, lengthBytes)) {
      return in.readAllBytes();
    }
  }

  private static byte[] noise(int lengthBytes) {
    byte[] noise = new byte[lengthBytes];
    new Random(lengthBytes).nextBytes(noise);
    return noise;
  }
}

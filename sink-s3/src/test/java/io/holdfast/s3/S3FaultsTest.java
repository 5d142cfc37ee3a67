package io.holdfast.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.CancelledException;
import io.holdfast.s3.ScriptedS3.Answer;
import io.holdfast.s3.ScriptedS3.Op;
import io.holdfast.s3.ScriptedS3.Request;
import io.holdfast.spi.ObjectDigest;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What becomes of an object when parts, answers or connections are lost. */
class S3FaultsTest extends ScriptedTest {
  private static final Answer SLOW_DOWN =
      Answer.error(503, "SlowDown", "Please reduce your request rate.");
  private static final Answer TAKEN =
      Answer.error(412, "PreconditionFailed", "At least one of them did not hold");
  private static final Answer CONFLICT =
      Answer.error(409, "ConditionalRequestConflict", "A conflicting operation is in progress");
  private static final Answer NO_SUCH_UPLOAD =
      Answer.error(404, "NoSuchUpload", "The specified upload does not exist.");

  /** Shows the object that the first request of that kind wrote. */
  private Function<Request, Answer> headOfOwn(Op op, int length) {
    return request ->
        headOf(server.requests(op).get(0).header("x-amz-meta-holdfast-upload"), length);
  }

  private static Answer headOf(String upload, int length) {
    return Answer.OK
        .with("x-amz-meta-holdfast-upload", upload)
        .with("Content-Length", Integer.toString(length))
        .with("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
  }

  @Nested
  @DisplayName("Parts")
  class Parts {
    @Test
    void aPartThatFailsTwiceIsSentAgainFromMemory() {
      server.answer(Op.PART, SLOW_DOWN, Answer.DROPPED);
      byte[] content = noise(1_500);
      put(sink(""), content);

      List<Request> sent = server.requests(Op.PART);
      assertThat(sent).hasSize(4);
      byte[] first = Arrays.copyOf(content, 1_000);
      byte[] second = Arrays.copyOfRange(content, 1_000, 1_500);
      assertThat(sent)
          .allSatisfy(
              part ->
                  assertThat(part.body())
                      .isEqualTo(part.query().get("partNumber").equals("1") ? first : second));
      assertThat(server.requests(Op.COMPLETE)).hasSize(1);
    }

    @Test
    void aPartThatArrivesDamagedIsSentAgain() {
      server.answer(
          Op.PART,
          Answer.error(400, "BadDigest", "The CRC32C you specified did not match"),
          Answer.OK.with("ETag", "\"e\"").with("x-amz-checksum-crc32c", "AAAAAA=="));
      put(sink(""), noise(1_500));
      assertThat(server.requests(Op.PART)).hasSize(4);
      assertThat(server.requests(Op.COMPLETE)).hasSize(1);
    }

    @Test
    void aPartThatAlwaysArrivesDamagedIsAnErrorAndTheUploadIsAborted() {
      Answer damaged = Answer.error(400, "BadDigest", "The CRC32C you specified did not match");
      server.answer(
          Op.PART, damaged, damaged, damaged, damaged, damaged, damaged, damaged, damaged);
      StorageException refused = refused(() -> put(sink(""), noise(1_500)));
      assertThat(refused.kind()).isEqualTo(Kind.CORRUPT);
      assertThat(refused).hasMessageContaining("Nothing was published");
      assertThat(server.ops()).doesNotContain(Op.COMPLETE).endsWith(Op.ABORT);
    }

    @Test
    void aPartThatIsRefusedAbortsTheUpload() {
      Answer denied = Answer.error(403, "AccessDenied", "Access Denied");
      server.answer(Op.PART, denied, denied);
      StorageException refused = refused(() -> put(sink(""), noise(1_500)));
      assertThat(refused.kind()).isEqualTo(Kind.PERMISSION_DENIED);
      assertThat(server.ops()).doesNotContain(Op.COMPLETE).endsWith(Op.ABORT);
    }

    @Test
    void anAbortThatFailsLeavesALeftoverAndHidesNothing() {
      Answer denied = Answer.error(403, "AccessDenied", "Access Denied");
      server.answer(Op.PART, denied, denied);
      server.answer(Op.ABORT, denied);
      assertThat(refused(() -> put(sink(""), noise(1_500))))
          .hasMessageContaining("Could not write the object folder/object");
    }

    @Test
    void morePartsThanS3AllowsAreAnErrorThatSaysWhatToDo() {
      S3Sink sink = sink("", new PieceSizes(10, 10, 1, 4, 3));
      StorageException refused = refused(() -> put(sink, noise(31)));
      assertThat(refused.kind()).isEqualTo(Kind.UNSUPPORTED);
      assertThat(refused).hasMessageContaining("3 parts").hasMessageContaining("heap");
    }
  }

  @Nested
  @DisplayName("Lost answers of PutObject")
  class LostPut {
    @Test
    void ofItsOwnObjectIsASuccess() {
      server.answer(Op.PUT, Answer.DROPPED, TAKEN);
      server.answerBy(Op.HEAD, headOfOwn(Op.PUT, 10));
      StoredObject stored = put(sink(""), noise(10));
      assertThat(stored.modified()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
      assertThat(stored.lengthBytes()).isEqualTo(10);
      assertThat(server.requests(Op.PUT))
          .extracting(put -> put.header("x-amz-meta-holdfast-upload"))
          .hasSize(2)
          .containsOnly(server.requests(Op.PUT).get(0).header("x-amz-meta-holdfast-upload"));
    }

    @Test
    void ofAnothersObjectIsARefusal() {
      server.answer(Op.PUT, Answer.DROPPED, TAKEN);
      server.answer(Op.HEAD, headOf("another", 10));
      StorageException refused = refused(() -> put(sink(""), noise(10)));
      assertThat(refused.kind()).isEqualTo(Kind.ALREADY_EXISTS);
      assertThat(refused.key()).contains("folder/object");
    }

    @Test
    void ofAnObjectThatMayNotBeLookedAtIsARefusal() {
      server.answer(Op.PUT, TAKEN);
      server.answer(Op.HEAD, Answer.of(403, ""));
      StorageException refused = refused(() -> put(sink(""), noise(10)));
      assertThat(refused.kind()).isEqualTo(Kind.ALREADY_EXISTS);
      assertThat(refused.getSuppressed())
          .singleElement()
          .satisfies(e -> assertThat(e).hasMessageContaining("s3:GetObject"));
    }

    @Test
    void whichNeverComesIsASuccessIfTheObjectIsThere() {
      server.answer(Op.PUT, SLOW_DOWN, SLOW_DOWN, SLOW_DOWN, Answer.DROPPED);
      server.answerBy(Op.HEAD, headOfOwn(Op.PUT, 10));
      assertThat(put(sink(""), noise(10)).lengthBytes()).isEqualTo(10);
    }

    @Test
    void whichNeverComesIsUnavailableIfTheObjectIsNotThere() {
      server.answer(Op.PUT, SLOW_DOWN, SLOW_DOWN, SLOW_DOWN, Answer.DROPPED);
      assertThat(refused(() -> put(sink(""), noise(10))).kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(server.ops()).endsWith(Op.HEAD);
    }

    @Test
    void thatNobodyCanTellOfSaysSo() {
      server.answer(Op.PUT, SLOW_DOWN, SLOW_DOWN, SLOW_DOWN, Answer.DROPPED);
      server.answer(Op.HEAD, Answer.of(403, ""));
      StorageException refused = refused(() -> put(sink(""), noise(10)));
      assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(refused).hasMessageContaining("may be there all the same");
    }

    @Test
    void aConflictIsTriedAgain() {
      server.answer(Op.PUT, CONFLICT, CONFLICT);
      put(sink(""), noise(10));
      assertThat(server.requests(Op.PUT)).hasSize(3);
    }
  }

  @Nested
  @DisplayName("Lost answers of CompleteMultipartUpload")
  class LostComplete {
    @Test
    void thenTheKeyIsTakenByItself() {
      server.answer(Op.COMPLETE, Answer.DROPPED, TAKEN);
      server.answerBy(Op.HEAD, headOfOwn(Op.CREATE, 1_500));
      assertThat(put(sink(""), noise(1_500)).lengthBytes()).isEqualTo(1_500);
      assertThat(server.ops()).doesNotContain(Op.ABORT);
    }

    @Test
    void thenTheUploadIsGoneAndTheObjectThere() {
      server.answer(Op.COMPLETE, Answer.DROPPED, NO_SUCH_UPLOAD);
      server.answerBy(Op.HEAD, headOfOwn(Op.CREATE, 1_500));
      assertThat(put(sink(""), noise(1_500)).lengthBytes()).isEqualTo(1_500);
    }

    @Test
    void thenTheUploadIsGoneAndAnothersObjectThere() {
      server.answer(Op.COMPLETE, Answer.DROPPED, NO_SUCH_UPLOAD);
      server.answer(Op.HEAD, headOf("another", 1_500));
      assertThat(refused(() -> put(sink(""), noise(1_500))).kind()).isEqualTo(Kind.ALREADY_EXISTS);
    }

    @Test
    void thenTheUploadIsGoneAndNothingThere() {
      server.answer(Op.COMPLETE, NO_SUCH_UPLOAD);
      StorageException refused = refused(() -> put(sink(""), noise(1_500)));
      assertThat(refused.kind()).isEqualTo(Kind.OTHER);
      assertThat(refused).hasMessageContaining("upload is gone").hasMessageContaining("lifecycle");
    }

    @Test
    void anErrorInAnAnswerOfSuccessIsAnError() {
      // https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
      server.answer(Op.COMPLETE, Answer.error(200, "InternalError", "We encountered an error"));
      put(sink(""), noise(1_500));
      assertThat(server.requests(Op.COMPLETE)).hasSize(2);
    }

    @Test
    void aConflictIsTriedAgain() {
      server.answer(Op.COMPLETE, CONFLICT);
      put(sink(""), noise(1_500));
      assertThat(server.requests(Op.COMPLETE)).hasSize(2);
    }

    @Test
    void aTakenKeyAbortsTheUpload() {
      server.answer(Op.COMPLETE, TAKEN);
      server.answer(Op.HEAD, headOf("another", 1_500));
      assertThat(refused(() -> put(sink(""), noise(1_500))).kind()).isEqualTo(Kind.ALREADY_EXISTS);
      assertThat(server.ops()).endsWith(Op.ABORT);
    }
  }

  @Nested
  @DisplayName("Checksums of the whole object")
  class Whole {
    private final byte[] content = noise(1_500);

    private Answer completed(String crc32c) {
      return Answer.of(
          200,
          "<CompleteMultipartUploadResult><ETag>\"e\"</ETag><ChecksumCRC32C>"
              + crc32c
              + "</ChecksumCRC32C></CompleteMultipartUploadResult>");
    }

    private String composite() {
      return Checksums.composite(
          List.of(
              Checksums.crc32c(ByteBuffer.wrap(content, 0, 1_000)),
              Checksums.crc32c(ByteBuffer.wrap(content, 1_000, 500))));
    }

    @Test
    void ofTheBytesOrOfThePartsAreAccepted() {
      server.answer(Op.COMPLETE, completed(Checksums.crc32c(ByteBuffer.wrap(content))));
      put(sink(""), content);
      server.answer(Op.COMPLETE, completed(composite()));
      put(sink(""), content);
      assertThat(server.requests(Op.COMPLETE)).hasSize(2);
      assertThat(composite()).endsWith("-2");
    }

    @Test
    void areNotSentToAServerThatMakesOneOfTheParts() {
      server.answer(
          Op.CREATE,
          Answer.of(
              200,
              "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                  + "</InitiateMultipartUploadResult>"));
      put(sink(""), content);
      assertThat(server.requests(Op.COMPLETE).get(0).headers())
          .doesNotContainKeys("x-amz-checksum-crc32c", "x-amz-checksum-type");
    }

    @Test
    void thatDifferAreAnErrorAndTheObjectIsRemoved() {
      for (String wrong : List.of("AAAAAA==", "AAAAAA==-2")) {
        server.answer(Op.COMPLETE, completed(wrong).with("x-amz-version-id", "v1"));
        StorageException refused = refused(() -> put(sink(""), content));
        assertThat(refused.kind()).isEqualTo(Kind.CORRUPT);
        assertThat(refused).hasMessageContaining(wrong).hasMessageContaining("removed again");
      }
      assertThat(server.requests(Op.DELETE))
          .hasSize(2)
          .allSatisfy(delete -> assertThat(delete.query()).containsEntry("versionId", "v1"));
    }
  }

  @Nested
  @DisplayName("Waiting")
  class Waiting {
    @Test
    void theServerSaysHowLong() {
      server.answer(Op.HEAD, SLOW_DOWN.with("Retry-After", "7"));
      sink("").stat(KEY);
      assertThat(waits).containsExactly(Duration.ofSeconds(7));
    }

    @Test
    void aServerThatDoesNotAnswerIsUnavailable() {
      server.answer(Op.GET, Answer.STALLED, Answer.STALLED, Answer.STALLED, Answer.STALLED);
      StorageException refused = refused(() -> sink("", SHORT).read(KEY, 0, 10));
      assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(server.requests(Op.GET)).hasSize(4);
    }

    @Test
    void aRequestThatTakesTooLongIsUnavailable() {
      OwnClient.Timeouts impatient =
          new OwnClient.Timeouts(
              Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofMillis(300));
      server.answer(Op.PUT, Answer.STALLED, Answer.STALLED, Answer.STALLED, Answer.STALLED);
      StorageException refused = refused(() -> put(sink("", impatient), noise(10)));
      assertThat(refused.kind()).isEqualTo(Kind.UNAVAILABLE);
      assertThat(Thread.interrupted()).as("the interrupt flag afterwards").isFalse();
      assertThat(server.requests(Op.PUT)).hasSize(4);
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() {
      S3Sink sink = sink("");
      server.close();
      assertThat(refused(() -> sink.stat(KEY)).kind()).isEqualTo(Kind.UNAVAILABLE);
    }

    @Test
    void anInterruptionEndsACommitBeforeItIsSent() {
      try (SinkWriter writer = sink("").write(KEY, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(noise(10)));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> writer.commit(ObjectDigest.of(noise(10))))
            .isInstanceOf(CancelledException.class);
      } finally {
        assertThat(Thread.interrupted()).as("the interrupt flag afterwards").isTrue();
      }
      assertThat(server.ops()).isEmpty();
    }

    @Test
    void anInterruptionThatComesAfterPublishingIsLeftToTheNextWait() {
      Thread writing = Thread.currentThread();
      server.answerBy(
          Op.PUT,
          request -> {
            writing.interrupt();
            return Answer.STALLED;
          });
      server.answerBy(Op.HEAD, headOfOwn(Op.PUT, 10));
      StoredObject stored = put(sink(""), noise(10));
      assertThat(Thread.interrupted()).as("the interrupt flag afterwards").isTrue();
      assertThat(stored.lengthBytes()).isEqualTo(10);
    }

    @Test
    void anInterruptionEndsADownloadThatStalls() throws IOException {
      Thread reading = Thread.currentThread();
      CompletableFuture<Void> readSoFar = new CompletableFuture<>();
      server.answer(
          Op.GET,
          new Answer(206, Map.of("Content-Range", "bytes 0-9/10", "ETag", "\"one\""), noise(9))
              .thenStalled(
                  () -> {
                    readSoFar.join();
                    reading.interrupt();
                  }));
      try (InputStream in = sink("").read(KEY, 0, 10)) {
        assertThat(in.readNBytes(9)).isEqualTo(noise(9));
        readSoFar.complete(null);
        assertThatThrownBy(in::read).isInstanceOf(CancelledException.class);
      }
      assertThat(Thread.interrupted()).as("the interrupt flag afterwards").isTrue();
    }

    @Test
    void anInterruptionEndsAWait() {
      Thread reading = Thread.currentThread();
      server.answerBy(
          Op.GET,
          request -> {
            reading.interrupt();
            return Answer.STALLED;
          });
      assertThatThrownBy(() -> sink("").read(KEY, 0, 10)).isInstanceOf(CancelledException.class);
      assertThat(Thread.interrupted()).as("the interrupt flag afterwards").isTrue();
    }
  }
}

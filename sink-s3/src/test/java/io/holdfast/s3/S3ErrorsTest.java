package io.holdfast.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.holdfast.s3.ScriptedS3.Answer;
import io.holdfast.s3.ScriptedS3.Op;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.profiles.ProfileFileSystemSetting;

/** Every answer of S3 becomes the right kind of error, in words that say what to do. */
class S3ErrorsTest extends ScriptedTest {
  private static final Answer DENIED =
      Answer.error(403, "AccessDenied", "User: arn:aws:iam::1:user/backup is not authorized");

  private static Answer[] always(Answer answer) {
    Answer[] all = new Answer[4];
    Arrays.fill(all, answer);
    return all;
  }

  @DisplayName("Writing")
  @ParameterizedTest(name = "{1} is {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          404 | NoSuchBucket                | NOT_FOUND         | there is no bucket bucket
          403 | InvalidAccessKeyId          | UNAUTHENTICATED   | access key
          403 | SignatureDoesNotMatch       | UNAUTHENTICATED   | secret key does not belong
          400 | ExpiredToken                | UNAUTHENTICATED   | expired
          400 | InvalidToken                | UNAUTHENTICATED   | session token
          403 | RequestTimeTooSkewed        | UNAUTHENTICATED   | clock of this machine
          503 | SlowDown                    | UNAVAILABLE       | fewer requests
          503 | ServiceUnavailable          | UNAVAILABLE       | Try again later
          500 | InternalError               | UNAVAILABLE       | the server failed
          400 | RequestTimeout              | UNAVAILABLE       | Try again later
          409 | OperationAborted            | UNAVAILABLE       | Try again later
          502 | BadGateway                  | UNAVAILABLE       | Try again later
          409 | ConditionalRequestConflict  | UNAVAILABLE       | writing the same object
          412 | PreconditionFailed          | ALREADY_EXISTS    | taken by another object
          403 | QuotaExceeded               | NO_SPACE          | Raise the quota
          507 | XMinioStorageFull           | NO_SPACE          | prune
          400 | BadDigest                   | CORRUPT           | not what was sent
          400 | InvalidStorageClass         | UNSUPPORTED       | The server says: words of the server.
          501 | NotImplemented              | UNSUPPORTED       | checksums=off
          400 | KMS.DisabledException       | OTHER             | KMS key and its state
          400 | EntityTooLarge              | OTHER             | EntityTooLarge, status 400, request R1
          """)
  void whatIsSaidToAPut(int status, String code, Kind kind, String words) {
    server.answer(Op.PUT, always(Answer.error(status, code, "words of the server")));
    StorageException refused = refused(() -> put(sink(""), noise(10)));
    assertThat(refused.kind()).as(refused.getMessage()).isEqualTo(kind);
    assertThat(refused)
        .hasMessageContaining(words)
        .hasMessageStartingWith(
            "Could not write the object folder/object to s3://bucket/some/prefix")
        .hasMessageContaining("Nothing was published.");
    assertThat(refused.key()).contains("folder/object");
  }

  @Test
  void aMissingRightIsNamedForEachOperation() {
    S3Sink sink = sink("");
    String objects = " on arn:aws:s3:::bucket/some/prefix/*";
    String bucket = " on arn:aws:s3:::bucket";

    server.answer(Op.PUT, DENIED);
    requireRight("s3:PutObject" + objects, () -> put(sink, noise(10)));
    server.answer(Op.CREATE, DENIED);
    requireRight("s3:PutObject" + objects, () -> put(sink, noise(1_500)));
    server.answer(Op.COMPLETE, DENIED);
    requireRight("s3:PutObject" + objects, () -> put(sink, noise(1_500)));
    server.answer(Op.GET, DENIED);
    requireRight("s3:GetObject" + objects, () -> sink.read(KEY, 0, 1));
    server.answer(Op.LIST, DENIED);
    requireRight(
        "s3:ListBucket" + bucket + ".",
        () -> {
          try (Stream<?> objectsListed = sink.list("")) {
            objectsListed.toList();
          }
        });
    server.answer(Op.LIST_UPLOADS, DENIED);
    requireRight("s3:ListBucketMultipartUploads" + bucket + ".", sink::leftovers);
    server.answer(Op.ABORT, DENIED);
    requireRight(
        "s3:AbortMultipartUpload" + objects,
        () -> sink.discard(new Leftover("a upload", -1, Instant.EPOCH)));
    server.answer(Op.HEAD, Answer.OK);
    server.answer(Op.DELETE, DENIED);
    requireRight("s3:DeleteObject" + objects, () -> sink.delete(KEY));
  }

  @Test
  void aForbiddenHeadMayMeanAMissingObject() {
    server.answer(Op.HEAD, Answer.of(403, ""));
    requireRight(
        "s3:ListBucket on arn:aws:s3:::bucket, without which S3 answers so for a missing object",
        () -> sink("").stat(KEY));
  }

  @Test
  void theRightsForLockHoldAndTagsAreNamedWhereTheyAreNeeded() {
    server.answer(Op.PUT, DENIED);
    requireRight(
        "s3:PutObject, s3:PutObjectRetention, s3:PutObjectLegalHold, s3:PutObjectTagging on",
        () -> put(sink("&object-lock=governance&retain=1d&legal-hold=true&tag=a:b"), noise(10)));
  }

  @Test
  void theRightsForTheKmsKeyAreNamed() {
    server.answer(
        Op.PUT,
        Answer.error(403, "AccessDenied", "not authorized to perform: kms:GenerateDataKey"));
    requireRight(
        "kms:GenerateDataKey and kms:Decrypt on the key k1",
        () -> put(sink("&sse=aws:kms&kms-key=k1"), noise(10)));
  }

  private static void requireRight(String right, ThrowingCallable call) {
    StorageException refused = refused(call);
    assertThat(refused.kind()).isEqualTo(Kind.PERMISSION_DENIED);
    assertThat(refused).hasMessageContaining("Allow ").hasMessageContaining(right);
  }

  @Test
  void theRightRegionIsNamedFromTheHeaderOrTheMessage() {
    server.answer(
        Op.PUT,
        Answer.error(301, "PermanentRedirect", "Use the specified endpoint.")
            .with("x-amz-bucket-region", "eu-west-3"),
        Answer.error(
            400, "AuthorizationHeaderMalformed", "the region is wrong; expecting 'eu-west-3'"));
    server.answer(
        Op.HEAD,
        Answer.of(301, "").with("x-amz-bucket-region", "eu-west-3"),
        Answer.of(400, "").with("x-amz-bucket-region", "eu-west-3"));
    S3Sink sink = sink("");
    for (int i = 0; i < 2; i++) {
      requireRegion(refused(() -> put(sink, noise(10))));
    }
    requireRegion(refused(() -> sink.stat(KEY)));
    requireRegion(refused(() -> sink.stat(KEY)));
  }

  private static void requireRegion(StorageException refused) {
    assertThat(refused.kind()).isEqualTo(Kind.OTHER);
    assertThat(refused)
        .hasMessageContaining("is in the region eu-west-3")
        .hasMessageContaining("region=eu-west-3");
  }

  @Test
  void theServersClockIsNamed() {
    server.answer(Op.PUT, Answer.error(403, "RequestTimeTooSkewed", "too large"));
    assertThat(refused(() -> put(sink(""), noise(10))))
        .hasMessageContaining("which says ")
        .hasMessageContaining("Set the clock");
  }

  @Test
  void aBucketWithoutObjectLockSaysSo() {
    server.answer(
        Op.PUT, Answer.error(400, "InvalidRequest", "Bucket is missing Object Lock Configuration"));
    StorageException refused =
        refused(() -> put(sink("&object-lock=governance&retain=1d"), noise(10)));
    assertThat(refused.kind()).isEqualTo(Kind.UNSUPPORTED);
    assertThat(refused).hasMessageContaining("Enable Object Lock");
  }

  @Test
  void aBucketThatWantsAChecksumSaysSo() {
    server.answer(
        Op.PUT,
        Answer.error(
            400, "InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required"));
    StorageException refused = refused(() -> put(sink("&checksums=off"), noise(10)));
    assertThat(refused.kind()).isEqualTo(Kind.OTHER);
    assertThat(refused).hasMessageContaining("leave out checksums=off");
  }

  @Test
  void missingObjectsAndRangesAreTold() {
    S3Sink sink = sink("");
    assertThat(refused(() -> sink.read(KEY, 0, 1)).kind()).isEqualTo(Kind.NOT_FOUND);
    server.answer(Op.GET, Answer.error(416, "InvalidRange", "not satisfiable"));
    assertThat(refused(() -> sink.read(KEY, 5, 1)).kind()).isEqualTo(Kind.OUT_OF_RANGE);
    server.answer(Op.GET, Answer.error(404, "NoSuchBucket", "gone"));
    assertThat(refused(() -> sink.read(KEY, 5, 1))).hasMessageContaining("there is no bucket");
    server.answer(Op.GET, Answer.error(403, "InvalidObjectState", "archived"));
    assertThat(refused(() -> sink.read(KEY, 5, 1))).hasMessageContaining("Restore it");
  }

  @Test
  void retryAfterMayBeADate() {
    server.answer(
        Op.LIST,
        always(
            Answer.error(503, "SlowDown", "slow")
                .with("Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT")));
    StorageException refused = refused(() -> sink("").list("").toList());
    assertThat(refused.retryAfter())
        .hasValueSatisfying(wait -> assertThat(wait).isGreaterThan(Duration.ofDays(365)));
    // Nobody waits that long.
    assertThat(waits).hasSize(3).containsOnly(Duration.ofMinutes(5));
  }

  @Test
  void aProfileChoosesTheCredentialsAndAMissingOneShowsNothingOfTheOthers(@TempDir Path folder)
      throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("credentials"),
            "[backup]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = " + SECRET + "\n");
    String property = ProfileFileSystemSetting.AWS_SHARED_CREDENTIALS_FILE.property();
    System.setProperty(property, file.toString());
    try (S3Sink known = sink("&profile=backup");
        S3Sink unknown = sink("&profile=none-of-that-name")) {
      known.stat(KEY);
      assertThat(server.requests(Op.HEAD).get(0).header("authorization"))
          .contains("Credential=AKIAPROFILE/");

      StorageException refused = refused(() -> unknown.stat(KEY));
      assertThat(refused.kind()).isEqualTo(Kind.UNAUTHENTICATED);
      assertThat(refused).hasMessageContaining("profile that exists");
      StringWriter trace = new StringWriter();
      refused.printStackTrace(new PrintWriter(trace));
      assertThat(trace.toString()).doesNotContain(SECRET);
      assertThat(server.requests(Op.HEAD)).hasSize(1);
    } finally {
      System.clearProperty(property);
    }
  }

  @Test
  void noSecretIsInAnyMessageOrLog() {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    root.addAppender(log);
    try {
      S3Sink sink = sink("");
      server.answer(Op.PUT, Answer.error(503, "SlowDown", "slow"), DENIED);
      server.answer(Op.PART, always(Answer.DROPPED));
      server.answer(Op.PART, always(Answer.DROPPED));
      server.answer(Op.ABORT, DENIED);
      StringWriter said = new StringWriter();
      for (int length : new int[] {10, 3_000}) {
        refused(() -> put(sink, noise(length))).printStackTrace(new PrintWriter(said));
      }
      said.write(sink.location() + sink);
      log.list.forEach(event -> said.write(event.getFormattedMessage()));
      assertThat(said.toString())
          .contains("Try 1 of 4", "s3:PutObject")
          .doesNotContain(SECRET, TOKEN, "AKIATEST");
    } finally {
      root.detachAppender(log);
    }
  }
}

package io.holdfast.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.holdfast.s3.ScriptedS3.Answer;
import io.holdfast.s3.ScriptedS3.Op;
import io.holdfast.s3.ScriptedS3.Request;
import io.holdfast.spi.Leftover;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.SinkCapability;
import io.holdfast.spi.SinkWriter;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import io.holdfast.spi.WriteOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;

/** What is sent to S3: the right requests with the right headers. */
class S3RequestsTest extends ScriptedTest {
  private static final String EVERYTHING =
      "&storage-class=STANDARD_IA&sse=aws:kms&kms-key=arn:aws:kms:eu-central-1:1:key/k"
          + "&object-lock=compliance&retain=30d&legal-hold=true&tag=team:backup&tag=a%20b:c/d";

  @Nested
  @DisplayName("Writing")
  class Writing {
    @Test
    void anObjectOfOnePartIsOneRequestOnTheConditionThatTheKeyIsFree() {
      byte[] content = noise(1_000);
      StoredObject stored =
          put(sink(""), content, new WriteOptions(Map.of("Origin", "test"), Optional.empty()));

      assertThat(server.ops()).containsExactly(Op.PUT);
      Request put = server.requests(Op.PUT).get(0);
      assertThat(put.path()).isEqualTo("/bucket/some/prefix/folder/object");
      assertThat(put.body()).isEqualTo(content);
      assertThat(put.header("if-none-match")).isEqualTo("*");
      assertThat(put.header("x-amz-checksum-crc32c"))
          .isEqualTo(Checksums.crc32c(ByteBuffer.wrap(content)));
      assertThat(put.header("x-amz-meta-origin")).isEqualTo("test");
      assertThat(put.header("x-amz-meta-holdfast-upload")).hasSize(36);
      assertThat(put.header("x-amz-security-token")).isEqualTo(TOKEN);
      assertThat(put.headers())
          .doesNotContainKeys("x-amz-object-lock-mode", "x-amz-storage-class", "x-amz-tagging");
      assertThat(stored.lengthBytes()).isEqualTo(1_000);
    }

    @Test
    void anObjectOfSeveralPartsIsCompletedOnTheConditionThatTheKeyIsFree() {
      byte[] content = noise(8_500);
      put(sink(""), content);

      assertThat(server.ops()).startsWith(Op.CREATE).endsWith(Op.COMPLETE).hasSize(7);
      Request create = server.requests(Op.CREATE).get(0);
      assertThat(create.header("x-amz-checksum-algorithm")).isEqualTo("CRC32C");
      assertThat(create.header("x-amz-checksum-type")).isEqualTo("FULL_OBJECT");
      assertThat(create.header("x-amz-meta-holdfast-upload")).hasSize(36);

      Request complete = server.requests(Op.COMPLETE).get(0);
      assertThat(complete.header("if-none-match")).isEqualTo("*");
      assertThat(complete.query()).containsEntry("uploadId", ScriptedS3.UPLOAD_ID);
      assertThat(complete.header("x-amz-checksum-crc32c"))
          .isEqualTo(Checksums.crc32c(ByteBuffer.wrap(content)));
      assertThat(complete.header("x-amz-checksum-type")).isEqualTo("FULL_OBJECT");
      for (Request part : parts()) {
        assertThat(complete.text())
            .contains("<ChecksumCRC32C>" + part.header("x-amz-checksum-crc32c") + "<");
      }
    }

    @Test
    void partsGrowAndEachHasItsChecksum() {
      byte[] content = noise(8_500);
      put(sink(""), content);

      int[] sizes = {1_000, 1_000, 2_000, 2_000, 2_500};
      List<Request> parts = parts();
      assertThat(parts).hasSize(sizes.length);
      int offset = 0;
      for (int i = 0; i < sizes.length; i++) {
        byte[] expected = Arrays.copyOfRange(content, offset, offset + sizes[i]);
        assertThat(parts.get(i).body()).as("part %d", i + 1).isEqualTo(expected);
        assertThat(parts.get(i).header("x-amz-checksum-crc32c"))
            .isEqualTo(Checksums.crc32c(ByteBuffer.wrap(expected)));
        offset += sizes[i];
      }
    }

    @Test
    void anObjectOfOnePartHasLockEncryptionClassAndTags() {
      put(sink(EVERYTHING), noise(10));
      requireEverything(server.requests(Op.PUT).get(0));
    }

    @Test
    void anObjectOfSeveralPartsHasLockEncryptionClassAndTags() {
      put(sink(EVERYTHING), noise(3_000));
      requireEverything(server.requests(Op.CREATE).get(0));
      assertThat(parts())
          .isNotEmpty()
          .allSatisfy(
              part ->
                  assertThat(part.headers())
                      .doesNotContainKeys("x-amz-object-lock-mode", "x-amz-tagging"));
    }

    private void requireEverything(Request request) {
      assertThat(request.header("x-amz-storage-class")).isEqualTo("STANDARD_IA");
      assertThat(request.header("x-amz-server-side-encryption")).isEqualTo("aws:kms");
      assertThat(request.header("x-amz-server-side-encryption-aws-kms-key-id"))
          .isEqualTo("arn:aws:kms:eu-central-1:1:key/k");
      assertThat(request.header("x-amz-object-lock-mode")).isEqualTo("COMPLIANCE");
      // A second is not cut off, but filled up.
      assertThat(Instant.parse(request.header("x-amz-object-lock-retain-until-date")))
          .isEqualTo(Instant.parse("2026-02-01T03:04:06Z"));
      assertThat(request.header("x-amz-object-lock-legal-hold")).isEqualTo("ON");
      assertThat(request.header("x-amz-tagging")).isEqualTo("a%20b=c%2Fd&team=backup");
    }

    @Test
    void aDateOfTheWriterComesBeforeTheRetentionOfTheSink() {
      S3Sink sink = sink("&object-lock=governance&retain=30d");
      assertThat(sink.capabilities()).contains(SinkCapability.RETENTION);
      Instant until = Instant.parse("2027-01-01T00:00:00Z");
      put(sink, noise(10), new WriteOptions(Map.of(), Optional.of(until)));

      Request put = server.requests(Op.PUT).get(0);
      assertThat(put.header("x-amz-object-lock-mode")).isEqualTo("GOVERNANCE");
      assertThat(Instant.parse(put.header("x-amz-object-lock-retain-until-date"))).isEqualTo(until);
    }

    @Test
    void withoutADateNothingIsLocked() {
      put(sink("&object-lock=governance"), noise(10));
      assertThat(server.requests(Op.PUT).get(0).headers())
          .doesNotContainKeys("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date");
    }

    @Test
    void withoutChecksumsEveryPartHasItsMd5() {
      S3Sink sink = sink("&checksums=off");
      put(sink, noise(10));
      put(sink, noise(3_000));

      assertThat(server.requests(Op.PUT).get(0).header("content-md5"))
          .isEqualTo(Checksums.md5(ByteBuffer.wrap(noise(10))));
      assertThat(parts())
          .hasSize(3)
          .allSatisfy(
              part ->
                  assertThat(part.header("content-md5"))
                      .isEqualTo(Checksums.md5(ByteBuffer.wrap(part.body()))));
      for (Op op : List.of(Op.PUT, Op.CREATE, Op.PART, Op.COMPLETE)) {
        assertThat(server.requests(op))
            .isNotEmpty()
            .allSatisfy(
                request ->
                    assertThat(request.headers().keySet())
                        .noneMatch(name -> name.contains("checksum") || name.contains("trailer")));
      }
    }

    @Test
    void closingWithoutACommitAbortsTheUpload() {
      try (SinkWriter writer = sink("").write(KEY, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(noise(3_000)));
      }
      assertThat(server.requests(Op.ABORT))
          .singleElement()
          .satisfies(
              abort -> assertThat(abort.query()).containsEntry("uploadId", ScriptedS3.UPLOAD_ID));
      assertThat(server.ops()).endsWith(Op.ABORT).doesNotContain(Op.COMPLETE);
    }

    @Test
    void closingAnInterruptedWriterAbortsTheUpload() {
      try (SinkWriter writer = sink("").write(KEY, WriteOptions.NONE)) {
        writer.write(ByteBuffer.wrap(noise(3_000)));
        Thread.currentThread().interrupt();
      }
      assertThat(Thread.interrupted()).as("the interrupt flag afterwards").isTrue();
      assertThat(server.requests(Op.ABORT)).hasSize(1);
    }
  }

  @Nested
  @DisplayName("Reading")
  class Reading {
    private final byte[] content = noise(100);

    private Answer range(int from, int to, String etag) {
      return new Answer(
          206,
          Map.of("Content-Range", "bytes " + from + "-" + (to - 1) + "/100", "ETag", etag),
          Arrays.copyOfRange(content, from, to));
    }

    @Test
    void aBrokenDownloadIsTakenUpAgainOfTheSameObject() throws IOException {
      // The server ends it early: the range is announced whole, but only a part arrives.
      server.answer(
          Op.GET,
          new Answer(
              206,
              Map.of("Content-Range", "bytes 10-89/100", "ETag", "\"one\""),
              Arrays.copyOfRange(content, 10, 40)),
          range(40, 90, "\"one\""));
      try (InputStream in = sink("").read(KEY, 10, 80)) {
        assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, 10, 90));
      }
      List<Request> gets = server.requests(Op.GET);
      assertThat(gets)
          .extracting(get -> get.header("range"))
          .containsExactly("bytes=10-89", "bytes=40-89");
      assertThat(gets).extracting(get -> get.header("if-match")).containsExactly("", "\"one\"");
    }

    @Test
    void anObjectThatWasReplacedMeanwhileIsNotMixedIn() throws IOException {
      server.answer(
          Op.GET,
          new Answer(
              206,
              Map.of("Content-Range", "bytes 0-99/100", "ETag", "\"one\""),
              Arrays.copyOfRange(content, 0, 40)),
          Answer.error(412, "PreconditionFailed", "At least one of them did not hold"));
      try (InputStream in = sink("").read(KEY, 0, 100)) {
        assertThat(in.readNBytes(40)).isEqualTo(Arrays.copyOfRange(content, 0, 40));
        Throwable error = catchThrowable(in::read);
        assertThat(error).isInstanceOf(IOException.class).hasMessageContaining("replaced");
        assertThat(((StorageException) error.getCause()).kind()).isEqualTo(Kind.NOT_FOUND);
      }
    }

    @Test
    void aRangeThatIsCutShortByTheObjectsEndIsRefused() {
      server.answer(Op.GET, range(50, 100, "\"one\""));
      StorageException refused = refused(() -> sink("").read(KEY, 50, 51));
      assertThat(refused.kind()).isEqualTo(Kind.OUT_OF_RANGE);
      assertThat(refused).hasMessageContaining("100 bytes").hasMessageContaining("51 from 50");
    }

    @Test
    void anAnswerThatIgnoresTheRangeIsNotTakenForIt() {
      server.answer(Op.GET, new Answer(200, Map.of("ETag", "\"one\""), content));
      StorageException refused = refused(() -> sink("").read(KEY, 50, 10));
      assertThat(refused.kind()).isEqualTo(Kind.OTHER);
      assertThat(refused).hasMessageContaining("another range");
    }

    @Test
    void aChecksumOfTheWholeObjectDoesNotSpoilARange() throws IOException {
      server.answer(Op.GET, range(0, 10, "\"one\"").with("x-amz-checksum-crc32c", "AAAAAA=="));
      try (InputStream in = sink("").read(KEY, 0, 10)) {
        assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, 0, 10));
      }
      assertThat(server.requests(Op.GET).get(0).headers()).doesNotContainKey("x-amz-checksum-mode");
    }
  }

  @Nested
  @DisplayName("Listing")
  class Listing {
    private String page(String next, String... keys) {
      StringBuilder xml = new StringBuilder("<ListBucketResult>");
      xml.append("<IsTruncated>").append(!next.isEmpty()).append("</IsTruncated>");
      if (!next.isEmpty()) {
        xml.append("<NextContinuationToken>").append(next).append("</NextContinuationToken>");
      }
      for (String key : keys) {
        xml.append("<Contents><Key>some/prefix/")
            .append(key)
            .append("</Key><LastModified>2026-01-01T00:00:00.123Z</LastModified>")
            .append("<Size>7</Size></Contents>");
      }
      return xml.append("</ListBucketResult>").toString();
    }

    @Test
    void pagesAreFetchedAsTheyAreAskedFor() {
      server.answer(Op.LIST, Answer.of(200, page("t1", "a", "b")), Answer.of(200, page("", "c")));
      try (Stream<StoredObject> objects = sink("").list("")) {
        Iterator<StoredObject> iterator = objects.iterator();
        assertThat(iterator.next())
            .isEqualTo(
                new StoredObject(ObjectKey.of("a"), 7, Instant.parse("2026-01-01T00:00:00Z")));
        assertThat(iterator.next().key()).isEqualTo(ObjectKey.of("b"));
        assertThat(server.requests(Op.LIST)).hasSize(1);
        assertThat(iterator.next().key()).isEqualTo(ObjectKey.of("c"));
        assertThat(iterator.hasNext()).isFalse();
      }
      assertThat(server.requests(Op.LIST).get(1).query())
          .containsEntry("continuation-token", "t1")
          .containsEntry("prefix", "some/prefix/");
    }

    @Test
    void namesThatAreNoKeysArePassedOver() {
      server.answer(Op.LIST, Answer.of(200, page("", "", "../up", "a", "b//c", "c/", "d")));
      try (Stream<StoredObject> objects = sink("").list("")) {
        assertThat(objects.map(object -> object.key().value())).containsExactly("a", "d");
      }
    }

    @Test
    void aServerThatListsInAnotherOrderIsRefused() {
      server.answer(Op.LIST, Answer.of(200, page("", "b", "a")));
      try (Stream<StoredObject> objects = sink("").list("")) {
        StorageException refused = refused(objects::toList);
        assertThat(refused.kind()).isEqualTo(Kind.UNSUPPORTED);
        assertThat(refused).hasMessageContaining("order");
      }
    }

    @Test
    void leftoversAreTheUnfinishedUploadsOfAllPages() {
      server.answer(
          Op.LIST_UPLOADS,
          Answer.of(200, uploads(true, "a", "u/1")),
          Answer.of(200, uploads(false, "b", "u 2")));
      S3Sink sink = sink("");
      List<Leftover> leftovers = sink.leftovers();
      assertThat(leftovers)
          .containsExactly(
              new Leftover("a u/1", -1, Instant.parse("2026-01-01T00:00:00Z")),
              new Leftover("b u 2", -1, Instant.parse("2026-01-01T00:00:00Z")));
      assertThat(server.requests(Op.LIST_UPLOADS).get(1).query())
          .containsEntry("key-marker", "some/prefix/a")
          .containsEntry("upload-id-marker", "u/1")
          .containsEntry("prefix", "some/prefix/");

      server.answer(Op.ABORT, Answer.OK, Answer.error(404, "NoSuchUpload", "gone"));
      leftovers.forEach(sink::discard);
      assertThat(server.requests(Op.ABORT))
          .extracting(abort -> abort.path() + " " + abort.query().get("uploadId"))
          .containsExactly("/bucket/some/prefix/a u/1", "/bucket/some/prefix/b u 2");
    }

    private String uploads(boolean truncated, String key, String id) {
      return "<ListMultipartUploadsResult><IsTruncated>"
          + truncated
          + "</IsTruncated><NextKeyMarker>some/prefix/"
          + key
          + "</NextKeyMarker><NextUploadIdMarker>"
          + id
          + "</NextUploadIdMarker><Upload><Key>some/prefix/"
          + key
          + "</Key><UploadId>"
          + id
          + "</UploadId><Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>"
          + "</ListMultipartUploadsResult>";
    }
  }

  @Nested
  @DisplayName("Deleting")
  class Deleting {
    private final Answer head =
        Answer.OK
            .with("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            .with("x-amz-version-id", "v7");

    @Test
    void whatIsNotThereIsNotDeleted() {
      sink("").delete(KEY);
      assertThat(server.ops()).containsExactly(Op.HEAD);
    }

    @Test
    void whatIsNotLockedIsDeletedWithoutAVersion() {
      server.answer(
          Op.HEAD,
          head.with("x-amz-object-lock-mode", "COMPLIANCE")
              .with("x-amz-object-lock-retain-until-date", "2026-01-01T00:00:00Z"));
      sink("").delete(KEY);
      assertThat(server.requests(Op.DELETE))
          .singleElement()
          .satisfies(delete -> assertThat(delete.query()).doesNotContainKey("versionId"));
    }

    @Test
    void whatIsUnderRetentionIsDeletedAsItsVersionSoThatTheServerRefuses() {
      server.answer(
          Op.HEAD,
          head.with("x-amz-object-lock-mode", "COMPLIANCE")
              .with("x-amz-object-lock-retain-until-date", "2026-02-01T00:00:00Z"));
      server.answer(Op.DELETE, Answer.error(403, "AccessDenied", "Access Denied"));
      StorageException refused = refused(() -> sink("").delete(KEY));

      assertThat(refused.kind()).isEqualTo(Kind.RETENTION);
      assertThat(refused)
          .hasMessageContaining("COMPLIANCE retention until 2026-02-01T00:00:00Z")
          .hasMessageContaining("still there");
      assertThat(refused.key()).contains("folder/object");
      assertThat(server.requests(Op.DELETE).get(0).query()).containsEntry("versionId", "v7");
    }

    @Test
    void whatIsUnderLegalHoldIsDeletedAsItsVersionSoThatTheServerRefuses() {
      server.answer(Op.HEAD, head.with("x-amz-object-lock-legal-hold", "ON"));
      server.answer(Op.DELETE, Answer.error(403, "AccessDenied", "Access Denied"));
      StorageException refused = refused(() -> sink("").delete(KEY));
      assertThat(refused.kind()).isEqualTo(Kind.RETENTION);
      assertThat(refused).hasMessageContaining("legal hold");
      assertThat(server.requests(Op.DELETE).get(0).query()).containsEntry("versionId", "v7");
    }
  }

  @Test
  void aClientThatWasGivenStaysOpen() {
    try (S3Client client = GivenClient.of(server.endpoint(), "a", "b")) {
      S3Sink sink = S3Sink.builder(client, "bucket").build();
      sink.close();
      sink.close();
      put(sink, noise(10));
      assertThat(server.ops()).containsExactly(Op.PUT);
    }
  }

  private List<Request> parts() {
    List<Request> sent = server.requests(Op.PART);
    return IntStream.rangeClosed(1, sent.size())
        .mapToObj(
            number ->
                sent.stream()
                    .filter(part -> part.query().get("partNumber").equals("" + number))
                    .findFirst()
                    .orElseThrow())
        .toList();
  }
}

package io.holdfast.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.spi.Location;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.WriteOptions;
import io.holdfast.testservers.S3MockServer;
import io.holdfast.testservers.S3ProxyServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.StorageClass;
import software.amazon.awssdk.services.s3.model.Tag;

/**
 * What the test servers know of S3, so that it is clear what the contract shows on them; and what
 * only one of them knows.
 */
class S3ServersTest {
  private static final int MIB = 1024 * 1024;

  private static S3MockServer mock;
  private static S3ProxyServer proxy;

  enum Server {
    S3MOCK,
    S3PROXY;

    URI endpoint() {
      return this == S3MOCK ? mock.endpoint() : proxy.endpoint();
    }

    S3Client client() {
      return GivenClient.of(endpoint(), S3ProxyServer.ACCESS_KEY, S3ProxyServer.SECRET_KEY);
    }

    S3Sink sink(String bucket, String secret, String parameters) {
      return S3Uri.parse(
              Location.parse(
                  "s3://" + bucket + "?path-style=true&endpoint=" + endpoint() + parameters),
              new ProviderContext(
                  Retry.none(),
                  Map.of(
                      "AWS_ACCESS_KEY_ID",
                      S3ProxyServer.ACCESS_KEY,
                      "AWS_SECRET_ACCESS_KEY",
                      secret)),
              OwnClient.Timeouts.STANDARD)
          .sizes(GivenClient.SMALL)
          .build();
    }

    S3Sink sink(String bucket, String parameters) {
      return sink(bucket, S3ProxyServer.SECRET_KEY, parameters);
    }
  }

  @BeforeAll
  static void start() {
    mock = S3MockServer.start();
    proxy = S3ProxyServer.start();
  }

  @AfterAll
  static void stop() {
    mock.close();
    proxy.close();
  }

  private static String bucket(S3Client client) {
    String name = "b" + UUID.randomUUID();
    client.createBucket(request -> request.bucket(name));
    return name;
  }

  @ParameterizedTest
  @EnumSource
  void theChecksumOfTheWholeObjectIsCompared(Server server) {
    try (S3Client client = server.client()) {
      String bucket = bucket(client);
      byte[] first = ScriptedTest.noise(5 * MIB);
      byte[] second = ScriptedTest.noise(10);
      ByteBuffer whole = ByteBuffer.allocate(5 * MIB + 10).put(first).put(second).flip();

      assertThatThrownBy(
              () -> upload(client, bucket, first, second, Checksums.crc32c(ByteBuffer.wrap(first))))
          .isInstanceOf(S3Exception.class);
      CompleteMultipartUploadResponse answer =
          upload(client, bucket, first, second, Checksums.crc32c(whole));
      assertThat(answer.checksumType()).isEqualTo(ChecksumType.FULL_OBJECT);
      assertThat(answer.checksumCRC32C()).isEqualTo(Checksums.crc32c(whole));
      // The condition is known here, too.
      assertThatThrownBy(() -> upload(client, bucket, first, second, Checksums.crc32c(whole)))
          .isInstanceOfSatisfying(
              S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
    }
  }

  private static CompleteMultipartUploadResponse upload(
      S3Client client, String bucket, byte[] first, byte[] second, String crc32c) {
    CreateMultipartUploadResponse upload =
        client.createMultipartUpload(
            request ->
                request
                    .bucket(bucket)
                    .key("key")
                    .checksumAlgorithm(ChecksumAlgorithm.CRC32_C)
                    .checksumType(ChecksumType.FULL_OBJECT));
    assertThat(upload.checksumType()).isEqualTo(ChecksumType.FULL_OBJECT);
    CompletedPart one = part(client, bucket, upload.uploadId(), 1, first);
    CompletedPart two = part(client, bucket, upload.uploadId(), 2, second);
    return client.completeMultipartUpload(
        request ->
            request
                .bucket(bucket)
                .key("key")
                .uploadId(upload.uploadId())
                .ifNoneMatch("*")
                .checksumCRC32C(crc32c)
                .checksumType(ChecksumType.FULL_OBJECT)
                .multipartUpload(completed -> completed.parts(one, two)));
  }

  private static CompletedPart part(
      S3Client client, String bucket, String uploadId, int number, byte[] bytes) {
    String crc32c = Checksums.crc32c(ByteBuffer.wrap(bytes));
    String etag =
        client
            .uploadPart(
                request ->
                    request
                        .bucket(bucket)
                        .key("key")
                        .uploadId(uploadId)
                        .partNumber(number)
                        .checksumCRC32C(crc32c),
                RequestBody.fromBytes(bytes))
            .eTag();
    return CompletedPart.builder().partNumber(number).eTag(etag).checksumCRC32C(crc32c).build();
  }

  @ParameterizedTest
  @EnumSource
  void bytesThatAreNotThoseOfTheChecksumAreRefused(Server server) {
    byte[] sent = ScriptedTest.noise(10);
    ByteBuffer meant = ByteBuffer.wrap(ScriptedTest.noise(11));
    try (S3Client client = server.client()) {
      String bucket = bucket(client);
      S3Errors errors = new S3Errors(settings(bucket), Optional.empty());
      for (boolean checksums : new boolean[] {true, false}) {
        S3Exception refused =
            catchThrowableOfType(
                S3Exception.class,
                () ->
                    client.putObject(
                        request -> {
                          request.bucket(bucket).key("key");
                          if (checksums) {
                            request.checksumCRC32C(Checksums.crc32c(meant));
                          } else {
                            request.contentMD5(Checksums.md5(meant));
                          }
                        },
                        RequestBody.fromBytes(sent)));
        StorageException translated =
            (StorageException) errors.translate(S3Operation.WRITE, "key", refused);
        assertThat(translated.kind()).as(translated.getMessage()).isEqualTo(Kind.CORRUPT);
      }
      assertThat(client.listObjectsV2(request -> request.bucket(bucket)).contents()).isEmpty();
    }
  }

  private static S3Settings settings(String bucket) {
    return new S3Settings(
        bucket,
        "",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false,
        Map.of(),
        true);
  }

  @ParameterizedTest
  @EnumSource
  void withoutChecksumsObjectsOfOneAndOfSeveralPartsArriveUnchanged(Server server)
      throws IOException {
    try (S3Client client = server.client();
        S3Sink sink = server.sink(bucket(client), "&checksums=off")) {
      for (int length : new int[] {0, 10, 11 * MIB}) {
        byte[] content = ScriptedTest.noise(length);
        ObjectKey key = ObjectKey.of("object-" + length);
        ScriptedTest.put(sink, key, content, WriteOptions.NONE);
        try (InputStream in = sink.read(key, 0, length)) {
          assertThat(in.readAllBytes()).isEqualTo(content);
        }
        StorageException refused =
            ScriptedTest.refused(() -> ScriptedTest.put(sink, key, content, WriteOptions.NONE));
        assertThat(refused.kind()).isEqualTo(Kind.ALREADY_EXISTS);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBucketThatIsMissingIsNamed(Server server) {
    try (S3Sink sink = server.sink("no-such-bucket", "")) {
      StorageException refused = ScriptedTest.refused(() -> ScriptedTest.put(sink, new byte[10]));
      assertThat(refused.kind()).isEqualTo(Kind.NOT_FOUND);
      assertThat(refused).hasMessageContaining("there is no bucket no-such-bucket");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWrongSecretIsRefused(Server server) {
    assumeTrue(server == Server.S3PROXY, "S3Mock takes every secret");
    try (S3Sink sink = server.sink("any", "another", "")) {
      StorageException refused = ScriptedTest.refused(() -> sink.list("").toList());
      assertThat(refused.kind()).isEqualTo(Kind.UNAUTHENTICATED);
      assertThat(refused).hasMessageContaining("secret key does not belong to the access key");
    }
  }

  @ParameterizedTest
  @EnumSource
  void classMetadataAndTagsAreKept(Server server) {
    assumeTrue(server == Server.S3MOCK, "S3Proxy knows no tags");
    // Of the headers of Object Lock it takes no notice.
    try (S3Client client = server.client()) {
      String bucket = bucket(client);
      try (S3Sink sink = server.sink(bucket, "&tag=team:backup&storage-class=STANDARD_IA")) {
        for (int length : new int[] {10, 6 * MIB}) {
          ObjectKey key = ObjectKey.of("object-" + length);
          WriteOptions options = new WriteOptions(Map.of("origin", "test"), Optional.empty());
          ScriptedTest.put(sink, key, ScriptedTest.noise(length), options);

          HeadObjectResponse head =
              client.headObject(request -> request.bucket(bucket).key(key.value()));
          assertThat(head.storageClass()).isEqualTo(StorageClass.STANDARD_IA);
          assertThat(head.metadata()).containsEntry("origin", "test");
          assertThat(
                  client
                      .getObjectTagging(request -> request.bucket(bucket).key(key.value()))
                      .tagSet())
              .containsExactly(Tag.builder().key("team").value("backup").build());
        }
      }
    }
  }
}

package io.holdfast.s3;

import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.WriteOptions;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/**
 * Builds the requests that write, so that an object gets the same lock, encryption, class, tags and
 * metadata whether it is stored by one request or by many. Immutable.
 *
 * @param settings where the sink stores, and how
 * @param patience how long a request may take in which no data goes out; empty where the client's
 *     own timeouts hold
 * @param clock tells when a retention begins
 */
record S3Requests(S3Settings settings, Optional<Duration> patience, Clock clock) {
  /** The name of the metadata by which a writer knows its own object again. */
  static final String UPLOAD = "holdfast-upload";

  private static final String ONLY_IF_FREE = "*";

  /** A connection slower than that is given up: 64 KiB/s. */
  private static final long SLOWEST_BYTES_PER_SECOND = 64 * 1024;

  /** S3 puts large objects together while the client waits, which takes minutes. */
  private static final int COMPLETION_FACTOR = 5;

  PutObjectRequest put(ObjectKey key, WriteOptions options, String upload, ByteBuffer bytes) {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder()
            .bucket(settings.bucket())
            .key(name(key))
            .ifNoneMatch(ONLY_IF_FREE)
            .metadata(metadata(options, upload));
    if (settings.checksums()) {
      request.checksumCRC32C(Checksums.crc32c(bytes));
    } else {
      request.contentMD5(Checksums.md5(bytes));
    }
    settings.storageClass().ifPresent(request::storageClass);
    settings.encryption().ifPresent(request::serverSideEncryption);
    settings.kmsKey().ifPresent(request::ssekmsKeyId);
    retainUntil(options)
        .ifPresent(
            until ->
                request
                    .objectLockMode(settings.lock().orElseThrow())
                    .objectLockRetainUntilDate(until));
    if (settings.legalHold()) {
      request.objectLockLegalHoldStatus(ObjectLockLegalHoldStatus.ON);
    }
    if (!settings.tags().isEmpty()) {
      request.tagging(tagging());
    }
    whileSending(bytes.remaining()).ifPresent(request::overrideConfiguration);
    return request.build();
  }

  CreateMultipartUploadRequest create(ObjectKey key, WriteOptions options, String upload) {
    CreateMultipartUploadRequest.Builder request =
        CreateMultipartUploadRequest.builder()
            .bucket(settings.bucket())
            .key(name(key))
            .metadata(metadata(options, upload));
    if (settings.checksums()) {
      request.checksumAlgorithm(ChecksumAlgorithm.CRC32_C).checksumType(ChecksumType.FULL_OBJECT);
    }
    settings.storageClass().ifPresent(request::storageClass);
    settings.encryption().ifPresent(request::serverSideEncryption);
    settings.kmsKey().ifPresent(request::ssekmsKeyId);
    retainUntil(options)
        .ifPresent(
            until ->
                request
                    .objectLockMode(settings.lock().orElseThrow())
                    .objectLockRetainUntilDate(until));
    if (settings.legalHold()) {
      request.objectLockLegalHoldStatus(ObjectLockLegalHoldStatus.ON);
    }
    if (!settings.tags().isEmpty()) {
      request.tagging(tagging());
    }
    return request.build();
  }

  /**
   * @param number which part, from 0
   */
  UploadPartRequest part(ObjectKey key, String uploadId, int number, ByteBuffer bytes) {
    UploadPartRequest.Builder request =
        UploadPartRequest.builder()
            .bucket(settings.bucket())
            .key(name(key))
            .uploadId(uploadId)
            .partNumber(number + 1);
    if (settings.checksums()) {
      request.checksumCRC32C(Checksums.crc32c(bytes));
    } else {
      request.contentMD5(Checksums.md5(bytes));
    }
    whileSending(bytes.remaining()).ifPresent(request::overrideConfiguration);
    return request.build();
  }

  /**
   * @param crc32c the checksum of the whole object, where the server takes one; else empty
   */
  CompleteMultipartUploadRequest complete(
      ObjectKey key, String uploadId, List<CompletedPart> parts, Optional<String> crc32c) {
    CompleteMultipartUploadRequest.Builder request =
        CompleteMultipartUploadRequest.builder()
            .bucket(settings.bucket())
            .key(name(key))
            .uploadId(uploadId)
            .ifNoneMatch(ONLY_IF_FREE)
            .multipartUpload(completed -> completed.parts(parts));
    crc32c.ifPresent(whole -> request.checksumCRC32C(whole).checksumType(ChecksumType.FULL_OBJECT));
    patience
        .map(time -> timeout(time.multipliedBy(COMPLETION_FACTOR)))
        .ifPresent(request::overrideConfiguration);
    return request.build();
  }

  /** The object's name in the bucket. */
  String name(ObjectKey key) {
    return settings.prefix() + key.value();
  }

  private Optional<Instant> retainUntil(WriteOptions options) {
    // S3 keeps whole seconds, and must not keep less than was asked for.
    return options
        .retainUntil()
        .or(() -> settings.retain().map(period -> clock.instant().plus(period)))
        .map(until -> until.plusMillis(999).truncatedTo(ChronoUnit.SECONDS));
  }

  private static Map<String, String> metadata(WriteOptions options, String upload) {
    Map<String, String> metadata = new TreeMap<>();
    options.metadata().forEach((name, value) -> metadata.put(name.toLowerCase(Locale.ROOT), value));
    metadata.put(UPLOAD, upload);
    return metadata;
  }

  private Tagging tagging() {
    List<Tag> tags =
        new TreeMap<>(settings.tags())
            .entrySet().stream()
                .map(tag -> Tag.builder().key(tag.getKey()).value(tag.getValue()).build())
                .toList();
    return Tagging.builder().tagSet(tags).build();
  }

  private Optional<AwsRequestOverrideConfiguration> whileSending(long bytes) {
    return patience.map(time -> timeout(time.plusSeconds(bytes / SLOWEST_BYTES_PER_SECOND)));
  }

  private static AwsRequestOverrideConfiguration timeout(Duration time) {
    return AwsRequestOverrideConfiguration.builder().apiCallTimeout(time).build();
  }
}

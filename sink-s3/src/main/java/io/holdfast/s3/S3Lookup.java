package io.holdfast.s3;

import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;

/**
 * Looks at single objects and takes them away. Safe for use by many threads.
 *
 * @param calls sends the requests
 * @param settings where the sink stores
 */
record S3Lookup(S3Calls calls, S3Settings settings) {
  /**
   * An object, and what the server says of it.
   *
   * @param object as the sink shows it
   * @param head the server's words
   */
  record Found(StoredObject object, HeadObjectResponse head) {
    /** Whether the writer with that id wrote it. */
    boolean isOf(String upload) {
      return upload.equals(head.metadata().get(S3Requests.UPLOAD));
    }

    /** Whether the server would refuse to remove it, or is likely to. */
    boolean isLocked(Instant now) {
      return head.objectLockLegalHoldStatus() == ObjectLockLegalHoldStatus.ON
          || (head.objectLockRetainUntilDate() != null
              && head.objectLockRetainUntilDate().isAfter(now));
    }
  }

  /** The same, trying once: for those who were interrupted and only clear up. */
  S3Lookup inAHurry() {
    return new S3Lookup(new S3Calls(calls.client(), Retry.none(), calls.errors()), settings);
  }

  /** The object of that key, if there is one. */
  Optional<Found> find(ObjectKey key) {
    return calls.repeated(
        S3Operation.STAT,
        key.value(),
        client -> {
          try {
            HeadObjectResponse head =
                client.headObject(
                    request -> request.bucket(settings.bucket()).key(settings.prefix() + key));
            return Optional.of(
                new Found(
                    new StoredObject(
                        key,
                        head.contentLength() == null ? 0 : head.contentLength(),
                        head.lastModified() == null
                            ? answeredAt(head)
                            : seconds(head.lastModified())),
                    head));
          } catch (AwsServiceException e) {
            if (S3Errors.isMissing(e)) {
              return Optional.empty();
            }
            throw e;
          }
        });
  }

  /**
   * Deletes an object. One that is locked is deleted as the version that it is: in a bucket with
   * versions a plain delete would succeed, and hide the object without freeing anything.
   */
  void delete(ObjectKey key, Instant now) {
    Optional<Found> found = find(key);
    if (found.isEmpty()) {
      return;
    }
    HeadObjectResponse head = found.get().head();
    if (!found.get().isLocked(now)) {
      remove(key, Optional.empty());
      return;
    }
    try {
      remove(key, Optional.ofNullable(head.versionId()));
    } catch (StorageException e) {
      if (e.kind() == Kind.UNAVAILABLE || e.kind() == Kind.UNAUTHENTICATED) {
        throw e;
      }
      throw calls
          .errors()
          .error(
              Kind.RETENTION,
              S3Operation.DELETE,
              key.value(),
              "it is " + lock(head, now) + ", and the server refused.",
              "Wait until then, or have somebody lift it who may.",
              e);
    }
  }

  /** Deletes an object or one version of it, whatever it is. */
  void remove(ObjectKey key, Optional<String> version) {
    calls.repeated(
        version.isPresent() ? S3Operation.DELETE_VERSION : S3Operation.DELETE,
        key.value(),
        client ->
            client.deleteObject(
                request -> {
                  request.bucket(settings.bucket()).key(settings.prefix() + key);
                  version.ifPresent(request::versionId);
                }));
  }

  /** Discards a multipart upload; one that is gone is discarded. */
  void abort(String key, String uploadId) {
    calls.repeated(
        S3Operation.ABORT,
        key,
        client -> {
          try {
            return client.abortMultipartUpload(
                request ->
                    request
                        .bucket(settings.bucket())
                        .key(settings.prefix() + key)
                        .uploadId(uploadId));
          } catch (AwsServiceException e) {
            if (S3Errors.isNoSuchUpload(e)) {
              return Optional.empty();
            }
            throw e;
          }
        });
  }

  /** When the server answered, by its own clock. */
  static Instant answeredAt(SdkResponse answer) {
    Optional<String> date =
        answer.sdkHttpResponse() == null
            ? Optional.empty()
            : answer.sdkHttpResponse().firstMatchingHeader("Date");
    try {
      return date.map(
              text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
          .orElseGet(() -> seconds(Instant.now()));
    } catch (DateTimeException e) {
      return seconds(Instant.now());
    }
  }

  /** Listings tell milliseconds, headers do not: an object is to have one time. */
  static Instant seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS);
  }

  private static String lock(HeadObjectResponse head, Instant now) {
    String hold =
        head.objectLockLegalHoldStatus() == ObjectLockLegalHoldStatus.ON ? "under legal hold" : "";
    if (head.objectLockRetainUntilDate() == null
        || !head.objectLockRetainUntilDate().isAfter(now)) {
      return hold;
    }
    return "under "
        + head.objectLockModeAsString()
        + " retention until "
        + head.objectLockRetainUntilDate()
        + (hold.isEmpty() ? "" : " and " + hold);
  }
}

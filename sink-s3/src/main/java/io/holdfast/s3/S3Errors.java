package io.holdfast.s3;

import io.holdfast.BackupException;
import io.holdfast.CancelledException;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;

/**
 * Makes what the AWS SDK throws an error of Holdfast: the only place that knows the codes of S3.
 * They are listed in
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList. Immutable.
 */
final class S3Errors {
  private static final Pattern EXPECTED_REGION =
      Pattern.compile("expecting '([A-Za-z0-9-]{1,40})'");
  private static final int LONGEST_QUOTE = 300;

  private final S3Settings settings;
  private final Optional<String> endpoint;

  /**
   * @param settings where the sink stores
   * @param endpoint the server, where it is not Amazon's own
   */
  S3Errors(S3Settings settings, Optional<String> endpoint) {
    this.settings = settings;
    this.endpoint = endpoint;
  }

  /** Whether a server said that the multipart upload does not exist. */
  static boolean isNoSuchUpload(@Nullable Throwable e) {
    return e instanceof AwsServiceException answer && "NoSuchUpload".equals(code(answer));
  }

  /** Whether a server said that there is no such object. */
  static boolean isMissing(AwsServiceException answer) {
    String code = code(answer);
    return code.equals("NoSuchKey")
        || (answer.statusCode() == 404 && (code.isEmpty() || code.equals("NotFound")));
  }

  /** Whether a server said that a condition of the request does not hold. */
  static boolean isPreconditionFailed(AwsServiceException answer) {
    return answer.statusCode() == 412 || code(answer).equals("PreconditionFailed");
  }

  /** Whether a server refused for want of a right, or for a lock. */
  static boolean isDenied(AwsServiceException answer) {
    return answer.statusCode() == 403 && kind(answer) == Kind.PERMISSION_DENIED;
  }

  /**
   * The error for what a client threw.
   *
   * @param operation what was being done
   * @param key the object's key, or null if no single object is concerned
   * @param e what was thrown; an error of Holdfast stays as it is
   */
  BackupException translate(S3Operation operation, @Nullable String key, Exception e) {
    if (e instanceof BackupException known) {
      return known;
    }
    if (isInterruption(e)) {
      // The SDK takes the flag away when it notices it.
      Thread.currentThread().interrupt();
      return new CancelledException(
          "Interrupted: could not "
              + action(operation, key)
              + (operation.writes() ? ". " + operation.unchanged() : "."),
          e);
    }
    if (e instanceof AwsServiceException answer) {
      return answered(operation, key, answer);
    }
    return unanswered(operation, key, e);
  }

  /** An error of that kind, in the words of all of them. */
  StorageException error(
      Kind kind,
      S3Operation operation,
      @Nullable String key,
      String reason,
      String advice,
      @Nullable Throwable cause) {
    return error(kind, operation, key, reason, advice, cause, null);
  }

  private StorageException error(
      Kind kind,
      S3Operation operation,
      @Nullable String key,
      String reason,
      String advice,
      @Nullable Throwable cause,
      @Nullable Duration retryAfter) {
    String message =
        "Could not "
            + action(operation, key)
            + ": "
            + reason
            + " "
            + operation.unchanged()
            + (advice.isEmpty() ? "" : " " + advice);
    return new StorageException(kind, key, message, cause, retryAfter);
  }

  private String action(S3Operation operation, @Nullable String key) {
    return operation.verb()
        + (key == null ? "" : " the object " + key)
        + (operation.writes() ? " to " : " in ")
        + where();
  }

  private String where() {
    return settings.location() + endpoint.map(url -> " at " + url).orElse("");
  }

  // ----- the server answered

  private StorageException answered(
      S3Operation operation, @Nullable String key, AwsServiceException answer) {
    Kind kind = kind(answer);
    if (kind == Kind.ALREADY_EXISTS && !operation.writes()) {
      return error(
          Kind.NOT_FOUND,
          operation,
          key,
          "the object was replaced or deleted while it was read.",
          "Something else writes to this bucket; verify the backup.",
          answer);
    }
    String reason = reason(kind, answer) + reference(answer);
    return error(
        kind,
        operation,
        key,
        reason,
        advice(operation, kind, answer),
        answer,
        retryAfter(answer).orElse(null));
  }

  private static Kind kind(AwsServiceException answer) {
    String code = code(answer);
    return switch (code) {
      case "NoSuchBucket", "NoSuchKey", "NoSuchVersion" -> Kind.NOT_FOUND;
      case "AccessDenied",
          "AllAccessDisabled",
          "AccountProblem",
          "MethodNotAllowed",
          "KMS.AccessDeniedException",
          "NotSignedUp" ->
          Kind.PERMISSION_DENIED;
      case "InvalidAccessKeyId",
          "SignatureDoesNotMatch",
          "ExpiredToken",
          "InvalidToken",
          "InvalidSecurity",
          "TokenRefreshRequired",
          "RequestTimeTooSkewed",
          "RequestExpired" ->
          Kind.UNAUTHENTICATED;
      case "SlowDown",
          "SlowDownRead",
          "SlowDownWrite",
          "ServiceUnavailable",
          "InternalError",
          "RequestTimeout",
          "RequestTimeoutException",
          "Throttling",
          "ThrottlingException",
          "RequestLimitExceeded",
          "TemporaryRedirect",
          "OperationAborted",
          "ConditionalRequestConflict" ->
          Kind.UNAVAILABLE;
      case "PreconditionFailed" -> Kind.ALREADY_EXISTS;
      case "InvalidRange" -> Kind.OUT_OF_RANGE;
      case "BadDigest",
          "InvalidDigest",
          "XAmzContentChecksumMismatch",
          "XAmzContentSHA256Mismatch",
          "IncompleteBody" ->
          Kind.CORRUPT;
      case "InvalidStorageClass",
          "InvalidEncryptionAlgorithmError",
          "NotImplemented",
          "ObjectLockConfigurationNotFoundError" ->
          Kind.UNSUPPORTED;
      case "ObjectLocked", "InvalidRetentionPeriod" -> Kind.RETENTION;
      default -> kindOfOther(code, answer);
    };
  }

  private static Kind kindOfOther(String code, AwsServiceException answer) {
    // Servers other than Amazon's have limits on buckets, each with a code of its own.
    if (code.contains("Quota") || code.contains("StorageFull")) {
      return Kind.NO_SPACE;
    }
    if (lacksObjectLock(answer)) {
      return Kind.UNSUPPORTED;
    }
    if (findsChecksumWrong(answer)) {
      return Kind.CORRUPT;
    }
    if (!code.isEmpty() && answer.statusCode() < 500 && answer.statusCode() != 412) {
      return Kind.OTHER;
    }
    return switch (answer.statusCode()) {
      case 401 -> Kind.UNAUTHENTICATED;
      case 403 -> Kind.PERMISSION_DENIED;
      case 404 -> Kind.NOT_FOUND;
      case 408, 409, 429, 500, 502, 503, 504 -> Kind.UNAVAILABLE;
      case 412 -> Kind.ALREADY_EXISTS;
      case 416 -> Kind.OUT_OF_RANGE;
      case 501 -> Kind.UNSUPPORTED;
      case 507 -> Kind.NO_SPACE;
      default -> Kind.OTHER;
    };
  }

  private String reason(Kind kind, AwsServiceException answer) {
    Optional<String> region = otherRegion(answer);
    if (region.isPresent()) {
      return "the bucket " + settings.bucket() + " is in the region " + region.get() + ".";
    }
    String code = code(answer);
    return switch (code) {
      case "NoSuchBucket" -> "there is no bucket " + settings.bucket() + ".";
      case "PermanentRedirect",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException" ->
          "the bucket " + settings.bucket() + " is in another region, or behind another endpoint.";
      case "InvalidAccessKeyId" -> "the server does not know the access key.";
      case "SignatureDoesNotMatch" -> "the secret key does not belong to the access key.";
      case "ExpiredToken", "TokenRefreshRequired", "RequestExpired" ->
          "the credentials have expired.";
      case "InvalidToken", "InvalidSecurity" -> "the session token is not valid.";
      case "RequestTimeTooSkewed" ->
          "the clock of this machine differs too much from the server's"
              + header(answer, "Date").map(date -> ", which says " + date).orElse("")
              + ".";
      case "ConditionalRequestConflict" -> "something else is writing the same object.";
      case "NoSuchUpload" -> "the unfinished upload is gone.";
      case "InvalidObjectState" -> "the object is archived.";
      default -> reasonByKind(kind, answer);
    };
  }

  private String reasonByKind(Kind kind, AwsServiceException answer) {
    return switch (kind) {
      case NOT_FOUND -> "there is no such object.";
      case ALREADY_EXISTS -> "the key is taken by another object, which was left unchanged.";
      case OUT_OF_RANGE -> "it has fewer bytes than were asked for.";
      case PERMISSION_DENIED ->
          concernsKms(answer)
              ? "the credentials may not use the KMS key." + quote(answer)
              : "access was denied." + quote(answer);
      case UNAUTHENTICATED -> "the server did not accept the credentials." + quote(answer);
      case NO_SPACE -> "the bucket or the storage is full." + quote(answer);
      case UNAVAILABLE ->
          answer.statusCode() == 503
                  || answer.statusCode() == 429
                  || code(answer).startsWith("Slow")
              ? "the server asks to send fewer requests, or is overloaded."
              : "the server failed.";
      case CORRUPT -> "what arrived is not what was sent.";
      case UNSUPPORTED ->
          lacksObjectLock(answer)
              ? "the bucket has no Object Lock." + quote(answer)
              : "the server does not know how to." + quote(answer);
      case RETENTION -> "it is under retention." + quote(answer);
      case OTHER ->
          answer.statusCode() == 400 && code(answer).isEmpty()
              ? "the server calls the request bad, and does not say why."
              : "the server refused." + quote(answer);
    };
  }

  private String advice(S3Operation operation, Kind kind, AwsServiceException answer) {
    Optional<String> region = otherRegion(answer);
    if (region.isPresent()) {
      return "Add region=" + region.get() + " to the location, or give a client of that region.";
    }
    return switch (code(answer)) {
      case "NoSuchBucket" -> "Check the name, the region and the endpoint, or create it.";
      case "PermanentRedirect",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException" ->
          "Give the bucket's own region and endpoint.";
      case "RequestTimeTooSkewed" -> "Set the clock.";
      case "ConditionalRequestConflict" -> "Try again.";
      case "InvalidObjectState" -> "Restore it from the archive first.";
      case "NoSuchUpload" ->
          "A lifecycle rule or somebody else discarded it while it was at work; write it again.";
      case "KMS.DisabledException", "KMS.NotFoundException", "KMS.KMSInvalidStateException" ->
          "Check the KMS key and its state.";
      default -> adviceByKind(operation, kind, answer);
    };
  }

  private String adviceByKind(S3Operation operation, Kind kind, AwsServiceException answer) {
    return switch (kind) {
      case PERMISSION_DENIED -> permissions(operation, answer);
      case UNAUTHENTICATED -> "Check the credentials, or the profile, and renew them.";
      case NO_SPACE -> "Raise the quota, or prune old backups.";
      case UNAVAILABLE -> "Try again later.";
      case CORRUPT -> "The network or a proxy changes what passes through it; try again.";
      case UNSUPPORTED ->
          lacksObjectLock(answer)
              ? "Enable Object Lock on the bucket, or leave out object-lock, retain and legal-hold."
              : "Leave out what this server does not know; checksums=off is for servers without"
                  + " checksums.";
      case OUT_OF_RANGE -> "It is shorter than expected: verify the backup.";
      case NOT_FOUND -> "Check the key and the prefix.";
      case RETENTION -> "Wait until the retention ends.";
      case OTHER ->
          answer.statusCode() == 400 && code(answer).isEmpty()
              ? "Answers without a body mean a wrong region or expired credentials, mostly."
              : asksForChecksum(answer)
                  ? "The bucket wants a checksum of every object: leave out checksums=off."
                  : "";
      case ALREADY_EXISTS -> "Write under another key.";
    };
  }

  private String permissions(S3Operation operation, AwsServiceException answer) {
    List<String> rights = new ArrayList<>();
    if (concernsKms(answer)) {
      rights.add("kms:GenerateDataKey");
      rights.add("kms:Decrypt");
      return "Allow "
          + String.join(" and ", rights)
          + " on "
          + settings.kmsKey().map(key -> "the key " + key).orElse("the bucket's key")
          + ".";
    }
    rights.add(operation.permission());
    if (operation.writes()) {
      settings.lock().ifPresent(mode -> rights.add("s3:PutObjectRetention"));
      if (settings.legalHold()) {
        rights.add("s3:PutObjectLegalHold");
      }
      if (!settings.tags().isEmpty()) {
        rights.add("s3:PutObjectTagging");
      }
    }
    // An access point is named by its ARN; its objects stand behind "/object".
    boolean accessPoint = settings.bucket().startsWith("arn:");
    String bucket = accessPoint ? settings.bucket() : "arn:aws:s3:::" + settings.bucket();
    String objects = bucket + (accessPoint ? "/object/" : "/") + settings.prefix() + "*";
    String advice =
        "Allow " + String.join(", ", rights) + " on " + (operation.onBucket() ? bucket : objects);
    if (operation == S3Operation.STAT || operation == S3Operation.READ) {
      return advice
          + ", and s3:ListBucket on "
          + bucket
          + ", without which S3 answers so for a missing object, too.";
    }
    return advice + ".";
  }

  private static boolean concernsKms(AwsServiceException answer) {
    return code(answer).startsWith("KMS.")
        || text(answer).toLowerCase(Locale.ROOT).contains("kms:");
  }

  private static boolean lacksObjectLock(AwsServiceException answer) {
    String code = code(answer);
    return code.equals("ObjectLockConfigurationNotFoundError")
        || (code.equals("InvalidRequest")
            && text(answer).toLowerCase(Locale.ROOT).contains("missing object lock configuration"));
  }

  private static boolean asksForChecksum(AwsServiceException answer) {
    String text = text(answer).toLowerCase(Locale.ROOT);
    return code(answer).equals("InvalidRequest")
        && (text.contains("content-md5") || text.contains("x-amz-checksum"))
        && !text.contains("invalid");
  }

  /** Some servers say so instead of BadDigest: what we send is never malformed. */
  private static boolean findsChecksumWrong(AwsServiceException answer) {
    String text = text(answer).toLowerCase(Locale.ROOT);
    return answer.statusCode() == 400
        && ((text.contains("x-amz-checksum") && text.contains("invalid"))
            || (text.contains("md5") && text.contains("does not match")));
  }

  /** The region that the server names; a redirect tells it in a header, some errors in words. */
  private static Optional<String> otherRegion(AwsServiceException answer) {
    String code = code(answer);
    int status = answer.statusCode();
    boolean redirected =
        code.equals("PermanentRedirect")
            || code.equals("AuthorizationHeaderMalformed")
            || code.equals("IllegalLocationConstraintException")
            || status == 301;
    // HEAD has no body: a 400 with the header is all that is said then.
    if (!redirected && !(status == 400 && code.isEmpty())) {
      return Optional.empty();
    }
    return header(answer, "x-amz-bucket-region").or(() -> find(EXPECTED_REGION, text(answer)));
  }

  private static Optional<String> find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static String code(AwsServiceException answer) {
    return answer.awsErrorDetails() == null || answer.awsErrorDetails().errorCode() == null
        ? ""
        : answer.awsErrorDetails().errorCode();
  }

  private static String text(AwsServiceException answer) {
    return answer.awsErrorDetails() == null || answer.awsErrorDetails().errorMessage() == null
        ? ""
        : answer.awsErrorDetails().errorMessage();
  }

  private static Optional<String> header(AwsServiceException answer, String name) {
    return answer.awsErrorDetails() == null || answer.awsErrorDetails().sdkHttpResponse() == null
        ? Optional.empty()
        : answer.awsErrorDetails().sdkHttpResponse().firstMatchingHeader(name);
  }

  /** What the server said in its own words; it names the user and the missing right, mostly. */
  private static String quote(AwsServiceException answer) {
    String text = text(answer).strip();
    if (text.isEmpty()) {
      return "";
    }
    return " The server says: "
        + (text.length() > LONGEST_QUOTE ? text.substring(0, LONGEST_QUOTE) + "…" : text)
        + (text.endsWith(".") || text.length() > LONGEST_QUOTE ? "" : ".");
  }

  private static String reference(AwsServiceException answer) {
    String code = code(answer);
    return " ("
        + (code.isEmpty() ? "" : code + ", ")
        + "status "
        + answer.statusCode()
        + (answer.requestId() == null ? "" : ", request " + answer.requestId())
        + ")";
  }

  private static Optional<Duration> retryAfter(AwsServiceException answer) {
    return header(answer, "Retry-After").map(String::strip).flatMap(S3Errors::waiting);
  }

  /** Seconds, or a date: RFC 9110, section 10.2.3. */
  private static Optional<Duration> waiting(String value) {
    try {
      if (value.chars().allMatch(Character::isDigit)) {
        return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
      }
      Duration until =
          Duration.between(
              Instant.now(),
              ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
      return until.isNegative() ? Optional.empty() : Optional.of(until);
    } catch (DateTimeException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  // ----- the server did not answer

  private StorageException unanswered(S3Operation operation, @Nullable String key, Exception e) {
    String said = String.valueOf(e.getMessage());
    if (said.contains("credentials") || said.contains("Profile file")) {
      return error(
          Kind.UNAUTHENTICATED,
          operation,
          key,
          "no credentials were found.",
          "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile that exists, or give the"
              + " machine a role.",
          e);
    }
    if (said.contains("Unable to load region")) {
      return error(
          Kind.OTHER,
          operation,
          key,
          "no region was found.",
          "Add region=… to the location, or set AWS_REGION.",
          e);
    }
    if (has(e, UnknownHostException.class)) {
      return error(
          Kind.UNAVAILABLE,
          operation,
          key,
          "the name of the server is not known.",
          "Check the region, the endpoint and the network. A server that has no names for buckets"
              + " needs path-style=true.",
          e);
    }
    if (e instanceof ApiCallTimeoutException
        || e instanceof ApiCallAttemptTimeoutException
        || has(e, IOException.class)) {
      return error(
          Kind.UNAVAILABLE,
          operation,
          key,
          "the server did not answer, or the connection broke: " + rootMessage(e) + ".",
          "Check the network and the endpoint, and try again.",
          e);
    }
    if (has(e, XMLStreamException.class)) {
      return error(
          Kind.UNAVAILABLE,
          operation,
          key,
          "the answer broke off, or is none of S3: " + rootMessage(e) + ".",
          "Check the endpoint, and try again.",
          e);
    }
    return error(Kind.OTHER, operation, key, "the client failed: " + rootMessage(e) + ".", "", e);
  }

  private static boolean isInterruption(Throwable e) {
    return Thread.currentThread().isInterrupted()
        || e instanceof AbortedException
        || has(e, InterruptedException.class)
        || has(e, ClosedByInterruptException.class);
  }

  private static boolean has(Throwable e, Class<? extends Throwable> type) {
    for (Throwable one = e; one != null; one = one.getCause()) {
      if (type.isInstance(one)) {
        return true;
      }
    }
    return false;
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = String.valueOf(root.getMessage()).strip();
    return root.getClass().getSimpleName()
        + " ("
        + (message.length() > LONGEST_QUOTE ? message.substring(0, LONGEST_QUOTE) + "…" : message)
        + ")";
  }
}

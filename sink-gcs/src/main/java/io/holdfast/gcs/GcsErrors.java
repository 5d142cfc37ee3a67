package io.holdfast.gcs;

import com.google.api.client.googleapis.json.GoogleJsonError;
import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.http.HttpHeaders;
import com.google.api.client.http.HttpResponseException;
import com.google.auth.Retryable;
import io.holdfast.BackupException;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes what Google's client throws an error of Holdfast. The statuses and reasons are those of
 * https://cloud.google.com/storage/docs/json_api/v1/status-codes.
 */
final class GcsErrors {
  private static final int LONGEST_QUOTE = 300;
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");

  /** Access tokens and signed assertions, should a message ever quote one. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?i)(bearer\\s+\\S+|ya29\\.[\\w.-]+|eyJ[\\w.-]{20,}|-----BEGIN.*|"
              + "(upload_id|access_token|refresh_token|assertion|client_secret)[=:\"\\s]+[^&\\s\"]+)");

  private static final Set<String> PASSING =
      Set.of("rateLimitExceeded", "userRateLimitExceeded", "concurrentLimitExceeded");
  private static final Set<String> EXHAUSTED =
      Set.of(
          "quotaExceeded",
          "dailyLimitExceeded",
          "accountDisabled",
          "billingNotEnabled",
          "usageLimits");
  private static final Set<String> KEPT = Set.of("retentionPolicyNotMet", "objectUnderActiveHold");

  private final String location;
  private final String bucket;

  /** What was answered; {@code reason} and {@code said} are empty where nothing was said. */
  private record Answer(int status, String reason, String said, HttpHeaders headers) {
    boolean says(String... words) {
      String lower = said.toLowerCase(Locale.ROOT);
      return List.of(words).stream().anyMatch(lower::contains);
    }
  }

  GcsErrors(String location, String bucket) {
    this.location = location;
    this.bucket = bucket;
  }

  /** The status that was answered; 0 if there was no answer. */
  static int status(Exception e) {
    return e instanceof HttpResponseException response ? response.getStatusCode() : 0;
  }

  /** Whether the storage refuses because the object is under retention or hold. */
  static boolean isKept(Exception e) {
    if (status(e) != 403) {
      return false;
    }
    Answer answer = answer((HttpResponseException) e);
    // For a hold the service says "forbidden", as for a missing right; only the words differ.
    return KEPT.contains(answer.reason())
        || answer.says("under active", "retention policy", "retention expiration");
  }

  /** Whether a missing object was not found because its bucket is missing. */
  static boolean isBucketMissing(Exception e) {
    return status(e) == 404
        && answer((HttpResponseException) e).says("bucket does not exist", "no such bucket");
  }

  /**
   * Translates.
   *
   * @param key the object concerned, or null for a listing
   */
  BackupException translate(Operation operation, @Nullable ObjectKey key, Exception e) {
    if (e instanceof BackupException already) {
      return already;
    }
    String failed = "Could not " + operation.verb() + " " + name(key) + ": ";
    if (e instanceof HttpResponseException response && !isTokenEndpoint(e)) {
      return answered(operation, key, failed, answer(response), response);
    }
    return unanswered(key, failed, e);
  }

  /** {@code gs://bucket/prefix/key}, or the location. */
  String name(@Nullable ObjectKey key) {
    return key == null ? location : location + "/" + key;
  }

  private BackupException answered(
      Operation operation,
      @Nullable ObjectKey key,
      String failed,
      Answer answer,
      HttpResponseException cause) {
    Kind kind;
    String advice;
    switch (answer.status()) {
      case 400 -> {
        if (answer.says("crc32c", "md5", "checksum", "doesn't match calculated")) {
          kind = Kind.CORRUPT;
          advice =
              "the bytes that arrived are not the bytes sent. Nothing was published; try again.";
        } else if (answer.says("requester pays")) {
          kind = Kind.PERMISSION_DENIED;
          advice = requesterPays();
        } else if (answer.says("retention")) {
          kind = Kind.OTHER;
          advice =
              "the bucket takes no retention for single objects. Enable object retention on "
                  + bucket
                  + ", or write without retain.";
        } else if (answer.says("kms", "cryptokey")) {
          kind = Kind.PERMISSION_DENIED;
          advice = kms();
        } else {
          kind = Kind.OTHER;
          advice = "the request was refused as invalid.";
        }
      }
      case 401 -> {
        kind = Kind.UNAUTHENTICATED;
        advice =
            answer.says("anonymous")
                ? "no credentials were sent. " + noCredentials()
                : "the credentials are invalid, expired or revoked. Renew them, for instance with"
                    + " \"gcloud auth application-default login\" or a new key file.";
      }
      case 402 -> {
        kind = Kind.NO_SPACE;
        advice = billing();
      }
      case 403 -> {
        if (PASSING.contains(answer.reason())) {
          kind = Kind.UNAVAILABLE;
          advice = "too many requests. Try again later.";
        } else if (isKept(cause)) {
          kind = Kind.RETENTION;
          advice = "it is under retention or hold, and is unchanged.";
        } else if (EXHAUSTED.contains(answer.reason()) || answer.says("billing", "quota")) {
          kind = Kind.NO_SPACE;
          advice = billing();
        } else {
          kind = Kind.PERMISSION_DENIED;
          advice = forbidden(operation, key, answer);
        }
      }
      case 404 -> {
        kind = Kind.NOT_FOUND;
        advice =
            isBucketMissing(cause)
                ? "there is no bucket " + bucket + ". Create it, or correct its name."
                : "there is no such object.";
      }
      case 408, 429, 500, 502, 503, 504 -> {
        kind = Kind.UNAVAILABLE;
        advice = "the storage is busy or out of order. Try again later.";
      }
      case 412 -> {
        kind = Kind.ALREADY_EXISTS;
        advice = "the key is taken. The object there is unchanged.";
      }
      case 416 -> {
        kind = Kind.OUT_OF_RANGE;
        advice = "the object has no such bytes.";
      }
      default -> {
        kind = answer.status() >= 500 ? Kind.UNAVAILABLE : Kind.OTHER;
        advice = "the storage answered " + answer.status() + ".";
      }
    }
    return new StorageException(
        kind,
        text(key),
        failed + advice + quoted(answer),
        hidden(cause),
        retryAfter(answer.headers(), Instant.now()));
  }

  private String forbidden(Operation operation, @Nullable ObjectKey key, Answer answer) {
    if (answer.reason().equals("vpcServiceControls")
        || answer.says("vpc service controls", "vpcservicecontrols", "organization's policy")) {
      return "VPC Service Controls keep this network or identity away from "
          + bucket
          + ". Add it to an access level or an ingress rule of the perimeter.";
    }
    if (answer.says("kms", "cryptokey")) {
      return kms();
    }
    if (answer.says("requester pays", "userproject", "serviceusage")) {
      return requesterPays();
    }
    if (answer.says("has not been used in project", "it is disabled")) {
      return "the API storage.googleapis.com is disabled in the project. Enable it.";
    }
    String permission = operation.permission();
    String role = operation.role();
    // The message names the right that lacks, which may be another than the usual one: a retention
    // needs storage.objects.setRetention, for instance.
    for (String other :
        List.of("storage.objects.setRetention", "storage.objects.update", "storage.objects.list")) {
      if (answer.said().contains(other)) {
        permission = other;
        role = "roles/storage.objectAdmin";
      }
    }
    return "the right "
        + permission
        + " on "
        + bucket
        + " is missing. Grant it, for instance with the role "
        + role
        + "."
        + (operation == Operation.READ && key != null
            // https://cloud.google.com/storage/docs/json_api/v1/status-codes#403-forbidden
            ? " The object may also be missing: without storage.objects.list the storage does not"
                + " tell."
            : "");
  }

  private static String kms() {
    return "the storage may not use the KMS key, or the key is disabled. Grant"
        + " roles/cloudkms.cryptoKeyEncrypterDecrypter on it to the Cloud Storage service agent of"
        + " the bucket's project.";
  }

  private static String requesterPays() {
    return "the bucket's requester pays. Name the project to bill with the parameter project; the"
        + " credentials need serviceusage.services.use on it.";
  }

  private String billing() {
    return "a quota is used up, or billing is disabled for the project of "
        + bucket
        + ". Raise the quota or enable billing.";
  }

  static String noCredentials() {
    return "Give the parameter credentials, set GOOGLE_APPLICATION_CREDENTIALS, or run \"gcloud auth"
        + " application-default login\".";
  }

  private BackupException unanswered(@Nullable ObjectKey key, String failed, Exception e) {
    String said = allMessages(e);
    String lower = said.toLowerCase(Locale.ROOT);
    if (lower.contains("invalid_grant")) {
      boolean clock = lower.contains("jwt") || lower.contains("iat");
      return new StorageException(
          Kind.UNAUTHENTICATED,
          text(key),
          failed
              + "Google refuses to give a token for these credentials (invalid_grant). "
              + (clock
                  ? "Compare this machine's clock ("
                      + Instant.now()
                      + ") with the real time, and check that the key was not deleted."
                  : "They are expired or revoked, or this machine's clock is wrong. Renew them."),
          hidden(e));
    }
    if (lower.contains("default credentials")) {
      return new StorageException(
          Kind.UNAUTHENTICATED,
          text(key),
          failed + "there are no credentials. " + noCredentials(),
          hidden(e));
    }
    if (isOfCredentials(e)) {
      boolean passing = e instanceof Retryable retryable && retryable.isRetryable();
      return new StorageException(
          passing ? Kind.UNAVAILABLE : Kind.UNAUTHENTICATED,
          text(key),
          failed
              + (passing
                  ? "the service that gives tokens does not answer. Try again later."
                  : "no token could be had for the credentials. Check that they are complete, not"
                      + " deleted, and that this machine's clock is right."),
          hidden(e));
    }
    if (e instanceof IOException && !(e instanceof Calls.ClientException)) {
      return new StorageException(
          Kind.UNAVAILABLE,
          text(key),
          failed
              + "the storage could not be reached, or did not answer ("
              + e.getClass().getSimpleName()
              + shown(e.getMessage())
              + "). Check the network and its proxy; try again later.",
          hidden(e));
    }
    return new StorageException(
        Kind.OTHER,
        text(key),
        failed + e.getClass().getSimpleName() + shown(e.getMessage()),
        hidden(e));
  }

  private static boolean isOfCredentials(Exception e) {
    return isTokenEndpoint(e)
        || lower(e).contains("access token")
        || e.getClass().getName().startsWith("com.google.auth.");
  }

  private static String lower(Exception e) {
    return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
  }

  /** A refusal by the service of tokens, which is no answer of the storage. */
  private static boolean isTokenEndpoint(Exception e) {
    return e instanceof HttpResponseException response
        && !(e instanceof GoogleJsonResponseException)
        && String.valueOf(response.getContent()).contains("invalid_grant");
  }

  private static Answer answer(HttpResponseException e) {
    String reason = "";
    String said = "";
    GoogleJsonError details =
        e instanceof GoogleJsonResponseException json ? json.getDetails() : null;
    if (details != null) {
      said = details.getMessage() == null ? "" : details.getMessage();
      List<GoogleJsonError.ErrorInfo> errors = details.getErrors();
      if (errors != null && !errors.isEmpty() && errors.get(0).getReason() != null) {
        reason = errors.get(0).getReason();
      }
    } else if (e.getContent() != null) {
      said = e.getContent();
    }
    return new Answer(e.getStatusCode(), reason, said, e.getHeaders());
  }

  /** RFC 9110, section 10.2.3: seconds or a date. */
  static @Nullable Duration retryAfter(@Nullable HttpHeaders headers, Instant now) {
    String value = headers == null ? null : headers.getRetryAfter();
    if (value == null) {
      return null;
    }
    if (SECONDS.matcher(value).matches()) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      Duration wait =
          Duration.between(now, DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from));
      return wait.isNegative() ? null : wait;
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static String quoted(Answer answer) {
    String reason = answer.reason().isEmpty() ? "" : ", " + answer.reason();
    return " (" + answer.status() + reason + shown(answer.said()) + ")";
  }

  private static String shown(@Nullable String said) {
    if (said == null || said.isBlank()) {
      return "";
    }
    String line = TOKEN.matcher(said).replaceAll("***").replaceAll("\\s+", " ").strip();
    return ": " + (line.length() > LONGEST_QUOTE ? line.substring(0, LONGEST_QUOTE) + "…" : line);
  }

  private static String allMessages(Throwable e) {
    StringBuilder all = new StringBuilder();
    int depth = 0;
    for (Throwable t = e; t != null && depth < 10; t = t.getCause(), depth++) {
      all.append(t.getMessage()).append('\n');
      if (t instanceof HttpResponseException response) {
        all.append(response.getContent()).append('\n');
      }
    }
    return all.toString();
  }

  /** The cause without its message, which may quote requests whole: headers, session addresses. */
  private static Throwable hidden(Exception e) {
    Throwable shown = new IOException(e.getClass().getName() + shown(e.getMessage()));
    shown.setStackTrace(e.getStackTrace());
    return shown;
  }

  private static @Nullable String text(@Nullable ObjectKey key) {
    return key == null ? null : key.value();
  }
}

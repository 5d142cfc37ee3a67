package io.holdfast.google.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auth.Retryable;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpHeaders;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The only place that turns what went wrong with an API into our errors.
 *
 * <p>The shape of a refusal is that of https://google.aip.dev/193. Its text is passed on in short
 * and without what authorised the call, in case a proxy or a server repeats it.
 */
final class RestErrors {
  private record Meaning(Kind kind, boolean retryable, String advice) {}

  // RFC 6749, section 5.2, and Google's invalid_rapt: words that say why, and hold no secret.
  private static final Pattern OAUTH_ERROR =
      Pattern.compile(
          "\\b(invalid_grant|invalid_client|invalid_rapt|invalid_scope|unauthorized_client"
              + "|access_denied|account_not_found)\\b");

  private RestErrors() {}

  /**
   * The API answered with another status than 2xx.
   *
   * @param body the answer, or something that is missing where it is no JSON
   * @param headers the answer's
   * @param secrets what must not be passed on
   */
  static RestException refused(
      RestRequest request, int status, HttpHeaders headers, JsonNode body, List<String> secrets) {
    JsonNode error = body.path("error");
    String code = word(error.path("status").asText(""));
    String said = error.path("message").asText("");
    String reason = reason(error, said);
    Meaning meaning = meaning(request, status, code, reason);
    for (String secret : secrets) {
      said = said.replace(secret, "…");
    }
    said = Shown.text(said);
    return new RestException(
        meaning.kind,
        "Could not "
            + request.doing()
            + ": HTTP "
            + status
            + (code.isEmpty() ? "" : " " + code)
            + (said.isEmpty() ? "" : ", \"" + said + "\"")
            + "."
            + (meaning.advice.isEmpty() ? "" : " " + meaning.advice),
        meaning.retryable,
        new RestException.Answer(
            status, code, said, RetryAfter.of(headers, error, Instant.now()).orElse(null)),
        meaning.advice);
  }

  /** No answer, or not all of it. */
  static HandlerException unreachable(RestRequest request, IOException cause) {
    return new HandlerException(
        Kind.UNREACHABLE,
        null,
        "Could not "
            + request.doing()
            + ": "
            + request.uri().getHost()
            + " did not answer ("
            + cause.getClass().getSimpleName()
            + "). Check the network, and whether a proxy is needed.",
        cause,
        true);
  }

  /** An answer that cannot be used. */
  static HandlerException unusable(RestRequest request, String why) {
    return new HandlerException(
        Kind.OTHER,
        null,
        "Could not "
            + request.doing()
            + ": "
            + request.uri().getHost()
            + " answered "
            + why
            + ". Something between here and there may have answered instead.",
        null);
  }

  /**
   * The credentials gave nothing to authorise the call with. Their error is not attached: what it
   * holds depends on the kind of credentials, and may be an answer with tokens.
   */
  static HandlerException unauthorised(RestRequest request, IOException error) {
    boolean passing = isPassing(error);
    Matcher known = OAUTH_ERROR.matcher(error.getMessage() == null ? "" : error.getMessage());
    return new HandlerException(
        passing ? Kind.UNREACHABLE : Kind.UNAUTHENTICATED,
        null,
        "Could not "
            + request.doing()
            + ": the credentials gave no access token ("
            + error.getClass().getSimpleName()
            + (known.find() ? ", " + known.group(1) : "")
            + "). "
            + (passing
                ? "Check the network."
                : "Check that they are valid: gcloud auth application-default print-access-token,"
                    + " say."),
        null,
        passing);
  }

  /** The credentials gave something that is no HTTP header. */
  static HandlerException unsendable(RestRequest request) {
    // The client's own error quotes the header.
    return new HandlerException(
        Kind.UNAUTHENTICATED,
        null,
        "Could not "
            + request.doing()
            + ": the credentials gave headers that HTTP cannot carry. Check that the token has no"
            + " line break or other stray characters.",
        null);
  }

  /** The credentials would go over the network for everybody to read. */
  static HandlerException unprotected(RestRequest request) {
    return new HandlerException(
        Kind.OTHER,
        null,
        "Could not "
            + request.doing()
            + ": credentials are sent by https only, and not to "
            + request.uri().getScheme()
            + "://"
            + request.uri().getAuthority()
            + ". Nothing was sent. Name an https endpoint, or say that it is an emulator.",
        null);
  }

  /** What should be sent cannot be, which only a backup can bring along: it nests too deeply. */
  static HandlerException unwritable(RestRequest request) {
    return new HandlerException(
        Kind.UNSUPPORTED,
        null,
        "Could not "
            + request.doing()
            + ": what the backup says there cannot be written as JSON. Restore without it.",
        null);
  }

  private static boolean isPassing(IOException error) {
    if (error instanceof Retryable retryable && retryable.isRetryable()) {
      return true;
    }
    for (Throwable t = error; t != null; t = t.getCause()) {
      if (t instanceof UnknownHostException
          || t instanceof ConnectException
          || t instanceof SocketTimeoutException) {
        return true;
      }
    }
    return false;
  }

  private static Meaning meaning(RestRequest request, int status, String code, String reason) {
    return switch (status) {
      case 401 ->
          fatal(Kind.UNAUTHENTICATED, "Check that the credentials are valid and not expired.");
      case 403 -> fatal(Kind.PERMISSION_DENIED, refusal(request, reason));
      case 404 -> fatal(Kind.NOT_FOUND, "Check the names of the project and of what is in it.");
      case 408 -> passing(Kind.UNREACHABLE, "");
      // ABORTED comes from administering several things at once, and passes:
      // https://github.com/firebase/firebase-tools/issues/1119
      case 409 ->
          code.equals("ALREADY_EXISTS")
              ? fatal(Kind.OTHER, "")
              : passing(Kind.OTHER, "Another change was under way; the same may succeed now.");
      case 429 -> passing(Kind.OTHER, "A quota is used up; wait, or ask for a higher one.");
      case 501 -> fatal(Kind.UNSUPPORTED, "");
      default ->
          status >= 500
              ? passing(Kind.UNREACHABLE, "The service has trouble; try again later.")
              : fatal(Kind.OTHER, "");
    };
  }

  private static String refusal(RestRequest request, String reason) {
    return switch (reason) {
      case "SERVICE_DISABLED" -> request.right().api().enable(request.project());
      case "ACCESS_TOKEN_SCOPE_INSUFFICIENT" ->
          "The access token lacks the scope https://www.googleapis.com/auth/cloud-platform: give the"
              + " credentials that scope.";
      case "", "IAM_PERMISSION_DENIED" -> grant(request);
      default -> grant(request) + " The reason given is " + reason + ".";
    };
  }

  private static String grant(RestRequest request) {
    return "The caller needs " + request.right().permissions() + ".";
  }

  /** Why, in one word, by the ErrorInfo of https://google.aip.dev/193#errorinfo. */
  private static String reason(JsonNode error, String said) {
    for (JsonNode detail : error.path("details")) {
      String reason = word(detail.path("reason").asText(""));
      if (!reason.isEmpty()) {
        return reason;
      }
    }
    // What some services say without details.
    return said.contains("it is disabled") || said.contains("has not been used in project")
        ? "SERVICE_DISABLED"
        : "";
  }

  private static String word(String raw) {
    return raw.matches("[A-Z0-9_]{1,63}") ? raw : "";
  }

  private static Meaning fatal(Kind kind, String advice) {
    return new Meaning(kind, false, advice);
  }

  private static Meaning passing(Kind kind, String advice) {
    return new Meaning(kind, true, advice);
  }
}

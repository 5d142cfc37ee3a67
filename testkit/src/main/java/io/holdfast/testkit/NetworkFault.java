package io.holdfast.testkit;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a {@link FaultProxy} does to an exchange: a request and its answer. Immutable.
 *
 * <p>"In the middle" is half of the body where its length is known, and else half of the first
 * bytes that come.
 */
public final class NetworkFault {
  /** What may be damaged: smaller bodies are the protocol's own, whose damage proves nothing. */
  static final int PAYLOAD_BYTES = 1024;

  /** What may be damaged where the protocol is unknown, behind the first bytes of a turn. */
  static final int UNKNOWN_PAYLOAD_BYTES = 16 * 1024;

  enum Kind {
    RESET,
    RESET_IN_REQUEST,
    RESET_IN_ANSWER,
    LOSE_ANSWER,
    STALL,
    HOLD_ANSWER,
    SLOW,
    CORRUPT_REQUEST,
    CORRUPT_ANSWER,
    ANSWER
  }

  private final Kind kind;
  private final String what;
  private final int number;
  private final Map<String, String> headers;
  private final String body;

  private NetworkFault(
      Kind kind, String what, int number, Map<String, String> headers, String body) {
    this.kind = kind;
    this.what = what;
    this.number = number;
    this.headers = headers;
    this.body = body;
  }

  private static NetworkFault of(Kind kind, String what) {
    return new NetworkFault(kind, what, 0, Map.of(), "");
  }

  /** The connection is reset before the server sees anything of the request. */
  public static NetworkFault reset() {
    return of(Kind.RESET, "reset before the request");
  }

  /** Both connections are reset in the middle of the request's body; needs one that has a body. */
  public static NetworkFault resetInRequest() {
    return of(Kind.RESET_IN_REQUEST, "reset in the middle of the request");
  }

  /** Both connections are reset in the middle of the answer. */
  public static NetworkFault resetInAnswer() {
    return of(Kind.RESET_IN_ANSWER, "reset in the middle of the answer");
  }

  /** The server has done it and answered; the client sees a reset instead of the answer. */
  public static NetworkFault loseAnswer() {
    return of(Kind.LOSE_ANSWER, "answer lost");
  }

  /**
   * The request is taken and nothing said, until {@link FaultProxy#goOn} passes it on, or {@link
   * FaultProxy#heal} resets the connection.
   */
  public static NetworkFault stall() {
    return of(Kind.STALL, "stalled");
  }

  /** The server has done it and answered, and the answer stands still as in {@link #stall}. */
  public static NetworkFault holdAnswer() {
    return of(Kind.HOLD_ANSWER, "answer held back");
  }

  /**
   * Request and answer come in small steps, with a moment between them.
   *
   * @param bytesPerStep how many bytes a step has, ≥ 1
   */
  public static NetworkFault slow(int bytesPerStep) {
    if (bytesPerStep < 1) {
      throw new IllegalArgumentException("bytesPerStep must be ≥ 1");
    }
    return new NetworkFault(
        Kind.SLOW, "slow by steps of " + bytesPerStep + " bytes", bytesPerStep, Map.of(), "");
  }

  /**
   * One bit in the middle of the request's body is turned; needs one of 1 KiB or more. Where the
   * protocol is unknown, one bit of 16 KiB or more that come together, after the first bytes: data
   * and no command.
   */
  public static NetworkFault corruptRequest() {
    return of(Kind.CORRUPT_REQUEST, "request damaged");
  }

  /** One bit of the answer is turned, as in {@link #corruptRequest}. */
  public static NetworkFault corruptAnswer() {
    return of(Kind.CORRUPT_ANSWER, "answer damaged");
  }

  /**
   * The proxy answers by itself, and the server never sees the request. HTTP only.
   *
   * @param status the status: 500
   * @param headers what to say beside it; lengths and dates are not needed
   * @param body the answer's body, which may be empty
   */
  public static NetworkFault answer(int status, Map<String, String> headers, String body) {
    return new NetworkFault(
        Kind.ANSWER, "answered with " + status, status, new TreeMap<>(headers), body);
  }

  /** The proxy answers by itself, without a body. HTTP only. */
  public static NetworkFault answer(int status) {
    return answer(status, Map.of(), "");
  }

  /**
   * The proxy answers by itself that the client should come back later. HTTP only.
   *
   * @param status 429 or 503
   * @param retryAfter when to come back, in whole seconds
   */
  public static NetworkFault comeBack(int status, Duration retryAfter) {
    return answer(status, Map.of("Retry-After", Long.toString(retryAfter.toSeconds())), "");
  }

  Kind kind() {
    return kind;
  }

  int bytesPerStep() {
    return number;
  }

  /** Whether it is decided once the answer is there, and not before. */
  boolean concernsAnswer() {
    return switch (kind) {
      case RESET_IN_ANSWER, LOSE_ANSWER, HOLD_ANSWER, CORRUPT_ANSWER -> true;
      default -> false;
    };
  }

  boolean damages() {
    return kind == Kind.CORRUPT_REQUEST || kind == Kind.CORRUPT_ANSWER;
  }

  boolean fits(ProxiedExchange exchange) {
    return switch (kind) {
      case RESET_IN_REQUEST -> exchange.requestBytes() != 0;
      case CORRUPT_REQUEST -> exchange.method().isEmpty() || isPayload(exchange.requestBytes());
      case CORRUPT_ANSWER -> exchange.method().isEmpty() || isPayload(exchange.answerBytes());
      default -> true;
    };
  }

  private static boolean isPayload(long lengthBytes) {
    return lengthBytes < 0 || lengthBytes >= PAYLOAD_BYTES;
  }

  /** The answer as bytes. */
  byte[] answerBytes(boolean withBody, boolean closes) {
    StringBuilder text = new StringBuilder("HTTP/1.1 " + number + " Fault\r\n");
    headers.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    String sent = withBody ? body : "";
    int length = sent.getBytes(StandardCharsets.UTF_8).length;
    text.append("Content-Length: ").append(length).append("\r\n");
    if (closes) {
      text.append("Connection: close\r\n");
    }
    return text.append("\r\n").append(sent).toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return what;
  }
}

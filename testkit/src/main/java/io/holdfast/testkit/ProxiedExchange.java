package io.holdfast.testkit;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request that goes through a {@link FaultProxy}, and what is known of its answer: what rules
 * choose by. Safe for use by many threads.
 */
public final class ProxiedExchange {
  private final int number;
  private final int connection;
  private final String method;
  private final String target;
  private final Map<String, String> headers;
  private final long requestBytes;
  private volatile int status;
  private volatile long answerBytes = -1;

  ProxiedExchange(
      int number,
      int connection,
      String method,
      String target,
      Map<String, String> headers,
      long requestBytes) {
    this.number = number;
    this.connection = connection;
    this.method = method;
    this.target = target;
    this.headers = headers;
    this.requestBytes = requestBytes;
  }

  /** Which one of the proxy it is, from 1 on. */
  public int number() {
    return number;
  }

  /** Which connection it came over, from 1 on. */
  public int connection() {
    return connection;
  }

  /** The HTTP method, in upper case; empty for another protocol. */
  public String method() {
    return method;
  }

  /**
   * The path without the query, as it was sent; for another protocol the first bytes that came, one
   * character for each, up to 200.
   */
  public String path() {
    int query = method.isEmpty() ? -1 : target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /** The query without the question mark, as it was sent; empty if there is none. */
  public String query() {
    int query = method.isEmpty() ? -1 : target.indexOf('?');
    return query < 0 ? "" : target.substring(query + 1);
  }

  /** The first header of that name, in whatever case. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
  }

  /**
   * How long the request's body is, in bytes; -1 if it does not say so. For another protocol, how
   * many bytes came at first.
   */
  public long requestBytes() {
    return requestBytes;
  }

  /** The answer's HTTP status; 0 as long as there is none, and for another protocol. */
  public int status() {
    return status;
  }

  /**
   * How long the answer's body is, in bytes; -1 as long as that is not known. For another protocol,
   * how many bytes came at first.
   */
  public long answerBytes() {
    return answerBytes;
  }

  void answered(int newStatus, long lengthBytes) {
    status = newStatus;
    answerBytes = lengthBytes;
  }

  @Override
  public String toString() {
    return "exchange "
        + number
        + (method.isEmpty() ? "" : " (" + method + " " + target + ")")
        + (status == 0 ? "" : " answered with " + status);
  }
}

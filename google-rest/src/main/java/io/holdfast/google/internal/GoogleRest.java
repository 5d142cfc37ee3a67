package io.holdfast.google.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auth.Credentials;
import io.holdfast.CancelledException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * Sends one JSON call to a Google API, once: who calls it decides on retries. Safe to share.
 *
 * <p>The credentials are asked for each call and their headers, {@code x-goog-user-project}
 * included, go out as they are. They are neither kept nor logged. They are sent by https, and by
 * plain http only to this machine itself; {@link EmulatorCredentials}, which are no secret, go
 * anywhere. Redirects are not followed, since the token would go along.
 *
 * <p>Holds nothing that must be closed. A client that was given is not closed either.
 */
public final class GoogleRest {
  /**
   * How long and how much.
   *
   * @param timeout for a whole call, answer included
   * @param maxBytes of an answer
   */
  public record Limits(Duration timeout, int maxBytes) {
    /** A minute, and 64 MiB. */
    public static final Limits STANDARD = new Limits(Duration.ofSeconds(60), 64 << 20);
  }

  /** Reads and writes as the calls here do; not to be configured further. */
  public static final JsonMapper JSON =
      JsonMapper.builder()
          // Numbers that are not known here come out as they went in.
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final Pattern LOOPBACK =
      Pattern.compile("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|\\[::1\\]");

  private final Credentials credentials;
  private final Limits limits;
  private final HttpClient client;

  /** With a client of its own, which uses the system's proxy. */
  public GoogleRest(Credentials credentials, Limits limits) {
    this(
        credentials,
        limits,
        HttpClient.newBuilder()
            .connectTimeout(limits.timeout())
            .followRedirects(Redirect.NEVER)
            .build());
  }

  /**
   * With a client that is used as it is: its proxy, its certificates, and its way with redirects.
   */
  public GoogleRest(Credentials credentials, Limits limits, HttpClient client) {
    this.credentials = credentials;
    this.limits = limits;
    this.client = client;
  }

  /**
   * Sends it, and gives the answer.
   *
   * @throws RestException if the API refuses
   * @throws io.holdfast.spi.HandlerException if there is no answer, or none that is a JSON object
   * @throws CancelledException if the thread is interrupted
   */
  public ObjectNode send(RestRequest request) {
    if (parsed(sendForBytes(request)) instanceof ObjectNode object) {
      return object;
    }
    throw RestErrors.unusable(request, "what is no JSON object");
  }

  /**
   * Sends it, and gives the answer's body as it came, for those who read it as a stream.
   *
   * @throws RestException if the API refuses
   * @throws io.holdfast.spi.HandlerException if there is no answer
   * @throws CancelledException if the thread is interrupted
   */
  public byte[] sendForBytes(RestRequest request) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(request.uri())
            .timeout(limits.timeout())
            .method(request.method(), body(request))
            .header("Accept", "application/json");
    if (request.body() != null) {
      builder.header("Content-Type", "application/json; charset=utf-8");
    }
    request.headers().forEach(builder::header);
    List<String> secrets = authorise(request, builder);
    HttpResponse<byte[]> response = exchange(request, builder.build());
    if (response.statusCode() / 100 != 2) {
      throw RestErrors.refused(
          request, response.statusCode(), response.headers(), parsed(response.body()), secrets);
    }
    return response.body();
  }

  private static BodyPublisher body(RestRequest request) {
    ObjectNode body = request.body();
    if (body == null) {
      return BodyPublishers.noBody();
    }
    try {
      return BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body));
    } catch (JsonProcessingException e) {
      throw RestErrors.unwritable(request);
    }
  }

  private List<String> authorise(RestRequest request, HttpRequest.Builder builder) {
    boolean isPublic = credentials instanceof EmulatorCredentials;
    if (!isPublic && !isProtected(request.uri())) {
      throw RestErrors.unprotected(request);
    }
    List<String> secrets = new ArrayList<>();
    try {
      Map<String, List<String>> metadata = credentials.getRequestMetadata(request.uri());
      metadata.forEach(
          (name, values) -> {
            for (String value : values) {
              builder.header(name, value);
              if (!isPublic && name.equalsIgnoreCase("Authorization")) {
                secrets.add(value);
                secrets.add(value.substring(value.indexOf(' ') + 1));
              }
            }
          });
      secrets.removeIf(String::isBlank);
      return secrets;
    } catch (IOException e) {
      throw RestErrors.unauthorised(request, e);
    } catch (IllegalArgumentException e) {
      throw RestErrors.unsendable(request);
    }
  }

  /** Whether nobody else can read what is sent there. Addresses only: a name may be anybody's. */
  private static boolean isProtected(URI uri) {
    return "https".equalsIgnoreCase(uri.getScheme())
        || (uri.getHost() != null && LOOPBACK.matcher(uri.getHost()).matches());
  }

  private HttpResponse<byte[]> exchange(RestRequest request, HttpRequest http) {
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(http, info -> new BoundedBody(limits.maxBytes()));
    try {
      // The request's own timeout ends with the headers; this one ends with the body.
      return answer.get(limits.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw RestErrors.unreachable(
          request, new HttpTimeoutException("no whole answer within " + limits.timeout()));
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while waiting to " + request.doing() + ".", e);
    } catch (ExecutionException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof BoundedBody.TooLong) {
          throw RestErrors.unusable(request, "more than " + limits.maxBytes() + " bytes");
        }
      }
      throw RestErrors.unreachable(
          request, e.getCause() instanceof IOException io ? io : new IOException(e.getCause()));
    }
  }

  /** The answer as JSON; missing where it is none. */
  private static JsonNode parsed(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      // Not passed on: it may quote the answer.
      return MissingNode.getInstance();
    }
  }
}

package io.holdfast.firestore.internal.definitions;

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

/**
 * Sends one JSON call to a Google API, once: who calls it decides on retries. Safe to share.
 *
 * <p>The credentials are asked for each call and their headers, {@code x-goog-user-project}
 * included, go out as they are. They are neither kept nor logged. Redirects are not followed, since
 * the token would go along.
 */
final class GoogleRest {
  /**
   * How long and how much.
   *
   * @param timeout for a whole call, answer included
   * @param maxBytes of an answer
   */
  record Limits(Duration timeout, int maxBytes) {
    static final Limits STANDARD = new Limits(Duration.ofSeconds(60), 64 << 20);
  }

  static final JsonMapper JSON =
      JsonMapper.builder()
          // Numbers that are not known here come out as they went in.
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Credentials credentials;
  private final Limits limits;
  private final HttpClient client;

  GoogleRest(Credentials credentials, Limits limits) {
    this.credentials = credentials;
    this.limits = limits;
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(limits.timeout())
            .followRedirects(Redirect.NEVER)
            .build();
  }

  /**
   * Sends it, and gives the answer.
   *
   * @throws RestException if the API refuses
   * @throws io.holdfast.spi.HandlerException if there is no answer, or none that is a JSON object
   */
  ObjectNode send(RestRequest request) {
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
    JsonNode answer = parsed(response.body());
    if (response.statusCode() / 100 != 2) {
      throw RestErrors.refused(request, response.statusCode(), answer, secrets);
    }
    if (answer instanceof ObjectNode object) {
      return object;
    }
    throw RestErrors.unusable(request, "what is no JSON object");
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
    List<String> secrets = new ArrayList<>();
    try {
      Map<String, List<String>> metadata = credentials.getRequestMetadata(request.uri());
      metadata.forEach(
          (name, values) -> {
            for (String value : values) {
              builder.header(name, value);
              if (name.equalsIgnoreCase("Authorization")) {
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

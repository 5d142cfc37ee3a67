package io.holdfast.s3;

import io.holdfast.spi.Retry;
import java.io.UncheckedIOException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Sends requests: once, or as often as the policy says, and with errors translated. Safe for use by
 * many threads.
 *
 * @param client gives the client; opens it at the first call
 * @param retry how to repeat what may be repeated
 * @param errors translates what the client throws
 */
record S3Calls(Supplier<S3Client> client, Retry retry, S3Errors errors) {
  /** Sends a request once. */
  <T> T once(S3Operation operation, @Nullable String key, Function<S3Client, T> request) {
    try {
      return request.apply(client.get());
    } catch (SdkException | UncheckedIOException e) {
      // The latter when the connection breaks within an answer in XML.
      throw errors.translate(operation, key, e);
    }
  }

  /** Sends a request that may be repeated. */
  <T> T repeated(S3Operation operation, @Nullable String key, Function<S3Client, T> request) {
    return retry.call(
        operation.verb() + (key == null ? "" : " " + key), () -> once(operation, key, request));
  }
}

package io.holdfast.s3;

import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.RangeStream;
import io.holdfast.spi.StorageException;
import io.holdfast.spi.StorageException.Kind;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/** Opens ranges of one object, and after the first of the same object only. One thread uses it. */
final class S3Range implements RangeStream.Opener {
  /** RFC 9110, section 14.4. */
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\\*)");

  private final S3Calls calls;
  private final S3Settings settings;
  private final ObjectKey key;
  private @Nullable String etag;

  S3Range(S3Calls calls, S3Settings settings, ObjectKey key) {
    this.calls = calls;
    this.settings = settings;
    this.key = key;
  }

  @Override
  public InputStream open(long offset, long lengthBytes) {
    String pinned = etag;
    ResponseInputStream<GetObjectResponse> body =
        calls.once(
            S3Operation.READ,
            key.value(),
            client ->
                client.getObject(
                    request -> {
                      request
                          .bucket(settings.bucket())
                          .key(settings.prefix() + key)
                          .range("bytes=" + offset + "-" + (offset + lengthBytes - 1));
                      if (pinned != null) {
                        request.ifMatch(pinned);
                      }
                    }));
    try {
      requireRange(body.response(), offset, lengthBytes);
      etag = body.response().eTag();
      return new Body(body, lengthBytes);
    } catch (StorageException e) {
      body.abort();
      throw e;
    }
  }

  private void requireRange(GetObjectResponse answer, long offset, long lengthBytes) {
    String range = answer.contentRange();
    if (range == null && offset == 0 && answer.contentLength() != null) {
      // Some servers send the whole object if that is what the range amounts to.
      requireBytes(answer.contentLength(), offset, lengthBytes);
      return;
    }
    Matcher matcher = CONTENT_RANGE.matcher(range == null ? "" : range);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) != offset) {
      throw calls
          .errors()
          .error(
              Kind.OTHER,
              S3Operation.READ,
              key.value(),
              "the server sent another range than was asked for: "
                  + (range == null ? "all of it" : range)
                  + ".",
              "A proxy in between may drop the header Range.",
              null);
    }
    long end = Long.parseLong(matcher.group(2)) + 1;
    requireBytes(
        matcher.group(3).equals("*") ? end : Long.parseLong(matcher.group(3)), offset, lengthBytes);
  }

  private void requireBytes(long size, long offset, long lengthBytes) {
    if (size - offset < lengthBytes) {
      throw tooShort(calls.errors(), key, size, offset, lengthBytes);
    }
  }

  /** The error for a range that the object does not have. */
  static StorageException tooShort(
      S3Errors errors, ObjectKey key, long size, long offset, long lengthBytes) {
    return errors.error(
        Kind.OUT_OF_RANGE,
        S3Operation.READ,
        key.value(),
        "it has " + size + " bytes; asked for were " + lengthBytes + " from " + offset + " on.",
        "It is shorter than expected: verify the backup.",
        null);
  }

  /** Closes the connection instead of reading what nobody wants, and honours interruption. */
  private static final class Body extends FilterInputStream {
    private final ResponseInputStream<GetObjectResponse> body;
    private long remaining;

    Body(ResponseInputStream<GetObjectResponse> body, long lengthBytes) {
      super(body);
      this.body = body;
      this.remaining = lengthBytes;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("Interrupted while reading.");
      }
      int got = super.read(bytes, from, count);
      remaining -= Math.max(0, got);
      return got;
    }

    @Override
    public void close() throws IOException {
      if (remaining > 0) {
        body.abort();
      } else {
        super.close();
      }
    }
  }
}

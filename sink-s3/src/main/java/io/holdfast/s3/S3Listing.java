package io.holdfast.s3;

import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.StorageException.Kind;
import io.holdfast.spi.StoredObject;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The objects below a prefix, page by page as they are asked for. Names that are no keys are passed
 * over. One thread uses it.
 */
final class S3Listing implements Iterator<StoredObject> {
  private final S3Calls calls;
  private final S3Settings settings;
  private final String prefix;
  private @Nullable Iterator<S3Object> page;
  private @Nullable String next;
  private @Nullable ObjectKey last;
  private @Nullable StoredObject ahead;

  /**
   * @param prefix the beginning of the keys
   */
  S3Listing(S3Calls calls, S3Settings settings, String prefix) {
    this.calls = calls;
    this.settings = settings;
    this.prefix = prefix;
  }

  @Override
  public boolean hasNext() {
    if (ahead == null) {
      ahead = advance();
    }
    return ahead != null;
  }

  @Override
  public StoredObject next() {
    if (!hasNext() || ahead == null) {
      throw new NoSuchElementException();
    }
    StoredObject object = ahead;
    ahead = null;
    return object;
  }

  private @Nullable StoredObject advance() {
    while (true) {
      Iterator<S3Object> current = page;
      if (current == null) {
        current = fetch(null);
      }
      while (current.hasNext()) {
        S3Object one = current.next();
        String name = one.key().substring(settings.prefix().length());
        if (ObjectKey.isSafe(name)) {
          return inOrder(
              new StoredObject(
                  new ObjectKey(name), one.size(), S3Lookup.seconds(one.lastModified())));
        }
      }
      if (next == null) {
        return null;
      }
      fetch(next);
    }
  }

  private Iterator<S3Object> fetch(@Nullable String token) {
    ListObjectsV2Response answer =
        calls.repeated(
            S3Operation.LIST,
            null,
            client ->
                client.listObjectsV2(
                    request ->
                        request
                            .bucket(settings.bucket())
                            .prefix(settings.prefix() + prefix)
                            .continuationToken(token)));
    Iterator<S3Object> fetched =
        answer.contents().stream()
            .filter(one -> one.key().startsWith(settings.prefix() + prefix))
            .iterator();
    page = fetched;
    next = Boolean.TRUE.equals(answer.isTruncated()) ? answer.nextContinuationToken() : null;
    return fetched;
  }

  /** Directory buckets, and some servers, list in an order of their own. */
  private StoredObject inOrder(StoredObject object) {
    if (last != null && last.compareTo(object.key()) >= 0) {
      throw calls
          .errors()
          .error(
              Kind.UNSUPPORTED,
              S3Operation.LIST,
              null,
              "the server lists " + object.key() + " after " + last + ", not in the order of keys.",
              "Use a server and a bucket that list in order.",
              null);
    }
    last = object.key();
    return object;
  }
}

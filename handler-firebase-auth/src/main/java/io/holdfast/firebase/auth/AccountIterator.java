package io.holdfast.firebase.auth;

import io.holdfast.firebase.auth.internal.rest.AuthApi;
import io.holdfast.firebase.auth.internal.users.UserPage;
import io.holdfast.firebase.auth.internal.users.UserRecord;
import io.holdfast.spi.Retry;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The accounts of a tenant, page by page. */
final class AccountIterator implements Iterator<UserRecord> {
  private final AuthApi api;
  private final Retry retry;
  private final String tenant;
  private UserPage page;
  private @Nullable UserRecord next;

  AccountIterator(AuthApi api, Retry retry, String tenant) {
    this.api = api;
    this.retry = retry;
    this.tenant = tenant;
    this.page = page(Optional.empty());
    this.next = advance();
  }

  private UserPage page(Optional<String> token) {
    return new UserPage(retry.call("list accounts", () -> api.users(tenant, token, AuthApi.MOST)));
  }

  private @Nullable UserRecord advance() {
    while (true) {
      UserRecord user = page.next();
      if (user != null) {
        return user;
      }
      Optional<String> token = page.nextPageToken();
      if (token.isEmpty()) {
        return null;
      }
      page = page(token);
    }
  }

  @Override
  public boolean hasNext() {
    return next != null;
  }

  @Override
  public UserRecord next() {
    UserRecord current = next;
    if (current == null) {
      throw new NoSuchElementException();
    }
    next = advance();
    return current;
  }
}

package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.CancelledException;
import io.holdfast.firebase.auth.internal.rest.AuthApi;
import io.holdfast.firebase.auth.internal.rest.AuthApi.BadRequestException;
import io.holdfast.firebase.auth.internal.users.KeyTable;
import io.holdfast.firebase.auth.internal.users.UserPage;
import io.holdfast.firebase.auth.internal.users.UserRecord;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBuffer;
import io.holdfast.spi.Split;
import io.holdfast.spi.SplitReader;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the accounts of a project or tenant page by page. A page can only be asked for once the one
 * before has come, so the next one is fetched while a page is handed over.
 *
 * <p>A token that has expired sends it back to the first page; accounts that were handed over are
 * passed over then, which it knows by their uids. So no account comes twice, not even one that
 * moved from one page to the next.
 */
final class AuthSplitReader implements SplitReader {
  private static final int MOST_VAIN_RESTARTS = 3;
  private static final String EXPIRED = "INVALID_PAGE_SELECTION";

  private final AuthConnection connection;
  private final BackupRequest request;
  private final Function<String, @Nullable AuthBackupSession> sessions;
  private final ExecutorService fetching;
  private @Nullable Split split;
  private @Nullable AuthBackupSession session;
  private @Nullable Future<byte[]> next;
  private @Nullable UserPage page;
  private KeyTable seen = new KeyTable();
  private int seenAtRestart;
  private int vainRestarts;

  AuthSplitReader(
      AuthConnection connection,
      BackupRequest request,
      Function<String, @Nullable AuthBackupSession> sessions) {
    this.connection = connection;
    this.request = request;
    this.sessions = sessions;
    this.fetching =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "holdfast-auth-pages");
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  public void open(Split opened) {
    split = opened;
    session = sessions.apply(opened.attribute(AuthBackupSession.SESSION));
    page = null;
    seen = new KeyTable();
    seenAtRestart = 0;
    vainRestarts = 0;
    next = opened.collection().equals(UserRecord.USERS) ? fetch(Optional.empty()) : null;
  }

  @Override
  public boolean read(RecordBuffer into) {
    Split current = required(split);
    if (current.collection().equals(UserRecord.TENANTS)) {
      tenant(current, into);
      return false;
    }
    while (!into.isFull()) {
      UserPage open = page;
      if (open == null) {
        Future<byte[]> coming = next;
        if (coming == null) {
          return false;
        }
        open = await(coming);
        if (open == null) {
          continue;
        }
        page = open;
      }
      UserRecord user = open.next();
      if (user == null) {
        page = null;
      } else {
        take(user, into);
      }
    }
    return true;
  }

  private static void tenant(Split of, RecordBuffer into) {
    try {
      UserRecord.writeTenant(
          of.attribute(AuthBackupSession.TENANT),
          (ObjectNode) GoogleRest.JSON.readTree(of.attribute(AuthBackupSession.SETTINGS)),
          into);
    } catch (IOException e) {
      throw new IllegalArgumentException("The split holds no settings.");
    }
  }

  private void take(UserRecord user, RecordBuffer into) {
    if (user.uid().isEmpty()) {
      throw new HandlerException(
          Kind.OTHER, UserRecord.USERS, "The service listed an account without a uid.", null);
    }
    if (user.isRedacted()) {
      throw new HandlerException(
          Kind.PERMISSION_DENIED,
          UserRecord.USERS,
          "The password hashes of "
              + connection.display()
              + " are redacted. The caller needs firebaseauth.configs.getHashConfig, which is in"
              + " roles/firebaseauth.admin. A backup without them would be none.",
          null);
    }
    String tenant = required(split).attribute(AuthBackupSession.TENANT);
    if (seen.put(user.uid(), 1) != KeyTable.NONE) {
      return;
    }
    UserRecord own = user.tenant().equals(tenant) ? user : user.in(tenant);
    AuthBackupSession of = session;
    if (own.hasForeignHash()) {
      if (of != null) {
        of.foreignHash(own.uid());
      } else if (!request.allowUncaptured()) {
        throw new HandlerException(
            Kind.UNSUPPORTED,
            UserRecord.USERS,
            "The password hash of the account " + own.uid() + " cannot be backed up.",
            null);
      }
    }
    own.writeTo(into);
  }

  /** The page that was fetched, and the one behind it on its way; null after a restart. */
  private @Nullable UserPage await(Future<byte[]> coming) {
    byte[] bytes;
    try {
      bytes = coming.get();
    } catch (InterruptedException e) {
      coming.cancel(true);
      Thread.currentThread().interrupt();
      throw new CancelledException("Interrupted while waiting for accounts.", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BadRequestException refused
          && refused.word().equals(EXPIRED)
          && mayRestart()) {
        next = fetch(Optional.empty());
        return null;
      }
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    }
    // It stands behind the accounts, so it takes a pass of its own; the page is in memory.
    Optional<String> token = UserPage.tokenOf(bytes);
    next = token.isPresent() ? fetch(token) : null;
    return new UserPage(bytes);
  }

  /** Goes on as long as there is progress, and a few times without. */
  private boolean mayRestart() {
    vainRestarts = seen.size() > seenAtRestart ? 0 : vainRestarts + 1;
    seenAtRestart = seen.size();
    return vainRestarts <= MOST_VAIN_RESTARTS;
  }

  private Future<byte[]> fetch(Optional<String> token) {
    String tenant = required(split).attribute(AuthBackupSession.TENANT);
    return fetching.submit(
        () ->
            request
                .retry()
                .call(
                    "list the accounts of " + connection.display(),
                    () -> connection.api().users(tenant, token, AuthApi.MOST)));
  }

  private static <T> T required(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("No split is open.");
    }
    return value;
  }

  /** Also ends the fetch that is under way. */
  @Override
  public void close() {
    fetching.shutdownNow();
  }
}

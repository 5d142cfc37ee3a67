package io.holdfast.firebase.auth;

import com.google.auth.Credentials;
import io.holdfast.spi.BackupHandler;
import io.holdfast.spi.BackupRequest;
import io.holdfast.spi.BackupSession;
import io.holdfast.spi.DatabaseInfo;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import io.holdfast.spi.SplitReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Backs up and restores the accounts of a Firebase project, or of one of its tenants: every field
 * that the API lists, password hashes with the parameters that they need, so that people can sign
 * in afterwards. Safe for use by many threads.
 *
 * <p>A backup holds password hashes and secrets of identity providers. It is refused unless it is
 * going to be encrypted, or the handler was told {@link Builder#allowPlaintext}.
 *
 * <p>The API lists accounts page by page without an instant, so a backup is {@code FUZZY}. A
 * restore is not atomic: accounts are imported a thousand at a time, then read back and compared.
 */
public final class FirebaseAuthHandler implements BackupHandler {
  static final String NAME = "firebase-auth";

  private final AuthConnection connection;
  private final boolean allowPlaintext;
  private final ImportSettings importing;
  private final Map<String, AuthBackupSession> sessions = new ConcurrentHashMap<>();

  private FirebaseAuthHandler(Builder builder) {
    this.connection = builder.service.map(builder.connection::elsewhere).orElse(builder.connection);
    this.allowPlaintext = builder.allowPlaintext;
    this.importing =
        new ImportSettings(
            builder.existing, builder.hash, Map.copyOf(builder.tenants), builder.createTenants);
  }

  /**
   * A handler for {@code firebase-auth://project[/tenant][?emulator=host:port]}, with Application
   * Default Credentials or those of {@code &credentials=file}. An emulator is also taken from
   * {@code FIREBASE_AUTH_EMULATOR_HOST}, unless the URI says {@code emulator=none}. {@code
   * &allowPlaintext=true} is {@link Builder#allowPlaintext}.
   *
   * @throws io.holdfast.ConfigurationException with every problem of the URI
   */
  public static FirebaseAuthHandler at(String uri) {
    return builder(Location.parse(uri), ProviderContext.system()).build();
  }

  /** Begins a handler as {@link #at} makes it. */
  public static Builder builder(Location location, ProviderContext context) {
    FirebaseAuthUri.Parsed parsed = FirebaseAuthUri.parse(location, context);
    Builder builder = new Builder(parsed.connection());
    builder.allowPlaintext = parsed.allowPlaintext();
    return builder;
  }

  /** Begins a handler for all of a project, with an application's credentials. */
  public static Builder builder(String project, Credentials credentials) {
    return new Builder(
        new AuthConnection(
            project,
            "",
            Optional.empty(),
            Optional.of(credentials),
            Optional.empty(),
            AuthConnection.SERVICE));
  }

  /** The same through an application's HTTP client, which stays open. */
  public static Builder builder(String project, Credentials credentials, HttpClient client) {
    return new Builder(
        new AuthConnection(
            project,
            "",
            Optional.empty(),
            Optional.of(credentials),
            Optional.of(client),
            AuthConnection.SERVICE));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String location() {
    return NAME
        + "://"
        + connection.display()
        + connection.emulator().map(hostPort -> "?emulator=" + hostPort).orElse("");
  }

  /**
   * Tells which project it is; its name is the project's id, with {@code /tenant} behind it. A
   * project cannot mark itself as production; the executor's {@code productionTarget} does.
   */
  @Override
  public DatabaseInfo describe() {
    return new DatabaseInfo(connection.display(), connection.identity(), Optional.empty(), false);
  }

  @Override
  public BackupSession openBackup(BackupRequest request) {
    AuthBackupSession session =
        AuthBackupSession.open(connection, request, allowPlaintext, sessions::remove);
    sessions.put(session.id(), session);
    return session;
  }

  @Override
  public SplitReader openReader(BackupRequest request) {
    return new AuthSplitReader(connection, request, sessions::get);
  }

  @Override
  public RestoreSession openRestore(RestoreRequest request) {
    return new AuthRestoreSession(connection, request, importing);
  }

  /** Holds nothing that must be closed. */
  @Override
  public void close() {}

  @Override
  public String toString() {
    return "FirebaseAuthHandler[" + location() + "]";
  }

  /** Sets what is not the same for every project. Used by one thread. */
  public static final class Builder {
    private final AuthConnection connection;
    private final Map<String, String> tenants = new LinkedHashMap<>();
    private boolean allowPlaintext;
    private boolean createTenants;
    private ExistingUsers existing = ExistingUsers.OVERWRITE;
    private Optional<HashParameters> hash = Optional.empty();
    private Optional<URI> service = Optional.empty();

    private Builder(AuthConnection connection) {
      this.connection = connection;
    }

    /**
     * Allows backups that are stored without encryption: password hashes, the key that they were
     * made with and secrets of identity providers lie open, then.
     */
    public Builder allowPlaintext() {
      allowPlaintext = true;
      return this;
    }

    /** What a restore by {@code MERGE} does with accounts that are there; default overwrite. */
    public Builder existingUsers(ExistingUsers policy) {
      existing = policy;
      return this;
    }

    /**
     * How the password hashes of what is restored were made. By default as the backup says; needed
     * for records that come from elsewhere.
     */
    public Builder hash(HashParameters parameters) {
      hash = Optional.of(parameters);
      return this;
    }

    /** Restores the accounts of a tenant into another one, which must be there. */
    public Builder intoTenant(String inBackup, String inTarget) {
      tenants.put(inBackup, inTarget);
      return this;
    }

    /**
     * Creates tenants that the target lacks, with the name and the ways to sign in that the backup
     * tells. The service gives them new ids, which the restore reports. By default they are an
     * error.
     */
    public Builder createTenants() {
      createTenants = true;
      return this;
    }

    /** Where the service is; for tests. */
    Builder service(URI other) {
      service = Optional.of(other);
      return this;
    }

    /** The handler. Contacts nothing yet. */
    public FirebaseAuthHandler build() {
      return new FirebaseAuthHandler(this);
    }
  }
}

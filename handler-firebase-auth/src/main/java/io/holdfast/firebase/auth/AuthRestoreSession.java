package io.holdfast.firebase.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreStrategy;
import io.holdfast.firebase.auth.internal.rest.AuthApi;
import io.holdfast.firebase.auth.internal.users.KeyTable;
import io.holdfast.firebase.auth.internal.users.LeftBehind;
import io.holdfast.firebase.auth.internal.users.UserPage;
import io.holdfast.firebase.auth.internal.users.UserRecord;
import io.holdfast.google.internal.GoogleRest;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RecordBatch;
import io.holdfast.spi.RestorePlan;
import io.holdfast.spi.RestoreRequest;
import io.holdfast.spi.RestoreSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Restores accounts: looks at all of them first, imports them a thousand at a time, reads them back
 * and compares. Cannot be undone.
 */
final class AuthRestoreSession implements RestoreSession {
  /** The tenants that a creation takes over; others are the service's. */
  private static final Set<String> CREATED_WITH =
      Set.of(
          "displayName",
          "allowPasswordSignup",
          "enableEmailLinkSignin",
          "disableAuth",
          "enableAnonymousUser",
          "mfaConfig",
          "testPhoneNumbers");

  /** In place of what an account has to look like, once it was seen. */
  private static final long FOUND = -1;

  private final AuthConnection connection;
  private final RestoreRequest request;
  private final ImportSettings settings;
  private final LeftBehind left = new LeftBehind();
  private final LeftBehind problems = new LeftBehind();
  private final List<String> report = new ArrayList<>();
  private final Map<String, ObjectNode> tenantsOfBackup = new TreeMap<>();
  private final Set<String> usedTenants = new TreeSet<>();
  private final Map<String, String> tenants = new TreeMap<>();
  private final Map<String, Long> written = new TreeMap<>();
  private final Map<String, Optional<HashParameters>> hashes = new ConcurrentHashMap<>();

  /** Accounts of the backup by uid, and whose an email or a phone number is; for REPLACE. */
  private KeyTable uids = KeyTable.set();

  private KeyTable identifiers;

  /** What each account that was sent has to look like. */
  private KeyTable sent = KeyTable.map();

  private @Nullable UserImport users;
  private long kept;
  private long passwords;
  private volatile boolean closed;

  AuthRestoreSession(AuthConnection connection, RestoreRequest request, ImportSettings settings) {
    // Whose they are matters only where accounts may be in the way.
    this.identifiers = request.mode() == RestoreMode.REPLACE ? KeyTable.map() : KeyTable.set();
    this.connection = connection;
    this.request = request;
    this.settings = settings;
  }

  private AuthApi api() {
    return connection.api();
  }

  @Override
  public Ordering ordering() {
    return Ordering.ANY;
  }

  @Override
  public RestorePlan prepare() {
    if (request.strategy() == RestoreStrategy.SWAP) {
      throw new HandlerException(
          Kind.UNSUPPORTED,
          null,
          "Accounts cannot be built beside a project and swapped. Nothing was changed; choose"
              + " TRANSACTION or IN_PLACE.",
          null);
    }
    requireAccounts();
    if (request.mode() == RestoreMode.INTO_EMPTY) {
      requireEmpty();
    }
    List<String> steps = new ArrayList<>();
    if (request.mode() == RestoreMode.REPLACE) {
      steps.add("Delete the accounts of " + connection.display() + " that the backup lacks.");
    }
    steps.add("Import the accounts into " + connection.display() + ".");
    steps.add("Read them back and compare them.");
    List<String> warnings = new ArrayList<>();
    warnings.add(
        "Accounts cannot be restored in one transaction: a restore that fails leaves those that it"
            + " has imported.");
    if (schema().path("config").isObject()) {
      warnings.add(
          "The project's sign-in settings and identity providers are in the backup and are not"
              + " restored: set up in "
              + connection.project()
              + " the ways to sign in that its"
              + " accounts use.");
    }
    return new RestorePlan(false, steps, warnings);
  }

  private JsonNode schema() {
    return request.header().schema().path("firebase_auth");
  }

  /** Collections of other kinds belong elsewhere. */
  private void requireAccounts() {
    Set<String> others = new TreeSet<>(request.expectedRecords().map(Map::keySet).orElse(Set.of()));
    others.remove(UserRecord.USERS);
    others.remove(UserRecord.TENANTS);
    if (!others.isEmpty()) {
      throw new HandlerException(
          Kind.MISMATCH,
          null,
          "Firebase Auth has accounts only, in a collection users, and the backup also has "
              + String.join(", ", others)
              + ". Nothing was changed. Restore with including(\"users\").",
          null);
    }
    if (request.header().schema().path("collections").has(UserRecord.USERS)) {
      throw new HandlerException(
          Kind.MISMATCH,
          UserRecord.USERS,
          "The collection users has the rows of a table, and Firebase Auth takes accounts as"
              + " documents. Nothing was changed.",
          null);
    }
  }

  private List<String> targetTenants() {
    if (!connection.tenant().isEmpty()) {
      return List.of(connection.tenant());
    }
    List<String> found = new ArrayList<>(List.of(""));
    for (ObjectNode tenant : api().tenants(request.retry(), false)) {
      String name = tenant.path("name").asText();
      found.add(name.substring(name.lastIndexOf('/') + 1));
    }
    return found;
  }

  private void requireEmpty() {
    List<String> full = new ArrayList<>();
    for (String tenant : targetTenants()) {
      byte[] page =
          request.retry().call("look for accounts", () -> api().users(tenant, Optional.empty(), 1));
      if (new UserPage(page).next() != null) {
        full.add(tenant.isEmpty() ? "the project itself" : "tenant " + tenant);
      }
    }
    if (!full.isEmpty()) {
      throw new HandlerException(
          Kind.NOT_EMPTY,
          UserRecord.USERS,
          connection.display()
              + " has accounts already: "
              + String.join(", ", full)
              + ". Nothing was changed. Choose REPLACE or MERGE.",
          null);
    }
  }

  @Override
  public boolean inspects() {
    return true;
  }

  @Override
  public void inspect(String collection, RecordBatch batch) {
    for (String json : batch.toStrings()) {
      if (collection.equals(UserRecord.TENANTS)) {
        inspectTenant(json);
      } else {
        inspect(UserRecord.ofRecord(json));
      }
    }
  }

  private synchronized void inspectTenant(String json) {
    try {
      ObjectNode tenant = (ObjectNode) GoogleRest.JSON.readTree(json);
      JsonNode id = tenant.remove("id");
      if (id != null && id.isTextual()) {
        tenantsOfBackup.put(id.asText(), tenant);
        return;
      }
    } catch (IOException | ClassCastException e) {
      // Said below, without what the error may quote.
    }
    throw new HandlerException(
        Kind.MISMATCH,
        UserRecord.TENANTS,
        "The collection tenants holds a record that is no tenant. Nothing was changed.",
        null);
  }

  private synchronized void inspect(UserRecord user) {
    usedTenants.add(user.tenant());
    long own = KeyTable.fingerprint(user.key());
    if (!uids.add(user.key())) {
      problems.add("the same uid as another", user.uid());
    }
    for (String identifier : user.identifiers()) {
      long there = identifiers.put(identifier, own);
      if (there != KeyTable.NONE && there != own) {
        problems.add(
            (identifier.contains("/email/") ? "the same email" : "the same phone number")
                + " as another",
            user.uid());
      }
    }
    if (user.hasPassword()) {
      passwords++;
      if (hash(user.tenant()).isEmpty() && connection.emulator().isEmpty()) {
        problems.add("a password hash, and nothing says how it was made", user.uid());
      }
      if (user.isRedacted()) {
        problems.add("a redacted password hash", user.uid());
      }
    }
  }

  /** How a tenant's hashes were made; asked for every account, and read once. */
  private Optional<HashParameters> hash(String tenantInBackup) {
    return hashes.computeIfAbsent(tenantInBackup, this::readHash);
  }

  private Optional<HashParameters> readHash(String tenantInBackup) {
    if (settings.hash().isPresent()) {
      return settings.hash();
    }
    JsonNode config =
        tenantInBackup.isEmpty()
            ? schema().path("hash")
            : schema().path("tenants").path(tenantInBackup).path("hash");
    if (!(config instanceof ObjectNode object)) {
      return Optional.empty();
    }
    try {
      return Optional.of(HashParameters.ofConfig(object));
    } catch (IllegalArgumentException e) {
      throw new HandlerException(
          Kind.MISMATCH,
          null,
          "The hash parameters in the backup cannot be used: " + e.getMessage(),
          null);
    }
  }

  @Override
  public synchronized void inspected() {
    List<String> found = new ArrayList<>();
    problems.sentences().forEach(sentence -> found.add(sentence));
    if (!found.isEmpty()) {
      throw new HandlerException(
          Kind.CONSTRAINT,
          UserRecord.USERS,
          "The accounts of the backup cannot be imported as they are. They have: "
              + String.join("; ", found)
              + ". Nothing was changed.",
          null);
    }
    mapTenants();
  }

  private void mapTenants() {
    Set<String> there = new LinkedHashSet<>(targetTenants());
    Set<String> missing = new TreeSet<>();
    for (String tenant : usedTenants) {
      String into = settings.tenants().getOrDefault(tenant, tenant);
      if (!connection.tenant().isEmpty()
          && tenant.isEmpty()
          && !settings.tenants().containsKey(tenant)) {
        into = connection.tenant();
      }
      boolean found =
          there.contains(into)
              // The emulator makes a tenant of any name when it is used.
              || (connection.emulator().isPresent() && connection.tenant().isEmpty());
      if (found) {
        tenants.put(tenant, into);
      } else if (!settings.createTenants() || settings.tenants().containsKey(tenant)) {
        missing.add(into);
      }
    }
    requireApart();
    if (!missing.isEmpty()) {
      throw new HandlerException(
          Kind.MISMATCH,
          UserRecord.TENANTS,
          connection.display()
              + " lacks the tenants "
              + String.join(", ", missing)
              + ". Nothing was changed. Name others with intoTenant, or have them created with"
              + " createTenants; the service chooses their ids.",
          null);
    }
  }

  /** Uids and emails are only told apart within a tenant, so two in one could overwrite others. */
  private void requireApart() {
    Set<String> taken = new HashSet<>();
    for (Map.Entry<String, String> mapped : tenants.entrySet()) {
      if (!taken.add(mapped.getValue())) {
        throw new HandlerException(
            Kind.MISMATCH,
            UserRecord.TENANTS,
            "Accounts of two tenants of the backup would come together in "
                + (mapped.getValue().isEmpty()
                    ? "the project itself"
                    : "the tenant " + mapped.getValue())
                + ", where they could overwrite each other. Nothing was changed. Restore each into"
                + " a tenant of its own, with intoTenant.",
            null);
      }
    }
  }

  /**
   * Where accounts that the backup lacks are deleted: everywhere for a backup of a whole project,
   * else where its accounts go. A backup of one tenant, or a file, says nothing of other tenants.
   */
  private Iterable<String> replaced() {
    return schema().path("config").isObject() ? targetTenants() : new TreeSet<>(tenants.values());
  }

  @Override
  public void begin() {
    for (String tenant : usedTenants) {
      if (!tenants.containsKey(tenant)) {
        tenants.put(tenant, create(tenant));
      }
    }
    if (request.mode() == RestoreMode.REPLACE) {
      for (String tenant : replaced()) {
        deleteOthers(tenant);
      }
    }
    uids = KeyTable.set();
    identifiers = KeyTable.set();
    users =
        new UserImport(
            api(), request.retry(), request.mode(), settings.existing(), left, () -> closed);
  }

  /** Not repeated: the service has no way to tell that the first one succeeded. */
  private String create(String tenant) {
    ObjectNode wanted = GoogleRest.JSON.createObjectNode();
    tenantsOfBackup
        .getOrDefault(tenant, wanted)
        .properties()
        .forEach(
            field -> {
              if (CREATED_WITH.contains(field.getKey())) {
                wanted.set(field.getKey(), field.getValue());
              }
            });
    String name = api().createTenant(wanted).path("name").asText();
    String id = name.substring(name.lastIndexOf('/') + 1);
    report.add("The tenant " + tenant + " was created as " + id + ".");
    return id;
  }

  /** Which tenant of the backup one of the target stands for; null for none. */
  private @Nullable String inBackup(String targetTenant) {
    for (Map.Entry<String, String> mapped : tenants.entrySet()) {
      if (mapped.getValue().equals(targetTenant)) {
        return mapped.getKey();
      }
    }
    return null;
  }

  /** What the backup lacks, and what has an email or a phone number of another account in it. */
  private void deleteOthers(String tenant) {
    String inBackup = inBackup(tenant);
    List<String> doomed = new ArrayList<>();
    for (UserRecord user : list(tenant)) {
      UserRecord there = user.in(inBackup == null ? "" : inBackup);
      boolean wanted = inBackup != null && uids.get(there.key()) != KeyTable.NONE;
      long own = KeyTable.fingerprint(there.key());
      boolean inTheWay =
          there.identifiers().stream()
              .mapToLong(identifiers::get)
              .anyMatch(owner -> owner != KeyTable.NONE && owner != own);
      if (!wanted || inTheWay) {
        doomed.add(user.uid());
      }
    }
    for (int from = 0; from < doomed.size(); from += AuthApi.MOST) {
      List<String> some = doomed.subList(from, Math.min(doomed.size(), from + AuthApi.MOST));
      ObjectNode answer =
          request.retry().call("delete accounts", () -> api().deleteUsers(tenant, some));
      if (!answer.path("errors").isEmpty()) {
        throw new HandlerException(
            Kind.INCOMPLETE,
            UserRecord.USERS,
            answer.path("errors").size()
                + " accounts of "
                + connection.display()
                + " could not be deleted.",
            null);
      }
    }
  }

  /** All accounts of a tenant of the target, page by page. */
  private Iterable<UserRecord> list(String tenant) {
    return () -> new AccountIterator(api(), request.retry(), tenant);
  }

  @Override
  public void write(String collection, RecordBatch batch) {
    if (collection.equals(UserRecord.TENANTS)) {
      count(collection, batch.count());
      return;
    }
    Map<String, List<UserRecord>> byTenant = new LinkedHashMap<>();
    for (String json : batch.toStrings()) {
      UserRecord user = UserRecord.ofRecord(json);
      byTenant.computeIfAbsent(user.tenant(), key -> new ArrayList<>()).add(user);
    }
    byTenant.forEach(
        (tenant, all) -> {
          for (int from = 0; from < all.size(); from += AuthApi.MOST) {
            send(tenant, all.subList(from, Math.min(all.size(), from + AuthApi.MOST)));
          }
        });
  }

  private void send(String tenant, List<UserRecord> some) {
    UserImport importer = users;
    String into = tenants.get(tenant);
    if (importer == null || into == null) {
      throw new IllegalStateException("The restore has not begun.");
    }
    UserImport.Outcome outcome = importer.send(into, some, hash(tenant));
    synchronized (this) {
      count(UserRecord.USERS, outcome.taken());
      kept += outcome.kept().size();
      for (UserRecord user : some) {
        if (!outcome.refused().contains(user.uid()) && !outcome.kept().contains(user.uid())) {
          sent.put(UserRecord.key(into, user.uid()), user.expected());
        }
      }
    }
  }

  private synchronized void count(String collection, long records) {
    written.merge(collection, records, Long::sum);
  }

  @Override
  public Map<String, Long> recordsWritten() {
    UserImport importer = users;
    if (importer != null) {
      importer.requireNoErrors();
    }
    synchronized (this) {
      return Map.copyOf(written);
    }
  }

  /** Reads back what was imported. */
  @Override
  public void finish() {
    LeftBehind wrong = new LeftBehind();
    int expectedAccounts = sent.size();
    long found = 0;
    for (String tenant : new TreeSet<>(tenants.values())) {
      for (UserRecord user : list(tenant)) {
        String key = UserRecord.key(tenant, user.uid());
        long expected = sent.get(key);
        if (expected != KeyTable.NONE && expected != FOUND) {
          found++;
          // Pages may show an account twice, which must not stand for one that is missing.
          sent.replace(key, FOUND);
          if (expected != user.found()) {
            wrong.add("other contents than the backup", user.uid());
          }
        }
      }
    }
    if (found != expectedAccounts || !wrong.sentences().isEmpty()) {
      throw new HandlerException(
          Kind.INCOMPLETE,
          UserRecord.USERS,
          "Of "
              + expectedAccounts
              + " accounts that were imported, "
              + found
              + " came back"
              + (wrong.sentences().isEmpty() ? "" : ", " + String.join("; ", wrong.sentences()))
              + ". Emails, phone numbers, claims, and whether an account is disabled or has a"
              + " password are compared.",
          null);
    }
    if (kept > 0) {
      report.add(kept + " accounts were there already and were left as they are.");
    }
    left.sentences()
        .forEach(sentence -> report.add("Not taken back by Firebase Auth: " + sentence));
    if (passwords > 0 && connection.emulator().isEmpty()) {
      report.add(
          passwords
              + " accounts have a password; whether it still fits shows when somebody signs in.");
    }
  }

  @Override
  public List<String> report() {
    return List.copyOf(report);
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public String toString() {
    return "AuthRestoreSession[" + connection.display() + (closed ? ", closed]" : "]");
  }
}

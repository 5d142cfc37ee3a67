package io.holdfast.firebase.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.AgeKeyPair;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.spi.Consistency;
import io.holdfast.spi.HandlerException;
import io.holdfast.testkit.FirebaseAuthEmulator;
import io.holdfast.testkit.MemorySink;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Accounts leave the official emulator and come back, compared over REST. */
class FirebaseAuthRoundTripTest {
  private static final AtomicInteger NUMBERS = new AtomicInteger();
  private static final RestoreOptions REPLACE =
      RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE).withoutSafetyBackup();
  private static FirebaseAuthEmulator emulator;

  private final MemorySink sink = new MemorySink();
  private final String project = "demo-round-" + NUMBERS.incrementAndGet();
  private final RawAuth raw = new RawAuth(emulator.hostPort(), project);
  private final AgeKeyPair keys = AgeKeyPair.generate();

  @BeforeAll
  static void start() {
    emulator = FirebaseAuthEmulator.shared();
  }

  private String uri(String path) {
    return "firebase-auth://" + path + "?emulator=" + emulator.hostPort();
  }

  private BackupExecutor executor(String path) {
    return BackupExecutor.builder()
        .source(uri(path))
        .sink(sink)
        .prefix("auth")
        .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSSSSS")
        .encryption(Encryption.recipients(keys.recipient()))
        .decryptionKeys(DecryptionKeys.identities(keys.identity()))
        .build();
  }

  /** What the emulator sets anew at every import, as the documentation of this module tells. */
  private static Map<String, JsonNode> kept(Map<String, JsonNode> users) {
    Map<String, JsonNode> kept = new TreeMap<>();
    users.forEach(
        (uid, user) -> {
          ObjectNode copy = user.deepCopy();
          copy.remove(List.of("validSince", "passwordUpdatedAt", "lastRefreshAt"));
          kept.put(uid, copy);
        });
    return kept;
  }

  @Test
  void tenThousandAccountsOfEveryShapeAndTwoTenantsComeBackAsTheyWere() {
    long seed = System.nanoTime();
    System.out.println("Seed of the accounts: " + seed);
    GeneratedUsers ofProject = new GeneratedUsers(seed, "p");
    raw.create("", ofProject.make(10_000));
    String one = raw.createTenant("tenant-one");
    String two = raw.createTenant("tenant-two");
    GeneratedUsers ofOne = new GeneratedUsers(seed + 1, "one");
    raw.create(one, ofOne.make(700));
    raw.create(two, new GeneratedUsers(seed, "p").make(300)); // the project's uids and emails
    Map<String, Map<String, JsonNode>> before = new TreeMap<>();
    for (String tenant : List.of("", one, two)) {
      before.put(tenant, kept(raw.all(tenant)));
    }

    BackupExecutor executor = executor(project);
    BackupResult backup = executor.createBackup();
    assertThat(backup.counts()).containsEntry("users", 11_000L).containsEntry("tenants", 2L);
    assertThat(backup.source().consistency()).isEqualTo(Consistency.FUZZY);
    assertThat(backup.sources().get(0).readUntil()).isPresent();
    for (String tenant : before.keySet()) {
      raw.deleteAll(tenant);
      assertThat(raw.all(tenant)).isEmpty();
    }
    RestoreResult restored = executor.restoreFromBackup("latest");

    assertThat(restored.records()).isEqualTo(11_002);
    before.forEach(
        (tenant, users) ->
            assertThat(kept(raw.all(tenant))).as("tenant \"%s\"", tenant).isEqualTo(users));
    requireSignIn("", ofProject, before.get(""));
    requireSignIn(one, ofOne, before.get(one));
  }

  private void requireSignIn(String tenant, GeneratedUsers generated, Map<String, JsonNode> users) {
    int signedIn = 0;
    for (int i = 0; i < 200; i++) {
      String email = generated.email(i);
      for (JsonNode user : users.values()) {
        if (user.path("email").asText().equals(email)
            && user.has("passwordHash")
            && !user.path("disabled").asBoolean()
            && !user.has("mfaInfo")) {
          assertThat(raw.signIn(tenant, email, generated.password(i)))
              .isEqualTo(user.path("localId").asText());
          signedIn++;
        }
      }
    }
    assertThat(signedIn).isGreaterThan(20);
  }

  @Test
  void replaceMakesTheProjectTheBackup() {
    GeneratedUsers generated = new GeneratedUsers(1, "r");
    raw.create("", generated.make(50));
    Map<String, JsonNode> before = kept(raw.all(""));
    BackupExecutor executor = executor(project);
    executor.createBackup();

    raw.deleteAll("");
    // Others have come meanwhile, one of them with an email of the backup.
    List<ObjectNode> others = new GeneratedUsers(2, "others").make(20);
    others.forEach(user -> user.put("localId", "other-" + user.path("localId").asText()));
    others.get(0).put("email", someEmail(before));
    raw.create("", others);
    assertThatThrownBy(() -> executor.restoreFromBackup("latest"))
        .isInstanceOfSatisfying(
            HandlerException.class,
            e -> assertThat(e.kind()).isEqualTo(HandlerException.Kind.NOT_EMPTY));
    executor.restoreFromBackup("latest", REPLACE);
    assertThat(kept(raw.all(""))).isEqualTo(before);
    executor.restoreFromBackup("latest", REPLACE);
    assertThat(kept(raw.all(""))).isEqualTo(before);
  }

  private static String someEmail(Map<String, JsonNode> users) {
    return users.values().stream()
        .map(user -> user.path("email").asText())
        .filter(email -> !email.isEmpty())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aTenantIsBackedUpByItselfAndRestoredIntoAnother() {
    String tenant = raw.createTenant("by-itself");
    raw.create(tenant, new GeneratedUsers(3, "t").make(30));
    raw.create("", new GeneratedUsers(4, "p").make(5));
    BackupResult backup = executor(project + "/" + tenant).createBackup();
    assertThat(backup.counts()).containsEntry("users", 30L);

    RawAuth other = new RawAuth(emulator.hostPort(), project + "-other");
    String into = other.createTenant("another");
    BackupExecutor executor =
        BackupExecutor.builder()
            .source(
                FirebaseAuthHandler.builder(
                        io.holdfast.spi.Location.parse(uri(project + "-other")),
                        io.holdfast.spi.ProviderContext.system())
                    .intoTenant(tenant, into)
                    .build())
            .sink(sink)
            .prefix("auth")
            .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSSSSS")
            .decryptionKeys(DecryptionKeys.identities(keys.identity()))
            .build();
    executor.restoreFromBackup(backup.backupId());
    assertThat(withoutTenant(other.all(into))).isEqualTo(withoutTenant(raw.all(tenant)));
    assertThat(other.all("")).isEmpty();
  }

  private static Map<String, JsonNode> withoutTenant(Map<String, JsonNode> users) {
    Map<String, JsonNode> without = kept(users);
    without.values().forEach(user -> ((ObjectNode) user).remove("tenantId"));
    return without;
  }

  @Test
  void withoutEncryptionNothingIsRead() {
    assertThatThrownBy(
            () -> BackupExecutor.builder().source(uri(project)).sink(sink).build().createBackup())
        .isInstanceOf(HandlerException.class)
        .hasMessageContainingAll("would not be encrypted", "allowPlaintext");
    BackupResult allowed =
        BackupExecutor.builder()
            .source(uri(project) + "&allowPlaintext=true")
            .sink(sink)
            .build()
            .createBackup();
    assertThat(allowed.records()).isZero();
  }
}

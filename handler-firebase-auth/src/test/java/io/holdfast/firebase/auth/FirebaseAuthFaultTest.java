package io.holdfast.firebase.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.AgeKeyPair;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupResult;
import io.holdfast.Compression;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.RestoreResult;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.testkit.MemorySink;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes wrong between here and Identity Toolkit, and what becomes of it. */
@Timeout(120)
class FirebaseAuthFaultTest {
  private static final AgeKeyPair KEYS = AgeKeyPair.generate();
  private static final RestoreOptions MERGE = RestoreOptions.DEFAULT.withMode(RestoreMode.MERGE);
  private static final RestoreOptions REPLACE =
      RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE).withoutSafetyBackup();

  private final MemorySink sink = new MemorySink();
  private final FakeAuth source = new FakeAuth();
  private final FakeAuth target = new FakeAuth();
  private final List<Duration> waits = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    source.close();
    target.close();
  }

  private BackupExecutor.Builder executor() {
    return executor(source.handler().build(), target.handler().build());
  }

  private BackupExecutor.Builder executor(FirebaseAuthHandler from, FirebaseAuthHandler into) {
    return BackupExecutor.builder()
        .source(from)
        .target(into)
        .sink(sink)
        .prefix("auth")
        .parallelism(2)
        .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSSSSS")
        .retry(Retry.of(4, Duration.ofMillis(1), Duration.ofMillis(2)).withSleeper(waits::add))
        .encryption(Encryption.recipients(KEYS.recipient()))
        .decryptionKeys(DecryptionKeys.identities(KEYS.identity()));
  }

  private void users(int count) {
    for (int i = 0; i < count; i++) {
      user("", i);
    }
  }

  private ObjectNode user(String tenant, int i) {
    return source
        .put(tenant, "u%05d".formatted(i))
        .put("email", "u" + i + "@mail.example")
        .put("passwordHash", "aGFzaC1vZi0" + i)
        .put("salt", "c2FsdA==")
        .put("version", 0)
        .put("customAttributes", "{\"role\":\"" + i + "\"}")
        .put("createdAt", "1600000000000")
        .put("validSince", "1600000000");
  }

  private static Map<String, ObjectNode> essence(FakeAuth of, String tenant) {
    Map<String, ObjectNode> essence = new TreeMap<>();
    of.accounts
        .get(tenant)
        .forEach(
            (uid, user) -> {
              ObjectNode copy = user.deepCopy();
              copy.remove(List.of("validSince", "version", "lastRefreshAt", "tenantId"));
              essence.put(uid, copy);
            });
    return essence;
  }

  private RestoreResult copy() {
    return executor().build().copyToTarget(RestoreOptions.DEFAULT);
  }

  @Test
  void aPageTokenThatExpiresSendsBackToTheFirstPageAndNobodyComesTwice() {
    users(25);
    source.pageSize = 4;
    source.on(
        "batchGet",
        (exchange, number) -> {
          if (number == 3 || number == 6) {
            FakeAuth.error(exchange, 400, "INVALID_ARGUMENT", "INVALID_PAGE_SELECTION");
            return true;
          }
          return false;
        });
    BackupResult backup = executor().build().createBackup();
    assertThat(backup.counts()).containsEntry("users", 25L);
    assertThat(executor().build().verify("latest").records()).isEqualTo(25);
  }

  @Test
  void tokensThatExpireWithoutEndAreAnError() {
    users(25);
    source.pageSize = 4;
    source.on(
        "batchGet",
        (exchange, number) -> {
          boolean later = exchange.getRequestURI().getQuery().contains("nextPageToken");
          if (later) {
            FakeAuth.error(exchange, 400, "INVALID_ARGUMENT", "INVALID_PAGE_SELECTION");
          }
          return later;
        });
    assertThatThrownBy(() -> executor().build().createBackup())
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("INVALID_PAGE_SELECTION");
  }

  @Test
  void aServerThatAsksToWaitIsWaitedFor() {
    users(3);
    source.on(
        "batchGet",
        (exchange, number) -> {
          if (number == 1) {
            exchange.getResponseHeaders().set("Retry-After", "7");
            FakeAuth.error(exchange, 429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED");
          }
          return number == 1;
        });
    assertThat(executor().build().createBackup().records()).isEqualTo(3);
    assertThat(waits).containsExactly(Duration.ofSeconds(7));
  }

  @Test
  void anAccountThatIsDeletedBetweenPagesIsNotInTheBackupAndTheOthersAre() {
    users(20);
    source.pageSize = 5;
    source.on(
        "batchGet",
        (exchange, number) -> {
          if (number == 2) {
            source.accounts.get("").remove("u00012");
          }
          return false;
        });
    assertThat(executor().build().createBackup().records()).isEqualTo(19);
  }

  @Test
  void aPageThatIsCutIsAnErrorAndNothingIsVisible() {
    users(10);
    source.on(
        "batchGet",
        (exchange, number) -> {
          FakeAuth.send(exchange, 200, "{\"users\":[{\"localId\":\"u1\"},{\"localId\":");
          return true;
        });
    assertThatThrownBy(() -> executor().build().createBackup())
        .isInstanceOf(HandlerException.class)
        .hasMessageContaining("cut or broken");
    assertThat(executor().build().list()).isEmpty();
  }

  @Test
  void accountsComeBackWithTheirHashParametersAThousandAtATime() {
    users(2500);
    RestoreResult restored = copy();

    assertThat(essence(target, "")).isEqualTo(essence(source, ""));
    assertThat(target.imports).hasSizeGreaterThanOrEqualTo(3);
    assertThat(target.imports)
        .allSatisfy(
            request -> {
              assertThat(request.path("users").size()).isLessThanOrEqualTo(1000);
              assertThat(request.path("hashAlgorithm").asText()).isEqualTo("SCRYPT");
              assertThat(request.path("signerKey").asText()).isNotEmpty();
              assertThat(request.path("rounds").asInt()).isEqualTo(8);
              assertThat(request.path("sanityCheck").asBoolean()).isTrue();
              assertThat(request.path("allowOverwrite").isBoolean()).isTrue();
              assertThat(request.path("allowOverwrite").asBoolean()).isFalse();
            });
    assertThat(restored.counts()).containsEntry("users", 2500L);
  }

  @Test
  void eachTenantGoesWithItsOwnHashParameters() {
    source.tenant("acme", "YWNtZS1rZXk=");
    target.tenant("acme", "b3RoZXI=");
    user("", 1);
    user("acme", 1);
    copy();

    assertThat(essence(target, "acme")).isEqualTo(essence(source, "acme"));
    assertThat(target.imports)
        .extracting(request -> request.path("signerKey").asText().replace("=", ""))
        .containsExactlyInAnyOrder(FakeAuth.SIGNER_KEY.replace("=", ""), "YWNtZS1rZXk");
  }

  @Test
  void aTenantThatIsMissingIsNamedMappedOrCreated() {
    source.tenant("acme", "YWNtZS1rZXk=");
    user("acme", 1);
    BackupResult backup = executor().build().createBackup();
    assertThatThrownBy(() -> executor().build().restoreFromBackup(backup.backupId()))
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MISMATCH))
        .hasMessageContainingAll("acme", "intoTenant", "createTenants");
    assertThat(target.imports).isEmpty();

    target.tenant("branch", "b3RoZXI=");
    restore(target.handler().intoTenant("acme", "branch").build(), backup);
    assertThat(essence(target, "branch")).isEqualTo(essence(source, "acme"));

    target.accounts.get("branch").clear();
    RestoreResult created = restore(target.handler().createTenants().build(), backup);
    assertThat(essence(target, "created-1")).isEqualTo(essence(source, "acme"));
    assertThat(target.tenants.get("created-1").path("displayName").asText())
        .isEqualTo("Tenant acme");
    assertThat(created.warnings()).anyMatch(text -> text.contains("created as created-1"));
  }

  private RestoreResult restore(FirebaseAuthHandler into, BackupResult backup) {
    return executor(source.handler().build(), into).build().restoreFromBackup(backup.backupId());
  }

  @Test
  void accountsThatAreRefusedAreNamedWithTheirReasonsAndTheOthersAreThere() {
    users(30);
    target.refused.put("u00007", "phone number format is invalid");
    target.refused.put("u00009", "email exists in other account in database: u9@mail.example");
    assertThatThrownBy(this::copy)
        .isInstanceOfSatisfying(
            UserImportException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.INCOMPLETE);
              assertThat(e.errors())
                  .containsExactlyInAnyOrder(
                      new UserImportException.UserError(
                          "u00007", "", "phone number format is invalid"),
                      new UserImportException.UserError(
                          "u00009", "", "email exists in other account in database: …"));
            })
        .hasMessageContainingAll("2 accounts", "u00007", "u00009");
    assertThat(target.accounts.get("")).hasSize(28);
  }

  @Test
  void anAnswerThatIsLostAfterSuccessIsMadeUpForAndNothingComesTwice() {
    users(40);
    target.on(
        "batchCreate",
        (exchange, number) -> {
          if (number == 1) {
            // The accounts are taken, and the connection ends before the answer.
            ObjectNode request = FakeAuth.body(exchange);
            for (JsonNode user : request.path("users")) {
              target
                  .accounts
                  .get("")
                  .put(user.path("localId").asText(), (ObjectNode) user.deepCopy());
            }
            exchange.close();
          }
          return number == 1;
        });
    RestoreResult restored = copy();
    assertThat(restored.counts()).containsEntry("users", 40L);
    assertThat(essence(target, "")).isEqualTo(essence(source, ""));
  }

  @Test
  void errorsOfTheServiceThatPassAreRepeated() {
    users(4);
    target.on(
        "batchCreate",
        (exchange, number) -> {
          if (number < 3) {
            FakeAuth.error(exchange, 503, "UNAVAILABLE", "try later");
          }
          return number < 3;
        });
    copy();
    assertThat(essence(target, "")).isEqualTo(essence(source, ""));
    assertThat(waits).hasSize(2);
  }

  @Test
  void aRightThatIsMissingIsNamed() {
    users(1);
    source.on(
        "config",
        (exchange, number) -> {
          FakeAuth.error(exchange, 403, "PERMISSION_DENIED", "no");
          return true;
        });
    assertThatThrownBy(() -> executor().build().createBackup())
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PERMISSION_DENIED))
        .hasMessageContaining("firebaseauth.configs.getHashConfig");
    target.on(
        "batchGet",
        (exchange, number) -> {
          FakeAuth.error(exchange, 403, "PERMISSION_DENIED", "no");
          return true;
        });
    source.faults.clear();
    BackupResult backup = executor().build().createBackup();
    assertThatThrownBy(() -> executor().build().restoreFromBackup(backup.backupId()))
        .hasMessageContaining("firebaseauth.users.get");
  }

  @Test
  void hashesThatAreRedactedAreNoBackup() {
    users(2);
    source.redacts = true;
    assertThatThrownBy(() -> executor().build().createBackup())
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PERMISSION_DENIED))
        .hasMessageContainingAll("redacted", "firebaseauth.configs.getHashConfig");
    assertThat(executor().build().list()).isEmpty();
  }

  @Test
  void hashConfigurationThatIsNotToldIsNoBackup() {
    ((ObjectNode) source.config.path("signIn")).remove("hashConfig");
    assertThatThrownBy(() -> executor().build().createBackup())
        .hasMessageContaining("firebaseauth.configs.getHashConfig");
  }

  @Test
  void accountsWithAForeignHashAreNamed() {
    users(3);
    source.accounts.get("").get("u00001").put("version", 1);
    assertThatThrownBy(() -> executor().build().createBackup())
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNSUPPORTED))
        .hasMessageContainingAll("1 accounts", "u00001");
    BackupResult allowed = executor().allowUncaptured(true).build().createBackup();
    assertThat(allowed.notCaptured())
        .singleElement()
        .satisfies(
            missing -> {
              assertThat(missing.object()).isEqualTo("password hashes of 1 accounts");
              assertThat(missing.reason()).contains("u00001");
            });
  }

  @Test
  void duplicatesAreFoundBeforeAnythingIsChanged() {
    users(5);
    source.accounts.get("").get("u00003").put("email", "U1@mail.example");
    source.accounts.get("").get("u00002").put("phoneNumber", "+16505550001");
    source.accounts.get("").get("u00004").put("phoneNumber", "+16505550001");
    BackupResult backup = executor().build().createBackup();
    assertThatThrownBy(() -> executor().build().restoreFromBackup(backup.backupId()))
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CONSTRAINT))
        .hasMessageContainingAll("the same email", "u00003", "the same phone number", "u00004")
        .hasMessageNotContaining("mail.example");
    assertThat(target.imports).isEmpty();
  }

  @Test
  void anAccountThatIsThereIsOverwrittenKeptOrAnError() {
    users(3);
    BackupResult backup = executor().build().createBackup();
    for (ExistingUsers policy : ExistingUsers.values()) {
      target.accounts.get("").clear();
      target.put("", "u00001").put("displayName", "was here");
      BackupExecutor executor =
          executor(source.handler().build(), target.handler().existingUsers(policy).build())
              .build();
      if (policy == ExistingUsers.FAIL) {
        assertThatThrownBy(() -> executor.restoreFromBackup(backup.backupId(), MERGE))
            .isInstanceOf(UserImportException.class)
            .hasMessageContaining("u00001");
      } else {
        RestoreResult merged = executor.restoreFromBackup(backup.backupId(), MERGE);
        boolean kept = target.accounts.get("").get("u00001").has("displayName");
        assertThat(kept).isEqualTo(policy == ExistingUsers.KEEP);
        assertThat(merged.warnings().stream().anyMatch(text -> text.contains("were left as")))
            .isEqualTo(kept);
      }
      assertThat(target.accounts.get("")).hasSize(3);
    }
  }

  @Test
  void replaceDeletesWhatTheBackupLacksAndWhatIsInTheWay() {
    users(3);
    BackupResult backup = executor().build().createBackup();
    target.put("", "extra").put("email", "u2@mail.example");
    target.put("", "u00000").put("email", "u1@mail.example"); // swapped with another
    executor().build().restoreFromBackup(backup.backupId(), REPLACE);
    assertThat(essence(target, "")).isEqualTo(essence(source, ""));
  }

  @Test
  void whatTheServiceCannotTakeBackIsReported() {
    ObjectNode user = user("", 1).put("emailVerified", true).put("fieldOfTomorrow", 5);
    user.put("lastRefreshAt", "2026-01-09T00:00:00Z");
    user.putArray("mfaInfo").addObject().put("mfaEnrollmentId", "t").putObject("totpInfo");
    ((com.fasterxml.jackson.databind.node.ArrayNode) user.path("mfaInfo"))
        .addObject()
        .put("mfaEnrollmentId", "p")
        .put("phoneInfo", "+*******1111")
        .put("unobfuscatedPhoneInfo", "+16505551111");
    user.putArray("providerUserInfo")
        .addObject()
        .put("providerId", "password")
        .put("rawId", "u1@mail.example");
    RestoreResult restored = copy();

    assertThat(restored.warnings())
        .anyMatch(text -> text.contains("mfaInfo (TOTP) of 1 accounts: u00001"))
        .anyMatch(text -> text.contains("fieldOfTomorrow of 1 accounts: u00001"))
        .anyMatch(text -> text.contains("validSince of 1 accounts"))
        .anyMatch(text -> text.contains("lastRefreshAt of 1 accounts"));
    ObjectNode back = target.accounts.get("").get("u00001");
    assertThat(back.path("mfaInfo").get(0).path("phoneInfo").asText()).isEqualTo("+16505551111");
    assertThat(back.path("providerUserInfo")).isEmpty();
  }

  @Test
  void whatTheServiceDropsWithoutAWordIsFoundWhenItIsReadBack() {
    users(5);
    target.drops = "customAttributes";
    assertThatThrownBy(this::copy)
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INCOMPLETE))
        .hasMessageContainingAll("other contents", "u00000");
  }

  @Test
  void fieldsThatNobodyKnowsAreInTheBackup() {
    user("", 1).put("fieldOfTomorrow", 1.50).put("$odd", "x").putArray("list").add(1);
    BackupResult backup =
        executor(source.handler().allowPlaintext().build(), target.handler().build())
            .encryption(Encryption.none())
            .compression(Compression.none())
            .build()
            .createBackup();
    assertThat(
            new String(sink.bytes(ObjectKey.of(backup.backupId() + ".json")).orElseThrow(), UTF_8))
        .contains("\n{\"id\":\"u00001\",\"email\"")
        .contains("\"fieldOfTomorrow\":1.5", "\"$$odd\":\"x\"", "\"list\":[1]")
        .contains(FakeAuth.SIGNER_KEY) // the hash's parameters are in the document
        .doesNotContain("localId");
  }
}

package io.holdfast.firebase.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.ConfigurationException;
import io.holdfast.RestoreMode;
import io.holdfast.spi.HandlerException;
import io.holdfast.spi.HandlerException.Kind;
import io.holdfast.spi.RestoreSession;
import io.holdfast.testkit.MemoryBackup;
import io.holdfast.testkit.Pump;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as firebase-tools 15.34.2 writes them (its accountExporter made the golden texts). */
class FirebaseAuthFileTest {
  private static final String HASH =
      "{\"algorithm\":\"SCRYPT\",\"signerKey\":\"c2VjcmV0\",\"saltSeparator\":\"Bw==\","
          + "\"rounds\":8,\"memoryCost\":14}";

  @TempDir Path folder;
  private Path users;

  @BeforeEach
  void names() {
    users = folder.resolve("users.json");
  }

  @Test
  void anExportBecomesRecordsOfTheRestApisShape() throws Exception {
    MemoryBackup backup = read(golden("exported.json", users));
    assertThat(backup.records().get("users"))
        .containsExactly(
            "{\"id\":\"u1\",\"email\":\"ann@example.com\",\"emailVerified\":true,"
                + "\"passwordHash\":\"-_-_aGFzaA==\",\"salt\":\"_-8=\","
                + "\"displayName\":\"Ann \\\"A\\\", Esq.\","
                + "\"photoUrl\":\"https://x.example/a.png\",\"lastLoginAt\":\"1700000000001\","
                + "\"createdAt\":\"1600000000000\",\"phoneNumber\":\"+15550100\","
                + "\"disabled\":false,"
                + "\"customAttributes\":\"{\\\"role\\\":\\\"a\\\\\\\"b\\\",\\\"n\\\":[1,2]}\","
                + "\"mfaInfo\":[{\"mfaEnrollmentId\":\"m1\",\"phoneInfo\":\"+15550101\","
                + "\"enrolledAt\":\"2020-01-01T00:00:00Z\"}],"
                + "\"providerUserInfo\":[{\"providerId\":\"google.com\",\"rawId\":\"g1\","
                + "\"email\":\"ann@example.com\",\"displayName\":\" Ann, G\",\"photoUrl\":\"\"}]}",
            "{\"id\":\"u2\",\"createdAt\":\"1600000000002\"}");
  }

  @Test
  void csvHasTheSameUsers() throws Exception {
    MemoryBackup backup = read(golden("exported.csv", folder.resolve("users.csv")));
    assertThat(backup.records().get("users"))
        .containsExactly(
            "{\"id\":\"u1\",\"email\":\"ann@example.com\",\"emailVerified\":true,"
                + "\"passwordHash\":\"-_-_aGFzaA==\",\"salt\":\"_-8=\","
                + "\"displayName\":\"Ann \\\"A\\\", Esq.\","
                + "\"photoUrl\":\"https://x.example/a.png\",\"createdAt\":\"1600000000000\","
                + "\"lastLoginAt\":\"1700000000001\",\"phoneNumber\":\"+15550100\","
                + "\"disabled\":false,"
                + "\"customAttributes\":\"{\\\"role\\\":\\\"a\\\\\\\"b\\\",\\\"n\\\":[1,2]}\","
                + "\"providerUserInfo\":[{\"providerId\":\"google.com\",\"rawId\":\"g1\","
                + "\"email\":\"ann@example.com\",\"displayName\":\" Ann, G\"}]}",
            "{\"id\":\"u2\",\"emailVerified\":false,\"createdAt\":\"1600000000002\"}");
  }

  @Test
  void aRestoredFileHoldsTheSameUsersAndIsItsOwnersAlone() throws Exception {
    MemoryBackup backup = read(golden("exported.json", users));
    Path again = folder.resolve("again.json");
    Pump.create().write(backup, FirebaseAuthFile.builder(again).build());
    assertThat(read(again).records()).isEqualTo(backup.records());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(again)))
        .isEqualTo("rw-------");
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("users.json", "again.json");
  }

  @Test
  void hashParametersStandInTheSchemaAndAreWrittenBesides() throws Exception {
    golden("exported.json", users);
    Path hash = Files.writeString(folder.resolve("hash.json"), HASH);
    MemoryBackup backup =
        Pump.create()
            .read(
                FirebaseAuthFile.at(
                    "firebase-auth-file://" + users + "?allowPlaintext=true&hash=" + hash));
    assertThat(backup.header().schema().at("/firebase_auth/hash").toString()).isEqualTo(HASH);
    assertThat(backup.notCaptured()).isEmpty();
    Path written = folder.resolve("written.json");
    Pump.create()
        .write(
            backup, FirebaseAuthFile.builder(folder.resolve("b.json")).writeHash(written).build());
    assertThat(written).content().contains("c2VjcmV0");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(written)))
        .isEqualTo("rw-------");
  }

  @Test
  void theConsolesTextIsReadToo() throws Exception {
    Path hash =
        Files.writeString(
            folder.resolve("hash.txt"),
            """
            hash_config {
              algorithm: SCRYPT,
              base64_signer_key: c2VjcmV0,
              base64_salt_separator: Bw==,
              rounds: 8,
              mem_cost: 14,
            }
            """);
    golden("exported.json", users);
    MemoryBackup backup =
        Pump.create().read(FirebaseAuthFile.builder(users).readHash(hash).allowPlaintext().build());
    assertThat(backup.header().schema().at("/firebase_auth/hash").toString()).isEqualTo(HASH);
  }

  @Test
  void whatDoesNotFitIsReported() throws Exception {
    MemoryBackup backup =
        read(golden("exported.json", users))
            .with(
                "users",
                List.of(
                    "{\"id\":\"u1\",\"validSince\":\"1\",\"version\":0,\"passwordHash\":\"-_8=\","
                        + "\"mfaInfo\":[{\"totpInfo\":{}}],\"providerUserInfo\":["
                        + "{\"providerId\":\"password\"},{\"providerId\":\"oidc.x\"}]}",
                    "{\"id\":\"u2\",\"version\":1,\"passwordHash\":\"-_8=\"}"));
    Path out = folder.resolve("out.json");
    try (RestoreSession session = restore(backup, FirebaseAuthFile.builder(out).build())) {
      assertThat(session.report())
          .containsExactly(
              "Not in the file: TOTP factors, 1 time: u1.",
              "Not in the file: the field validSince, 1 time: u1.",
              "Not in the file: the field version, 1 time: u2.",
              "Not in the file: the passwordHash of a version that needs another key, 1 time: u2.",
              "Not in the file: the provider oidc.x, 1 time: u1.");
    }
    assertThat(out)
        .hasContent(
            "{\"users\": [\n{\"localId\":\"u1\",\"passwordHash\":\"+/8=\"},\n"
                + "{\"localId\":\"u2\"}]}");
  }

  @Test
  void aTenantsUserIsRefusedUnlessTheTenantIsChosen() throws Exception {
    MemoryBackup backup =
        read(golden("exported.json", users))
            .with(
                "users",
                List.of("{\"id\":\"u1\"}", "{\"id\":\"u2\",\"$parent\":\"tenants/acme\"}"));
    Path out = folder.resolve("out.json");
    assertThat(failure(() -> Pump.create().write(backup, FirebaseAuthFile.builder(out).build())))
        .isEqualTo(Kind.UNSUPPORTED);
    assertThat(out).doesNotExist();
    try (RestoreSession session =
        restore(backup, FirebaseAuthFile.builder(out).tenant("acme").build())) {
      assertThat(session.report())
          .containsExactly(
              "Not in the file: users of no tenant, 1 time: u1.",
              "The file has 1 users, of tenant acme.");
    }
    assertThat(out).hasContent("{\"users\": [\n{\"localId\":\"u2\"}]}");
  }

  @Test
  void aFileThatIsThereIsReplacedOnRequestOnly() throws Exception {
    MemoryBackup backup = read(golden("exported.json", users));
    Path out = Files.writeString(folder.resolve("out.json"), "mine");
    FirebaseAuthFile target = FirebaseAuthFile.builder(out).build();
    assertThat(failure(() -> Pump.create().write(backup, target))).isEqualTo(Kind.NOT_EMPTY);
    assertThat(failure(() -> Pump.create().mode(RestoreMode.MERGE).write(backup, target)))
        .isEqualTo(Kind.UNSUPPORTED);
    assertThat(out).hasContent("mine");
    Pump.create().mode(RestoreMode.REPLACE).write(backup, target);
    assertThat(read(out).records()).isEqualTo(backup.records());
  }

  @Test
  void aRestoreThatIsGivenUpLeavesNothing() throws Exception {
    MemoryBackup backup = read(golden("exported.json", users));
    FirebaseAuthFile target = FirebaseAuthFile.builder(folder.resolve("out.json")).build();
    try (RestoreSession session = target.openRestore(Pump.create().restoreRequest(backup))) {
      session.prepare();
      session.begin();
    }
    assertThat(folder.toFile().list()).containsExactly("users.json");
  }

  @Test
  void anUnencryptedBackupIsRefusedUnlessAllowed() throws Exception {
    golden("exported.json", users);
    assertThat(failure(() -> Pump.create().read(FirebaseAuthFile.builder(users).build())))
        .isEqualTo(Kind.UNSUPPORTED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello",
        "[]",
        "{\"users\":{}}",
        "{\"users\":[{\"localId\":\"s3cret\"",
        "{\"users\":[{\"localId\":\"s3cret\"}",
        "{\"users\":[]} x",
        "{\"users\":[],\"more\":1}",
        "{\"users\":[1]}",
        "{\"users\":[{}]}",
        "{\"users\":[{\"localId\":1}]}",
        "{\"users\":[{\"localId\":\"a\",\"localId\":\"s3cret\"}]}",
        "{\"users\":[{\"localId\":\"a\",\"passwordHash\":\"s3cret*\"}]}",
        "{\"users\":[{\"localId\":\"a\",\"disabled\":\"s3cret\"}]}",
        "{\"users\":[{\"localId\":\"a\",\"mfaInfo\":[1]}]}",
        "{\"users\":[{\"localId\":\"a\",\"displayName\":\"\\ud800\"}]}"
      })
  void whatIsNoExportIsRefusedWithoutItsValues(String text) throws Exception {
    Files.writeString(users, text);
    assertThatThrownBy(() -> read(users))
        .isInstanceOfSatisfying(
            HandlerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNSUPPORTED))
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void hugeNestingIsRefused() throws Exception {
    Files.writeString(users, "{\"users\":[{\"localId\":\"a\",\"x\":" + "[".repeat(1_000_000));
    assertThat(failure(() -> read(users))).isEqualTo(Kind.UNSUPPORTED);
  }

  @Test
  void redactedHashesAreRefused() throws Exception {
    Files.writeString(users, "{\"users\":[{\"localId\":\"a\",\"passwordHash\":\"UkVEQUNURUQ=\"}]}");
    assertThat(failure(() -> read(users))).isEqualTo(Kind.PERMISSION_DENIED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a,\"cut", "a,b\"c", "a,,maybe", "a,\"b\"c", ",x@example.com"})
  void rowsThatCannotBeTrustedAreRefused(String row) throws Exception {
    Path csv = Files.writeString(folder.resolve("users.csv"), row);
    assertThat(failure(() -> read(csv))).isEqualTo(Kind.UNSUPPORTED);
  }

  @Test
  void aRowWithTooManyColumnsIsRefused() throws Exception {
    Path csv = Files.writeString(folder.resolve("users.csv"), "a" + ",x".repeat(60));
    assertThat(failure(() -> read(csv))).isEqualTo(Kind.UNSUPPORTED);
  }

  @Test
  void aMissingFileIsNotFound() {
    assertThat(failure(() -> read(users))).isEqualTo(Kind.NOT_FOUND);
  }

  @Test
  void everyProblemOfAUriIsNamed() {
    assertThatThrownBy(
            () -> FirebaseAuthFile.at("firebase-auth-file:///a.txt?x=1&allowPlaintext=maybe"))
        .isInstanceOfSatisfying(
            ConfigurationException.class, e -> assertThat(e.problems()).hasSize(3));
  }

  private static MemoryBackup read(Path path) {
    return Pump.create().read(FirebaseAuthFile.builder(path).allowPlaintext().build());
  }

  private static RestoreSession restore(MemoryBackup backup, FirebaseAuthFile target) {
    RestoreSession session = target.openRestore(Pump.create().restoreRequest(backup));
    session.prepare();
    session.begin();
    Pump.create().write(backup, session);
    assertThat(session.recordsWritten()).isEqualTo(backup.counts());
    session.finish();
    return session;
  }

  private static Kind failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return catchThrowableOfType(HandlerException.class, call).kind();
  }

  private static Path golden(String name, Path to) throws IOException {
    try (InputStream in = FirebaseAuthFileTest.class.getResourceAsStream(name)) {
      Files.copy(java.util.Objects.requireNonNull(in), to);
    }
    return to;
  }
}

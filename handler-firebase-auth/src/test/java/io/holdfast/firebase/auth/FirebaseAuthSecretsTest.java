package io.holdfast.firebase.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.AgeKeyPair;
import io.holdfast.BackupExecutor;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.RestoreMode;
import io.holdfast.RestoreOptions;
import io.holdfast.spi.ObjectKey;
import io.holdfast.spi.Retry;
import io.holdfast.spi.StoredObject;
import io.holdfast.testkit.MemorySink;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Nothing that a run produces, but the encrypted document, holds any secret of an account. */
class FirebaseAuthSecretsTest {
  private static final AgeKeyPair KEYS = AgeKeyPair.generate();
  private static final List<String> PLANTED =
      List.of(
          "cGxhbnRlZC1oYXNo", // a password hash
          "cGxhbnRlZC1zYWx0", // a salt
          "planted.person@mail.example",
          "+16505550199",
          "planted-claim",
          "Planted Name",
          "planted-photo",
          "oauth-client-secret",
          "cGxhbnRlZC10ZW5hbnQta2V5", // a tenant's signer key
          FakeAuth.SIGNER_KEY,
          FakeAuth.TOKEN);

  private final MemorySink sink = new MemorySink();
  private final FakeAuth source = new FakeAuth();
  private final FakeAuth target = new FakeAuth();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Logger root = (Logger) LoggerFactory.getLogger("io.holdfast");
  private final List<String> produced = new ArrayList<>();

  @BeforeEach
  void plant() {
    source.tenant("acme", PLANTED.get(8));
    target.tenant("acme", "b3RoZXI=");
    for (String tenant : List.of("", "acme")) {
      ObjectNode user =
          source
              .put(tenant, "uid-1")
              .put("email", PLANTED.get(2))
              .put("passwordHash", PLANTED.get(0))
              .put("salt", PLANTED.get(1))
              .put("phoneNumber", PLANTED.get(3))
              .put("customAttributes", "{\"x\":\"" + PLANTED.get(4) + "\"}")
              .put("displayName", PLANTED.get(5))
              .put("photoUrl", "https://photos.example/" + PLANTED.get(6));
      user.put("emailVerified", true);
    }
    root.setLevel(Level.TRACE);
    log.start();
    root.addAppender(log);
  }

  @AfterEach
  void stop() {
    root.detachAppender(log);
    root.setLevel(null);
    source.close();
    target.close();
  }

  private BackupExecutor executor() {
    return BackupExecutor.builder()
        .source(source.handler().build())
        .target(target.handler().build())
        .sink(sink)
        .timestampFormat("yyyy-MM-dd-HH-mm-ss-SSSSSS")
        .retry(Retry.of(2, Duration.ZERO, Duration.ZERO))
        .encryption(Encryption.recipients(KEYS.recipient()))
        .decryptionKeys(DecryptionKeys.identities(KEYS.identity()))
        .listener(event -> produced.add(event.toString()))
        .build();
  }

  private void failing(Runnable run) {
    Throwable error = catchThrowable(run::run);
    assertThat(error).isNotNull();
    StringWriter trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace, true));
    produced.add(trace.toString());
    produced.add(error.toString());
  }

  @Test
  void ofALifeWithManyFailures() {
    BackupExecutor executor = executor();
    produced.add(executor.createBackup().toString());
    produced.add(executor.verify("latest").toString());
    produced.add(executor.restoreFromBackup("latest").toString());
    failing(() -> executor.restoreFromBackup("latest")); // not empty
    target.refused.put("uid-1", "not this one: " + PLANTED.get(2) + " " + PLANTED.get(0));
    failing(
        () ->
            executor.restoreFromBackup(
                "latest", RestoreOptions.DEFAULT.withMode(RestoreMode.MERGE)));
    target.refused.clear();
    target.on(
        "batchCreate",
        (exchange, number) -> {
          FakeAuth.error(
              exchange, 400, "INVALID_ARGUMENT", "DUPLICATE_EMAIL : " + String.join(" ", PLANTED));
          return true;
        });
    failing(
        () ->
            executor.restoreFromBackup(
                "latest", RestoreOptions.DEFAULT.withMode(RestoreMode.MERGE)));
    target.on(
        "batchCreate",
        (exchange, number) -> {
          FakeAuth.error(exchange, 403, "PERMISSION_DENIED", "no right for " + FakeAuth.TOKEN);
          return true;
        });
    failing(
        () ->
            executor.restoreFromBackup(
                "latest", RestoreOptions.DEFAULT.withMode(RestoreMode.MERGE)));
    source.on(
        "batchGet",
        (exchange, number) -> {
          FakeAuth.send(
              exchange,
              200,
              "{\"users\":[{\"localId\":\"uid-1\",\"email\":\"" + PLANTED.get(2) + "\",,");
          return true;
        });
    failing(executor::createBackup);
    source.faults.clear();
    source.accounts.get("").get("uid-1").put("version", 5);
    failing(executor::createBackup);
    source.redacts = true;
    failing(executor::createBackup);
    source.redacts = false;
    ((ObjectNode) source.config.path("signIn").path("hashConfig")).put("rounds", 99);
    source.accounts.get("").get("uid-1").put("version", 0);
    produced.add(executor.createBackup().toString());
    failing(
        () ->
            executor.restoreFromBackup(
                "latest", RestoreOptions.DEFAULT.withMode(RestoreMode.REPLACE)));
    produced.add(source.handler().build().toString());

    try (Stream<StoredObject> objects = sink.list("")) {
      for (ObjectKey key : objects.map(StoredObject::key).toList()) {
        produced.add(key.value());
        produced.add(new String(sink.bytes(key).orElseThrow(), UTF_8));
      }
    }
    log.list.forEach(
        event -> {
          produced.add(event.getLoggerName() + event.getFormattedMessage());
          if (event.getThrowableProxy() != null) {
            produced.add(ThrowableProxyUtil.asString(event.getThrowableProxy()));
          }
        });
    assertThat(log.list).hasSizeGreaterThan(10);
    for (String text : produced) {
      assertThat(text).doesNotContain(PLANTED);
    }
  }
}

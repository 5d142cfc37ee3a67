package io.holdfast.executor;

import static io.holdfast.executor.Bench.ID;
import static io.holdfast.executor.Bench.executor;
import static io.holdfast.executor.Bench.key;
import static io.holdfast.executor.Bench.shop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.holdfast.BackupExecutor;
import io.holdfast.BackupMode;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.Secret;
import io.holdfast.testkit.MemoryDatabase;
import io.holdfast.testkit.MemoryHandler;
import io.holdfast.testkit.MemorySink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What the log tells, and what it never tells. */
@Timeout(120)
final class LogTest {
  private static final String PASSWORD = "sEcReT-hunter2";
  private static final String PERSONAL = "ada@private.example";

  private final Logger ours = (Logger) LoggerFactory.getLogger("io.holdfast");
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void capture() {
    ours.setLevel(Level.TRACE);
    ours.setAdditive(false);
    log.start();
    ours.addAppender(log);
  }

  @AfterEach
  void release() {
    ours.detachAppender(log);
    ours.setAdditive(true);
    ours.setLevel(null);
  }

  private List<String> lines(Level from) {
    return log.list.stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(from))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  @Test
  void aPersonCanFollow() {
    MemorySink sink = new MemorySink();
    MemoryDatabase target = new MemoryDatabase("copy");
    BackupExecutor executor =
        executor(MemoryHandler.of(shop()), sink).target(MemoryHandler.of(target)).build();
    executor.createBackup();
    executor.verify(ID);
    executor.restoreFromBackup(ID);
    byte[] bytes = sink.bytes(key(ID + ".json.zst")).orElseThrow();
    bytes[bytes.length - 5] ^= 1;
    sink.tamper(key(ID + ".json.zst"), bytes);
    assertThat(catchThrowable(() -> executor.verify(ID))).isNotNull();
    List<String> lines = lines(Level.INFO);
    assertThat(lines).hasSize(8);
    assertThat(lines.get(0))
        .isEqualTo(
            "BACKUP "
                + ID
                + " started: memory://shop → "
                + sink.location()
                + " "
                + ID
                + ".json.zst");
    assertThat(lines.get(1))
        .startsWith("BACKUP " + ID + " completed: 5 records, 0.0 MB of JSON, 0.0 MB stored, ");
    assertThat(lines.get(2)).isEqualTo("VERIFY " + ID + " started: " + sink.location());
    assertThat(lines.get(3)).startsWith("VERIFY " + ID + " completed: 5 records");
    assertThat(lines.get(4))
        .isEqualTo("RESTORE " + ID + " started: " + sink.location() + " → memory://copy");
    assertThat(lines.get(5)).startsWith("RESTORE " + ID + " completed: 5 records");
    assertThat(lines.get(7)).startsWith("VERIFY " + ID + " failed: ");
    assertThat(lines(Level.DEBUG)).contains("BACKUP: users done, 3 records");
  }

  @Test
  void noSecretAndNoValueOfARecordIsEverLogged() {
    MemorySink sink = new MemorySink();
    MemoryDatabase database =
        new MemoryDatabase("shop").insert("users", "{\"mail\":\"" + PERSONAL + "\"}");
    List<Throwable> thrown = new ArrayList<>();
    Bench.HandClock clock = new Bench.HandClock();
    BackupExecutor.Builder builder =
        executor(MemoryHandler.of(database), sink)
            .clock(clock)
            .mode(BackupMode.FULL)
            .encryption(Encryption.passphrase(Secret.of(PASSWORD)));
    BackupExecutor executor = builder.build();
    thrown.add(
        catchThrowable(
            () ->
                executor.protect(
                    () -> {
                      throw new IllegalStateException("action");
                    })));
    thrown.add(
        catchThrowable(
            () ->
                builder
                    .decryptionKeys(DecryptionKeys.passphrase(Secret.of("x" + PASSWORD)))
                    .build()
                    .verify("latest")));
    clock.forward(Duration.ofSeconds(1));
    database.insert("users", "{\"mail\":\"" + PERSONAL + "\n\"}");
    thrown.add(
        catchThrowable(
            () -> executor(MemoryHandler.of(database), sink).clock(clock).build().createBackup()));
    try (BackupExecutor opened =
        BackupExecutor.builder()
            .source("testdb://user:" + PASSWORD + "@host/a?password=" + PASSWORD)
            .sink("testsink://user:" + PASSWORD + "@host")
            .build()) {
      opened.createBackup();
      opened.prune(Duration.ofDays(1));
    }
    assertThat(thrown).doesNotContainNull();
    for (ILoggingEvent event : log.list) {
      String text =
          event.getFormattedMessage()
              + (event.getThrowableProxy() == null
                  ? ""
                  : ThrowableProxyUtil.asString(event.getThrowableProxy()));
      assertThat(text).doesNotContain(PASSWORD).doesNotContain(PERSONAL);
    }
    for (Throwable error : thrown) {
      assertThat(Bench.trace(error)).doesNotContain(PASSWORD).doesNotContain(PERSONAL);
    }
    assertThat(log.list).isNotEmpty();
  }
}

package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.holdfast.BackupExecutor;
import io.holdfast.ConfigurationException;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.Secret;
import io.holdfast.postgres.TestPostgres.Database;
import io.holdfast.spi.Location;
import io.holdfast.spi.ProviderContext;
import io.holdfast.spi.Retry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Planted secrets, and what rows hold, show nowhere: in no line of any log at its most talkative,
 * no manifest, no error, no name, and no plain part of an encrypted file.
 */
@Timeout(120)
class PostgresSecretsTest {
  private static final String IN_URI = "hunter2-in-the-uri";
  private static final String IN_ENVIRONMENT = "hunter2-in-the-environment";
  private static final String PASSPHRASE = "hunter2 the passphrase";
  private static final String IN_ROWS = "hunter2-in-the-rows";

  @TempDir private Path folder;

  /** All that was said. */
  private final StringBuilder said = new StringBuilder();

  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final java.util.logging.Logger driver =
      java.util.logging.Logger.getLogger("org.postgresql");
  private final Listening listening = new Listening();
  private final DriverLog driverLog = new DriverLog();
  private final Level level = root.getLevel();
  private final boolean additive = root.isAdditive();

  private synchronized void say(Object what) {
    said.append(what).append('\n');
  }

  private final class Listening extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent event) {
      say(event.getFormattedMessage());
      IThrowableProxy thrown = event.getThrowableProxy();
      if (thrown != null) {
        say(ThrowableProxyUtil.asString(thrown));
      }
    }
  }

  /** The driver logs by java.util.logging. */
  private final class DriverLog extends Handler {
    @Override
    public void publish(LogRecord entry) {
      say(new java.util.logging.SimpleFormatter().format(entry));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void listen() {
    listening.setContext(root.getLoggerContext());
    listening.start();
    root.setLevel(Level.TRACE);
    root.iteratorForAppenders().forEachRemaining(appender -> appender.stop());
    root.addAppender(listening);
    driver.addHandler(driverLog);
    driver.setLevel(java.util.logging.Level.FINE);
    driver.setUseParentHandlers(false);
  }

  @AfterEach
  void stopListening() {
    root.detachAppender(listening);
    root.iteratorForAppenders().forEachRemaining(appender -> appender.start());
    root.setLevel(level);
    root.setAdditive(additive);
    driver.removeHandler(driverLog);
    driver.setLevel(null);
    driver.setUseParentHandlers(true);
  }

  @Test
  void secretsAndRowsShowNowhere() throws Exception {
    try (Database source = SmallShop.source();
        Database target = TestPostgres.createDatabase()) {
      source.execute("UPDATE customers SET note = '" + IN_ROWS + "' || id");
      ProviderContext environment =
          new ProviderContext(Retry.none(), Map.of("PGPASSWORD", IN_ENVIRONMENT));
      PostgresHandler byEnvironment =
          PostgresHandler.builder(Location.parse(target.uri()), environment).build();
      try (BackupExecutor executor =
          Backups.from(source, folder)
              .source(PostgresHandler.at(source.uri("postgres", IN_URI)))
              .target(byEnvironment)
              .encryption(Encryption.passphrase(Secret.of(PASSPHRASE)))
              .listener(this::say)
              .build()) {
        say(executor.createBackup());
        say(byEnvironment);
        say(executor.list());
        say(executor.restoreFromBackup(BackupExecutor.LATEST));
        // A row that cannot be loaded twice, a target that is not empty.
        fails(() -> executor.restoreFromBackup(BackupExecutor.LATEST));
        target.execute("ALTER TABLE customers ADD CHECK (note NOT LIKE '%2') NOT VALID");
        fails(() -> executor.restoreFromBackup(BackupExecutor.LATEST, Backups.REPLACE.dataOnly()));
      }
      try (BackupExecutor wrongKey =
          Backups.into(target, folder)
              .decryptionKeys(DecryptionKeys.passphrase(Secret.of(PASSPHRASE + "not")))
              .build()) {
        fails(() -> wrongKey.restoreFromBackup(BackupExecutor.LATEST));
      }
      for (String broken :
          List.of(
              "postgresql://postgres:" + IN_URI + "@localhost:1/x",
              source.uri("nobody", IN_URI),
              source.uri("postgres", IN_URI) + "_not")) {
        fails(() -> backup(broken));
      }
      for (String malformed :
          List.of(
              "postgresql://u:" + IN_URI + "%zz@localhost/x",
              "postgresql://u:" + IN_URI + "@localhost:no/x?nonsense=1",
              "postgresql:u:" + IN_URI + "@localhost/x",
              "postgresql://localhost/x?password=" + IN_URI + "&password2=" + IN_URI)) {
        Throwable thrown = fails(() -> backup(malformed));
        assertThat(thrown).isInstanceOf(ConfigurationException.class);
      }
    }
    assertThat(said).contains("BACKUP").contains("failed");
    for (String file : Backups.files(folder)) {
      say(file);
      say(new String(Files.readAllBytes(folder.resolve(file)), StandardCharsets.ISO_8859_1));
    }
    for (String secret : List.of(IN_URI, IN_ENVIRONMENT, PASSPHRASE, IN_ROWS)) {
      int at = said.indexOf(secret);
      assertThat(at)
          .as(() -> "It shows: " + said.substring(Math.max(0, at - 300), at + secret.length()))
          .isEqualTo(-1);
    }
  }

  private void backup(String uri) {
    try (BackupExecutor executor =
        BackupExecutor.builder()
            .source(uri)
            .sink(folder.toUri().toString())
            .retry(Retry.none())
            .build()) {
      executor.createBackup();
    }
  }

  private Throwable fails(Runnable call) {
    Throwable thrown = catchThrowable(call::run);
    assertThat(thrown).isNotNull();
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace));
    say(trace);
    return thrown;
  }
}

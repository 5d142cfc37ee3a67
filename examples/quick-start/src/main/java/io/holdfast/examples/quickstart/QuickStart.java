package io.holdfast.examples.quickstart;

import io.holdfast.BackupException;
import io.holdfast.ConfigurationException;
import io.holdfast.DecryptionKeys;
import io.holdfast.Encryption;
import io.holdfast.Secret;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The command: shows a backup and a restore on a database of its own, or backs up the one that it
 * is given. Start here, then read {@link Demo} and {@link OwnDatabase}.
 */
@Command(
    name = "quick-start",
    mixinStandardHelpOptions = false,
    sortOptions = false,
    usageHelpWidth = Screen.WIDTH,
    description = {
      "Without a URI: starts a PostgreSQL server of its own, fills a small shop, backs it up,"
          + " restores it into a second database and compares the two. Nothing else is touched.",
      "With a URI: backs up that database. It is only read."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  quick-start",
      "  quick-start postgresql://app@db.example/shop --to file:///var/backups",
      "  BACKUP_SECRET='…' quick-start postgresql://app@db.example/shop --passphrase-env BACKUP_SECRET",
      "  quick-start postgresql://app@db.example/shop --recipient age1…",
      "",
      "Passwords are taken from PGPASSWORD or ~/.pgpass, where other users of the machine cannot"
          + " see them.",
      "With Maven, the arguments go into one property: ./mvnw … exec:java -Dexec.args=\"--help\""
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:Everything was done, and nothing differed.",
      "1:Something failed; the message says what was left unchanged.",
      "2:The command line is wrong. Nothing was done.",
      "3:The restored database differs from the original.",
      "4:The embedded PostgreSQL server could not start."
    })
public final class QuickStart implements Callable<Integer> {
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;
  static final int DIFFERENT = 3;
  static final int NO_SERVER = 4;

  private final Screen screen;

  @Parameters(
      arity = "0..1",
      paramLabel = "URI",
      description = "The database to back up: postgresql://user@host:5432/database")
  private @Nullable String uri;

  @Option(
      names = "--to",
      paramLabel = "URI",
      description = "Where backups are kept. Default: the folder holdfast-backups, here.")
  private @Nullable String to;

  @Option(
      names = "--passphrase-env",
      paramLabel = "NAME",
      description = "Encrypt with the passphrase in this environment variable.")
  private @Nullable String passphraseVariable;

  @Option(
      names = "--recipient",
      paramLabel = "KEY",
      description = "Encrypt to this age public key, age1…; may be given several times.")
  private List<String> recipients = new ArrayList<>();

  @Option(
      names = "--identity",
      paramLabel = "FILE",
      description = "The age secret key that opens the backup, to check and restore it here.")
  private @Nullable String identity;

  @Option(
      names = "--size",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description = "How large the shop is; 1 has 250,000 rows. Default: ${DEFAULT-VALUE}.")
  private double size;

  @Option(names = "--verbose", description = "Log more, and print whole stack traces.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this text.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  private QuickStart(Screen screen) {
    this.screen = screen;
  }

  /** Runs the command; ends the JVM with its exit code, unless that is 0. */
  public static void main(String[] args) {
    int code = run(Screen.standard(), args);
    if (code != 0) {
      System.exit(code);
    }
  }

  static int run(Screen screen, String... args) {
    CommandLine command = new CommandLine(new QuickStart(screen));
    command.setOut(screen.writer());
    command.setErr(screen.errors());
    command.setParameterExceptionHandler(
        (e, arguments) -> {
          // picocli's message would repeat an argument, and that may be a URI with a password.
          String problem =
              e instanceof CommandLine.UnmatchedArgumentException unmatched
                      && unmatched.getUnmatched().stream().noneMatch(text -> text.startsWith("-"))
                  ? "There is more than one URI."
                  : String.valueOf(e.getMessage());
          screen.error(problem + " Try --help.");
          return WRONG_USAGE;
        });
    return command.execute(args);
  }

  @Override
  public Integer call() {
    if (verbose) {
      // Read by logback.xml, before the first logger exists.
      System.setProperty("quickstart.log.level", "INFO");
      System.setProperty("quickstart.executor.level", "INFO");
    }
    try {
      Choices choices = choices();
      return uri == null
          ? new Demo(screen, choices, size).run()
          : new OwnDatabase(screen, choices, uri).run();
    } catch (ConfigurationException e) {
      return failed(e, WRONG_USAGE);
    } catch (EmbeddedServer.StartException e) {
      return failed(e, NO_SERVER);
    } catch (Exception e) {
      return failed(e, FAILED);
    }
  }

  private int failed(Exception error, int code) {
    // What is ours says what to do; what is not needs its name at least.
    boolean ours =
        error instanceof BackupException || error instanceof EmbeddedServer.StartException;
    screen.error(ours ? String.valueOf(error.getMessage()) : error.toString());
    if (verbose) {
      error.printStackTrace(screen.errors());
    } else if (code != WRONG_USAGE) {
      screen.error("(--verbose prints more)");
    }
    return code;
  }

  private Choices choices() {
    List<String> problems = new ArrayList<>();
    if (size <= 0 || size > 100) {
      problems.add("--size must be more than 0 and at most 100.");
    }
    if (passphraseVariable != null && !recipients.isEmpty()) {
      problems.add("Choose --passphrase-env or --recipient: age does not allow both.");
    }
    if (uri == null && !recipients.isEmpty() && identity == null) {
      problems.add(
          "To restore what is encrypted to --recipient, the secret key is needed: give --identity,"
              + " too.");
    }
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return new Choices(sink(), encryption(), keys());
  }

  private String sink() {
    return to == null ? Path.of("holdfast-backups").toAbsolutePath().toUri().toString() : to;
  }

  private Encryption encryption() {
    if (passphraseVariable != null) {
      String passphrase = System.getenv(passphraseVariable);
      if (passphrase == null || passphrase.isEmpty()) {
        throw new ConfigurationException(
            List.of("The environment variable named after --passphrase-env is not set, or empty."));
      }
      return Encryption.passphrase(Secret.of(passphrase));
    }
    return recipients.isEmpty() ? Encryption.none() : Encryption.recipients(recipients);
  }

  private DecryptionKeys keys() {
    if (identity == null) {
      return DecryptionKeys.none();
    }
    try {
      return DecryptionKeys.identityFile(Path.of(identity));
    } catch (InvalidPathException e) {
      throw new ConfigurationException(List.of("--identity is not a path."));
    }
  }
}

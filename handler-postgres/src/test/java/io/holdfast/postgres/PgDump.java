package io.holdfast.postgres;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.postgres.TestPostgres.Database;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The judge of a rebuilt database: what {@code pg_dump} says of it is what it says of the original.
 *
 * <p>It must be at least as new as the server. It is the one that {@code HOLDFAST_PG_DUMP} or the
 * system property {@code holdfast.pg_dump} names, else the oldest that is new enough on the path,
 * in Debian's folders, and in the one that {@code dev/postgres-clients} fills.
 */
public final class PgDump {
  private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");

  private final Path program;
  private final int major;

  private PgDump(Path program, int major) {
    this.program = program;
    this.major = major;
  }

  /** One for the server of the tests; where there is none, the test is skipped and says why. */
  public static PgDump forServer() throws Exception {
    int server = TestPostgres.majorVersion();
    Optional<PgDump> found = find(server);
    assumeTrue(
        found.isPresent(),
        () ->
            "No pg_dump for PostgreSQL "
                + server
                + " here. Install postgresql-client-"
                + server
                + ", run dev/postgres-clients, or name one in HOLDFAST_PG_DUMP");
    return found.orElseThrow();
  }

  /** The oldest that can read a server of that major. */
  public static Optional<PgDump> find(int server) {
    return candidates().stream()
        .map(program -> new PgDump(program, majorOf(program)))
        .filter(dump -> dump.major >= server)
        .min(Comparator.comparingInt(dump -> dump.major));
  }

  private static Set<Path> candidates() {
    String named = System.getProperty("holdfast.pg_dump", environment("HOLDFAST_PG_DUMP", ""));
    if (!named.isEmpty()) {
      return Set.of(Path.of(named));
    }
    Set<Path> programs = new LinkedHashSet<>();
    // Before the path, where Debian has a Perl script that chooses by itself.
    programs.addAll(below(Path.of("/usr/lib/postgresql")));
    programs.addAll(below(clients()));
    for (String folder : environment("PATH", "").split(File.pathSeparator, -1)) {
      programs.add(Path.of(folder, "pg_dump"));
    }
    programs.removeIf(program -> !Files.isExecutable(program));
    return programs;
  }

  /** Where {@code dev/postgres-clients} puts them. */
  private static Path clients() {
    String cache =
        environment(
            "XDG_CACHE_HOME", Path.of(System.getProperty("user.home"), ".cache").toString());
    return Path.of(
        environment("HOLDFAST_PG_CLIENTS", Path.of(cache, "holdfast", "pg-clients").toString()));
  }

  private static List<Path> below(Path folder) {
    List<Path> programs = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> majors = Files.newDirectoryStream(folder)) {
        majors.forEach(one -> programs.add(one.resolve("bin").resolve("pg_dump")));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return programs;
  }

  private static String environment(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private static int majorOf(Path program) {
    try {
      Matcher version = VERSION.matcher(run(List.of(program.toString(), "--version")));
      if (!version.find()) {
        throw new IllegalStateException(program + " does not tell its version");
      }
      return Integer.parseInt(version.group(1));
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(program + " does not start", e);
    }
  }

  /** Schema and data, or what options such as {@code --no-owner} make of it. */
  public Output of(Database database, String... options) throws Exception {
    return new Output(database.name(), lines(plain(database, options)));
  }

  /**
   * Also what is said of the database itself, whose name is left out: settings, comment,
   * privileges. Its owner and its limit of connections are not part of a backup: they stay those of
   * the target.
   */
  public Output withDatabase(Database database, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of(options));
    all.add("--create");
    List<String> lines =
        lines(plain(database, all.toArray(String[]::new))).stream()
            .map(line -> line.replace(database.name(), "THE_DATABASE"))
            .filter(line -> !line.startsWith("ALTER DATABASE THE_DATABASE OWNER TO "))
            .filter(line -> !line.startsWith("ALTER DATABASE THE_DATABASE CONNECTION LIMIT = "))
            .toList();
    return new Output(database.name(), withSettingsByName(lines));
  }

  private static List<String> withSettingsByName(List<String> lines) {
    Predicate<String> sets =
        line ->
            line.startsWith("ALTER DATABASE THE_DATABASE SET ")
                || (line.startsWith("ALTER ROLE ")
                    && line.contains(" IN DATABASE THE_DATABASE SET "));
    Iterator<String> sorted = lines.stream().filter(sets).sorted().iterator();
    return lines.stream().map(line -> sets.test(line) ? sorted.next() : line).toList();
  }

  /** As it says it, comments and all. */
  public String plain(Database database, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of(program.toString(), "--no-password"));
    command.addAll(Arrays.asList(options));
    command.add("--dbname=" + database.uri());
    return run(command);
  }

  /** Runs the script of a dump with the psql that lies beside this pg_dump. */
  public void restore(String script, Database into) throws Exception {
    Path psql = program.resolveSibling("psql");
    assumeTrue(Files.isExecutable(psql), psql + " is missing");
    Path file = Files.createTempFile("pg_dump", ".sql");
    try {
      // A server does not know the settings of a newer pg_dump.
      Files.writeString(
          file,
          TestPostgres.majorVersion() < 17
              ? script.replace("SET transaction_timeout = 0;\n", "")
              : script);
      run(
          List.of(
              psql.toString(),
              "--no-psqlrc",
              "--quiet",
              "--set=ON_ERROR_STOP=1",
              "--output=/dev/null",
              "--file=" + file,
              into.uri()));
    } finally {
      Files.delete(file);
    }
  }

  /**
   * All lines but blank ones, comments, and those that only say between which random marks psql
   * obeys. Among rows nothing is left out: there a comment is a value.
   */
  static List<String> lines(String dump) {
    List<String> lines = new ArrayList<>();
    boolean rows = false;
    // Not by BufferedReader or lines(), for which a carriage return within a function ends a line.
    for (String line : dump.split("\n", -1)) {
      if (rows) {
        rows = !line.equals("\\.");
        lines.add(line);
      } else if (!line.isBlank()
          && !line.startsWith("--")
          && !line.startsWith("\\restrict ")
          && !line.startsWith("\\unrestrict ")) {
        rows = isStartOfRows(line);
        lines.add(line);
      }
    }
    return lines;
  }

  private static boolean isStartOfRows(String line) {
    return line.startsWith("COPY ") && line.endsWith(" FROM stdin;");
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Path errors = Files.createTempFile("pg_dump", ".err");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
      // Constants of views and rows are written in the time zone that the database is set to.
      builder.environment().put("PGTZ", "UTC");
      Process process = builder.start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException(
            String.join(" ", command) + " failed:\n" + Files.readString(errors));
      }
      return output;
    } finally {
      Files.delete(errors);
    }
  }

  @Override
  public String toString() {
    return program + " (" + major + ")";
  }

  /**
   * What pg_dump says of a database.
   *
   * @param of the database's name
   * @param lines in order
   */
  public record Output(String of, List<String> lines) {
    private static final int CONTEXT = 8;
    private static final int LIST = 40;
    private static final int WIDTH = 240;

    /** Fails with the first difference, and with the lines that only one of them has. */
    public void assertSameAs(Output expected) {
      if (!lines.equals(expected.lines)) {
        fail(difference(expected));
      }
    }

    /**
     * The same with the rows of each table sorted: several connections that load one table leave
     * them in the order in which they happened to write.
     */
    public Output rowsInAnyOrder() {
      List<String> sorted = new ArrayList<>(lines);
      int from = -1;
      for (int i = 0; i < sorted.size(); i++) {
        String line = sorted.get(i);
        if (from >= 0 && line.equals("\\.")) {
          Collections.sort(sorted.subList(from, i));
          from = -1;
        } else if (from < 0 && isStartOfRows(line)) {
          from = i + 1;
        }
      }
      return new Output(of, sorted);
    }

    /** How this differs from what was expected, for people. */
    String difference(Output expected) {
      int first = 0;
      while (first < Math.min(lines.size(), expected.lines.size())
          && lines.get(first).equals(expected.lines.get(first))) {
        first++;
      }
      StringBuilder text = new StringBuilder();
      text.append("pg_dump of ").append(of).append(" (").append(lines.size());
      text.append(" lines) is not that of ").append(expected.of).append(" (");
      text.append(expected.lines.size()).append(" lines). The first difference, at line ");
      text.append(first + 1).append(":\n");
      append(text, "  ", expected.lines, Math.max(0, first - CONTEXT), first);
      append(text, "- ", expected.lines, first, first + CONTEXT);
      append(text, "+ ", lines, first, first + CONTEXT);
      appendOnly(text, "\nMissing", "- ", expected.lines, lines);
      appendOnly(text, "\nToo much", "+ ", lines, expected.lines);
      return text.toString();
    }

    private static void appendOnly(
        StringBuilder text, String title, String mark, List<String> those, List<String> others) {
      Map<String, Integer> left = new HashMap<>();
      others.forEach(line -> left.merge(line, 1, Integer::sum));
      List<String> only =
          those.stream().filter(line -> left.merge(line, -1, Integer::sum) < 0).toList();
      text.append(title).append(": ").append(only.size()).append(" lines\n");
      append(text, mark, only, 0, LIST);
    }

    private static void append(
        StringBuilder text, String mark, List<String> lines, int from, int to) {
      for (String line : lines.subList(Math.min(from, lines.size()), Math.min(to, lines.size()))) {
        text.append(mark);
        text.append(line.length() > WIDTH ? line.substring(0, WIDTH) + " …" : line).append('\n');
      }
    }
  }
}
